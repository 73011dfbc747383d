import * as z from 'zod/mini'
import {
  EmailAddress,
  hasProof,
  InCookie,
  LoginName,
  NewUsername,
  Password,
  PROOF,
  proof,
  schema,
} from './fields.ts'
import { PasskeyCreation } from './passkeys.ts'

/** Body of `PUT /password`. */
export const PasswordChangeRequest = /* @__PURE__ */ schema(() =>
  z.strictObject({ currentPassword: Password, newPassword: Password }),
)

/** Body of `DELETE /me`. */
export const AccountDeletionRequest = /* @__PURE__ */ schema(() =>
  z.strictObject({ currentPassword: Password }),
)

/** Body of `POST /register`. */
export const RegistrationRequest = /* @__PURE__ */ schema(() => z.strictObject({ email: EmailAddress }))

/** Body of `POST /register/confirm`. */
export const RegistrationConfirmation = /* @__PURE__ */ schema(() =>
  z
    .strictObject({ ...proof(), password: Password, username: z.optional(NewUsername), session: InCookie })
    .check(z.refine(hasProof, PROOF)),
)

/** Body of `POST /register/confirm` with `mailSignIn=on`. */
export const AnyRegistrationConfirmation = /* @__PURE__ */ schema(() =>
  z
    .strictObject({
      ...proof(),
      password: z.optional(Password),
      response: z.optional(PasskeyCreation),
      username: z.optional(NewUsername),
      session: InCookie,
    })
    .check(
      z.refine(hasProof, PROOF),
      z.refine(
        ({ password, response }) => password === undefined || response === undefined,
        'Must have at most one of password and response.',
      ),
    ),
)

/** Body of `POST /register/passkey`. */
export const NewUserPasskeyRequest = /* @__PURE__ */ schema(() =>
  z.strictObject({ ...proof(), username: z.optional(NewUsername) }).check(z.refine(hasProof, PROOF)),
)

/** Body of `POST /password/forgot`. */
export const ForgottenPasswordRequest = /* @__PURE__ */ schema(() => z.strictObject({ login: LoginName }))

/** Body of `POST /password/reset`. */
export const PasswordResetRequest = /* @__PURE__ */ schema(() =>
  z
    .strictObject({
      ...proof(),
      password: Password,
      keepIdentities: z.optional(z.boolean('Must be true or false.')),
    })
    .check(z.refine(hasProof, PROOF)),
)

/** Body of `PUT /email`. */
export const EmailChangeRequest = /* @__PURE__ */ schema(() =>
  z.strictObject({ email: EmailAddress, currentPassword: Password }),
)

/** Body of `POST /email/confirm`. */
export const EmailConfirmation = /* @__PURE__ */ schema(() =>
  z.strictObject(proof()).check(z.refine(hasProof, PROOF)),
)
