import { byRoute } from '../../lib/http/routes.ts'
import { tableHandler } from '../../lib/http/table.ts'
import { route as events } from './events.ts'
import { route as profile } from './profile.ts'

/** What a user may know about the user's own account. */
export const handler = tableHandler([], byRoute({ 'GET /me': profile, 'GET /me/events': events }))
