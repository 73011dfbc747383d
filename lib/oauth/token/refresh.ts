import { together } from '../../aws/together.ts'
import type { At } from '../../context.ts'
import { byClient } from '../../events/event.ts'
import { logEvent } from '../../log.ts'
import {
  classifySecret,
  hashSecret,
  nextSecret,
  type PresentedToken,
  parseRefreshToken,
  type SecretState,
  withSecret,
} from '../../sessions/refresh-token.ts'
import { acrOf, needsFactor } from '../../users/factors.ts'
import type { Api } from '../apis/api.ts'
import { findApis } from '../apis/store.ts'
import type { Client } from '../clients/client.ts'
import { type Ends, type Grant, isExpired, isUseDue, used } from '../grants/grant.ts'
import { type ClaimedUser, hasLiveSources } from '../grants/live.ts'
import { endGrant, findGrant, findSources, replaceGrant } from '../grants/store.ts'
import { type Parameters, parameterOf } from '../parameters.ts'
import { scopesOf } from '../scopes.ts'
import { type CLIENT_TOKENS, issueClientTokens, type Signer } from './issue.ts'
import { requiredOf, tokenRefusal } from './refusal.ts'
import { requireResource } from './resource.ts'

type RefreshSetting =
  | (typeof CLIENT_TOKENS)[number]
  | 'SESSION_TTL_SECONDS'
  | 'REFRESH_GRACE_SECONDS'
  | 'REQUIRE_SECOND_FACTOR'

/** A valid refresh token of a grant. */
interface Redeemed {
  grant: Grant
  /** The scopes of the grant that the client may have now. */
  scopes: readonly string[]
  user: ClaimedUser
  ends: Ends
  state: Exclude<SecretState, 'reused' | 'changed'>
}

/**
 * Exchanges the refresh token of a grant for an access token (RFC 6749 section 6). The token of a `web`
 * client stays the same: the client's secret protects it, and two servers may refresh at the same time. A
 * public client gets a new token.
 *
 * @param client - Authenticated.
 * @throws {@link ServiceError} with an `error` of `TOKEN_ERRORS`, or `unavailable`.
 */
export async function refreshGrant(
  at: At<RefreshSetting>,
  client: Client,
  parameters: Parameters,
  sign: Signer,
): Promise<object> {
  const refreshToken = requiredOf(parameters, 'refresh_token')
  const presented = parseRefreshToken(refreshToken)
  if (presented === undefined) throw refused(client, 'not a refresh token')
  const redeemed = await redeem(at, client, presented)
  const { grant, user, scopes } = redeemed
  if (scopes.length === 0) throw refused(client, 'the client may have no scope of the grant')
  const scope = narrowed(scopes, parameterOf(parameters, 'scope'))
  requireResource(grant, parameters)
  // Signed first: if that fails, nothing has changed and the client may retry.
  const issued = await issueClientTokens(at, sign, { granted: { grant, client, user, scope } })
  if (client.type === 'web') {
    const after = used(grant, redeemed.ends, at.now)
    // Another request may have written its use in between, or the grant may have ended. The next refresh
    // detects that.
    if (isUseDue(grant, redeemed.ends, at.now)) await replaceGrant(at.table, grant, after)
    return { ...issued, refresh_token: refreshToken }
  }
  const secret = await rotate({ ...at, now: new Date() }, client, presented, redeemed)
  return { ...issued, refresh_token: withSecret(refreshToken, secret) }
}

/** Verifies a refresh token of a grant of this client. */
async function redeem(at: At<RefreshSetting>, client: Client, presented: PresentedToken): Promise<Redeemed> {
  const { table, config, now } = at
  const { userId, sessionId: grantId } = presented
  const grant = await findGrant(table, userId, grantId)
  if (grant?.clientId !== client.id) throw refused(client, 'no such grant of this client')
  const [found, apis] = await together([findSources(table, grant), findApis(table, apiOf(grant))])
  const sources = { client, ...found }
  const { user, session } = sources
  const scopes = allowedScopes(grant, client, apis)
  const offline = grant.offline && scopes.includes('offline_access')
  const sessionEndsAt = (session?.authTime ?? grant.authTime) + config.SESSION_TTL_SECONDS
  const ends = { lifetimes: client, sessionEndsAt }
  const isOver = isExpired({ ...grant, offline }, ends, now)
  if (!user || isOver || !hasLiveSources(grant, sources, offline, now)) {
    throw refused(client, 'the grant, or what it depends on, has ended or changed')
  }
  if (acrOf(grant.amr) !== 'aal2' && needsFactor(user, config.REQUIRE_SECOND_FACTOR)) {
    throw refused(client, 'the policy demands a second factor')
  }
  const state = classifySecret(grant, presented, config.REFRESH_GRACE_SECONDS, now)
  if (state === 'changed') throw refused(client, 'not a token that this grant had')
  if (state === 'reused') {
    if (client.type === 'web') throw refused(client, 'another secret')
    // Logged first: the theft must show even if the write fails.
    logEvent('warn', { event: 'grant.reuse', userId, clientId: client.id, grantId })
    await endGrant(table, grant, 'token-reused', byClient(at, client.id))
    throw refused(client, 'the refresh token was replaced earlier')
  }
  return { grant, scopes, user, state, ends }
}

/**
 * Replaces the secret of a grant, like `rotateSecret` in `lib/sessions/rotate.ts`. @returns The secret that
 * the client gets.
 */
async function rotate(
  at: At<RefreshSetting>,
  client: Client,
  presented: PresentedToken,
  { grant, state, ends }: Redeemed,
): Promise<string> {
  if (state === 'fresh') return presented.secret
  const next = nextSecret(grant, presented.secret)
  if (state === 'repeated') return next
  const after = { ...used(grant, ends, at.now), secretHash: hashSecret(next), rotatedAtMs: at.now.getTime() }
  if (await replaceGrant(at.table, grant, after)) return next
  // A concurrent request with the same token came first. Both get the same next token, if the grant is still
  // live.
  await redeem(at, client, presented)
  return next
}

const apiOf = ({ resource }: Grant): string[] => (resource === undefined ? [] : [resource])

/**
 * Returns the scopes of a grant that its client may have now. The operator may have removed some since the
 * approval. A token for an API needs a scope of that API, also if the user allowed other scopes.
 */
function allowedScopes(grant: Grant, client: Client, apis: readonly Api[]): string[] {
  const allowed = scopesOf(client, apis)
  const hasApi = apiOf(grant).every((identifier) =>
    [...allowed.values()].some((api) => api?.identifier === identifier),
  )
  return hasApi ? grant.scope.split(' ').filter((name) => allowed.has(name)) : []
}

/**
 * Returns the scopes of the next access token: all that are allowed, or those of them that the request names.
 *
 * A scope that is not allowed is left out, and the response shows that (RFC 6749 section 3.3). Libraries send
 * the scopes of the sign-in with each refresh. An error would end their access when the operator removes one
 * scope.
 */
function narrowed(allowed: readonly string[], given: string | undefined): string {
  const names = new Set(given?.split(' ') ?? allowed)
  const left = allowed.filter((name) => names.has(name))
  if (left.length > 0) return left.join(' ')
  throw tokenRefusal('invalid_scope', 'scope must have one that user and operator allow.')
}

const refused = ({ id }: Client, reason: string) => tokenRefusal('invalid_grant', reason, id)
