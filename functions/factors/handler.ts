import { readConfig } from '../../lib/config.ts'
import { routesHandler } from '../../lib/http/routes.ts'
import { handler as startPasskey } from '../passkeys/options.ts'
import { handler as removePasskey } from '../passkeys/remove.ts'
import { handler as removeTotp } from './remove-totp.ts'
import { handler as replaceRecoveryCodes } from './replace-recovery-codes.ts'
import { handler as startTotp } from './start-totp.ts'

/** The routes that change second factors with the current password. */
export const handler = routesHandler({
  settings: () =>
    readConfig([
      'TABLE_NAME',
      'LIMIT_USER_AND_SOURCE',
      'LIMIT_SOURCE',
      'LIMIT_KNOWN_SOURCE',
      'LIMIT_USER',
      'LIMIT_USER_AND_KNOWN_SOURCE',
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
