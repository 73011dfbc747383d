import { readConfig } from '../../lib/config.ts'
import { routesHandler } from '../../lib/http/routes.ts'
import { cancelReset } from './cancel-reset.ts'
import { sendMail } from './mail.ts'
import { prove } from './proof.ts'

/** The steps of an enrolment before its completion, and the link that cancels a reset of second factors. */
export const handler = routesHandler({
  settings: () => readConfig(['TABLE_NAME', 'MAILER', 'LIMIT_MAIL_SOURCE']),
  routes: {
    'POST /enrolment/mail': sendMail,
    'POST /enrolment/proof': prove,
    'POST /factors/cancel-reset': cancelReset,
  },
})
