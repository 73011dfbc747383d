import { byRoute } from '../../lib/http/routes.ts'
import { reservingHandler } from '../../lib/http/table.ts'
import { ROUTES, SETTINGS } from './enrolment.ts'
import { route as startAccount } from './new-user-options.ts'

/** The routes of `enrolment.ts` with `mailSignIn=on`: a passkey may also begin an account. */
export const handler = reservingHandler(
  SETTINGS,
  byRoute({ ...ROUTES, 'POST /register/passkey/options': startAccount }),
)
