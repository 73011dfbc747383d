import type { Table, TransactWrite } from '../aws/dynamodb.ts'
import { findPasskeyIds, removePasskey } from './passkey-store.ts'

/** Sort keys of a user's items of factors, beside the passkeys. */
const SINGLE_ITEMS = ['totp', 'totp-pending', 'recovery-codes', 'factor-reset', 'enrolment-code']

/**
 * Returns the writes that remove everything about a user's second factors: at most 45, for a transaction with a change of the
 * profile.
 *
 * That change must have the condition that no factor was added since the profile was read: `requestId` as read. Read the
 * profile before calling this.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function removalOfFactors(table: Table, userId: string): Promise<TransactWrite[]> {
  const ids = await findPasskeyIds(table, userId)
  const pk = { S: `user#${userId}` }
  return [
    ...SINGLE_ITEMS.map((sk) => ({ Delete: { Key: { pk, sk: { S: sk } } } })),
    ...ids.flatMap((id) => removePasskey(userId, id)),
  ]
}
