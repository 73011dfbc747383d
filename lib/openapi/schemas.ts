import * as z from 'zod/mini'
import {
  AccountDeletionRequest,
  EmailAddress,
  EmailChangeRequest,
  EmailConfirmation,
  EnrolmentPasskey,
  EnrolmentProofRequest,
  EnrolmentRequest,
  EnrolmentTotpConfirmation,
  FactorChangeRequest,
  FactorResetCancellation,
  ForgottenPasswordRequest,
  LoginName,
  LoginRequest,
  LoginToken,
  LogoutRequest,
  MAX_PASSWORD_BYTES,
  NewPasskey,
  NewUsername,
  PasskeyAssertion,
  PasskeyChange,
  PasskeyCreation,
  PasskeyOptionsRequest,
  PasskeyRemoval,
  PasskeySignIn,
  PasskeySignInOptions,
  Password,
  PasswordChangeRequest,
  PasswordResetRequest,
  RecoveryCodeLoginRequest,
  RefreshRequest,
  RegistrationConfirmation,
  RegistrationRequest,
  Token,
  TotpCode,
  TotpConfirmation,
  TotpLoginRequest,
} from '../http/schemas.ts'
import { FACTORS } from '../users/factors.ts'
import { ROLES } from '../users/user.ts'

const PROOF = 'The token of a link, or the id of a request and the code of its mail.'

/** Names and descriptions of the request schemas as components of the API description. */
const requests = z
  .registry<{ id: string; description: string }>()
  .add(LoginName, {
    id: 'LoginName',
    description: 'A username or an e-mail address. Upper case is read as lower case.',
  })
  .add(NewUsername, {
    id: 'NewUsername',
    description: 'The confirmed address, or a username. Upper case is read as lower case.',
  })
  .add(Password, {
    id: 'Password',
    description: `A password: text without NUL, at most ${MAX_PASSWORD_BYTES} bytes of UTF-8 in Unicode normalisation form C.`,
  })
  .add(Token, { id: 'RefreshToken', description: 'A refresh token from a login or a refresh.' })
  .add(LoginRequest, {
    id: 'LoginRequest',
    description: 'Username and password. With `session`, the refresh token is kept in a cookie.',
  })
  .add(RefreshRequest, {
    id: 'RefreshRequest',
    description: 'The latest refresh token of a session. Without it, the one in the cookie is used.',
  })
  .add(LogoutRequest, {
    id: 'LogoutRequest',
    description:
      'A refresh token of the session to end. Without it, the one in the cookie is used. With `everywhere`, all sessions of the user end. `sub` is the user whom the client shows: with the session of another user, nothing ends.',
  })
  .add(PasswordChangeRequest, {
    id: 'PasswordChangeRequest',
    description: 'The current password and its replacement.',
  })
  .add(AccountDeletionRequest, {
    id: 'AccountDeletionRequest',
    description: 'The current password of the account to delete.',
  })

  .add(EmailAddress, { id: 'EmailAddress', description: 'An e-mail address, as mails are sent to it.' })
  .add(RegistrationRequest, { id: 'RegistrationRequest', description: 'The address of a new user.' })
  .add(RegistrationConfirmation, {
    id: 'RegistrationConfirmation',
    description: `${PROOF} The password and the username of the new user. With \`session\`, the refresh token is kept in a cookie.`,
  })
  .add(ForgottenPasswordRequest, {
    id: 'ForgottenPasswordRequest',
    description: 'A login name of the user.',
  })
  .add(PasswordResetRequest, { id: 'PasswordResetRequest', description: `${PROOF} The new password.` })
  .add(EmailChangeRequest, {
    id: 'EmailChangeRequest',
    description: 'The new address and the current password.',
  })
  .add(EmailConfirmation, { id: 'EmailConfirmation', description: PROOF })
  .add(LoginToken, {
    id: 'LoginToken',
    description: 'The token of a sign-in that is not complete. It is opaque, and no access token.',
  })
  .add(EnrolmentRequest, { id: 'EnrolmentRequest', description: 'The token of an enrolment.' })
  .add(EnrolmentProofRequest, {
    id: 'EnrolmentProofRequest',
    description: `The token of an enrolment. ${PROOF} Or the one-time code of an operator.`,
  })
  .add(EnrolmentPasskey, {
    id: 'EnrolmentPasskey',
    description: 'The token of an enrolment, the new passkey, and its name.',
  })
  .add(EnrolmentTotpConfirmation, {
    id: 'EnrolmentTotpConfirmation',
    description: 'The token of an enrolment, and a code of the authenticator app.',
  })
  .add(FactorResetCancellation, {
    id: 'FactorResetCancellation',
    description: 'The token of the link in the notice of the reset.',
  })
  .add(TotpCode, { id: 'TotpCode', description: 'A code of an authenticator app: six digits.' })
  .add(TotpLoginRequest, {
    id: 'TotpLoginRequest',
    description: 'A login token, and a code of the user’s authenticator app.',
  })
  .add(RecoveryCodeLoginRequest, {
    id: 'RecoveryCodeLoginRequest',
    description: 'A login token, and one of the user’s recovery codes.',
  })
  .add(FactorChangeRequest, {
    id: 'FactorChangeRequest',
    description: 'The current password of the user whose second factors change.',
  })
  .add(TotpConfirmation, { id: 'TotpConfirmation', description: 'A code of the app that is set up.' })

  .add(PasskeyCreation, {
    id: 'PasskeyCreation',
    description: 'A new passkey, as `toJSON()` of the browser’s `PublicKeyCredential` returns it.',
  })
  .add(PasskeyAssertion, {
    id: 'PasskeyAssertion',
    description: 'A signature of a passkey, as `toJSON()` of the browser’s `PublicKeyCredential` returns it.',
  })
  .add(PasskeyOptionsRequest, { id: 'PasskeyOptionsRequest', description: 'The current password.' })
  .add(NewPasskey, { id: 'NewPasskey', description: 'A new passkey, and the name that the user gives it.' })
  .add(PasskeyChange, { id: 'PasskeyChange', description: 'A new name of a passkey.' })
  .add(PasskeyRemoval, { id: 'PasskeyRemoval', description: 'The current password.' })
  .add(PasskeySignInOptions, {
    id: 'PasskeySignInOptions',
    description: 'The login token of a sign-in with a password. Without it, the passkey signs in alone.',
  })
  .add(PasskeySignIn, {
    id: 'PasskeySignIn',
    description: 'The signature of a passkey, and the login token if it is the second factor.',
  })

