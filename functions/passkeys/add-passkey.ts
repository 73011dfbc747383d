import { readConfig } from '../../lib/config.ts'
import { routesHandler } from '../../lib/http/routes.ts'
import { SIGN_INS } from '../../lib/settings.ts'
import { route as enrolPasskey } from '../enrolment/passkey.ts'
import { route as add } from './add.ts'

/** The routes that verify a new passkey. */
export const handler = routesHandler({
  settings: () =>
    readConfig([...SIGN_INS, 'RP_ID', 'RP_ORIGINS', 'NOTIFY_NEW_SOURCE', 'REQUIRE_SECOND_FACTOR', 'MAILER']),
  routes: {
    'POST /passkeys': add,
    'POST /enrolment/passkey': enrolPasskey,
  },
})
