import * as z from 'zod/mini'
import { atMost, schema } from './fields.ts'

const text = (length: number) => z.string('Must be a string.').check(atMost(length))

/** Body of `POST /oauth2/signout`. */
export const SignOutRequest = /* @__PURE__ */ schema(() =>
  z.strictObject({
    // Its length is checked again in bytes.
    query: text(8_192),
    sub: z.optional(text(64)),
  }),
)

/** Body of `POST /oauth2/approve`. */
export const ApprovalRequest = /* @__PURE__ */ schema(() =>
  z.strictObject({
    // Its length is checked again in bytes: a longer one has its own error.
    query: text(8_192),
    click: z.optional(z.strictObject({ sub: text(64), scope: text(1_024) }, 'Must be a JSON object.')),
    cancel: z.optional(z.boolean('Must be a boolean.')),
    last: z.optional(text(64)),
    start: z.optional(z.number('Must be a number.')),
    // Whether the page has repeated the request: the cookie is still that of an earlier sign-in.
    changed: z.optional(z.boolean('Must be a boolean.')),
  }),
)
