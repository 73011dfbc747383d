import { byRoute } from '../../lib/http/routes.ts'
import { tableHandler } from '../../lib/http/table.ts'
import { route as list } from './list.ts'
import { route as rename } from './rename.ts'

/** The routes that list and rename passkeys. */
export const handler = tableHandler([], byRoute({ 'GET /passkeys': list, 'PATCH /passkeys/{id}': rename }))
