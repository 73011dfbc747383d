import { byRoute } from '../../lib/http/routes.ts'
import { reservingHandler } from '../../lib/http/table.ts'
import { route as forgot } from './forgot.ts'
import { route as register } from './register.ts'

/** The routes with which anybody can request a mail. */
export const handler = reservingHandler(
  ['MAILER', 'LIMIT_MAIL_SOURCE', 'ALLOWED_EMAIL_DOMAINS'],
  byRoute({ 'POST /password/forgot': forgot, 'POST /register': register }),
)
