import * as z from 'zod/mini'
import type { ProofFields } from '../../mail/verify.ts'
import { atMost, digitCode, hasProof, LoginToken, Password, proof, schema } from './fields.ts'
import { PasskeyCreation, PasskeyName } from './passkeys.ts'

/** Body of the routes that change second factors. */
export const FactorChangeRequest = /* @__PURE__ */ schema(() => z.strictObject({ currentPassword: Password }))

/** A code of an authenticator app. */
export const TotpCode = /* @__PURE__ */ schema(() => digitCode(6))

/** Body of `POST /factors/totp/confirm`. */
export const TotpConfirmation = /* @__PURE__ */ schema(() => z.strictObject({ code: TotpCode }))

/** Body of `POST /login/totp`. */
export const TotpLoginRequest = /* @__PURE__ */ schema(() =>
  z.strictObject({ loginToken: LoginToken, code: TotpCode }),
)

/** Body of `POST /login/recovery-code`. Any text is accepted here, because people type codes in many ways. */
export const RecoveryCodeLoginRequest = /* @__PURE__ */ schema(() =>
  z.strictObject({ loginToken: LoginToken, code: z.string('Must be a string.').check(atMost(64)) }),
)

/** Body of a request that continues an enrolment. */
export const EnrolmentRequest = /* @__PURE__ */ schema(() => z.strictObject({ enrolmentToken: LoginToken }))

/** Body of `POST /enrolment/totp/confirm`. */
export const EnrolmentTotpConfirmation = /* @__PURE__ */ schema(() =>
  z.strictObject({ enrolmentToken: LoginToken, code: TotpCode }),
)

/** Body of `POST /enrolment/passkey`. */
export const EnrolmentPasskey = /* @__PURE__ */ schema(() =>
  z.strictObject({ enrolmentToken: LoginToken, response: PasskeyCreation, name: z.optional(PasskeyName) }),
)

const ENROLMENT_PROOF = 'Must have either a token, a mailId and a code, or an operatorCode.'

/** Body of `POST /enrolment/proof`. */
export const EnrolmentProofRequest = /* @__PURE__ */ schema(() =>
  z
    .strictObject({
      enrolmentToken: LoginToken,
      ...proof(),
      operatorCode: z.optional(z.string('Must be a string.').check(atMost(64))),
    })
    .check(
      z.refine(
        ({ operatorCode, ...fields }) => (operatorCode === undefined ? hasProof(fields) : hasNoProof(fields)),
        ENROLMENT_PROOF,
      ),
    ),
)

const hasNoProof = ({ token, mailId, code }: ProofFields) =>
  token === undefined && mailId === undefined && code === undefined

/** Body of `POST /factors/cancel-reset`. */
export const FactorResetCancellation = /* @__PURE__ */ schema(() =>
  z.strictObject({ token: z.string('Must be a string.').check(atMost(512)) }),
)
