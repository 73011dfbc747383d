import {
  AccountDeletionRequest,
  EmailChangeRequest,
  EmailConfirmation,
  EnrolmentProofRequest,
  EnrolmentRequest,
  EnrolmentTotpConfirmation,
  FactorResetCancellation,
  ForgottenPasswordRequest,
  LoginRequest,
  LogoutRequest,
  PasswordChangeRequest,
  PasswordResetRequest,
  RefreshRequest,
  RegistrationConfirmation,
  RegistrationRequest,
} from '../http/schemas.ts'
import { MAX_CODE_POINTS, MIN_CODE_POINTS } from '../passwords/rules.ts'
import { CODE_ROUTES } from './factor-routes.ts'
import { PASSKEY_ROUTES } from './passkeys.ts'
import type { Route } from './route.ts'
import { json, object, schemaRef, text } from './schemas.ts'

const tokens = {
  authToken: 'header.payload.signature',
  tokenType: 'Bearer',
  expiresIn: 1800,
  refreshToken: 'user.session.secret',
  refreshExpiresIn: 604800,
}
const ISSUER = 'https://auth.example.com'
const refreshExample = {
  summary: 'A refresh token',
  value: { refreshToken: tokens.refreshToken },
}
const ada = {
  sub: 'AbCdEfGhIjKlMnOpQrStUw',
  username: 'ada',
  role: 'user',
  email: 'ada@example.org',
  email_verified: false,
}

const REQUEST_ID = 'AbCdEfGhIjKlMnOpQrStUw'
const token = `${REQUEST_ID}.AbCdEfGhIjKlMnOpQrStUwWxYzAbCdEfGhIjKlMnOpQ`
const password = 'correct horse battery staple'
const enrolmentToken = 'AbCdEfGhIjKlMnOpQrStUw.AbCdEfGhIjKlMnOpQrStUwWxYzAbCdEfGhIjKlMnOpQ'
/** Returns the two ways to prove that a mail was read, with more members of the body. */
const proofs = (more: object) => ({
  token: { summary: 'The token in the link', value: { token, ...more } },
  code: { summary: 'The code in the mail', value: { requestId: REQUEST_ID, code: '12345678', ...more } },
})
const enrolmentBody = {
  schema: EnrolmentRequest,
  examples: { token: { summary: 'The enrolment token of a sign-in', value: { enrolmentToken } } },
}
const requested = {
  status: 202,
  description: 'The request is accepted, whether or not a mail is sent.',
  content: json(schemaRef('MailRequested'), { requestId: REQUEST_ID }),
} as const
const demoUser = (name: string) => ({
  summary: `The demo ${name}`,
  value: { username: name, password: name },
})
const inCookie = { summary: 'The refresh token in the cookie', value: {} }
const content = (message: string, username: string) =>
  json(schemaRef('Content'), { message, username, role: username })

