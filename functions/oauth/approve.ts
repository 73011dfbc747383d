import type { APIGatewayProxyResult } from 'aws-lambda'
import type { At } from '../../lib/context.ts'
import { headerOf } from '../../lib/http/headers.ts'
import { json } from '../../lib/http/responses.ts'
import { ApprovalRequest } from '../../lib/http/schemas/oauth.ts'
import { pageOf, readJson } from '../../lib/http/sessions/request.ts'
import { tableHandler } from '../../lib/http/table.ts'
import { findApis } from '../../lib/oauth/apis/store.ts'
import { clientOf } from '../../lib/oauth/authorize/client.ts'
import { redeemCookie, requireSameOrigin } from '../../lib/oauth/authorize/cookie.ts'
import { ACCESS_DENIED, mayErrorLead } from '../../lib/oauth/authorize/error.ts'
import { hintedUser } from '../../lib/oauth/authorize/hint.ts'
import { locationOf } from '../../lib/oauth/authorize/location.ts'
import {
  type Outcome,
  outcomeOf,
  type RequestClient,
  shownClientOf,
} from '../../lib/oauth/authorize/outcome.ts'
import { isProvenBy } from '../../lib/oauth/authorize/proof.ts'
import { checkRequest } from '../../lib/oauth/authorize/request.ts'
import { readQuery, requireTarget } from '../../lib/oauth/authorize/target.ts'
import { isRepeated, type Parameters, parameterOf } from '../../lib/oauth/parameters.ts'
import { identifiersFor } from '../../lib/oauth/scopes.ts'
import { publicKeyCache } from '../../lib/tokens/public-keys.ts'

const SETTINGS = [
  'CLIENT_FETCHER',
  'CLIENT_METADATA_HOSTS',
  'COOKIE_SESSIONS',
  'MAILER',
  'REFRESH_GRACE_SECONDS',
  'REQUIRE_SECOND_FACTOR',
  'SESSION_TTL_SECONDS',
  'SESSION_IDLE_TTL_SECONDS',
  'TOKEN_AUDIENCE',
  'TOKEN_ISSUER',
  'PUBLISHED_KEYS',
] as const

const publicKeys = publicKeyCache()

/**
 * POST /oauth2/approve: decides the authorization request that the page `/oauth2/authorize` was opened with. It takes the session
 * cookie from that page only, and leads back to the client with a code or an error. A code also needs an access token of the session.
 */
export const handler = tableHandler(SETTINGS, async (event, at) => {
  const page = pageOf(event, at)
  requireSameOrigin(page)
  const { query, click, cancel, last, start, changed = false } = readJson(event, ApprovalRequest, at)
  const { parameters, target } = readQuery(query)
  const redeem = () => redeemCookie(at, page.refreshToken, changed)
  const known = await clientOf(at, target, parameters, redeem)
  if ('next' in known) return json(200, known)
  const { client } = known
  requireTarget(client, target)
  const { redirectUri } = target
  const userId = known.presented?.user.id
  const respond = (outcome: Outcome) => responseOf(at, outcome, { client, redirectUri, parameters, userId })

  const request = checkRequest(
    parameters,
    client,
    await findApis(at.table, identifiersFor(client, parameters)),
  )
  if ('error' in request) return respond(request)
  if (cancel) return respond(ACCESS_DENIED)
  const hint = await hintedUser(at, publicKeys, request)
  if (typeof hint === 'object') return respond(hint)
  const presented = known.presented ?? (await redeem())
  const isProven = isProvenBy(at, publicKeys, headerOf(event.headers, 'authorization'))
  const asked = { client, redirectUri, request, hintedUserId: hint, click, lastUserId: last, start, isProven }
  return respond(await outcomeOf(at, asked, presented))
})

/** A request whose client and redirect URI are known. */
interface KnownRequest {
  client: RequestClient
  redirectUri: string
  parameters: Parameters
  /** The user who is signed in, if the client is a URL. */
  userId: string | undefined
}

/**
 * Returns the next step of the page, or where it leads (RFC 6749 section 4.1.2, RFC 9207). Only a code names its user, to the page. An
 * error that may not lead to its client is shown, and its link waits for a click.
 */
async function responseOf(
  at: At<'TOKEN_ISSUER'>,
  outcome: Outcome,
  { client, redirectUri, parameters, userId }: KnownRequest,
): Promise<APIGatewayProxyResult> {
  if ('next' in outcome) return json(200, outcome)
  const state = isRepeated(parameters, 'state') ? undefined : parameterOf(parameters, 'state')
  const lead = (members: Record<string, string>) =>
    locationOf(redirectUri, { ...members, state, iss: at.config.TOKEN_ISSUER })
  if ('code' in outcome) {
    return json(200, { next: 'client', location: lead({ code: outcome.code }), sub: outcome.userId })
  }
  const { error, description } = outcome
  const location = lead({ error, error_description: description })
  if (await mayErrorLead(at.table, client, userId)) return json(200, { next: 'client', location })
  return json(200, {
    next: 'error',
    error,
    description,
    location,
    client: shownClientOf(client, redirectUri),
  })
}
