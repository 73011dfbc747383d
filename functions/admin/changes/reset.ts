import { randomBytes, randomUUID } from 'node:crypto'
import { isRole } from '../../../lib/application/roles.ts'
import { type ChangingRoute, changed, readUserChange } from '../../../lib/http/operators/changer.ts'
import { MAIL_ID_BYTES, newMailId } from '../../../lib/mail/confirmation.ts'
import { requireMailer } from '../../../lib/mail/request.ts'
import { CANNOT_SIGN_IN, cannotMail, NO_ADDRESS } from '../../../lib/operators/refusals.ts'
import { requestReset } from '../../../lib/operators/reset.ts'
import { mailboxOf } from '../../../lib/users/user.ts'

/** POST /admin-api/users/{id}/reset: sends a user a link for a new password. The operator does not learn it. */
export const route: ChangingRoute = async (event, at) => {
  const mailer = requireMailer(at.config)
  const { operator, target } = await readUserChange(event, at, { may: 'users:reset', work: 'work' })
  if (target.disabled || !isRole(target.role)) throw cannotMail(CANNOT_SIGN_IN)
  if (mailboxOf(target) === undefined) throw cannotMail(NO_ADDRESS)
  const request = { mailer, mailId: newMailId(randomBytes(MAIL_ID_BYTES)), changeId: randomUUID() }
  return changed(await requestReset(at.table, target, request, operator.act))
}
