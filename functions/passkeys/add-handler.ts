import { readConfig } from '../../lib/config.ts'
import { routesHandler } from '../../lib/http/routes.ts'
import { handler as add } from './add.ts'

/** The routes that verify a new passkey. */
export const handler = routesHandler({
  settings: () => readConfig(['TABLE_NAME', 'RP_ID', 'RP_ORIGINS', 'MAILER']),
  routes: {
    'POST /passkeys': add,
  },
})
