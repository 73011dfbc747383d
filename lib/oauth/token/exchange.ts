import { randomBytes } from 'node:crypto'
import { transact } from '../../aws/dynamodb.ts'
import type { At } from '../../context.ts'
import { byClient } from '../../events/event.ts'
import { logEvent } from '../../log.ts'
import type { Client } from '../clients/client.ts'
import { type Code, isFresh, isRepetition, isVerifierOf, spentBy } from '../codes/code.ts'
import { findCode } from '../codes/store.ts'
import { GRANT_RANDOM_BYTES, type Grant, startGrant } from '../grants/grant.ts'
import { hasLiveSources } from '../grants/live.ts'
import {
  abandonGrant,
  endGrant,
  findGrant,
  findSources,
  newGrant,
  sourcesUnchanged,
  spendingOf,
} from '../grants/store.ts'
import { type Parameters, parameterOf } from '../parameters.ts'
import { type CLIENT_TOKENS, issueClientTokens, type Signer } from './issue.ts'
import { requiredOf, tokenRefusal } from './refusal.ts'
import { requireResource } from './resource.ts'

type ExchangeSetting = (typeof CLIENT_TOKENS)[number] | 'SESSION_TTL_SECONDS' | 'REFRESH_GRACE_SECONDS'

/**
 * Exchanges a code for tokens and a new grant (RFC 6749 section 4.1.3, RFC 7636 section 4.6).
 *
 * The second use of a code ends its grant, but only if the request has all proofs that the first one had.
 * Otherwise an attacker with a copied code could sign the user out of the app. A repetition within the grace
 * is refused, and ends nothing.
 *
 * @param client - Authenticated.
 * @throws {@link ServiceError} with an `error` of `TOKEN_ERRORS`, or `unavailable`.
 */
export async function exchangeCode(
  at: At<ExchangeSetting>,
  client: Client,
  parameters: Parameters,
  sign: Signer,
): Promise<object> {
  const { table, now, config } = at
  const text = requiredOf(parameters, 'code')
  const code = await findCode(table, text)
  if (code?.clientId !== client.id) throw refused(client, 'no such code of this client')
  requireProof(code, client, parameters)
  if (code.spentBy !== undefined) throw await reuseOf(at, client, text, code)
  if (!isFresh(code, now)) throw refused(client, 'the code has expired')
  const sources = { client, ...(await findSources(table, code)) }
  const { user } = sources
  if (!user || !hasLiveSources(code, sources, false, now)) {
    throw refused(client, 'what the code depends on has ended or changed')
  }
  const ends = { lifetimes: client, sessionEndsAt: code.authTime + config.SESSION_TTL_SECONDS }
  const { grant, refreshToken } = startGrant(code, ends, now, randomBytes(GRANT_RANDOM_BYTES))
  const isOpenId = code.scope.split(' ').includes('openid')
  const granted = { grant, client, user, scope: code.scope }
  // Signed first: if that fails, nothing is spent.
  const idToken = isOpenId ? { nonce: code.nonce } : undefined
  const issued = await issueClientTokens(at, sign, { granted, idToken })
  await storeGrant(at, client, text, grant)
  return { ...issued, refresh_token: refreshToken }
}

/** Requires the proofs that the request comes from the client that began it. */
function requireProof(code: Code, client: Client, parameters: Parameters): void {
  if (!isVerifierOf(code, parameterOf(parameters, 'code_verifier') ?? '')) {
    throw refused(client, 'code_verifier is missing or wrong')
  }
  // Clients of OAuth 2.1 do not send it.
  const redirectUri = parameterOf(parameters, 'redirect_uri') ?? code.redirectUri
  if (redirectUri !== code.redirectUri) throw refused(client, 'redirect_uri is another one')
  requireResource(code, parameters)
}

/**
 * Spends the code and stores the grant in one transaction, on condition that user and session have not
 * changed.
 */
async function storeGrant(
  at: At<ExchangeSetting>,
  client: Client,
  text: string,
  grant: Grant,
): Promise<void> {
  const { table, now } = at
  const writes = [
    spendingOf(text, spentBy(text, grant.id, at)),
    ...newGrant(table, grant, byClient(at, client.id)),
    ...sourcesUnchanged(grant),
  ]
  const failed = await transact(table, writes).catch(async (error) => {
    // The grant may be stored, but the client has no token of it. If it is ended, a repeated request raises
    // no alarm.
    await abandonGrant(table, grant, now).catch(() => undefined)
    throw error
  })
  if (!failed) return
  const spent = failed[0] ? await findCode(table, text) : undefined
  if (spent?.spentBy !== undefined) throw await reuseOf(at, client, text, spent)
  throw refused(client, 'the user or the session changed')
}

/** Ends the grant of a spent code, except if the request only repeats the exchange. @returns The error. */
async function reuseOf(at: At<ExchangeSetting>, client: Client, text: string, code: Code) {
  if (isRepetition(text, code, at, at.config.REFRESH_GRACE_SECONDS)) {
    return refused(client, 'the exchange of the code is repeated')
  }
  const { userId, spentBy: grantId = '' } = code
  const grant = await findGrant(at.table, userId, grantId)
  if (grant) {
    // Logged first: the theft must show even if the write fails.
    logEvent('warn', { event: 'code.reused', userId, clientId: client.id, grantId })
    await endGrant(at.table, grant, 'code-reused', byClient(at, client.id))
  }
  return refused(client, 'the code was used before')
}

const refused = ({ id }: Client, reason: string) => tokenRefusal('invalid_grant', reason, id)
