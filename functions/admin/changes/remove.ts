import { type ChangingRoute, changed, readUserChange } from '../../../lib/http/operators/changer.ts'
import { logEvent } from '../../../lib/log.ts'
import { notifiedOf } from '../../../lib/mail/event.ts'
import { notifyOf } from '../../../lib/mail/request.ts'
import { findRemoval, removeAccount } from '../../../lib/operators/removal.ts'

/** DELETE /admin-api/users/{id}: deletes the account of a user, as `DELETE /me` does. */
export const route: ChangingRoute = async (event, at) => {
  const { table, config } = at
  const { operator, target } = await readUserChange(event, at, { may: 'users:remove', work: 'danger' })
  const removal = await findRemoval(table, target.id)
  const response = changed((await removeAccount(table, target, removal, operator.act)) === 'done')
  // Of two requests at once, both may find that the user is gone.
  const notice = { kind: 'account-deleted', id: target.changeId, ...notifiedOf(target) } as const
  await notifyOf(table, config.MAILER, notice, operator.act)
  logEvent('info', { event: 'account.deleted', userId: target.id, by: operator.user.id })
  return response
}
