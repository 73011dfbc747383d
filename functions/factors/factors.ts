import { bySharedPath } from '../../lib/http/shared-path.ts'
import { reservingHandler } from '../../lib/http/table.ts'
import { PASSWORD_LIMITS } from '../../lib/settings.ts'
import { route as startPasskey } from '../passkeys/options.ts'
import { route as removePasskey } from '../passkeys/remove.ts'
import { route as removeTotp } from './remove-totp.ts'
import { route as replaceRecoveryCodes } from './replace-recovery-codes.ts'
import { route as startTotp } from './start-totp.ts'

const SETTINGS = [
  ...PASSWORD_LIMITS,
  'FACTOR_KEY',
  'RP_ID',
  'SERVICE_NAME',
  'MAIL_SIGN_IN',
  'REQUIRE_SECOND_FACTOR',
  'MAILER',
] as const

/** The routes that change second factors with the current password. */
export const handler = reservingHandler(
  SETTINGS,
  bySharedPath({
    'POST /factors/totp': startTotp,
    'DELETE /factors/totp': removeTotp,
    'POST /factors/recovery-codes': replaceRecoveryCodes,
    'POST /passkeys/options': startPasskey,
    'DELETE /passkeys/{id}': removePasskey,
  }),
)
