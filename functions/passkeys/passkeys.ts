import { readConfig } from '../../lib/config.ts'
import { routesHandler } from '../../lib/http/routes.ts'
import { handler as list } from './list.ts'
import { handler as rename } from './rename.ts'

/** The routes that list and rename passkeys. */
export const handler = routesHandler({
  settings: () => readConfig(['TABLE_NAME']),
  routes: {
    'GET /passkeys': list,
    'PATCH /passkeys/{id}': rename,
  },
})
