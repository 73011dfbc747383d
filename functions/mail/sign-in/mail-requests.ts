import { byRoute } from '../../../lib/http/routes.ts'
import { reservingHandler } from '../../../lib/http/table.ts'
import { route as forgot } from '../forgot.ts'
import { route as register } from '../register.ts'
import { route as signIn } from './sign-in.ts'

const SETTINGS = [
  'MAILER',
  'LIMIT_MAIL_SOURCE',
  'LIMIT_MAIL_SIGN_INS',
  'ALLOWED_EMAIL_DOMAINS',
  'COOKIE_SESSIONS',
] as const

/** `functions/mail/mail-requests.ts` with `mailSignIn=on`. */
export const handler = reservingHandler(
  SETTINGS,
  byRoute({ 'POST /password/forgot': forgot, 'POST /register': register, 'POST /login/mail': signIn }),
)
