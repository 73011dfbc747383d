import * as z from 'zod/mini'
import { ATTRIBUTES, mayBe, ruleOf } from '../../application/attributes.ts'
import { ROLES } from '../../application/roles.ts'
import type { Scalar } from '../../aws/dynamodb.ts'
import { EmailAddress, NewLoginName, schema } from './fields.ts'

/** Body of `PATCH /admin-api/users/{id}`. */
export const UserPatch = /* @__PURE__ */ schema(() =>
  z.strictObject({ disabled: z.boolean('Must be true or false.') }),
)

const role = () => z.enum(ROLES, `Must be one of ${ROLES.join(', ')}.`)

/** Body of `PUT /admin-api/users/{id}/role`. */
export const RoleChange = /* @__PURE__ */ schema(() => z.strictObject({ role: role() }))

/** Body of `PUT /admin-api/invitations`. */
export const Invitation = /* @__PURE__ */ schema(() => z.strictObject({ email: EmailAddress, role: role() }))

/** Body of `PUT /admin-api/users/{id}/names`. */
export const NamesChange = /* @__PURE__ */ schema(() =>
  z.strictObject({ username: NewLoginName, email: z.optional(EmailAddress) }),
)

const VALUES = { string: z.string, number: z.number, boolean: z.boolean }

/** Body of `PUT /admin-api/users/{id}/attributes`: attributes that the application defines. `null` sets the default. */
export const AttributesChange = /* @__PURE__ */ schema(() => {
  const fields = Object.entries(ATTRIBUTES).map(([name, definition]) => {
    const rule = ruleOf(definition)
    const value: z.ZodMiniType<Scalar> = VALUES[definition.type](rule)
    return [name, z.optional(z.nullable(value.check(z.refine((one) => mayBe(definition, one), rule))))]
  })
  const shape: Record<string, z.ZodMiniType<Scalar | null | undefined>> = Object.fromEntries(fields)
  return z.strictObject(shape)
})
