import { readConfig } from '../../lib/config.ts'
import { routesHandler } from '../../lib/http/routes.ts'
import { route as list } from './list.ts'
import { route as rename } from './rename.ts'

/** The routes that list and rename passkeys. */
export const handler = routesHandler({
  settings: () => readConfig(['TABLE_NAME']),
  routes: {
    'GET /passkeys': list,
    'PATCH /passkeys/{id}': rename,
  },
})
