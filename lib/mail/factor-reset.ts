import {
  attribute,
  attributesOf,
  getItems,
  optionalNumber,
  optionalText,
  type Table,
  type TransactWrite,
  text,
  transact,
} from '../aws/dynamodb.ts'
import { type Attributes, namesOf, type ValuesOf, valuesOf } from '../aws/item.ts'
import { type Act, updateEventOf } from '../events/event.ts'
import { secondOf } from '../time.ts'

/** Attributes of an operator's request to remove a user's second factors. */
export const FACTOR_RESET = {
  mailId: text,
  /** Second since the epoch at which the mailer has sent its mail. Without it, the reset has no effect. */
  announcedAt: optionalNumber,
  /** Delay that the mail announced. A deployment with another delay does not change it. */
  delaySeconds: optionalNumber,
  /** Role of the user at the request. */
  ofRole: optionalText,
} satisfies Attributes

/** An operator's request to remove a user's second factors. */
export type FactorReset = ValuesOf<typeof FACTOR_RESET>

/**
 * How long after its delay a reset can have its effect, at a sign-in. Later it has none: a forgotten request
 * must not remove a factor after years.
 */
const USABLE_SECONDS = 7 * 86_400

/** Returns the key of the item of an operator's request to remove a user's factors. */
export const factorResetKey = (userId: string) => ({
  pk: { S: `user#${userId}` },
  sk: { S: 'factor-reset' },
})

/** Returns the seconds after its mail in which a reset can be cancelled. */
export const cancellableSeconds = (delaySeconds: number): number => delaySeconds + USABLE_SECONDS

/** Whether a sign-in removes the second factors because of a reset. Without its times a reset has no effect. */
export function isElapsed({ announcedAt = NaN, delaySeconds = NaN }: FactorReset, now: Date): boolean {
  const second = secondOf(now)
  return announcedAt + delaySeconds <= second && second < announcedAt + cancellableSeconds(delaySeconds)
}

/**
 * Whether a user still has the role of the request. Support may request a reset for users of some roles. If one of
 * them is promoted before it takes effect, the factors must stay.
 */
export const isOfRole = ({ ofRole }: FactorReset, { role }: { role: string }): boolean =>
  ofRole === undefined || ofRole === role

/**
 * Finds the reset of a user's second factors, with a consistent read.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findFactorReset(table: Table, userId: string): Promise<FactorReset | undefined> {
  const [item] = await getItems(table, [factorResetKey(userId)], namesOf(FACTOR_RESET))
  return item && valuesOf(FACTOR_RESET, item)
}

/**
 * Stores an operator's request to remove a user's second factors. It has no time: the mailer stores the time
 * when it sends the notice. A new request replaces an earlier one, and has its own delay. Only operators may
 * store one.
 *
 * @param mailId - See `newMailId` in `lib/mail/confirmation.ts`.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function storeFactorReset(
  table: Table,
  userId: string,
  mailId: string,
  act: Act,
): Promise<void> {
  await transact(table, factorResetWrites(table, userId, { mailId }, act))
}

/** Returns the writes of {@link storeFactorReset}. */
export const factorResetWrites = (
  table: Table,
  userId: string,
  reset: Pick<FactorReset, 'mailId' | 'ofRole'>,
  act: Act,
): TransactWrite[] => [
  { Put: { Item: { ...factorResetKey(userId), ...attributesOf(reset) } } },
  resetEventOf(table, act, userId, 'requested'),
]

/** Returns the event that a reset of the factors was requested, withdrawn by the operator, or cancelled by the user. */
export const resetEventOf = (
  table: Table,
  act: Act,
  userId: string,
  detail: 'requested' | 'withdrawn' | 'cancelled',
): TransactWrite => updateEventOf(table, act, userId, { changes: ['factor-reset'], detail })

/**
 * Returns the write with which the mailer records that it sent the mail of a reset. Its condition is that the
 * reset was neither cancelled nor replaced. The reset's delay begins with it.
 *
 * @param delaySeconds - Time that the mail gives the user to cancel the reset.
 */
export const announcement = (
  userId: string,
  mailId: string,
  delaySeconds: number,
  now: Date,
): TransactWrite => ({
  Update: {
    Key: factorResetKey(userId),
    UpdateExpression: 'SET announcedAt = :now, delaySeconds = :delay',
    ConditionExpression: 'mailId = :mailId AND attribute_not_exists(announcedAt)',
    ExpressionAttributeValues: {
      ':now': attribute(secondOf(now)),
      ':delay': attribute(delaySeconds),
      ':mailId': attribute(mailId),
    },
  },
})

/**
 * Returns the write that ends a reset, on condition that it has not changed since it was read.
 *
 * @param reset - The stored reset.
 */
export const endingOfFactorReset = (userId: string, { mailId, announcedAt }: FactorReset): TransactWrite => ({
  Delete: {
    Key: factorResetKey(userId),
    ConditionExpression: `mailId = :mailId AND ${announcedAt === undefined ? 'attribute_not_exists(announcedAt)' : 'announcedAt = :announcedAt'}`,
    ExpressionAttributeValues: {
      ':mailId': attribute(mailId),
      ...(announcedAt !== undefined && { ':announcedAt': attribute(announcedAt) }),
    },
  },
})

/** Returns the write with which a user cancels a reset, on condition that it exists. */
export const cancellation = (userId: string): TransactWrite => ({
  Delete: { Key: factorResetKey(userId), ConditionExpression: 'attribute_exists(pk)' },
})
