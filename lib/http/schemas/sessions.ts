import * as z from 'zod/mini'
import { atMost, InCookie, LoginName, Password, Replaces, schema, Token } from './fields.ts'

/** Body of `POST /login`. */
export const LoginRequest = /* @__PURE__ */ schema(() =>
  z.strictObject({ username: LoginName, password: Password, session: InCookie, replaces: Replaces }),
)

/** Body of `POST /refresh`. Without a refresh token, the one in the cookie is used. */
export const RefreshRequest = /* @__PURE__ */ schema(() =>
  z.strictObject({ refreshToken: z.optional(Token) }),
)

/** Body of `POST /logout`, like {@link RefreshRequest}. */
export const LogoutRequest = /* @__PURE__ */ schema(() =>
  z.strictObject({
    refreshToken: z.optional(Token),
    everywhere: z.optional(z.boolean('Must be true or false.')),
    sub: z.optional(z.string('Must be a string.').check(atMost(256))),
  }),
)
