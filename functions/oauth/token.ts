import { clientProblem } from '../../lib/http/forms/form.ts'
import { byRoute } from '../../lib/http/routes.ts'
import { tableHandler } from '../../lib/http/table.ts'
import { CLIENT_TOKENS } from '../../lib/oauth/token/issue.ts'
import { route as issue } from './issue.ts'
import { route as revoke } from './revoke.ts'

const SETTINGS = [
  ...CLIENT_TOKENS,
  'SESSION_TTL_SECONDS',
  'REFRESH_GRACE_SECONDS',
  'REQUIRE_SECOND_FACTOR',
  'PUBLISHED_KEYS',
] as const

const route = byRoute({ 'POST /oauth2/token': issue, 'POST /oauth2/revoke': revoke })

/** The routes of apps that authenticate themselves. Their errors are those of OAuth. */
export const handler = tableHandler(SETTINGS, (event, at) => route(event, at).catch(clientProblem))
