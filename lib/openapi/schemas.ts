import { FACTORS } from '../users/factors.ts'
import { EVENT_SCHEMAS } from './event-schemas.ts'
import { FEDERATION_SCHEMAS } from './federation-schemas.ts'
import { object, seconds, text, time } from './json-schema.ts'
import { OAUTH_SCHEMAS } from './oauth-schemas.ts'
import { PROBLEM_SCHEMAS } from './problems/schemas.ts'
import { role, USER_SCHEMAS } from './user-schemas.ts'

/** Returns a reference to one of the {@link RESPONSES}. */
export const schemaRef = (name: keyof typeof RESPONSES) => ({ $ref: `#/components/schemas/${name}` })

const challenge = text('32 random bytes in base64url. The authenticator signs them.')

const recoveryCodes = {
  type: 'array',
  items: text('A recovery code, which replaces the second factor once.'),
  description: 'Ten new recovery codes. They are shown once.',
}

/** Members of a passkey. */
const PASSKEY = {
  id: text('The id of the passkey, for `PATCH` and `DELETE /passkeys/{id}`.'),
  name: text('The name that the user gave it.'),
  createdAt: time('When it was added.'),
  lastUsedAt: time('When it last signed in.'),
  synced: {
    type: 'boolean',
    description: 'Whether it is on several devices, or backed up, as of its last use.',
  },
  transports: {
    type: 'array',
    items: { type: 'string' },
    description: 'How the authenticator can be reached.',
  },
}

