import * as z from 'zod/mini'
import type { ActReason } from '../../events/types.ts'
import { REASONS } from '../../operators/act-as/act.ts'
import { isUserId } from '../../users/user.ts'
import { atMost, oneOf, schema } from './fields.ts'

const text = () => z.string('Must be a string.')

/** Body of `POST /act-as`. */
export const ActRequest = /* @__PURE__ */ schema(() =>
  z.strictObject({
    userId: text().check(z.refine(isUserId, 'Must be the id of a user.')),
    reason: z.pipe(
      text().check(oneOf(`Must be one of ${REASONS.join(', ')}.`, ...REASONS)),
      z.transform((reason) => reason as ActReason),
    ),
    ticket: z.optional(
      text().check(
        z.refine(
          (ticket) => /^[A-Za-z0-9#._-]{1,40}$/.test(ticket),
          'Must be 1 to 40 characters: letters, digits, #, dot, underscore or hyphen.',
        ),
      ),
    ),
  }),
)

/** Body of `POST /act-as/token`. */
export const ActCode = /* @__PURE__ */ schema(() => z.strictObject({ code: text().check(atMost(64)) }))
