import { randomUUID } from 'node:crypto'
import { type ChangingRoute, changed, readUserChange } from '../../../lib/http/operators/changer.ts'
import { noContent } from '../../../lib/http/responses.ts'
import { NamesChange } from '../../../lib/http/schemas/admin.ts'
import { notifyOf } from '../../../lib/mail/request.ts'
import { errorOfTaken, namesAfter, noticeOfNames, setNames } from '../../../lib/operators/names.ts'

/** PUT /admin-api/users/{id}/names: changes the username and the address of a user. Without `email`, the address is removed. */
export const route: ChangingRoute = async (event, at) => {
  const { table, config } = at
  const change = { may: 'users:rename', work: 'danger', body: NamesChange } as const
  const { operator, target, body } = await readUserChange(event, at, change)
  const names = { username: body.username, email: body.email }
  const after = namesAfter(target, names)
  const { username, email, emailAsWritten } = target
  if (username === after.username && email === after.email && emailAsWritten === after.emailAsWritten) {
    return noContent()
  }
  const outcome = await setNames(table, target, { names, changeId: randomUUID() }, operator.act)
  if (outcome === 'taken') throw await errorOfTaken(table, names, target.id)
  const response = changed(outcome === 'done')
  const notice = noticeOfNames(target, after)
  if (notice) await notifyOf(table, config.MAILER, notice, operator.act)
  return response
}
