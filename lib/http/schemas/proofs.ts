import type { APIGatewayProxyEvent } from 'aws-lambda'
import * as z from 'zod/mini'
import type { Config } from '../../config.ts'
import { CHANGES } from '../../mail/change.ts'
import type { OwnerProof } from '../../proofs/verify.ts'
import { readBody } from '../body.ts'
import { atMost, Code, MailId, Password, schema } from './fields.ts'
import { PasskeyAssertion } from './passkeys.ts'

/** A change of an account, from a client. */
const ChangeName = /* @__PURE__ */ schema(() => z.enum(CHANGES, `Must be one of: ${CHANGES.join(', ')}.`))

/** Body of `POST /proof/mail` and `POST /proof/passkey`. */
export const ProofStart = /* @__PURE__ */ schema(() => z.strictObject({ change: ChangeName }))

/** Body of `POST /proof/confirm`. */
export const ProofCompletion = /* @__PURE__ */ schema(() =>
  z
    .strictObject({
      change: ChangeName,
      mailId: z.optional(MailId),
      code: z.optional(Code),
      response: z.optional(PasskeyAssertion),
    })
    .check(
      z.refine(
        ({ mailId, code, response }) =>
          (mailId === undefined) === (code === undefined) &&
          (mailId === undefined) !== (response === undefined),
        'Must have either a mailId and a code, or a response.',
      ),
    ),
)

/** A change token from a client. */
const ChangeToken = /* @__PURE__ */ schema(() => z.string('Must be a string.').check(atMost(64)))

/**
 * Returns the schema of a body that takes a change token in place of the current password.
 *
 * @param body - A schema with `currentPassword`.
 */
export const withChangeToken = <T extends { currentPassword: typeof Password }>(
  body: z.ZodMiniObject<T, z.core.$strict>,
) =>
  z
    .strictObject({
      ...body.shape,
      currentPassword: z.optional(Password),
      changeToken: z.optional(ChangeToken),
    })
    .check(
      z.refine(
        ({ currentPassword, changeToken }: { currentPassword?: unknown; changeToken?: unknown }) =>
          (currentPassword === undefined) !== (changeToken === undefined),
        'Must have either a currentPassword or a changeToken.',
      ),
    )

/**
 * Reads the body of a change of an account, with what proves it: the current password, or with `mailSignIn=on` a change token.
 *
 * @param schema - The schema with `mailSignIn=off`.
 * @returns The proof, and the other members.
 * @throws {@link ServiceError} as `readBody`.
 * @example
 * const { proof } = readProvedBody(event, PasskeyRemoval, config)
 */
export function readProvedBody<T extends { currentPassword: typeof Password }>(
  event: APIGatewayProxyEvent,
  schema: z.ZodMiniObject<T, z.core.$strict>,
  { MAIL_SIGN_IN }: Config<'MAIL_SIGN_IN'>,
): { proof: OwnerProof; body: Omit<z.output<typeof schema>, keyof OwnerProof> } {
  const read: object = readBody(event, MAIL_SIGN_IN ? withChangeToken(schema) : schema)
  const { currentPassword, changeToken, ...body } = read as OwnerProof & z.output<typeof schema>
  return { proof: { currentPassword, changeToken }, body }
}