/** All routes except the pages and CORS preflights (`OPTIONS`). */
export const ROUTES: Route[] = [
  {
    method: 'post',
    path: '/login',
    operationId: 'login',
    tag: 'Sessions',
    summary: 'Sign in',
    description:
      'Exchanges a username and a password for an access token and a refresh token. With `session`, the refresh token is in a cookie and not in the response, and the session of an earlier cookie ends. Without it, `replaces` may contain a refresh token of the session that ends. If the user has second factors, or must have one, the response has `next` and no tokens. After too many failed attempts it returns 429, also for the correct password, until the time in `Retry-After` has passed.',
    cookie: 'sets',
    body: {
      schema: LoginRequest,
      examples: {
        user: demoUser('user'),
        admin: demoUser('admin'),
        replaces: {
          summary: 'The demo user, who signs in again',
          value: { username: 'user', password: 'user', replaces: tokens.refreshToken },
        },
        cookie: {
          summary: 'The demo user, with the refresh token in a cookie',
          value: { username: 'user', password: 'user', session: 'cookie' },
        },
      },
    },
    response: {
      description: 'Signed in. Or: the sign-in needs another step, which `next` names.',
      content: json(
        { anyOf: [schemaRef('Tokens'), schemaRef('SecondFactor'), schemaRef('Enrolment')] },
        tokens,
      ),
    },
    problems: ['invalid_credentials', 'too_many_attempts'],
  },
  {
    method: 'post',
    path: '/refresh',
    operationId: 'refresh',
    tag: 'Sessions',
    summary: 'Refresh the tokens',
    description:
      'Exchanges a refresh token for a new access token and the next refresh token. A retry within the grace period (10 seconds by default) returns the same next refresh token. During that period the next token is returned unchanged too. A replaced token that is used later ends the session. It changes neither the time nor the factors of the sign-in, and is refused if the service now demands a second factor. Without `refreshToken`, the token in the cookie is used, and the next one is put there.',
    cookie: 'takes',
    body: { schema: RefreshRequest, examples: { token: refreshExample, cookie: inCookie } },
    response: { description: 'The next tokens.', content: json(schemaRef('Tokens'), tokens) },
    problems: ['invalid_refresh_token'],
  },
  {
    method: 'post',
    path: '/logout',
    operationId: 'logout',
    tag: 'Sessions',
    summary: 'Sign out',
    description:
      'Ends the session of a refresh token. With `everywhere` it ends all sessions of the user and revokes their access tokens. The response is the same for valid and invalid refresh tokens. Without `refreshToken`, the token in the cookie is used, and the cookie is deleted. With `sub`, only a session of that user is ended: with another one, the response is 409.',
    cookie: 'takes',
    body: {
      schema: LogoutRequest,
      examples: {
        here: refreshExample,
        cookie: inCookie,
        everywhere: {
          summary: 'All sessions of the user',
          value: { refreshToken: tokens.refreshToken, everywhere: true },
        },
      },
    },
    response: { description: 'Signed out.' },
    problems: ['other_session'],
  },
  {
    method: 'get',
    path: '/sessions',
    operationId: 'listSessions',
    tag: 'Sessions',
    summary: 'List the caller’s sessions',
    description:
      'Returns sessions that have not ended, the newest first, at most 100 in one response. If the response has `next`, there may be more.',
    isProtected: true,
    parameters: [
      {
        name: 'after',
        in: 'query',
        description: '`next` of the page before.',
        schema: { type: 'string' },
        example: '6924c4c0AbCdEfGhIjKlMnOpQrStUw',
      },
    ],
    problems: ['invalid_fields'],
    response: {
      description: 'The sessions that have not ended.',
      content: json(schemaRef('Sessions'), {
        sessions: [
          {
            id: '6924c4c0AbCdEfGhIjKlMnOpQrStUw',
            createdAt: '2026-11-24T15:00:00.000Z',
            lastUsedAt: '2026-11-24T15:00:00.000Z',
            expiresAt: '2026-12-01T15:00:00.000Z',
            sourceIp: '203.0.113.7',
            userAgent: 'curl/8.14.1',
            current: true,
          },
        ],
      }),
    },
  },
  {
    method: 'delete',
    path: '/sessions/{id}',
    operationId: 'endSession',
    tag: 'Sessions',
    summary: 'End one of the caller’s sessions',
    description: 'The refresh token is invalid at once. The access token is valid until it expires.',
    isProtected: true,
    parameters: [
      {
        name: 'id',
        in: 'path',
        required: true,
        description: 'The session id, from `GET /sessions`.',
        schema: { type: 'string' },
        example: '6924c4c0AbCdEfGhIjKlMnOpQrStUw',
      },
    ],
    response: { description: 'The session has ended.' },
    problems: ['not_found'],
  },
  {
    method: 'put',
    path: '/password',
    operationId: 'changePassword',
    tag: 'Account',
    summary: 'Change the password',
    description: `Ends all other sessions and revokes all access tokens: refresh to get a new one. The new password must have ${MIN_CODE_POINTS} to ${MAX_CODE_POINTS} characters, and must not be the username, the e-mail address or a common password. A deployed service also rejects passwords that are known from a data breach. A user with second factors must have signed in with two factors in the last 5 minutes. Wrong current passwords are limited by user and by source. Only the limit of the source is shared with failed logins.`,
    isProtected: true,
    body: {
      schema: PasswordChangeRequest,
      examples: {
        user: {
          summary: 'The demo user',
          value: { currentPassword: 'user', newPassword: 'correct horse battery staple' },
        },
      },
    },
    response: { description: 'The password was changed.' },
    problems: ['step_up', 'conflict', 'too_many_attempts'],
  },
  {
    method: 'post',
    path: '/password/forgot',
    operationId: 'forgotPassword',
    needs: 'mail',
    tag: 'Account',
    summary: 'Ask for a new password',
    description:
      'Sends a mail with a link and a code to the address of the user, if there is one. The response is the same for every login name.',
    body: {
      schema: ForgottenPasswordRequest,
      examples: { user: { summary: 'A login name', value: { login: 'ada@example.org' } } },
    },
    response: requested,
    problems: ['too_many_mails'],
  },
  {
    method: 'post',
    path: '/password/reset',
    operationId: 'resetPassword',
    needs: 'mail',
    tag: 'Account',
    summary: 'Set a new password with the link or the code of a mail',
    description:
      'Ends all sessions of the user and revokes all access tokens. A link is valid for 60 minutes, a code for 10 minutes and five tries. The rules for the new password are those of `PUT /password`.',
    body: { schema: PasswordResetRequest, examples: proofs({ password }) },
    response: { description: 'The password was changed.' },
    problems: ['invalid_link', 'too_many_attempts'],
  },
  {
    method: 'put',
    path: '/email',
    operationId: 'changeEmail',
    needs: 'mail',
    tag: 'Account',
    summary: 'Change the e-mail address',
    description:
      'Sends a mail with a link and a code to the new address, and a notice to the current one. The new address counts after `POST /email/confirm`. A user with second factors must have signed in with two factors in the last 5 minutes. Wrong current passwords are limited as in `PUT /password`.',
    isProtected: true,
    body: {
      schema: EmailChangeRequest,
      examples: {
        user: {
          summary: 'The demo user',
          value: { email: 'ada@example.org', currentPassword: 'user' },
        },
      },
    },
    response: requested,
    problems: ['step_up', 'too_many_attempts', 'too_many_mails'],
  },
  {
    method: 'post',
    path: '/email/confirm',
    operationId: 'confirmEmail',
    needs: 'mail',
    tag: 'Account',
    summary: 'Confirm a new e-mail address',
    description:
      'Takes the access token of the user who sent `PUT /email`, also by another session. The address is a login name from then on, in place of the earlier one. Revokes all access tokens: refresh to get a new one.',
    isProtected: true,
    body: { schema: EmailConfirmation, examples: proofs({}) },
    response: { description: 'The address was changed.' },
    problems: ['invalid_link', 'other_user', 'too_many_attempts'],
  },
  {
    method: 'post',
    path: '/register',
    operationId: 'register',
    needs: 'registration',
    tag: 'Account',
    summary: 'Register',
    description:
      'Sends a mail with a link and a code to the address. There is no account before `POST /register/confirm`. If the address has an account, the mail reports that, and the response is the same.',
    body: {
      schema: RegistrationRequest,
      examples: { address: { summary: 'An address', value: { email: 'ada@example.org' } } },
    },
    response: requested,
    problems: ['too_many_mails'],
  },
  {
    method: 'post',
    path: '/register/confirm',
    operationId: 'confirmRegistration',
    needs: 'invitations',
    tag: 'Account',
    summary: 'Create the account of a confirmed address',
    description:
      'Creates the account and signs in. Without a `username`, the address is the username. Another address than the confirmed one cannot be a username. After ten taken usernames the link is void.',
    cookie: 'sets',
    body: {
      schema: RegistrationConfirmation,
      examples: proofs({ password, username: 'ada' }),
    },
    response: {
      description:
        'The account was created. If the user must have a second factor, the next step is to add one.',
      content: json({ anyOf: [schemaRef('Tokens'), schemaRef('Enrolment')] }, tokens),
    },
    problems: ['invalid_link', 'too_many_attempts'],
  },
  {
    method: 'post',
    path: '/enrolment/mail',
    operationId: 'sendEnrolmentMail',
    needs: 'mail',
    tag: 'Factors',
    summary: 'Ask for a mail that proves an enrolment',
    description:
      'Sends a mail with a link and a code to the verified address of the user. The response is the same for a user without one.',
    body: enrolmentBody,
    response: requested,
    problems: ['login_expired', 'too_many_mails'],
  },
  {
    method: 'post',
    path: '/enrolment/proof',
    operationId: 'proveEnrolment',
    tag: 'Factors',
    summary: 'Prove an enrolment',
    description:
      'Proves, beside the password, that the account is the user’s own: by the link or the code of a mail, or by the one-time code of an operator. Five wrong codes void the enrolment token or the code of the mail.',
    body: {
      schema: EnrolmentProofRequest,
      examples: {
        ...proofs({ enrolmentToken }),
        operatorCode: {
          summary: 'The code of an operator',
          value: { enrolmentToken, operatorCode: '0123-4567-89AB-CDEF' },
        },
      },
    },
    response: { description: 'The enrolment is proved.' },
    problems: ['login_expired', 'invalid_link', 'too_many_attempts'],
  },
  {
    method: 'post',
    path: '/enrolment/totp',
    operationId: 'startEnrolledTotp',
    tag: 'Factors',
    summary: 'Set up an authenticator app in an enrolment',
    description:
      'Creates a secret for an authenticator app, as `POST /factors/totp` does. `POST /enrolment/totp/confirm` adds the app, within 10 minutes.',
    body: enrolmentBody,
    response: {
      description: 'The secret. It is shown once.',
      content: json(schemaRef('TotpSetup'), {
        secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
        uri: 'otpauth://totp/Example:ada?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Example&algorithm=SHA1&digits=6&period=30',
      }),
    },
    problems: ['login_expired', 'proof_required'],
  },
  {
    method: 'post',
    path: '/enrolment/totp/confirm',
    operationId: 'enrolTotp',
    tag: 'Factors',
    summary: 'Add an authenticator app and complete the sign-in',
    description:
      'Adds the authenticator app as the first second factor, with a code that it shows, and signs in with it. After ten wrong codes the secret is void. The response contains the recovery codes.',
    cookie: 'sets',
    body: {
      schema: EnrolmentTotpConfirmation,
      examples: { code: { summary: 'A code', value: { enrolmentToken, code: '123456' } } },
    },
    response: {
      description: 'The app was added, and the user is signed in.',
      content: json(schemaRef('Tokens'), { ...tokens, recoveryCodes: ['0123-4567-89AB-CDEF'] }),
    },
    problems: ['login_expired', 'proof_required', 'setup_expired', 'too_many_attempts'],
  },
  {
    method: 'post',
    path: '/factors/cancel-reset',
    operationId: 'cancelFactorReset',
    needs: 'mail',
    tag: 'Factors',
    summary: 'Cancel a reset of second factors',
    description: 'Takes the token of the link in the notice. The second factors of the user stay.',
    body: {
      schema: FactorResetCancellation,
      examples: { token: { summary: 'The token in the link', value: { token } } },
    },
    response: { description: 'The reset was cancelled.' },
    problems: ['invalid_link'],
  },
  {
    method: 'get',
    path: '/userinfo',
    operationId: 'getUserInfo',
    tag: 'Account',
    summary: 'Get the caller',
    description:
      'Returns the user as stored now. A service that verifies access tokens itself can ask here whether one is still accepted. A revoked token is rejected at once.',
    isProtected: true,
    response: {
      description: 'The caller.',
      content: json(schemaRef('UserInfo'), ada),
    },
  },
  {
    method: 'get',
    path: '/me',
    operationId: 'getMe',
    tag: 'Account',
    summary: 'Get the caller’s own data',
    description:
      'Returns what the profile holds about the caller, without the password hash and internal values, and the second factors. The caller’s sessions are at `GET /sessions`. A revoked token is rejected at once.',
    isProtected: true,
    response: {
      description: 'The caller’s own data.',
      content: json(schemaRef('Me'), {
        ...ada,
        createdAt: '2026-11-24T15:00:00.000Z',
        changedAt: '2026-11-24T15:00:00.000Z',
        factors: ['totp'],
        recoveryCodesLeft: 10,
      }),
    },
  },
  {
    method: 'delete',
    path: '/me',
    operationId: 'deleteAccount',
    tag: 'Account',
    summary: 'Delete the account',
    description:
      'Deletes the profile and frees its login names. All sessions end and all access tokens are revoked. This cannot be undone. A user with second factors must have signed in with two factors in the last 5 minutes. Wrong current passwords are limited together with those of `PUT /password`.',
    isProtected: true,
    body: {
      schema: AccountDeletionRequest,
      examples: { user: { summary: 'The demo user', value: { currentPassword: 'user' } } },
    },
    response: { description: 'The account was deleted.' },
    problems: ['step_up', 'conflict', 'too_many_attempts'],
  },
  ...CODE_ROUTES,
  {
    method: 'get',
    path: '/',
    operationId: 'getUserContent',
    tag: 'Content',
    summary: 'Get content for every signed-in user',
    isProtected: true,
    response: {
      description: 'The content.',
      content: content('This content for authorised users only.', 'user'),
    },
  },
  {
    method: 'get',
    path: '/admin',
    operationId: 'getAdminContent',
    tag: 'Content',
    summary: 'Get content for administrators',
    isProtected: true,
    response: { description: 'The content.', content: content('Admin only content.', 'admin') },
    problems: ['forbidden'],
  },
  {
    method: 'get',
    path: '/.well-known/jwks.json',
    operationId: 'getPublicKeys',
    tag: 'Service',
    summary: 'Get the public keys that verify access tokens',
    response: {
      description: 'The public keys.',
      headers: { 'Cache-Control': 'MaxAge' },
      content: json(schemaRef('KeySet'), {
        keys: [{ kty: 'RSA', use: 'sig', alg: 'RS256', kid: 'thumbprint', n: 'modulus', e: 'AQAB' }],
      }),
    },
  },
  ...['openid-configuration', 'oauth-authorization-server'].map(
    (document): Route => ({
      method: 'get',
      path: `/.well-known/${document}`,
      tag: 'Service',
      summary: `Get the issuer’s metadata (${document})`,
      description:
        'The issuer of access tokens and where its keys are. Members that belong to a provider of OpenID Connect are missing.',
      response: {
        description: 'The metadata.',
        headers: { 'Cache-Control': 'MaxAge' },
        content: json(schemaRef('Metadata'), {
          issuer: ISSUER,
          jwks_uri: `${ISSUER}/.well-known/jwks.json`,
          userinfo_endpoint: `${ISSUER}/userinfo`,
          id_token_signing_alg_values_supported: ['RS256'],
        }),
      },
    }),
  ),
  {
    method: 'get',
    path: '/openapi.json',
    operationId: 'getDescription',
    tag: 'Service',
    summary: 'Get this API description',
    response: {
      description: 'The API description.',
      content: json(
        object('An OpenAPI document (spec.openapis.org).', {
          openapi: text('The version of OpenAPI: 3.1.0.'),
          info: { type: 'object', description: 'Title, version and licence.' },
          servers: { type: 'array', description: 'The base URL of this service.' },
          tags: { type: 'array', description: 'Groups of routes.' },
          paths: { type: 'object', description: 'Routes by path and method.' },
          components: { type: 'object', description: 'Schemas, headers and error responses.' },
        }),
      ),
    },
  },
  ...PASSKEY_ROUTES,
]
