import { readConfig } from '../../lib/config.ts'
import { routesHandler } from '../../lib/http/routes.ts'
import { handler as confirmTotp } from './confirm-totp.ts'

/** The routes that verify the first code of an authenticator app. */
export const handler = routesHandler({
  settings: () => readConfig(['TABLE_NAME', 'FACTOR_KEY', 'MAILER']),
  routes: {
    'POST /factors/totp/confirm': confirmTotp,
  },
})
