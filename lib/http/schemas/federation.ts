import * as z from 'zod/mini'
import { MAX_IDENTITY_TOKEN } from '../../federation/pending.ts'
import { atMost, Code, InCookie, MailId, NewUsername, oneOf, Password, Replaces, schema } from './fields.ts'

const text = (maxLength: number) => z.string('Must be a string.').check(atMost(maxLength))

/** Body of `POST /login/provider/options`. */
export const ProviderOptions = /* @__PURE__ */ schema(() =>
  z.strictObject({
    provider: text(32),
    purpose: z.optional(
      z.string('Must be a string.').check(oneOf('Must be "sign-in" or "link".', 'sign-in', 'link')),
    ),
    again: z.optional(z.boolean('Must be true or false.')),
  }),
)

/** Body of `POST /login/provider`. */
export const ProviderResponse = /* @__PURE__ */ schema(() =>
  z.strictObject({ provider: text(32), query: text(4_096), session: InCookie, replaces: Replaces }),
)

const IdentityToken = /* @__PURE__ */ schema(() =>
  z.string('Must be a string.').check(atMost(MAX_IDENTITY_TOKEN)),
)

/** Body of `POST /register/provider`. */
export const IdentityRegistration = /* @__PURE__ */ schema(() =>
  z
    .strictObject({
      identityToken: IdentityToken,
      username: z.optional(NewUsername),
      mailId: z.optional(MailId),
      code: z.optional(Code),
      session: InCookie,
      replaces: Replaces,
    })
    .check(
      z.refine(
        ({ mailId, code }) => (mailId === undefined) === (code === undefined),
        'Must have a mailId and a code, or neither.',
      ),
    ),
)

/** Body of `POST /identities`. */
export const IdentityLink = /* @__PURE__ */ schema(() =>
  z.strictObject({ identityToken: IdentityToken, currentPassword: Password }),
)

/** Body of `DELETE /identities/{id}`. */
export const IdentityRemoval = /* @__PURE__ */ schema(() => z.strictObject({ currentPassword: Password }))
