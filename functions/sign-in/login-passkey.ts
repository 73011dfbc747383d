import { readConfig } from '../../lib/config.ts'
import { routesHandler } from '../../lib/http/routes.ts'
import { SIGN_INS } from '../../lib/settings.ts'
import { route as signIn } from './passkey.ts'
import { route as begin } from './passkey-options.ts'

/** The routes that sign in with a passkey. */
export const handler = routesHandler({
  settings: () => readConfig([...SIGN_INS, 'RP_ID', 'RP_ORIGINS', 'NOTIFY_NEW_SOURCE', 'MAILER']),
  routes: {
    'POST /login/passkey/options': begin,
    'POST /login/passkey': signIn,
  },
})
