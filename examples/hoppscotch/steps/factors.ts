import {
  CHALLENGE,
  FAILED_LOGIN,
  fails,
  invalid,
  NEW_TOKENS,
  type Step,
  succeeds,
  TOKENS,
} from '../outcomes.ts'

const FIRST_STEP = { authToken: "authToken ?? ''", loginToken: "loginToken ?? ''" }
const SECOND_FACTOR = succeeds('gets a login token, and no access token', {
  'typeof authToken': 'undefined',
  '/^[\\w-]{22}\\.[\\w-]{43}$/.test(loginToken)': true,
  json: { next: 'second-factor', factors: ['totp', 'recovery-code'] },
})
const NO_SIGN_IN = fails('a code without a login token gets no token', 'login_expired')

/** The user adds an app, signs in with it, and removes it. A passkey needs a browser. */
export const FACTOR_STEPS: Step[] = [
  {
    name: 'Login before adding a factor',
    row: 'POST /login',
    sets: FIRST_STEP,
    accepted: succeeds('gets a token by the password', { 'typeof authToken': 'string' }),
    refused: FAILED_LOGIN,
  },
  {
    name: 'Set up an app',
    row: 'POST /factors/totp',
    description: 'The user has the factor only after `Confirm the app`.',
    sets: { totpSecret: "secret ?? ''", totpStep: "'0'" },
    accepted: succeeds('gets a secret for an app', {
      '/^[A-Z2-7]{32}$/.test(secret)': true,
      "uri?.startsWith('otpauth://totp/')": true,
    }),
  },
  {
    name: 'Confirm the app',
    row: 'POST /factors/totp/confirm',
    description: 'The script before the request computes the code.',
    body: { code: '<<totpCode>>' },
    sets: { recoveryCode: "recoveryCodes?.[0] ?? ''" },
    accepted: succeeds('gets ten recovery codes', { 'recoveryCodes?.length': 10 }),
  },
  {
    name: 'Login with an app, first step',
    row: 'POST /login',
    sets: FIRST_STEP,
    accepted: SECOND_FACTOR,
    refused: FAILED_LOGIN,
  },
  {
    name: 'Login with an app, second step',
    row: 'POST /login/totp',
    body: { code: '<<totpCode>>' },
    sets: NEW_TOKENS,
    accepted: succeeds('gets tokens by the code of the app', TOKENS),
    refused: NO_SIGN_IN,
  },
  {
    name: 'Login with a recovery code, first step',
    row: 'POST /login',
    sets: FIRST_STEP,
    accepted: SECOND_FACTOR,
    refused: FAILED_LOGIN,
  },
  {
    name: 'Login with a wrong recovery code',
    row: 'POST /login/recovery-code',
    body: { code: '0000-0000-0000-0000' },
    accepted: invalid('gets no token by a wrong recovery code', '#/code', {
      detail: 'Incorrect code.',
      rule: 'incorrect',
    }),
    refused: NO_SIGN_IN,
  },
  {
    name: 'Login with a recovery code, second step',
    row: 'POST /login/recovery-code',
    body: { code: '<<recoveryCode>>' },
    sets: NEW_TOKENS,
    accepted: succeeds('gets tokens by a recovery code', TOKENS),
    refused: NO_SIGN_IN,
  },
  {
    name: 'Replace the recovery codes',
    row: 'POST /factors/recovery-codes',
    accepted: succeeds('gets ten new recovery codes', { 'recoveryCodes?.length': 10 }),
  },
  {
    name: 'Passkeys',
    row: 'GET /passkeys',
    accepted: succeeds('has no passkey', { 'json.passkeys': [] }),
  },
  {
    name: 'Options for a new passkey',
    row: 'POST /passkeys/options',
    description: 'A browser makes the passkey: `navigator.credentials.create()`.',
    accepted: succeeds('gets options for a browser', { ...CHALLENGE, 'json.attestation': 'none' }),
  },
  {
    name: 'Add a made-up passkey',
    row: 'POST /passkeys',
    accepted: fails('cannot add a made-up passkey', 'passkey_refused'),
  },
  {
    name: 'Rename a passkey',
    row: 'PATCH /passkeys/{id}',
    accepted: fails('gets 404 for an unknown passkey', 'not_found'),
  },
  {
    name: 'Remove a passkey',
    row: 'DELETE /passkeys/{id}',
    accepted: fails('gets 404 for the removal of an unknown passkey', 'not_found'),
  },
  {
    name: 'Remove the app',
    row: 'DELETE /factors/totp',
    description: 'It is the last factor, so the recovery codes are gone, too.',
    accepted: succeeds('has no second factor'),
  },
  {
    name: 'Options for a sign-in with a passkey',
    row: 'POST /login/passkey/options',
    always: succeeds('everybody gets options for a sign-in with a passkey', {
      ...CHALLENGE,
      'Object.keys(json).sort()': ['challenge', 'rpId', 'timeout', 'userVerification'],
    }),
  },
  {
    name: 'Login with a made-up passkey',
    row: 'POST /login/passkey',
    always: fails('a made-up passkey gets no token', 'passkey_refused'),
  },
]
