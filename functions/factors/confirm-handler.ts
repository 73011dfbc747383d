import { readConfig } from '../../lib/config.ts'
import { routesHandler } from '../../lib/http/routes.ts'
import { handler as enrolTotp } from '../enrolment/confirm-totp.ts'
import { handler as confirmTotp } from './confirm-totp.ts'

/** The routes that verify the first code of an authenticator app. */
export const handler = routesHandler({
  settings: () =>
    readConfig([
      'TABLE_NAME',
      'FACTOR_KEY',
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
    'POST /factors/totp/confirm': confirmTotp,
    'POST /enrolment/totp/confirm': enrolTotp,
  },
})
