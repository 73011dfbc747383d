import { randomBytes, randomUUID } from 'node:crypto'
import { type ChangingRoute, changed, readUserChange } from '../../../lib/http/operators/changer.ts'
import { noContent } from '../../../lib/http/responses.ts'
import { MAIL_ID_BYTES, newMailId } from '../../../lib/mail/confirmation.ts'
import { mailOf, sendEvent } from '../../../lib/mail/event.ts'
import { requireMailer } from '../../../lib/mail/request.ts'
import { requestFactorReset } from '../../../lib/operators/factors.ts'
import { FACTOR_RESETS } from '../../../lib/operators/limits.ts'
import { cannotMail, NO_VERIFIED_ADDRESS } from '../../../lib/operators/refusals.ts'
import { factorsOf } from '../../../lib/users/factors.ts'
import { verifiedMailboxOf } from '../../../lib/users/user.ts'

/**
 * POST /admin-api/users/{id}/factors/reset: announces to a user that the second factors will be removed. A
 * sign-in with the password removes them after the delay, unless the user cancels that.
 */
export const route: ChangingRoute = async (event, at) => {
  const { table, config } = at
  const mailer = requireMailer(config)
  const limit = ['factor-resets', FACTOR_RESETS] as const
  const change = { may: 'users:reset', work: 'danger', limit } as const
  const { operator, target } = await readUserChange(event, at, change)
  if (factorsOf(target).length === 0) return noContent()
  if (verifiedMailboxOf(target) === undefined) throw cannotMail(NO_VERIFIED_ADDRESS)
  const mailId = newMailId(randomBytes(MAIL_ID_BYTES))
  const response = changed(
    await requestFactorReset(table, target, { mailId, changeId: randomUUID() }, operator.act),
  )
  // If this fails, the request has no effect, and the operator repeats it.
  const mail = { kind: 'factor-reset', mailId, userId: target.id } as const
  await sendEvent(table.aws, mailer, { ...mail, ...mailOf(operator.act) })
  return response
}
