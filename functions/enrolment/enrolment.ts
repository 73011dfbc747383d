import { bySharedPath } from '../../lib/http/shared-path.ts'
import { reservingHandler } from '../../lib/http/table.ts'
import { route as cancelReset } from './cancel-reset.ts'
import { route as sendMail } from './mail.ts'
import { route as startPasskey } from './passkey-options.ts'
import { route as prove } from './proof.ts'
import { route as startTotp } from './totp.ts'

const SETTINGS = [
  'COOKIE_SESSIONS',
  'MAILER',
  'LIMIT_MAIL_SOURCE',
  'FACTOR_KEY',
  'SERVICE_NAME',
  'RP_ID',
] as const

/** The steps of an enrolment before its completion, and the link that cancels a reset of second factors. */
export const handler = reservingHandler(
  SETTINGS,
  bySharedPath({
    'POST /enrolment/mail': sendMail,
    'POST /enrolment/proof': prove,
    'POST /enrolment/totp': startTotp,
    'POST /enrolment/passkey/options': startPasskey,
    'POST /factors/cancel-reset': cancelReset,
  }),
)
