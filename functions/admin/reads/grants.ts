import { together } from '../../../lib/aws/together.ts'
import { targetOf } from '../../../lib/http/operators/operator.ts'
import { type ReadRoute, readerOf } from '../../../lib/http/operators/reader.ts'
import { json } from '../../../lib/http/responses.ts'
import { appsOf, findWhatAppsMay } from '../../../lib/oauth/apps.ts'
import { recordView } from '../../../lib/operators/reads/trail.ts'
import { findUserState } from '../../../lib/users/store.ts'

/** GET /admin-api/users/{id}/grants: the apps that have access to a user's account. */
export const route: ReadRoute = async (event, at) => {
  const { table, now } = at
  const operator = await readerOf(event, at, 'sessions:read')
  const { id } = await targetOf(event, at, operator)
  const [, state, allowed] = await together([
    recordView(table, operator.act, id),
    findUserState(table, id),
    findWhatAppsMay(table, id, now),
  ])
  return json(200, { apps: state ? await appsOf(table, state, allowed, now) : [] })
}
