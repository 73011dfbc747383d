import { json, noContent } from '../../../lib/http/responses.ts'
import { entryOf } from '../../../lib/oauth/scopes.ts'
import { parseRefreshToken } from '../../../lib/sessions/refresh-token.ts'
import { scopeOf } from '../visit/api.ts'
import { newSmokeClient, REDIRECT_URI, type SmokeClient, storeSmokeClient } from '../visit/client.ts'
import { Difference, expectResponse, membersOf, type Received } from '../visit/responses.ts'
import {
  bodyOf,
  expectEnded,
  found,
  olderToken,
  Skip,
  type SmokeBrowser,
  textOf,
  type Visit,
} from '../visit/visit.ts'
import {
  approval,
  asClient,
  askForTokens,
  claimsOf,
  codeFor,
  ownPage,
  signInBrowser,
  storedClient,
  tokenIn,
} from './codes.ts'

/** The checks of what apps get and lose, in their order. */
export const APP_CHECKS: Record<string, (visit: Visit) => Promise<void>> = {
  'lasting access of the client': async (visit) => {
    const client = storedClient(visit)
    const { browser } = found(visit.code, 'sign-in at the client')
    const api = found(visit.api, 'new client')
    const scope = `offline_access ${scopeOf(api)}`
    const tokens = await tokensFor(visit, client, browser, { scope, isNew: true })
    await claimsOf(visit, tokens.access, api.identifier)
    expectResponse(
      await asClient(visit, 'POST /oauth2/revoke', client, { token: tokens.refresh }),
      json(200, {}),
    )
    expectInvalidGrant(await askForTokens(visit, client, { refresh_token: tokens.refresh }))
  },

  'second sign-in at the client': async (visit) => {
    const client = storedClient(visit)
    const { browser } = found(visit.code, 'sign-in at the client')
    const { idToken } = found(visit.clientTokens, 'tokens of the client')
    const { code, verifier } = await codeFor(visit, client, browser, {
      scope: 'openid',
      idTokenHint: idToken,
    })
    const form = { code, code_verifier: verifier }
    const refresh = textOf(await askForTokens(visit, client, form), 'refresh_token')
    // A repetition within the grace period gets nothing, and ends nothing.
    expectInvalidGrant(await askForTokens(visit, client, form))
    textOf(await askForTokens(visit, client, { refresh_token: refresh }), 'refresh_token')
  },

  'revoked app on a device': async (visit) => {
    const { send } = visit
    const { browser } = found(visit.code, 'sign-in at the client')
    const app = newSmokeClient('native')
    visit.clients.push(app)
    await storeSmokeClient(visit.table, app, ['openid'], visit.begun)
    const { refresh } = await tokensFor(visit, app, browser, { scope: 'openid', isNew: true })
    const next = textOf(await askForTokens(visit, app, { refresh_token: refresh }), 'refresh_token')
    const token = tokenOf(visit)
    const { apps } = bodyOf(await send('GET /apps', { token }))
    if (!Array.isArray(apps) || !apps.some(({ id }) => id === app.id)) {
      throw new Difference('expected the app among the apps of the user')
    }
    expectResponse(await send(`DELETE /apps/${app.id}`, { token }), noContent())
    expectInvalidGrant(await askForTokens(visit, app, { refresh_token: next }))
  },

  'token of a machine': async (visit) => {
    storedClient(visit)
    const api = found(visit.api, 'new client')
    const machine = newSmokeClient('machine')
    visit.clients.push(machine)
    await storeSmokeClient(visit.table, machine, [entryOf(api, scopeOf(api))], visit.begun)
    const received = await askForTokens(visit, machine, { scope: scopeOf(api) })
    await claimsOf(visit, textOf(received, 'access_token'), api.identifier)
  },

  'app without a document': async (visit) => {
    const { browser } = found(visit.code, 'sign-in at the client')
    if (!visit.takesDocuments) throw new Skip('the service takes registered apps only')
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: new URL('/client.json', REDIRECT_URI).href,
      redirect_uri: REDIRECT_URI,
      scope: 'openid',
      code_challenge: 'A'.repeat(43),
      code_challenge_method: 'S256',
    })
    const received = await approval(visit, browser, { query: `?${query}` })
    // A host that the service does not allow is not asked.
    if (membersOf(received).error === 'unknown_client')
      throw new Skip('the service takes apps of some hosts only')
    expectResponse(received, json(400, {}), { 'Content-Type': 'application/problem+json' })
    if (membersOf(received).error !== 'unreachable_document') {
      throw new Difference('expected unreachable_document')
    }
  },

  'end of a session with an app': async (visit) => {
    const { cookie, refresh } = await withGrant(visit)
    const id = parseRefreshToken(tokenIn(cookie))?.sessionId
    expectResponse(await visit.send(`DELETE /sessions/${id}`, { token: tokenOf(visit) }), noContent())
    expectInvalidGrant(await askForTokens(visit, storedClient(visit), { refresh_token: refresh }))
  },

  // The token of a browser that was copied: a session ends with what apps got in it, wherever an older token of it is used.
  'older token of a session at refresh': async (visit) => {
    const { cookie, refresh } = await withGrant(visit)
    await expectEnded(visit, olderToken({ refreshToken: tokenIn(cookie) }))
    expectInvalidGrant(await askForTokens(visit, storedClient(visit), { refresh_token: refresh }))
  },

  'older token of a session at logout': async (visit) => {
    const { cookie, refresh } = await withGrant(visit)
    const body = { refreshToken: olderToken({ refreshToken: tokenIn(cookie) }) }
    expectResponse(await visit.send('POST /logout', { body }), noContent())
    expectInvalidGrant(await askForTokens(visit, storedClient(visit), { refresh_token: refresh }))
  },

  'sign-out at the client': async (visit) => {
    const { cookie, idToken } = await withGrant(visit)
    const query = new URLSearchParams({ client_id: storedClient(visit).id, id_token_hint: idToken })
    const headers = { ...ownPage(visit), Cookie: cookie }
    const { next } = bodyOf(
      await visit.send('POST /oauth2/signout', { headers, body: { query: `?${query}` } }),
    )
    if (next !== 'done') throw new Difference('expected the end of the session, got a question')
  },
}

/** Returns an access token of the user, of a sign-in with the passkey. */
const tokenOf = ({ passkeyTokens }: Visit) => found(passkeyTokens, 'sign-in with the passkey').authToken

/** Signs the user of a browser in at a client, and exchanges the code. */
async function tokensFor(
  visit: Visit,
  client: SmokeClient,
  browser: SmokeBrowser,
  asked: Parameters<typeof codeFor>[3],
) {
  const { code, verifier } = await codeFor(visit, client, browser, asked)
  const received = await askForTokens(visit, client, { code, code_verifier: verifier })
  return {
    access: textOf(received, 'access_token'),
    refresh: textOf(received, 'refresh_token'),
    idToken: String(membersOf(received).id_token),
  }
}

/** Signs the user in again, in a browser and at the client. @returns The cookie of the session, and the tokens of the client. */
async function withGrant(visit: Visit) {
  found(visit.clientTokens, 'tokens of the client')
  const browser = await signInBrowser(visit)
  const asked = { scope: 'openid offline_access' }
  return { cookie: browser.cookie, ...(await tokensFor(visit, storedClient(visit), browser, asked)) }
}

function expectInvalidGrant(received: Received): void {
  expectResponse(received, json(400, {}))
  if (membersOf(received).error !== 'invalid_grant') throw new Difference('expected invalid_grant')
}
