import { bySharedPath } from '../../lib/http/shared-path.ts'
import { reservingHandler } from '../../lib/http/table.ts'
import { route as complete } from './complete.ts'
import { route as list } from './list.ts'
import { route as mail } from './mail.ts'
import { route as passkey } from './passkey.ts'

const SETTINGS = ['MAILER', 'LIMIT_MAIL_SOURCE', 'REQUIRE_SECOND_FACTOR', 'RP_ID', 'PUBLIC_URL'] as const

/** The routes by which a user without a password proves a change of the account. */
export const handler = reservingHandler(
  SETTINGS,
  bySharedPath({
    'GET /proof/ways': list,
    'POST /proof/mail': mail,
    'POST /proof/passkey': passkey,
    'POST /proof/confirm': complete,
  }),
)
