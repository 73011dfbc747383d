import { readConfig } from '../../lib/config.ts'
import { routesHandler } from '../../lib/http/routes.ts'
import { PASSWORD_LIMITS } from '../../lib/settings.ts'
import { route as startPasskey } from '../passkeys/options.ts'
import { route as removePasskey } from '../passkeys/remove.ts'
import { route as removeTotp } from './remove-totp.ts'
import { route as replaceRecoveryCodes } from './replace-recovery-codes.ts'
import { route as startTotp } from './start-totp.ts'

/** The routes that change second factors with the current password. */
export const handler = routesHandler({
  settings: () =>
    readConfig([
      ...PASSWORD_LIMITS,
      'TABLE_NAME',
      'FACTOR_KEY',
      'RP_ID',
      'SERVICE_NAME',
      'REQUIRE_SECOND_FACTOR',
      'MAILER',
    ]),
  routes: {
    'POST /factors/totp': startTotp,
    'DELETE /factors/totp': removeTotp,
    'POST /factors/recovery-codes': replaceRecoveryCodes,
    'POST /passkeys/options': startPasskey,
    'DELETE /passkeys/{id}': removePasskey,
  },
})
