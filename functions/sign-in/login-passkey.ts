import { byRoute } from '../../lib/http/routes.ts'
import { reservingHandler } from '../../lib/http/table.ts'
import { SIGN_INS } from '../../lib/settings.ts'
import { route as signIn } from './passkey.ts'
import { route as begin } from './passkey-options.ts'

export const SETTINGS = [...SIGN_INS, 'RP_ID', 'RP_ORIGINS', 'NOTIFY_NEW_SOURCE', 'MAILER'] as const

/** The routes that sign in with a passkey. */
export const route = byRoute({
  'POST /login/passkey/options': begin,
  'POST /login/passkey': signIn,
})

export const handler = reservingHandler(SETTINGS, route)