/** Schemas of responses, by name. */
export const RESPONSES = {
  Tokens: object(
    'An access token and a refresh token. If the cookie contains the refresh token, this does not.',
    {
      authToken: text('The access token, a JSON Web Token, for the header `Authorization: Bearer …`.'),
      tokenType: { type: 'string', const: 'Bearer' },
      expiresIn: seconds('Seconds until the access token expires.'),
      refreshToken: { $ref: '#/components/schemas/RefreshToken' },
      refreshExpiresIn: seconds('Seconds until the refresh token expires, unless it is used earlier.'),
      recoveryCodes,
    },
    ['refreshToken', 'recoveryCodes'],
  ),
  SecondFactor: object('The password is correct, and the user has second factors.', {
    next: { type: 'string', const: 'second-factor' },
    factors: {
      type: 'array',
      items: { type: 'string', enum: [...FACTORS, 'recovery-code'] },
      description: 'What completes the sign-in: one of these.',
    },
    loginToken: text(
      'Completes the sign-in, together with a factor. It is valid for 5 minutes and 5 tries, once.',
    ),
  }),
  Enrolment: object('The password is correct, and the user must enrol a second factor first.', {
    next: { type: 'string', const: 'enrolment' },
    proofs: {
      type: 'array',
      items: { type: 'string', enum: ['mail', 'code'] },
      description:
        'How the user can prove more than the password: by a mail to the verified address, or by a one-time code of an operator. Empty, if it is proved.',
    },
    enrolmentToken: text('Enrols a second factor, after that proof. It is valid for 30 minutes, once.'),
  }),
  PasskeyRequestOptions: object(
    'Options of `navigator.credentials.get()`, for `PublicKeyCredential.parseRequestOptionsFromJSON()`.',
    {
      rpId: text('The domain that passkeys are bound to.'),
      challenge,
      timeout: { type: 'integer', description: 'Milliseconds.' },
      userVerification: { type: 'string', enum: ['required', 'preferred'] },
      allowCredentials: { type: 'array', items: { type: 'object' } },
    },
    ['allowCredentials'],
  ),
  PasskeyCreationOptions: object(
    'Options of `navigator.credentials.create()`, for `PublicKeyCredential.parseCreationOptionsFromJSON()`.',
    {
      rp: { type: 'object', description: 'The service, and the domain that passkeys are bound to.' },
      user: { type: 'object', description: 'The caller.' },
      challenge,
      pubKeyCredParams: { type: 'array', items: { type: 'object' } },
      timeout: { type: 'integer', description: 'Milliseconds.' },
      attestation: { type: 'string', const: 'none' },
      authenticatorSelection: { type: 'object' },
      excludeCredentials: { type: 'array', items: { type: 'object' } },
    },
  ),
  Passkey: object('A passkey.', PASSKEY, ['lastUsedAt', 'transports']),
  Passkeys: object('The caller’s passkeys.', {
    passkeys: { type: 'array', items: { $ref: '#/components/schemas/Passkey' } },
  }),
  OwnPasskeys: object(
    'The caller’s passkeys, with what a page needs to signal a change to password managers.',
    {
      rpId: text('The domain that passkeys are bound to.'),
      passkeys: {
        type: 'array',
        items: { $ref: '#/components/schemas/OwnPasskey' },
      },
    },
  ),
  OwnPasskey: object(
    'A passkey of the caller.',
    {
      ...PASSKEY,
      credentialId: text('For `PublicKeyCredential.signalUnknownCredential()`, once the passkey is removed.'),
    },
    ['lastUsedAt', 'transports'],
  ),
  AddedPasskey: object(
    'The new passkey.',
    {
      passkey: { $ref: '#/components/schemas/Passkey' },
      recoveryCodes: {
        type: 'array',
        items: { type: 'string' },
        description: 'Recovery codes, if the user had none. They are shown once.',
      },
    },
    ['recoveryCodes'],
  ),
  MailRequested: object('A request for a mail.', {
    mailId: text('The id of the mail, which its code is valid with.'),
  }),
  MailSignInRequested: object(
    'A request for a mail that signs in.',
    {
      mailId: text('The id of the mail, which its code is valid with.'),
      browserKey: text('The key of a client without cookies, which the mail is valid with. Keep it secret.'),
    },
    ['browserKey'],
  ),
  NextRegistration: object(
    'The address has no user. `POST /register/confirm` creates one by the same mail.',
    {
      next: { type: 'string', const: 'registration' },
      mailId: text('The id of the mail.'),
      email: text('The address.'),
    },
  ),
  Proofs: object('What the caller proves a change of the account with.', {
    proofs: { type: 'array', items: { type: 'string', enum: ['password', 'passkey', 'mail'] } },
  }),
  ChangeToken: object('The proof of a change.', {
    changeToken: text('The token, for one request that makes the change.'),
    expiresIn: seconds('Seconds until it expires.'),
  }),
  Content: object('Content, and the caller it was created for.', {
    message: text('The content.'),
    username: text('The user that the access token identifies.'),
    role,
  }),
  Session: object('A session that has not ended.', {
    id: text('The session id, for `DELETE /sessions/{id}`.'),
    createdAt: time('When the session began. A later sign-in may have renewed it.'),
    lastUsedAt: time('The hour in which the refresh token was last used, before the current hour.'),
    expiresAt: time(
      'The hour in which the session expires, if its refresh token is not used after `lastUsedAt`.',
    ),
    sourceIp: text('The IP address of the login request.'),
    userAgent: text('The User-Agent header of the login request, shortened if it is long.'),
    current: {
      type: 'boolean',
      description: 'Whether the access token of this request belongs to the session.',
    },
  }),
  Sessions: object(
    'The caller’s sessions, the newest first.',
    {
      sessions: { type: 'array', items: { $ref: '#/components/schemas/Session' } },
      next: text('Value of `after` for the next page. Missing on the last page.'),
    },
    ['next'],
  ),
  ...EVENT_SCHEMAS,
  ...FEDERATION_SCHEMAS,
  ...OAUTH_SCHEMAS,
  ...USER_SCHEMAS,
  TotpSetup: object('The secret of an authenticator app that is set up.', {
    secret: text('The secret in base32, for typing.'),
    uri: text('The secret and the names of service and user, for a QR code: `otpauth://totp/…`.'),
  }),
  NewFactor: object('A second factor was added.', { recoveryCodes }, ['recoveryCodes']),
  RecoveryCodes: object('New recovery codes.', { recoveryCodes }),
  Key: object('A public key (RFC 7517).', {
    kty: { type: 'string', const: 'RSA' },
    use: { type: 'string', const: 'sig' },
    alg: { type: 'string', const: 'RS256' },
    kid: text('The key id: the RFC 7638 thumbprint, as in the header of tokens.'),
    n: text('The modulus, in base64url.'),
    e: text('The exponent, in base64url.'),
  }),
  KeySet: object('A JWK Set (RFC 7517).', {
    keys: { type: 'array', items: { $ref: '#/components/schemas/Key' } },
  }),
  ...PROBLEM_SCHEMAS,
}
