import { READ_SETTINGS } from '../../lib/http/operators/reader.ts'
import { bySharedPath } from '../../lib/http/shared-path.ts'
import { reservingHandler } from '../../lib/http/table.ts'
import { route as events } from './reads/events.ts'
import { route as grants } from './reads/grants.ts'
import { route as me } from './reads/me.ts'
import { route as sessions } from './reads/sessions.ts'
import { route as user } from './reads/user.ts'
import { route as users } from './reads/users.ts'

export const SETTINGS = READ_SETTINGS

/** The routes of the console's API that change nothing but the trail. */
export const route = bySharedPath({
  'GET /admin-api/me': me,
  'GET /admin-api/users': users,
  'GET /admin-api/users/{id}': user,
  'GET /admin-api/users/{id}/sessions': sessions,
  'GET /admin-api/users/{id}/grants': grants,
  'GET /admin-api/users/{id}/events': events,
})

export const handler = reservingHandler(SETTINGS, route)
