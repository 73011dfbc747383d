import { bySharedPath } from '../../lib/http/shared-path.ts'
import { reservingHandler } from '../../lib/http/table.ts'
import { route as addTotp } from './add-totp.ts'

const SETTINGS = ['FACTOR_KEY', 'MAILER', 'REQUIRE_SECOND_FACTOR'] as const

/** The route that adds an authenticator app. The gateway has its path for each factor. */
export const handler = reservingHandler(SETTINGS, bySharedPath({ 'POST /factors/totp/confirm': addTotp }))
