import { ServiceError } from '../../../lib/errors.ts'
import { type ChangingRoute, readUserChange } from '../../../lib/http/operators/changer.ts'
import { noContent } from '../../../lib/http/responses.ts'
import { findAppById, revokeApp } from '../../../lib/oauth/grants/app.ts'
import { actFor } from '../../../lib/operators/caller.ts'

/** POST /admin-api/users/{id}/grants/{gid}/end: removes the access of an app to the account of a user. */
export const route: ChangingRoute = async (event, at) => {
  const { operator, target } = await readUserChange(event, at, { may: 'sessions:end', work: 'work' })
  const app = await findAppById(at.table, target.id, event.pathParameters?.gid)
  if (!app) throw new ServiceError('not_found', 'no such app')
  if (app.revokedAt === undefined) await revokeApp(at.table, target.id, app, actFor(operator, target))
  return noContent()
}
