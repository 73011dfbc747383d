import * as z from 'zod/mini'
import {
  AccountDeletionRequest,
  EmailChangeRequest,
  EmailConfirmation,
  ForgottenPasswordRequest,
  PasswordChangeRequest,
  PasswordResetRequest,
  RegistrationConfirmation,
  RegistrationRequest,
} from '../http/schemas/account.ts'
import {
  EnrolmentPasskey,
  EnrolmentProofRequest,
  EnrolmentRequest,
  EnrolmentTotpConfirmation,
  FactorChangeRequest,
  FactorResetCancellation,
  RecoveryCodeLoginRequest,
  TotpCode,
  TotpConfirmation,
  TotpLoginRequest,
} from '../http/schemas/factors.ts'
import {
  EmailAddress,
  LoginName,
  LoginToken,
  MAX_PASSWORD_BYTES,
  NewUsername,
  Password,
  Token,
} from '../http/schemas/fields.ts'
import { ApprovalRequest, SignOutRequest } from '../http/schemas/oauth.ts'
import {
  NewPasskey,
  PasskeyAssertion,
  PasskeyChange,
  PasskeyCreation,
  PasskeyOptionsRequest,
  PasskeyRemoval,
  PasskeySignIn,
  PasskeySignInOptions,
} from '../http/schemas/passkeys.ts'
import { LoginRequest, LogoutRequest, RefreshRequest } from '../http/schemas/sessions.ts'

const PROOF = 'The token of a link, or the id and the code of a mail.'

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
  .add(ApprovalRequest, {
    id: 'ApprovalRequest',
    description:
      'The query of the page `/oauth2/authorize`, as it is. `click` is what the screen showed when the user agreed. `cancel` says that the user has cancelled. `last` is the user whom this browser last approved. `start` is that of the first response. `changed` says that the request is repeated after `session_changed`.',
  })
  .add(SignOutRequest, {
    id: 'SignOutRequest',
    description:
      'The query or the form of the page `/oauth2/logout`, as it is. `sub` is the user whom the page has asked.',
  })
  .add(PasskeySignIn, {
    id: 'PasskeySignIn',
    description: 'The signature of a passkey, and the login token if it is the second factor.',
  })

/**
 * Returns a reference to a request schema, by its name among `SCHEMAS` in `schemas.ts`.
 *
 * @throws Error if this file does not name the schema.
 */
export function requestRef(schema: z.ZodMiniType) {
  const name = requests.get(schema)?.id
  if (name === undefined) throw new Error('name the schema of each request body in lib/openapi/requests.ts')
  return { $ref: `#/components/schemas/${name}` }
}

/** Returns the schemas that validate requests, by name. */
export function requestSchemas(): Record<string, object> {
  const { schemas } = z.toJSONSchema(requests, {
    metadata: requests,
    io: 'input',
    uri: (id) => `#/components/schemas/${id}`,
  })
  // `$schema` and `$id` mark documents of their own. Here the schemas are parts of one document.
  const parts = Object.entries(schemas).map(([id, { $schema, $id, ...schema }]) => [id, schema])
  return Object.fromEntries(parts)
}
