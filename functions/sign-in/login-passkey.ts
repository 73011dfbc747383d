import { readConfig } from '../../lib/config.ts'
import { routesHandler } from '../../lib/http/routes.ts'
import { handler as signIn } from './passkey.ts'
import { handler as begin } from './passkey-options.ts'

/** The routes that sign in with a passkey. */
export const handler = routesHandler({
  settings: () =>
    readConfig([
      'TABLE_NAME',
      'COOKIE_SESSIONS',
      'RP_ID',
      'RP_ORIGINS',
      'SESSION_TTL_SECONDS',
      'SESSION_IDLE_TTL_SECONDS',
      'SIGNING_KEY',
      'TOKEN_ISSUER',
      'TOKEN_AUDIENCE',
      'TOKEN_TTL_SECONDS',
      'NOTIFY_NEW_SOURCE',
      'MAILER',
    ]),
  routes: {
    'POST /login/passkey/options': begin,
    'POST /login/passkey': signIn,
  },
})
