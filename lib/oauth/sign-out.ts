import type { Table } from '../aws/dynamodb.ts'
import type { At } from '../context.ts'
import { byUser } from '../events/event.ts'
import { redeemAnyToken } from '../sessions/redeem.ts'
import { readRefreshToken } from '../sessions/refresh-token.ts'
import { endSession } from '../sessions/store.ts'
import type { IdTokenHint } from '../tokens/id-token.ts'
import type { PublicKeyCache } from '../tokens/public-keys.ts'
import { unlessInvalid } from './authorize/cookie.ts'
import { readVerifiedHint } from './authorize/hint.ts'
import { locationOf } from './authorize/location.ts'
import { MAX_QUERY_BYTES, targetRefusal } from './authorize/target.ts'
import type { Client } from './clients/client.ts'
import { matchesRedirectUri } from './clients/redirect-uri.ts'
import { findClient } from './clients/store.ts'
import { isClientUrl } from './clients/url-client.ts'
import { endingGrantsAtReuse } from './grants/reuse.ts'
import { isRepeated, type Parameters, parameterOf, readParameters } from './parameters.ts'

type SignOutSetting = 'PUBLISHED_KEYS' | 'TOKEN_ISSUER' | 'REFRESH_GRACE_SECONDS'

/** The request of the page: its query, and the user whom it has asked. */
interface SignOutRequest {
  query: string
  sub?: string | undefined
}

/** The next step of the page. Without `location`, the user stays on it. */
export type SignOutOutcome =
  | { next: 'question'; user: { sub: string; username: string }; client?: { name: string } | undefined }
  | { next: 'done'; location?: string | undefined }

/**
 * Signs the user of a cookie out at the request of an app (OpenID Connect RP-Initiated Logout 1.0 section 2).
 *
 * Only an id_token of this very session shows that the user signed in at the app and wants to sign out there.
 * Any other request may come from a page of an attacker, so the user is asked. The response leads only to a
 * registered URI.
 *
 * @param publicKeys - The cache of the function.
 * @throws {@link ServiceError} with an `error` of `TARGET_REFUSALS`, or `unavailable`.
 */
export async function signOut(
  at: At<SignOutSetting>,
  publicKeys: PublicKeyCache,
  { query, sub }: SignOutRequest,
  refreshToken: string,
): Promise<SignOutOutcome> {
  const parameters = readSignOut(query)
  const unverifiedHint = parameterOf(parameters, 'id_token_hint')
  const read = unverifiedHint && (await readVerifiedHint(at, publicKeys, unverifiedHint))
  // A hint that cannot be verified names no user: then the page asks.
  const hint = typeof read === 'object' ? read : undefined
  const client = await findAsking(at.table, parameters, hint)
  const location = afterSignOut(parameters, client)

  // Any token of the session is enough, as at POST /logout.
  const redeemed = await unlessInvalid(async () => {
    const presented = readRefreshToken(refreshToken)
    return endingGrantsAtReuse(at, presented, () =>
      redeemAnyToken(at, presented, at.config.REFRESH_GRACE_SECONDS),
    )
  })
  if (redeemed === undefined) return { next: 'done', location }
  const { session, user } = redeemed
  const isOfSession = hint?.sessionId === session.id && hint.userId === session.userId
  if (!isOfSession && sub !== session.userId) {
    const shown = { sub: session.userId, username: user.username }
    return { next: 'question', user: shown, client: client && { name: client.name } }
  }
  await endSession(at.table, session, 'signed-out', byUser(at, session.userId))
  return { next: 'done', location }
}

/** Returns the parameters of a sign-out. */
function readSignOut(query: string): Parameters {
  const parameters = readParameters(query)
  const isInvalid = [...parameters.keys()].some((name) => isRepeated(parameters, name))
  if (isInvalid || Buffer.byteLength(query) > MAX_QUERY_BYTES) throw targetRefusal('invalid_sign_out')
  return parameters
}

/** Finds the client that requests a sign-out, if it names itself or its id_token does. */
async function findAsking(
  table: Table,
  parameters: Parameters,
  hint: IdTokenHint | undefined,
): Promise<Client | undefined> {
  const named = parameterOf(parameters, 'client_id')
  // Any URL is a client. Only an id_token shows that the user knows it, so without one the page names no
  // client.
  const clientId = (hint === undefined && isClientUrl(named) ? undefined : named) ?? hint?.clientId
  if (hint !== undefined && hint.clientId !== clientId) throw targetRefusal('other_client')
  if (clientId === undefined) return undefined
  const client = await findClient(table, String(clientId))
  if (client === undefined || client.disabled) throw targetRefusal('unknown_client')
  return client
}

/** Returns where a sign-out leads: a registered URI as text, with `state` appended. */
function afterSignOut(parameters: Parameters, client: Client | undefined): string | undefined {
  const uri = parameterOf(parameters, 'post_logout_redirect_uri')
  if (uri === undefined) return undefined
  const isRegistered =
    client !== undefined &&
    matchesRedirectUri({ ...client, redirectUris: client.postLogoutRedirectUris }, uri)
  if (!isRegistered) throw targetRefusal('unknown_logout_uri')
  const state = parameterOf(parameters, 'state')
  return state === undefined ? uri : locationOf(uri, { state })
}
