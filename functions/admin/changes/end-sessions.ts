import { randomUUID } from 'node:crypto'
import { type ChangingRoute, changed, readUserChange } from '../../../lib/http/operators/changer.ts'
import { endSessions } from '../../../lib/operators/changes.ts'

/** POST /admin-api/users/{id}/sessions/end: ends all sessions of a user. */
export const route: ChangingRoute = async (event, at) => {
  const { operator, target } = await readUserChange(event, at, { may: 'sessions:end', work: 'work' })
  return changed(await endSessions(at.table, target, { changeId: randomUUID() }, operator.act))
}
