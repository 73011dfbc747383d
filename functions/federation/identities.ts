import { byRoute } from '../../lib/http/routes.ts'
import { reservingHandler } from '../../lib/http/table.ts'
import { PASSWORD_LIMITS } from '../../lib/settings.ts'
import { route as link } from './link-identity.ts'
import { route as list } from './list-identities.ts'
import { route as unlink } from './unlink-identity.ts'

const SETTINGS = [...PASSWORD_LIMITS, 'MAIL_SIGN_IN', 'REQUIRE_SECOND_FACTOR', 'MAILER'] as const

/** The routes of the caller's identities at providers. */
export const handler = reservingHandler(
  SETTINGS,
  byRoute({ 'GET /identities': list, 'POST /identities': link, 'DELETE /identities/{id}': unlink }),
)