/** Returns a reference to one of the {@link SCHEMAS}. */
export const schemaRef = (name: keyof typeof RESPONSES) => ({ $ref: `#/components/schemas/${name}` })

/** Returns a reference to a request schema, by its name among the {@link SCHEMAS}. */
export const requestRef = (schema: z.ZodMiniType) => ({
  $ref: `#/components/schemas/${requests.get(schema)?.id}`,
})

/** Returns the `content` of a JSON response. */
export const json = (schema: object, example?: unknown) => ({
  'application/json': { schema, ...(example !== undefined && { example }) },
})

/** Returns the schema of a string. */
export const text = (description: string) => ({ type: 'string', description })

/**
 * Returns the schema of an object.
 *
 * @param properties - Schemas by member name. Clients must expect more members in later versions.
 * @param optional - Names of the members that may be missing. All others are required.
 */
export const object = (
  description: string,
  properties: Record<string, object>,
  optional: readonly string[] = [],
) => ({
  type: 'object',
  description,
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
})

const seconds = (description: string) => ({ type: 'integer', minimum: 0, description })
const time = (description: string) => ({ type: 'string', format: 'date-time', description })
const challenge = text('32 random bytes in base64url. The authenticator signs them.')
const role = { type: 'string', enum: ROLES, description: 'The role, which determines the permitted routes.' }
const user = {
  sub: text('The opaque id of the user, which never changes.'),
  username: text('The username.'),
  role,
  email: text('The e-mail address that the user can sign in with. Missing without one.'),
  email_verified: {
    type: 'boolean',
    description: 'Whether the user has shown that the address is the user’s own.',
  },
}

const problem = {
  type: { type: 'string', const: 'about:blank', description: 'The status identifies the problem type.' },
  title: text('The reason phrase of the status.'),
  status: {
    type: 'integer',
    description: 'The status of the response. Missing where the gateway rejects a request.',
  },
  detail: text('What went wrong, for humans.'),
  error: text('What went wrong, for programs, where the status alone does not say it.'),
  acr_values: text(
    'With `insufficient_user_authentication`: the class of sign-in that is required (RFC 9470).',
  ),
  max_age: seconds('With `insufficient_user_authentication`: how old that sign-in may be, in seconds.'),
}

