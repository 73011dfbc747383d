import { headerOf } from '../../lib/http/headers.ts'
import { json } from '../../lib/http/responses.ts'
import { ApprovalRequest } from '../../lib/http/schemas/oauth.ts'
import { pageOf, readJson } from '../../lib/http/sessions/request.ts'
import { type TableRoute, tableHandler } from '../../lib/http/table.ts'
import { requireSameOrigin } from '../../lib/oauth/authorize/cookie.ts'
import { DECISION, decide } from '../../lib/oauth/authorize/decide.ts'

export const SETTINGS = DECISION

/**
 * POST /oauth2/approve: decides the authorization request of the page `/oauth2/authorize`. It accepts the
 * session cookie only from that page, and leads back to the client with a code or an error. A code also needs
 * an access token of the session.
 */
export const route: TableRoute<(typeof SETTINGS)[number]> = async (event, at) => {
  const page = pageOf(event, at)
  requireSameOrigin(page)
  const request = readJson(event, ApprovalRequest, at)
  return json(200, await decide(at, page, request, headerOf(event.headers, 'authorization')))
}

export const handler = tableHandler(SETTINGS, route)
