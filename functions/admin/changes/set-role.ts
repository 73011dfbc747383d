import { randomUUID } from 'node:crypto'
import { hasRights } from '../../../lib/application/permissions.ts'
import { type ChangingRoute, changed, readUserChange } from '../../../lib/http/operators/changer.ts'
import { noContent } from '../../../lib/http/responses.ts'
import { RoleChange } from '../../../lib/http/schemas/admin.ts'
import { logEvent } from '../../../lib/log.ts'
import { setRole } from '../../../lib/operators/changes.ts'

/** PUT /admin-api/users/{id}/role: changes the role of a user. */
export const route: ChangingRoute = async (event, at) => {
  const change = { may: 'roles:set', work: 'danger', body: RoleChange } as const
  const { operator, target, body } = await readUserChange(event, at, change)
  const { role } = body
  if (target.role === role) return noContent()
  const response = changed(await setRole(at.table, target, { role, changeId: randomUUID() }, operator.act))
  if (hasRights(role)) {
    logEvent('warn', { event: 'permissions.given', userId: target.id, role, by: operator.user.id })
  }
  return response
}
