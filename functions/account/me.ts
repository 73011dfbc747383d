import { byRoute } from '../../lib/http/routes.ts'
import { tableHandler } from '../../lib/http/table.ts'
import { route as events } from './events.ts'
import { route as profile } from './profile.ts'

/** The routes of the caller's account and its events. */
export const handler = tableHandler([], byRoute({ 'GET /me': profile, 'GET /me/events': events }))
