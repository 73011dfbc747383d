import { randomBytes } from 'node:crypto'
import {
  attribute,
  attributesOf,
  getItems,
  type Table,
  type TransactWrite,
  texts,
} from '../../aws/dynamodb.ts'
import { factorResetKey } from '../../mail/factor-reset.ts'
import { recoveryCodesKey } from '../keys.ts'
import { hashRecoveryCode, RECOVERY_CODES_RANDOM_BYTES, recoveryCodes } from './recovery-codes.ts'

/**
 * Creates ten recovery codes of a user, without storing them.
 *
 * @returns The codes, which are stored nowhere, and the write that stores their hashes in place of earlier ones. It is a part of
 *   the transaction that changes the user's factors.
 */
export function newRecoveryCodes(userId: string, now: Date): { codes: string[]; write: TransactWrite } {
  const codes = recoveryCodes(randomBytes(RECOVERY_CODES_RANDOM_BYTES))
  const hashes = codes.map((code) => hashRecoveryCode(userId, code))
  const item = {
    ...recoveryCodesKey(userId),
    ...attributesOf({ codes: hashes, createdAt: now.toISOString() }),
  }
  return { codes, write: { Put: { Item: item } } }
}

/**
 * Finds the hashes of the recovery codes that a user has left, with a consistent read.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findRecoveryCodes(table: Table, userId: string): Promise<string[]> {
  const [item] = await getItems(table, [recoveryCodesKey(userId)], ['codes'])
  return item ? texts(item, 'codes') : []
}

/** Returns the write that spends a recovery code, as a part of the transaction that completes the sign-in. */
export const spendRecoveryCode = (userId: string, codeHash: string): TransactWrite => ({
  Update: {
    Key: recoveryCodesKey(userId),
    UpdateExpression: 'DELETE codes :codes',
    ConditionExpression: 'contains(codes, :code)',
    ExpressionAttributeValues: { ':codes': attribute([codeHash]), ':code': attribute(codeHash) },
  },
})

/**
 * Returns the writes that belong to the removal of a user's last factor. Recovery codes replace a factor, so
 * they go too. A requested reset of the factors must not remove a later factor, so it ends.
 */
export const removeWithLastFactor = (userId: string): TransactWrite[] => [
  { Delete: { Key: recoveryCodesKey(userId) } },
  { Delete: { Key: factorResetKey(userId) } },
]
