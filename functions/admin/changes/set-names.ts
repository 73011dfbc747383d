import { randomUUID } from 'node:crypto'
import type { Table } from '../../../lib/aws/dynamodb.ts'
import { ServiceError } from '../../../lib/errors.ts'
import { type ChangingRoute, changed, readUserChange } from '../../../lib/http/operators/changer.ts'
import { noContent } from '../../../lib/http/responses.ts'
import { NamesChange } from '../../../lib/http/schemas/admin.ts'
import { notifyOf } from '../../../lib/mail/request.ts'
import { findIdByName } from '../../../lib/operators/accounts.ts'
import {
  type GivenNames,
  namesAfter,
  noticeOfNames,
  setNames,
  takenName,
} from '../../../lib/operators/names.ts'
import { changedMeanwhile } from '../../../lib/operators/refusals.ts'

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
  if (outcome === 'taken') throw await taken(table, names, target.id)
  const response = changed(outcome === 'done')
  const notice = noticeOfNames(target, after)
  if (notice) await notifyOf(table, config.MAILER, notice, operator.act)
  return response
}

/** Returns the error for a name of another user. If it is this user's own by now, the user has changed since the read. */
async function taken(table: Table, names: GivenNames, userId: string): Promise<ServiceError> {
  const name = await takenName(table, names, userId)
  if ((await findIdByName(table, name)) === userId) return changedMeanwhile()
  const field =
    name === names.username
      ? { pointer: '#/username', detail: 'This username is taken.' }
      : { pointer: '#/email', detail: 'This address already has an account.' }
  return new ServiceError('invalid_fields', 'another user has a name', { fields: [field] })
}
