import { attribute, type Table, type TransactWrite, transact, updateOf } from '../aws/dynamodb.ts'
import { revokeSessions } from '../users/revocation.ts'
import { isLatestChange, profileKey } from '../users/store.ts'
import type { User } from '../users/user.ts'

/** A change of a user's second factors. */
export interface FactorChange {
  /** Names of the factors after it, as `factors` of a user. */
  factors: string | undefined
  /** Whether it ends all other sessions and revokes all tokens: the first factor, and every removal. */
  isRevoking: boolean
  /** Id of the caller's session, if it is live. It survives. */
  survivingSession?: string | undefined
}

/**
 * Changes a user's second factors, in one transaction with the writes of the factors themselves.
 *
 * Its condition is that no other change of the user came since the read: two removals at once would each see the other's
 * factor, and leave a user with `factors` but without any.
 *
 * @param user - As read.
 * @param requestId - Random id of this change.
 * @param writes - Writes of the factors' own items.
 * @returns Whether all of it is stored.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function changeFactors(
  table: Table,
  user: User,
  { factors, isRevoking, survivingSession }: FactorChange,
  now: Date,
  requestId: string,
  writes: readonly TransactWrite[],
): Promise<boolean> {
  const changes = {
    factors,
    requestId,
    changedAt: now.toISOString(),
    ...(isRevoking && revokeSessions(user, survivingSession)),
  }
  const update = {
    Key: profileKey(user.id),
    ConditionExpression:
      'generation = :readGeneration AND sessionGeneration = :readSessionGeneration AND requestId = :readRequestId',
    ...updateOf(changes, {
      ':readGeneration': attribute(user.generation),
      ':readSessionGeneration': attribute(user.sessionGeneration),
      ':readRequestId': attribute(user.requestId),
    }),
  }
  const refused = await transact(table, [{ Update: update }, ...writes])
  return !refused || (await isLatestChange(table, user.id, requestId))
}
