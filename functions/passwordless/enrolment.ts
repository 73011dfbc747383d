import { bySharedPath } from '../../lib/http/shared-path.ts'
import { reservingHandler } from '../../lib/http/table.ts'
import { route as cancelReset } from '../enrolment/cancel-reset.ts'
import { route as sendMail } from '../enrolment/mail.ts'
import { route as startPasskey } from '../enrolment/passkey-options.ts'
import { route as prove } from '../enrolment/proof.ts'
import { route as startTotp } from '../enrolment/totp.ts'
import { route as startAccount } from './passkey-options.ts'

const SETTINGS = [
  'COOKIE_SESSIONS',
  'MAILER',
  'LIMIT_MAIL_SOURCE',
  'FACTOR_KEY',
  'SERVICE_NAME',
  'RP_ID',
] as const

/** The routes of `functions/enrolment/enrolment.ts` with `mailSignIn=on`: a passkey may also begin an account. */
export const handler = reservingHandler(
  SETTINGS,
  bySharedPath({
    'POST /enrolment/mail': sendMail,
    'POST /enrolment/proof': prove,
    'POST /enrolment/totp': startTotp,
    'POST /enrolment/passkey/options': startPasskey,
    'POST /factors/cancel-reset': cancelReset,
    'POST /register/passkey': startAccount,
  }),
)
