import { byRoute } from '../../lib/http/routes.ts'
import { tableHandler } from '../../lib/http/table.ts'
import { route as end } from './end.ts'
import { route as list } from './list.ts'

/** The routes of the caller's sessions. */
export const handler = tableHandler([], byRoute({ 'GET /sessions': list, 'DELETE /sessions/{id}': end }))
