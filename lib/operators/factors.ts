import { type Table, transact } from '../aws/dynamodb.ts'
import type { Act } from '../events/event.ts'
import { changeFactors } from '../factors/change.ts'
import { removalOfFactors } from '../factors/removal.ts'
import { ALL_REMOVED } from '../factors/reset.ts'
import { factorResetWrites } from '../mail/factor-reset.ts'
import { factorsOf } from '../users/factors.ts'
import { changeIfUnchanged } from '../users/store.ts'
import type { Administered } from './accounts.ts'

/**
 * Stores the request to remove the second factors of a user, on condition that the user has not changed since
 * the read. It has no effect until the mailer has sent its mail, or once the user has another role. A new
 * request replaces an earlier one, and has its own delay.
 *
 * @param request - `mailId`: see `newMailId` in `lib/mail/confirmation.ts`. `changeId` is a random id.
 * @returns Whether it is stored.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function requestFactorReset(
  table: Table,
  user: Administered,
  { mailId, changeId }: { mailId: string; changeId: string },
  act: Act,
): Promise<boolean> {
  const writes = factorResetWrites(table, user.id, { mailId, ofRole: user.role }, act)
  return !(await transact(table, [changeIfUnchanged(user, { changeId }), ...writes]))
}

/**
 * Removes the second factors of a user at once, and a requested reset with them. All sessions end.
 *
 * @param user - The profile that was read.
 * @param change - `changeId` is a random id of this change.
 * @returns Whether they are removed. If not, the user has changed since the read.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function removeFactorsAtOnce(
  table: Table,
  user: Administered,
  { changeId }: { changeId: string },
  act: Act,
): Promise<boolean> {
  const writes = await removalOfFactors(table, user.id)
  const happening = { changes: factorsOf(user), detail: 'removed' } as const
  return await changeFactors(table, user, { ...ALL_REMOVED, changeId, writes, happening }, act)
}
