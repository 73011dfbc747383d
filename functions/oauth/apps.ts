import { principalOf } from '../../lib/authorization/principal.ts'
import { together } from '../../lib/aws/together.ts'
import { json } from '../../lib/http/responses.ts'
import type { TableRoute } from '../../lib/http/table.ts'
import { appsOf, findWhatAppsMay } from '../../lib/oauth/apps.ts'
import { requireUnrevoked } from '../../lib/users/revocation.ts'
import { findUserState } from '../../lib/users/store.ts'

/** GET /apps: the apps that have access to the caller's account. */
export const route: TableRoute = async (event, { table, now }) => {
  const { userId, generation } = principalOf(event, now)
  const [user, allowed] = await together([findUserState(table, userId), findWhatAppsMay(table, userId, now)])
  requireUnrevoked(generation, user)
  return json(200, { apps: await appsOf(table, user, allowed, now) })
}
