import { byRoute } from '../../lib/http/routes.ts'
import { reservingHandler } from '../../lib/http/table.ts'
import { PASSWORD_LIMITS } from '../../lib/settings.ts'
import { route as email } from './email.ts'
import { route as locale } from './locale.ts'

const SETTINGS = [
  ...PASSWORD_LIMITS,
  'LIMIT_MAIL_SOURCE',
  'MAILER',
  'MAIL_SIGN_IN',
  'REQUIRE_SECOND_FACTOR',
] as const

/** The routes that change the address of mails to the caller, and their language. */
export const handler = reservingHandler(SETTINGS, byRoute({ 'PUT /email': email, 'PUT /me/locale': locale }))
