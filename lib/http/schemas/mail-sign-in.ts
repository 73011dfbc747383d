import * as z from 'zod/mini'
import { atMost, EmailAddress, hasProof, InCookie, PROOF, proof, Replaces, schema } from './fields.ts'

/** Body of `POST /login/mail`. */
export const MailSignInRequest = /* @__PURE__ */ schema(() =>
  z.strictObject({ email: EmailAddress, session: InCookie }),
)

/** Body of `POST /login/mail/confirm`. */
export const MailSignInConfirmation = /* @__PURE__ */ schema(() =>
  z
    .strictObject({
      ...proof(),
      browserKey: z.optional(z.string('Must be a string.').check(atMost(64))),
      session: InCookie,
      replaces: Replaces,
    })
    .check(z.refine(hasProof, PROOF)),
)
