import { byRoute } from '../../lib/http/routes.ts'
import { reservingHandler } from '../../lib/http/table.ts'
import { SIGN_INS } from '../../lib/settings.ts'
import { route as complete } from './complete.ts'
import { route as listProviders } from './list-providers.ts'
import { route as begin } from './options.ts'

export const SETTINGS = [
  ...SIGN_INS,
  'FACTOR_KEY',
  'MAILER',
  'NOTIFY_NEW_SOURCE',
  'PUBLIC_URL',
  'REQUIRE_SECOND_FACTOR',
] as const

/** The routes that sign in with another identity provider. */
export const route = byRoute({
  'GET /providers': listProviders,
  'POST /login/provider/options': begin,
  'POST /login/provider': complete,
})

export const handler = reservingHandler(SETTINGS, route)
