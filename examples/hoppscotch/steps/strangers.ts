import { fails, type Step, succeeds } from '../outcomes.ts'

const BAD_LINK = fails('a made-up link is rejected', 'invalid_link')
const NO_ENROLMENT = fails('a made-up enrolment token is rejected', 'login_expired')

/** Requests without a session, an enrolment or a mail. */
export const STRANGER_STEPS: Step[] = [
  {
    name: 'Ask for a mail to enrol',
    row: 'POST /enrolment/mail',
    description:
      'A user who must have a second factor gets an enrolment token from `Login`: see requireSecondFactor.',
    always: NO_ENROLMENT,
  },
  { name: 'Prove an enrolment', row: 'POST /enrolment/proof', example: 'operatorCode', always: NO_ENROLMENT },
  { name: 'Set up an app in an enrolment', row: 'POST /enrolment/totp', always: NO_ENROLMENT },
  { name: 'Confirm the app of an enrolment', row: 'POST /enrolment/totp/confirm', always: NO_ENROLMENT },
  {
    name: 'Options for a passkey in an enrolment',
    row: 'POST /enrolment/passkey/options',
    always: NO_ENROLMENT,
  },
  { name: 'Add a passkey in an enrolment', row: 'POST /enrolment/passkey', always: NO_ENROLMENT },
  { name: 'Cancel a reset of factors', row: 'POST /factors/cancel-reset', always: BAD_LINK },
  // Without reading a mail.
  {
    name: 'Register',
    row: 'POST /register',
    description:
      'Open the mail at <<baseUrl>>/mailbox. Its link and its code belong to the `mailId` of the response. After three mails in an hour the response is the same, and no mail is sent.',
    body: { email: 'hoppscotch@example.org' },
    always: succeeds('a registration is accepted', { 'Object.keys(json)': ['mailId'] }),
  },
  {
    name: 'Ask for a mail that signs in',
    row: 'POST /login/mail',
    body: { email: 'hoppscotch@example.org' },
    always: succeeds('a request for a mail is accepted, whether or not there is a user', {
      'Object.keys(json)': ['mailId', 'browserKey'],
    }),
  },
  {
    name: 'Sign in with a mail',
    row: 'POST /login/mail/confirm',
    example: 'token',
    description:
      'Replace `token` by what follows `=` in the link of the mail, and `browserKey` by that of the response.',
    always: fails('a link of another browser is refused', 'other_browser'),
  },
  {
    name: 'Confirm registration',
    row: 'POST /register/confirm',
    description:
      'Replace `token` by what follows `=` in the link of the mail, to create an account and sign in. Or replace it by `mailId` and `code`.',
    body: { username: 'hoppscotch' },
    always: BAD_LINK,
  },
  {
    name: 'Options for an account with a passkey',
    row: 'POST /register/passkey',
    description:
      'Replace `token` as in `Confirm registration`. A browser makes the passkey: `navigator.credentials.create()`.',
    body: { username: 'hoppscotch' },
    always: BAD_LINK,
  },
  {
    name: 'Forgot password',
    row: 'POST /password/forgot',
    body: { login: 'hoppscotch' },
    always: succeeds('a request for a new password is accepted, whether or not there is a user', {
      'Object.keys(json)': ['mailId'],
    }),
  },
  {
    name: 'Reset password',
    row: 'POST /password/reset',
    description: 'Replace `token` by what follows `=` in the link of the mail, to set the password.',
    always: BAD_LINK,
  },
  {
    name: 'Identity providers',
    row: 'GET /providers',
    always: succeeds('the providers are listed', { 'Object.keys(json)': ['providers'] }),
  },
  // Other apps, as the demo clients.
  {
    name: 'Token of a program',
    row: 'POST /oauth2/token',
    body: {
      grant_type: 'client_credentials',
      client_id: 'demo-machine',
      client_secret: 'demo-machine',
      scope: 'orders:read',
    },
    always: succeeds('a program gets a token for its API', { 'json.scope': 'orders:read' }),
  },
  {
    name: 'Revoke a token',
    row: 'POST /oauth2/revoke',
    body: { client_id: 'demo-native', token: 'an-unknown-token' },
    always: succeeds('an unknown token is no error', { json: {} }),
  },
]
