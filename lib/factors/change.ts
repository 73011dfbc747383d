import { attribute, type Table, type TransactWrite, transact, updateOf } from '../aws/dynamodb.ts'
import { type Act, type UserHappening, updateEventOf } from '../events/event.ts'
import { factorResetKey } from '../mail/factor-reset.ts'
import { type Factor, factorsOf } from '../users/factors.ts'
import { revokeSessions } from '../users/revocation.ts'
import { profileKey } from '../users/store.ts'
import type { User } from '../users/user.ts'

/** A change of a user's second factors. */
export interface FactorChange {
  /** Names of the factors after it, in the form of a user's `factors`. */
  factors: string | undefined
  /** Whether it ends all other sessions and revokes all tokens: the first second factor, and every removal. */
  isRevoking: boolean
  /** The caller's sign-in, if it is live. It survives. */
  survivingSession?: string | undefined
}

/** A change of a user's second factors, with the writes of its transaction. */
interface FactorChangeWithWrites extends FactorChange {
  /** Random id of this change. */
  changeId: string
  /** Writes of the factors' own items. */
  writes: readonly TransactWrite[]
  /** Details of its event. */
  happening: FactorHappening
}

/** The part of a user that a change of factors depends on. */
type Changing = Pick<User, 'id' | 'generation' | 'sessionGeneration' | 'changeId' | 'factors'>

/** Which factor changed, and how. */
export interface FactorHappening extends UserHappening {
  changes: readonly (Factor | 'recovery-codes')[]
  detail: 'added' | 'replaced' | 'removed' | 'elapsed'
}

/**
 * Changes a user's second factors, in one transaction with the writes of the factors themselves.
 *
 * @param user - The profile that was read.
 * @returns Whether all of it is stored.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function changeFactors(
  table: Table,
  user: Changing,
  change: FactorChangeWithWrites,
  act: Act,
): Promise<boolean> {
  const { changeId, writes, happening } = change
  // A reset that an operator requested before must not remove this first second factor.
  const isFirst = change.factors !== undefined && factorsOf(user).length === 0
  const endings = isFirst ? [{ Delete: { Key: factorResetKey(user.id) } }] : []
  return !(await transact(table, [
    factorChange(user, change, act.now, changeId),
    ...writes,
    ...endings,
    updateEventOf(table, act, user.id, happening),
  ]))
}

/**
 * Returns the write of {@link changeFactors} to the user's profile, as a part of a transaction.
 *
 * Its condition is that the user has not changed since the read. Otherwise, of two removals at once, each
 * would see the other's factor. The user would then have `factors`, but no factor.
 */
export const factorChange = (
  user: Changing,
  { factors, isRevoking, survivingSession }: FactorChange,
  now: Date,
  changeId: string,
): TransactWrite => ({
  Update: {
    Key: profileKey(user.id),
    ConditionExpression:
      'generation = :readGeneration AND sessionGeneration = :readSessionGeneration AND changeId = :readChangeId',
    ...updateOf(
      {
        factors,
        changeId,
        changedAt: now.toISOString(),
        ...(isRevoking && revokeSessions(user, survivingSession)),
      },
      {
        ':readGeneration': attribute(user.generation),
        ':readSessionGeneration': attribute(user.sessionGeneration),
        ':readChangeId': attribute(user.changeId),
      },
    ),
  },
})
