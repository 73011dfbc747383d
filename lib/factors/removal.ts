import type { Table, TransactWrite } from '../aws/dynamodb.ts'
import { factorResetKey } from '../mail/factor-reset.ts'
import { findPasskeyIds, removePasskey } from './passkey-store.ts'

/** Sort keys of a user's items of factors, beside the passkeys and a requested reset. */
const SINGLE_ITEMS = ['totp', 'totp-pending', 'recovery-codes', 'enrolment-code']

/**
 * Returns the writes that remove everything about a user's second factors: at most 45, for a transaction with a change of the
 * profile.
 *
 * That change must have the condition that no factor was added since the profile was read: `requestId` as read. Read the
 * profile before calling this.
 *
 * @param endOfReset - Write that ends a requested reset, by default without a condition.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function removalOfFactors(
  table: Table,
  userId: string,
  endOfReset: TransactWrite = { Delete: { Key: factorResetKey(userId) } },
): Promise<TransactWrite[]> {
  const ids = await findPasskeyIds(table, userId)
  const pk = { S: `user#${userId}` }
  return [
    ...SINGLE_ITEMS.map((sk) => ({ Delete: { Key: { pk, sk: { S: sk } } } })),
    endOfReset,
    ...ids.flatMap((id) => removePasskey(userId, id)),
  ]
}
