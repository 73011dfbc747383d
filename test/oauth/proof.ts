import { randomUUID } from 'node:crypto'
import type { Table } from '../../lib/aws/dynamodb.ts'
import { readRefreshToken } from '../../lib/sessions/refresh-token.ts'
import { findSession } from '../../lib/sessions/store.ts'
import { accessTokenInput, type TokenParties } from '../../lib/tokens/access-token.ts'
import { kmsSigner } from '../../lib/tokens/signer.ts'
import { cookieOf, OWN_PAGE, refreshTokenIn } from '../support/http/cookies.ts'
import { sendJson } from '../support/http/http.ts'

// The access token of a session, without which POST /oauth2/approve issues no code.

/** What signs the tokens of a service. */
export interface Signing {
  table: Table
  parties: TokenParties
  signingKey: string
}

/**
 * Returns the header with an access token of the session of a refresh token, as a page has one after a refresh. It does not rotate the
 * secret. Without a live session it is empty.
 */
export async function bearerOf({ table, parties, signingKey }: Signing, refreshToken: string) {
  const presented = presentedIn(refreshToken)
  if (presented === undefined) return {}
  const { session, user } = await findSession(table, presented.userId, presented.sessionId)
  if (!session || !user) return {}
  const now = new Date()
  const input = accessTokenInput(user, session, { parties, ttlSeconds: 900, tokenId: randomUUID() }, now)
  return { Authorization: `Bearer ${await kmsSigner()(table.aws, signingKey, input, now)}` }
}

function presentedIn(refreshToken: string) {
  try {
    return readRefreshToken(refreshToken)
  } catch {
    return undefined
  }
}

/** A page of the service in a browser: the headers of its requests. They change when it refreshes. */
export interface Page {
  headers: Record<string, string>
}

/** Returns a page in a browser with a session. */
export const pageOf = (refreshToken: string): Page => ({
  headers: { ...OWN_PAGE, ...cookieOf(refreshToken) },
})

/**
 * Asks for an approval over HTTP, as the page `/oauth2/authorize` does: it refreshes the session at the response `refresh`, and repeats
 * with the access token.
 */
export async function approveAt(url: string, page: Page, body: object) {
  const ask = () => sendJson(`${url}/oauth2/approve`, 'POST', body, page.headers)
  const first = await ask()
  if (first.body.next !== 'refresh') return first
  const { headers, body: refreshed } = await sendJson(`${url}/refresh`, 'POST', {}, page.headers)
  const cookie = cookieOf(refreshTokenIn({ 'Set-Cookie': headers['set-cookie'] }))
  Object.assign(page.headers, cookie, { Authorization: `Bearer ${refreshed.authToken}` })
  return ask()
}
