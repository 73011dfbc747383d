import { randomUUID } from 'node:crypto'
import type { Table } from '../aws/dynamodb.ts'
import type { At } from '../context.ts'
import { type Act, bySystem } from '../events/event.ts'
import { logEvent } from '../log.ts'
import { endingOfFactorReset, findFactorReset, isElapsed } from '../mail/factor-reset.ts'
import { notify } from '../mail/request.ts'
import { factorsOf } from '../users/factors.ts'
import { revokeSessions } from '../users/revocation.ts'
import type { User } from '../users/user.ts'
import { changeFactors, type FactorChange } from './change.ts'
import { removalOfFactors } from './removal.ts'

/** The change of a profile that loses all second factors. */
const ALL_REMOVED: FactorChange = { factors: undefined, isRevoking: true }

/**
 * Removes the second factors of a user whose reset has elapsed, in a sign-in after the correct password. A user without factors
 * costs no call.
 *
 * The transaction has the condition that the reset is still as read. A cancellation that comes first wins, and the sign-in needs
 * the second factor.
 *
 * @param user - As read before the password was verified.
 * @returns The user after it: without factors if the reset has elapsed, else as read.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function applyElapsedFactorReset(at: At<'MAILER'>, user: User): Promise<User> {
  const { table, now } = at
  if (factorsOf(user).length === 0) return user
  const reset = await findFactorReset(table, user.id)
  if (reset === undefined || !isElapsed(reset, now)) return user
  const changeId = randomUUID()
  const writes = await removalOfFactors(table, user.id, endingOfFactorReset(user.id, reset))
  const happening = { changes: factorsOf(user), detail: 'elapsed' } as const
  const change = { ...ALL_REMOVED, changeId, writes, happening }
  if (!(await changeFactors(table, user, change, bySystem(at)))) return user
  logEvent('info', { event: 'factor.reset', userId: user.id, outcome: 'removed' })
  await notify(at, 'factors-removed', user)
  return {
    ...user,
    ...revokeSessions(user),
    factors: undefined,
    changeId,
    changedAt: now.toISOString(),
  }
}

/**
 * Removes the second factors of a user at once, and a requested reset with them. Only operators do this.
 *
 * @param user - As read.
 * @param changeId - Random id of this change.
 * @returns Whether they are removed. Otherwise the user changed meanwhile.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function removeFactors(table: Table, user: User, changeId: string, act: Act): Promise<boolean> {
  const writes = await removalOfFactors(table, user.id)
  const happening = { changes: factorsOf(user), detail: 'removed' } as const
  return await changeFactors(table, user, { ...ALL_REMOVED, changeId, writes, happening }, act)
}
