import { readConfig } from '../../lib/config.ts'
import { routesHandler } from '../../lib/http/routes.ts'
import { handler as signInWithRecoveryCode } from './recovery-code.ts'
import { handler as signInWithTotp } from './totp.ts'

/** The routes that complete a sign-in with a code. */
export const handler = routesHandler({
  settings: () =>
    readConfig([
      'TABLE_NAME',
      'COOKIE_SESSIONS',
      'FACTOR_KEY',
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
    'POST /login/totp': signInWithTotp,
    'POST /login/recovery-code': signInWithRecoveryCode,
  },
})
