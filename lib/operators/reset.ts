import { type Table, transact } from '../aws/dynamodb.ts'
import { type Act, eventOf, partitionOf } from '../events/event.ts'
import { mailOf, sendEvent } from '../mail/event.ts'
import { changeIfUnchanged } from '../users/store.ts'
import type { Administered } from './accounts.ts'

/**
 * Has a link for a new password sent to a user, on condition that the user has not changed since the read. A
 * user who was promoted since then gets none.
 *
 * The event is stored before the mailer is invoked, so no link is sent that the user does not see among the
 * events of the account.
 *
 * @param request - `mailer` is the name of the function. `mailId`: see `newMailId` in `lib/mail/confirmation.ts`.
 *   `changeId` is a random id: of several requests for the same version of the user, one sends a mail.
 * @returns Whether it is requested.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function requestReset(
  table: Table,
  user: Administered,
  { mailer, mailId, changeId }: { mailer: string; mailId: string; changeId: string },
  act: Act,
): Promise<boolean> {
  const event = { type: 'mail.requested', subject: partitionOf(user.id), detail: 'reset' } as const
  if (await transact(table, [changeIfUnchanged(user, { changeId }), eventOf(table, act, event)])) return false
  const { username: loginName, generation } = user
  await sendEvent(table.aws, mailer, { kind: 'reset', mailId, loginName, generation, ...mailOf(act) })
  return true
}
