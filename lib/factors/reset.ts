import { randomUUID } from 'node:crypto'
import type { At } from '../context.ts'
import { bySystem } from '../events/event.ts'
import { logEvent } from '../log.ts'
import { endingOfFactorReset, findFactorReset, isElapsed, isOfRole } from '../mail/factor-reset.ts'
import { notify } from '../mail/request.ts'
import { factorsOf } from '../users/factors.ts'
import { revokeSessions } from '../users/revocation.ts'
import type { User } from '../users/user.ts'
import { changeFactors, type FactorChange } from './change.ts'
import { removalOfFactors } from './removal.ts'

/** The change of a profile that loses all second factors. */
export const ALL_REMOVED: FactorChange = { factors: undefined, isRevoking: true }

/**
 * Removes the second factors of a user whose reset has elapsed, in a sign-in after the correct password. For
 * a user without factors, it makes no call.
 *
 * The transaction has the condition that the reset has not changed since it was read. If a cancellation comes
 * first, the sign-in needs the second factor.
 *
 * @param user - The profile that was read before the password was verified.
 * @returns The user: without factors if the reset has elapsed, otherwise unchanged.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function applyElapsedFactorReset(at: At<'MAILER'>, user: User): Promise<User> {
  const { table, now } = at
  if (factorsOf(user).length === 0) return user
  const reset = await findFactorReset(table, user.id)
  if (reset === undefined || !isElapsed(reset, now) || !isOfRole(reset, user)) return user
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
