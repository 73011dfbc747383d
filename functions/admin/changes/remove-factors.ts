import { randomUUID } from 'node:crypto'
import { type ChangingRoute, changed, readUserChange } from '../../../lib/http/operators/changer.ts'
import { noContent } from '../../../lib/http/responses.ts'
import { notifiedOf } from '../../../lib/mail/event.ts'
import { notifyOf } from '../../../lib/mail/request.ts'
import { removeFactorsAtOnce } from '../../../lib/operators/factors.ts'
import { factorsOf } from '../../../lib/users/factors.ts'

/** DELETE /admin-api/users/{id}/factors: removes the second factors of a user at once, and ends all sessions. */
export const route: ChangingRoute = async (event, at) => {
  const { table, config } = at
  const { operator, target } = await readUserChange(event, at, { may: 'factors:remove', work: 'danger' })
  if (factorsOf(target).length === 0) return noContent()
  const response = changed(await removeFactorsAtOnce(table, target, { changeId: randomUUID() }, operator.act))
  const notice = { kind: 'factors-removed', ...notifiedOf(target) } as const
  await notifyOf(table, config.MAILER, notice, operator.act)
  return response
}
