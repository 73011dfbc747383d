import { bySharedPath } from '../../lib/http/shared-path.ts'
import { reservingHandler } from '../../lib/http/table.ts'
import { SIGN_INS } from '../../lib/settings.ts'
import { route as signInWithRecoveryCode } from './recovery-code.ts'
import { route as signInWithTotp } from './totp.ts'

export const SETTINGS = [...SIGN_INS, 'FACTOR_KEY', 'NOTIFY_NEW_SOURCE', 'MAILER'] as const

/** The routes that complete a sign-in with a code. */
export const route = bySharedPath({
  'POST /login/totp': signInWithTotp,
  'POST /login/recovery-code': signInWithRecoveryCode,
})

export const handler = reservingHandler(SETTINGS, route)
