import { json } from '../../../lib/http/responses.ts'
import { entryOf } from '../../../lib/oauth/scopes.ts'
import { newSmokeApi, scopeOf, storeSmokeApi } from '../visit/api.ts'
import { newSmokeClient, removeSmokeClient, storeSmokeClient } from '../visit/client.ts'
import { Difference, expectResponse, membersOf } from '../visit/responses.ts'
import { bodyOf, found, Skip, textOf, type Visit } from '../visit/visit.ts'
import { APP_CHECKS } from './apps.ts'
import { askForTokens, claimsOf, codeFor, signInBrowser, storedClient } from './codes.ts'

/** Scopes of the first sign-in at a client. */
const SCOPE = 'openid profile'

/** The checks of a sign-in at a client, in their order. A stage with `oauth=off` skips them. */
export const OAUTH_CHECKS: Record<string, (visit: Visit) => Promise<void>> = {
  'new client': async (visit) => {
    if (!found(visit.hasOAuth, 'metadata')) throw new Skip('the service has oauth=off')
    const { table, begun } = visit
    // Before they are stored, because the response to that may be lost.
    visit.client = newSmokeClient()
    visit.clients.push(visit.client)
    const api = newSmokeApi(begun)
    visit.api = api
    await storeSmokeApi(table, api)
    const scopes = ['openid', 'profile', 'offline_access', entryOf(api, scopeOf(api))]
    await storeSmokeClient(table, visit.client, scopes, begun)
  },

  'sign-in at the client': async (visit) => {
    const client = storedClient(visit)
    const browser = await signInBrowser(visit)
    visit.code = { ...(await codeFor(visit, client, browser, { scope: SCOPE, isNew: true })), browser }
  },

  'tokens of the client': async (visit) => {
    const { code, verifier, nonce } = found(visit.code, 'sign-in at the client')
    const client = storedClient(visit)
    const received = await askForTokens(visit, client, { code, code_verifier: verifier })
    const idToken = textOf(received, 'id_token')
    const claims = await claimsOf(visit, idToken, client.id)
    if (claims.nonce !== nonce) throw new Difference('expected the nonce of the request in the id_token')
    const access = textOf(received, 'access_token')
    await claimsOf(visit, access, found(visit.issuer, 'metadata'))
    visit.clientTokens = { access, refresh: textOf(received, 'refresh_token'), idToken }
  },

  'refresh of the client': async (visit) => {
    const tokens = found(visit.clientTokens, 'tokens of the client')
    const form = { refresh_token: tokens.refresh }
    const access = textOf(await askForTokens(visit, storedClient(visit), form), 'access_token')
    await claimsOf(visit, access, found(visit.issuer, 'metadata'))
    visit.clientTokens = { ...tokens, access }
  },

  'userinfo of the client': async ({ send, clientTokens, user }) => {
    const { access } = found(clientTokens, 'tokens of the client')
    const { sub, preferred_username } = bodyOf(await send('GET /userinfo', { token: access }))
    if (sub !== user.id || preferred_username !== user.username) {
      throw new Difference(`expected the userinfo of ${user.username}`)
    }
  },

  ...APP_CHECKS,

  'removal of the client': async (visit) => {
    const { refresh } = found(visit.clientTokens, 'tokens of the client')
    const client = storedClient(visit)
    await removeSmokeClient(visit.table, client)
    const received = await askForTokens(visit, client, { refresh_token: refresh })
    expectResponse(received, json(401, {}))
    if (membersOf(received).error !== 'invalid_client') throw new Difference('expected invalid_client')
  },
}
