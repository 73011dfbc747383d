import { bySharedPath } from '../../lib/http/shared-path.ts'
import { tableHandler } from '../../lib/http/table.ts'
import { route as bind } from './bind.ts'
import { route as renew } from './renew.ts'

/** The routes that browsers use themselves, to bind sessions in cookies to a key of their device. */
export const handler = tableHandler(
  ['COOKIE_SESSIONS', 'TOKEN_ISSUER'],
  bySharedPath({ 'POST /sessions/bind': bind, 'POST /sessions/renew': renew }),
)