const recoveryCodes = {
  type: 'array',
  items: text('A recovery code, which replaces the second factor once.'),
  description: 'Ten new recovery codes. They are shown once.',
}

const RESPONSES = {
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
  SecondFactor: object('The password is right, and the user has second factors.', {
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
  Enrolment: object('The password is right, and the user must enrol a second factor first.', {
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
  Passkey: object(
    'A passkey.',
    {
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
    },
    ['lastUsedAt', 'transports'],
  ),
  Passkeys: object('The caller’s passkeys.', {
    passkeys: { type: 'array', items: { $ref: '#/components/schemas/Passkey' } },
  }),
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
    requestId: text('The id of the request, which the code of the mail is valid with.'),
  }),
  Content: object('Content, and the caller it was created for.', {
    message: text('The content.'),
    username: text('The user that the access token identifies.'),
    role,
  }),
  Session: object('A session that has not ended.', {
    id: text('The session id, for `DELETE /sessions/{id}`.'),
    createdAt: time('When the user signed in.'),
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
  UserInfo: object('The caller, as stored now.', user, ['email', 'email_verified']),
  Me: object(
    'The caller’s profile, without password hash and internal values.',
    {
      ...user,
      emailAsWritten: text('The address as mails are sent to it, if it has upper case.'),
      createdAt: time('When the user was created.'),
      changedAt: time('When an address, a name, the role, the password or the state last changed.'),
      factors: {
        type: 'array',
        items: { type: 'string', enum: FACTORS },
        description: 'The user’s second factors.',
      },
      recoveryCodesLeft: {
        type: 'integer',
        minimum: 0,
        description: 'How many recovery codes are left. Missing without a second factor.',
      },
      externalId: text(
        'The user’s id in the program that the user was imported from, if an operator kept it.',
      ),
    },
    ['email', 'email_verified', 'emailAsWritten', 'recoveryCodesLeft', 'externalId'],
  ),
  TotpSetup: object('The secret of an authenticator app that is set up.', {
    secret: text('The secret in base32, for typing.'),
    uri: text('The secret and the names of service and user, for a QR code: `otpauth://totp/…`.'),
  }),
  NewFactor: object('A second factor was added.', { recoveryCodes }, ['recoveryCodes']),
  RecoveryCodes: object('New recovery codes.', { recoveryCodes }),
  Metadata: object('Metadata of the issuer of access tokens (RFC 8414).', {
    issuer: text('The issuer: the claim `iss` of every access token.'),
    jwks_uri: text('The URL of the public keys.'),
    userinfo_endpoint: text('The URL of `GET /userinfo`.'),
    id_token_signing_alg_values_supported: {
      type: 'array',
      items: { type: 'string', const: 'RS256' },
      description: 'The algorithm of access tokens.',
    },
  }),
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
  Problem: object('An RFC 9457 problem.', problem, ['status', 'error', 'acr_values', 'max_age']),
  InvalidFields: object('An RFC 9457 problem that lists the invalid fields.', {
    type: problem.type,
    title: problem.title,
    status: problem.status,
    detail: problem.detail,
    errors: {
      type: 'array',
      minItems: 1,
      items: object('An invalid field.', {
        pointer: text('RFC 6901 pointer into the request body, or to a query parameter, as a URI fragment.'),
        detail: text('What a valid value is.'),
      }),
    },
  }),
}

/** All schemas of the API description by name: those that validate requests, and those of responses. */
export const SCHEMAS: Record<string, object> = { ...requestSchemas(), ...RESPONSES }

function requestSchemas(): Record<string, object> {
  const { schemas } = z.toJSONSchema(requests, {
    metadata: requests,
    io: 'input',
    uri: (id) => `#/components/schemas/${id}`,
  })
  // `$schema` and `$id` mark documents of their own. Here the schemas are parts of one document.
  const parts = Object.entries(schemas).map(([id, { $schema, $id, ...schema }]) => [id, schema])
  return Object.fromEntries(parts)
}
