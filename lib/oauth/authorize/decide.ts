import type { At } from '../../context.ts'
import type { CookieRequest } from '../../sessions/page.ts'
import { publicKeyCache } from '../../tokens/public-keys.ts'
import { findApis } from '../apis/store.ts'
import { isRepeated, type Parameters, parameterOf } from '../parameters.ts'
import { identifiersFor } from '../scopes.ts'
import { clientOf } from './client.ts'
import { redeemCookie } from './cookie.ts'
import { ACCESS_DENIED, mayErrorLead } from './error.ts'
import { hintedUser } from './hint.ts'
import { locationOf } from './location.ts'
import { type Outcome, outcomeOf, type RequestClient, shownClientOf } from './outcome.ts'
import { isProvenBy } from './proof.ts'
import { checkRequest } from './request.ts'
import type { Click } from './screen.ts'
import { readQuery, requireTarget } from './target.ts'

/** The settings of {@link decide}. */
export const DECISION = [
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

/** The request of the page `/oauth2/authorize`. */
export interface PageRequest {
  /** The query that the page was opened with. */
  query: string
  click?: Click | undefined
  cancel?: boolean | undefined
  /** Id of the user who was signed in before. */
  last?: string | undefined
  start?: number | undefined
  /** Whether the page has got `session_changed` or `device_required` before. */
  changed?: boolean | undefined
}

const publicKeys = publicKeyCache()

/**
 * Decides an authorization request. The outcome is a screen, a sign-in, a refresh, or a return to the client
 * with a code or an error.
 *
 * @param page - Of the service's own origin; see `requireSameOrigin` in `cookie.ts`.
 * @param authorization - The header of the request. A code needs an access token of the session in it.
 * @returns The next step of the page.
 * @throws {@link ServiceError} with an `error` of `TARGET_REFUSALS` in `target.ts`, `conflict`, or `unavailable`.
 */
export async function decide(
  at: At<(typeof DECISION)[number]>,
  page: CookieRequest,
  { query, click, cancel, last, start, changed = false }: PageRequest,
  authorization: string | undefined,
): Promise<object> {
  const { parameters, target } = readQuery(query)
  const redeem = () => redeemCookie(at, page.refreshToken, changed)
  const known = await clientOf(at, target, parameters, redeem)
  if ('next' in known) return known
  const { client } = known
  requireTarget(client, target)
  const { redirectUri } = target
  const userId = known.presented?.user.id
  const respond = (outcome: Outcome) => stepFor(at, outcome, { client, redirectUri, parameters, userId })

  const apis = await findApis(at.table, identifiersFor(client, parameters))
  const request = checkRequest(parameters, client, apis)
  if ('error' in request) return respond(request)
  if (cancel) return respond(ACCESS_DENIED)
  const hint = await hintedUser(at, publicKeys, request)
  if (typeof hint === 'object') return respond(hint)
  const presented = known.presented ?? (await redeem())
  const isProven = isProvenBy(at, publicKeys, authorization)
  const asked = { client, redirectUri, request, hintedUserId: hint, click, lastUserId: last, start, isProven }
  const demanded = at.device?.demandOf?.(presented?.session, request)
  return respond(await outcomeOf(at, { ...asked, ...demanded }, presented))
}

/** A request whose client and redirect URI are known. */
interface KnownRequest {
  client: RequestClient
  redirectUri: string
  parameters: Parameters
  /** The user who is signed in, if the client is a URL. */
  userId: string | undefined
}

/**
 * Returns the next step of the page, or where it leads (RFC 6749 section 4.1.2, RFC 9207). The page learns
 * the user's id only with a code. If an error may not lead to its client, the page shows it with a link to
 * click.
 */
async function stepFor(
  at: At<'TOKEN_ISSUER'>,
  outcome: Outcome,
  { client, redirectUri, parameters, userId }: KnownRequest,
): Promise<object> {
  if ('next' in outcome) return outcome
  const state = isRepeated(parameters, 'state') ? undefined : parameterOf(parameters, 'state')
  const lead = (members: Record<string, string>) =>
    locationOf(redirectUri, { ...members, state, iss: at.config.TOKEN_ISSUER })
  if ('code' in outcome) {
    return { next: 'client', location: lead({ code: outcome.code }), sub: outcome.userId }
  }
  const { error, description } = outcome
  const location = lead({ error, error_description: description })
  if (await mayErrorLead(at.table, client, userId)) return { next: 'client', location }
  return { next: 'error', error, description, location, client: shownClientOf(client, redirectUri) }
}
