import { readConfig } from '../../lib/config.ts'
import { routesHandler } from '../../lib/http/routes.ts'
import { SIGN_INS } from '../../lib/settings.ts'
import { route as signInWithRecoveryCode } from './recovery-code.ts'
import { route as signInWithTotp } from './totp.ts'

/** The routes that complete a sign-in with a code. */
export const handler = routesHandler({
  settings: () => readConfig([...SIGN_INS, 'FACTOR_KEY', 'NOTIFY_NEW_SOURCE', 'MAILER']),
  routes: {
    'POST /login/totp': signInWithTotp,
    'POST /login/recovery-code': signInWithRecoveryCode,
  },
})
