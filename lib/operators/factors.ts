import { type Table, transact } from '../aws/dynamodb.ts'
import type { Act } from '../events/event.ts'
import { factorResetWrites } from '../mail/factor-reset.ts'
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
