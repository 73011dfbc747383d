import { readConfig } from '../../lib/config.ts'
import { routesHandler } from '../../lib/http/routes.ts'
import { handler as enrolPasskey } from '../enrolment/add-passkey.ts'
import { handler as add } from './add.ts'

/** The routes that verify a new passkey. */
export const handler = routesHandler({
  settings: () =>
    readConfig([
      'TABLE_NAME',
      'RP_ID',
      'RP_ORIGINS',
      'COOKIE_SESSIONS',
      'SESSION_TTL_SECONDS',
      'SESSION_IDLE_TTL_SECONDS',
      'SIGNING_KEY',
      'TOKEN_ISSUER',
      'TOKEN_AUDIENCE',
      'TOKEN_TTL_SECONDS',
      'NOTIFY_NEW_SOURCE',
      'REQUIRE_SECOND_FACTOR',
      'MAILER',
    ]),
  routes: {
    'POST /passkeys': add,
    'POST /enrolment/passkey': enrolPasskey,
  },
})
