import { type ChangingRoute, changed, readUserChange } from '../../../lib/http/operators/changer.ts'
import { logEvent } from '../../../lib/log.ts'
import { notifyOf } from '../../../lib/mail/request.ts'
import { findRemoval, removeAccount } from '../../../lib/operators/removal.ts'
import { mailboxOf } from '../../../lib/users/user.ts'

/** DELETE /admin-api/users/{id}: deletes the account of a user, as `DELETE /me` does. */
export const route: ChangingRoute = async (event, at) => {
  const { table, config } = at
  const { operator, target } = await readUserChange(event, at, { may: 'users:remove', work: 'danger' })
  const removal = await findRemoval(table, target.id)
  const response = changed((await removeAccount(table, target, removal, operator.act)) === 'done')
  // Of two requests at once, both may find that the user is gone.
  const { username, changeId: id } = target
  const notice = { kind: 'account-deleted', to: mailboxOf(target), username, id } as const
  await notifyOf(table, config.MAILER, notice, operator.act)
  logEvent('info', { event: 'account.deleted', userId: target.id, by: operator.user.id })
  return response
}
