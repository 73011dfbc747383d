import { randomUUID } from 'node:crypto'
import { type ChangingRoute, changed, readUserChange } from '../../../lib/http/operators/changer.ts'
import { noContent } from '../../../lib/http/responses.ts'
import { UserPatch } from '../../../lib/http/schemas/admin.ts'
import { setDisabled } from '../../../lib/operators/changes.ts'

/** PATCH /admin-api/users/{id}: disables a user and ends all sessions, or enables a disabled one. */
export const route: ChangingRoute = async (event, at) => {
  const change = { may: 'users:disable', work: 'work', body: UserPatch } as const
  const { operator, target, body } = await readUserChange(event, at, change)
  const { disabled } = body
  if (target.disabled === disabled) return noContent()
  return changed(await setDisabled(at.table, target, { disabled, changeId: randomUUID() }, operator.act))
}
