import type { Table, TransactWrite } from '../aws/dynamodb.ts'
import type { Config } from '../config.ts'
import { ServiceError } from '../errors.ts'
import { factorResetKey } from '../mail/factor-reset.ts'
import { needsFactor, withoutFactor } from '../users/factors.ts'
import type { User } from '../users/user.ts'
import { findPasskeyIds, removePasskey } from './passkeys/store.ts'
import { removeWithLastFactor } from './recovery-codes/store.ts'
import { refusal } from './refusals.ts'

/** Sort keys of a user's items of factors, except passkeys and a requested reset. */
const SINGLE_ITEMS = ['totp', 'totp-pending', 'recovery-codes', 'enrolment-code']

/** Whether the item with this sort key is one that {@link removalOfFactors} removes. */
export const isFactorItem = (sk: string): boolean =>
  SINGLE_ITEMS.includes(sk) || sk === 'factor-reset' || sk.startsWith('passkey#')

/**
 * Returns the writes that remove everything about a user's second factors: at most 45, for a transaction with a change of the
 * profile.
 *
 * That change must have the condition that `changeId` is the one that was read. Then no factor was added
 * since. Read the profile before calling this function.
 *
 * @param endOfFactorReset - Write that ends a requested reset, by default without a condition.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function removalOfFactors(
  table: Table,
  userId: string,
  endOfFactorReset: TransactWrite = { Delete: { Key: factorResetKey(userId) } },
): Promise<TransactWrite[]> {
  const ids = await findPasskeyIds(table, userId)
  const pk = { S: `user#${userId}` }
  return [
    ...SINGLE_ITEMS.map((sk) => ({ Delete: { Key: { pk, sk: { S: sk } } } })),
    endOfFactorReset,
    ...ids.flatMap((id) => removePasskey(userId, id)),
  ]
}

/**
 * Returns what the removal of one passkey changes: the factors that the user keeps, and the writes in
 * addition to that of the profile.
 *
 * @param user - The profile that was read before.
 * @throws {@link ServiceError} `not_found`; `conflict`, if the user must have a second factor and this is the last one.
 */
export async function removalOfPasskey(
  table: Table,
  { REQUIRE_SECOND_FACTOR }: Config<'REQUIRE_SECOND_FACTOR'>,
  user: User,
  id: string | undefined,
): Promise<{ factors: string | undefined; writes: TransactWrite[] }> {
  const ids = await findPasskeyIds(table, user.id)
  if (id === undefined || !ids.includes(id)) throw new ServiceError('not_found', 'no such passkey')
  const factors = ids.length > 1 ? user.factors : withoutFactor(user, 'passkey')
  if (factors === undefined && needsFactor(user, REQUIRE_SECOND_FACTOR)) {
    throw refusal('last_factor', 'the policy demands a second factor', { userId: user.id })
  }
  const more = factors === undefined ? removeWithLastFactor(user.id) : []
  return { factors, writes: [...removePasskey(user.id, id), ...more] }
}
