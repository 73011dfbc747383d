import { FAILED_LOGIN, fails, invalid, NEW_TOKENS, type Step, succeeds, TOKENS } from '../outcomes.ts'

const CALLER = { username: '<<username>>', role: '<<role>>' }

const HAS_PASSWORD = fails('has a password, which proves each change', 'has_password')

/** A user signs in, reads what is there, and signs out. */
export const ACCOUNT_STEPS: Step[] = [
  {
    name: 'Login',
    row: 'POST /login',
    sets: NEW_TOKENS,
    accepted: succeeds('gets a token', TOKENS),
    refused: FAILED_LOGIN,
  },
  {
    name: 'Authorised user content',
    row: 'GET /',
    accepted: succeeds('reads the user content', {
      json: { message: 'This content for authorised users only.', ...CALLER },
    }),
  },
  {
    name: 'Admin User Content',
    row: 'GET /admin',
    accepted: fails('may not read the admin content', 'forbidden'),
    asAdmin: succeeds('reads the admin content', { json: { message: 'Admin only content.', ...CALLER } }),
  },
  {
    name: 'JWKS',
    row: 'GET /.well-known/jwks.json',
    always: succeeds('the public keys require no token, and the key of the token is one of them', {
      'json.keys.length > 0': true,
      "json.keys.every((key) => Object.keys(key).sort().join() === 'alg,e,kid,kty,n,use')": true,
      "!env('authToken') || json.keys.some(({ kid }) => kid === headerOf(env('authToken')).kid)": true,
    }),
  },
  ...['openid-configuration', 'oauth-authorization-server'].map((document) => ({
    name: `Metadata (${document})`,
    row: `GET /.well-known/${document}`,
    always: succeeds('the metadata require no token', {
      'json.issuer': '<<baseUrl>>',
      "json.jwks_uri === `${env('baseUrl')}/.well-known/jwks.json`": true,
    }),
  })),
  {
    name: 'API description',
    row: 'GET /openapi.json',
    always: succeeds('the API description requires no token', {
      'json.openapi': '3.1.0',
      'json.servers[0].url': '<<baseUrl>>',
      "'/login' in json.paths": true,
    }),
  },
  {
    name: 'Refresh',
    row: 'POST /refresh',
    sets: { authToken: "authToken ?? env('authToken')", refreshToken: 'refreshToken ?? sent' },
    accepted: succeeds('gets the next pair of tokens', { ...TOKENS, 'refreshToken === sent': false }),
    refused: fails('a refresh without a token fails', 'invalid_refresh_token'),
  },
  {
    name: 'Sessions',
    row: 'GET /sessions',
    accepted: succeeds('gets a list of sessions, exactly one of them current', {
      'json.sessions?.filter(({ current }) => current).length': 1,
      'Object.keys(json.sessions?.[0] ?? {}).sort()': [
        ...['createdAt', 'current', 'expiresAt', 'id', 'lastUsedAt', 'sourceIp', 'userAgent'],
      ],
      'json.sessions?.every(({ id }) => /^[0-9a-f]{8}[\\w-]{22}$/.test(id))': true,
    }),
  },
  {
    name: 'Apps',
    row: 'GET /apps',
    accepted: succeeds('has signed in to no app', { json: { apps: [] } }),
  },
  {
    name: 'Remove the access of an app',
    row: 'DELETE /apps/{id}',
    parameters: { id: 'demo-native' },
    accepted: fails('cannot remove the access of an app that has none', 'not_found'),
  },
  {
    name: 'Change password',
    row: 'PUT /password',
    description: 'The new password is too short on purpose, so that the password does not change.',
    body: { newPassword: 'short' },
    accepted: invalid('gets the rule that the new password breaks', '#/newPassword', {
      detail: 'Must be at least 15 characters.',
      rule: 'too_short',
      values: { min: 15 },
    }),
  },
  {
    name: 'Change address',
    row: 'PUT /email',
    description:
      'The current password is empty on purpose, so that no mail is sent and no attempt is counted. With the correct one, the response is a 202 with a `mailId`.',
    body: { currentPassword: '' },
    accepted: invalid('gets the rule that the current password breaks', '#/currentPassword', {
      detail: 'Must not be empty.',
      rule: 'required',
    }),
  },
  {
    name: 'Change language',
    row: 'PUT /me/locale',
    description:
      'The current password is empty on purpose, so that nothing changes and no attempt is counted. With the correct one, later mails are in this language.',
    body: { currentPassword: '' },
    accepted: invalid('gets the rule that the current password breaks', '#/currentPassword', {
      detail: 'Must not be empty.',
      rule: 'required',
    }),
  },
  {
    name: 'Confirm address',
    row: 'POST /email/confirm',
    description:
      'Replace `token` by what follows `=` in the link of the mail of `Change address`. The access token must be that of the same user.',
    accepted: fails('cannot change the address with a made-up link', 'invalid_link'),
  },
  {
    name: 'Own data',
    row: 'GET /me',
    accepted: succeeds('gets the own data, without a hash', {
      'json.role': '<<role>>',
      'Object.keys(json).sort()': ['changedAt', 'createdAt', 'factors', 'role', 'sub', 'username'],
    }),
  },
  ...['GET', 'POST'].map((method) => ({
    name: `User info by ${method}`,
    row: `${method} /userinfo`,
    accepted: succeeds('gets the user as stored now', {
      'json.username': '<<username>>',
      'json.role': '<<role>>',
    }),
  })),
  {
    name: 'Own events',
    row: 'GET /me/events',
    description:
      'The newest event is the login. If the response has `next`, `?after=` with it returns the next page.',
    accepted: succeeds('gets what happened, the newest first', {
      'json.events?.[0]?.type': 'session.created',
      'json.events?.[0]?.by': 'account',
    }),
  },
  {
    name: 'What proves a change',
    row: 'GET /proof/ways',
    accepted: succeeds('has a password, which proves each change', { 'json.proofs': ['password'] }),
  },
  {
    name: 'Ask for a code that proves a change',
    row: 'POST /proof/mail',
    accepted: HAS_PASSWORD,
  },
  {
    name: 'Prove a change by a passkey',
    row: 'POST /proof/passkey',
    accepted: HAS_PASSWORD,
  },
  {
    name: 'Prove a change',
    row: 'POST /proof/confirm',
    example: 'mail',
    description: 'Replace `mailId` and `code`, as a user without a password.',
    accepted: fails('cannot use a mail of another session', 'invalid_link'),
  },
  {
    name: 'Delete account',
    row: 'DELETE /me',
    description:
      'The current password is empty on purpose, so that the account is not deleted and no attempt is counted.',
    body: { currentPassword: '' },
    accepted: invalid('gets the rule that the current password breaks', '#/currentPassword', {
      detail: 'Must not be empty.',
      rule: 'required',
    }),
  },
  {
    name: 'End a session',
    row: 'DELETE /sessions/{id}',
    description: 'No session has this id. To end a session, replace it with an id from `Sessions`.',
    accepted: fails('gets 404 for an unknown session', 'not_found'),
  },
  {
    name: 'Log out',
    row: 'POST /logout',
    always: succeeds('the response to a logout is the same with and without a session'),
  },
  {
    name: 'Refresh after log out',
    row: 'POST /refresh',
    always: fails('after a logout the refresh token is invalid', 'invalid_refresh_token'),
  },
]
