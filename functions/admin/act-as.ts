import { CALLER } from '../../lib/http/operators/operator.ts'
import { byRoute } from '../../lib/http/routes.ts'
import { reservingHandler } from '../../lib/http/table.ts'
import { route as begin } from './begin-act.ts'
import { route as exchange } from './exchange-act.ts'

export const SETTINGS = [...CALLER, 'MAILER', 'SIGNING_KEY', 'TOKEN_ISSUER'] as const

/** Lets operators see the application as a user sees it. */
export const route = byRoute({ 'POST /act-as': begin, 'POST /act-as/token': exchange })

export const handler = reservingHandler(SETTINGS, route)
