import { principalOf } from '../../lib/authorization/principal.ts'
import { together } from '../../lib/aws/together.ts'
import { ServiceError } from '../../lib/errors.ts'
import { byUser } from '../../lib/events/event.ts'
import { noContent } from '../../lib/http/responses.ts'
import type { TableRoute } from '../../lib/http/table.ts'
import { findAppById, revokeApp } from '../../lib/oauth/grants/app.ts'
import { requireUnrevoked } from '../../lib/users/revocation.ts'
import { findUserState } from '../../lib/users/store.ts'

/** DELETE /apps/{id}: removes the access of an app to the caller's account, with one write, at once. */
export const route: TableRoute = async (event, at) => {
  const { table, now } = at
  const { userId, generation } = principalOf(event, now)
  const id = event.pathParameters?.id
  // The key contains the caller's id, so the caller cannot find an app of another user.
  const [user, app] = await together([findUserState(table, userId), findAppById(table, userId, id)])
  requireUnrevoked(generation, user)
  if (!app) throw new ServiceError('not_found', 'no such app')
  if (app.revokedAt === undefined) await revokeApp(table, userId, app, byUser(at, userId))
  return noContent()
}
