import { hash, randomBytes } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { json } from '../../lib/http/responses.ts'
import { usePasskey } from './authenticator.ts'
import {
  newSmokeClient,
  REDIRECT_URI,
  removeSmokeClient,
  SCOPES,
  type SmokeClient,
  storeSmokeClient,
} from './client.ts'
import { originOf } from './factors.ts'
import { Difference, expectResponse, membersOf } from './responses.ts'
import { bodyOf, found, Skip, textOf, type Visit } from './visit.ts'

const scope = SCOPES.join(' ')

/** What a page of the service's own origin sends with the session cookie. */
const OWN_PAGE = { 'Sec-Fetch-Site': 'same-origin' }

/** The checks of a sign-in at a client, in their order. A stage with `oauth=off` skips them. */
export const OAUTH_CHECKS: Record<string, (visit: Visit) => Promise<void>> = {
  'new client': async (visit) => {
    if (!found(visit.hasOAuth, 'metadata')) throw new Skip('the service has oauth=off')
    // Before it is stored, because the response to that may be lost.
    visit.client = newSmokeClient()
    await storeSmokeClient(visit.table, visit.client, visit.begun)
  },

  'sign-in at the client': async (visit) => {
    const { send, issuer } = visit
    const client = storedClient(visit)
    const headers = { ...OWN_PAGE, Cookie: await cookieOf(visit) }
    const [verifier, state, nonce] = [random(), random(), random()]
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: client.id,
      redirect_uri: REDIRECT_URI,
      scope,
      state,
      nonce,
      code_challenge: hash('sha256', verifier, 'base64url'),
      code_challenge_method: 'S256',
    })
    const approve = (more: object) =>
      send('POST /oauth2/approve', { headers, body: { query: `?${query}`, ...more } })
    const { sub } = Object(bodyOf(await approve({})).user)
    const { origin, pathname, searchParams } = new URL(
      textOf(await approve({ click: { sub: String(sub), scope } }), 'location'),
    )
    const { code = '', ...others } = Object.fromEntries(searchParams)
    if (`${origin}${pathname}` !== REDIRECT_URI || !isDeepStrictEqual(others, { state, iss: issuer })) {
      throw new Difference('expected a response to the redirect URI, with code, state and the issuer')
    }
    visit.code = { code, verifier, nonce }
  },

  'tokens of the client': async (visit) => {
    const { code, verifier, nonce } = found(visit.code, 'sign-in at the client')
    const client = storedClient(visit)
    const form = {
      grant_type: 'authorization_code',
      code,
      code_verifier: verifier,
      redirect_uri: REDIRECT_URI,
    }
    const received = await askForTokens(visit, client, form)
    const claims = await claimsOf(visit, textOf(received, 'id_token'), client.id)
    if (claims.nonce !== nonce) throw new Difference('expected the nonce of the request in the id_token')
    const access = textOf(received, 'access_token')
    await claimsOf(visit, access, found(visit.issuer, 'metadata'))
    visit.clientTokens = { access, refresh: textOf(received, 'refresh_token') }
  },

  'refresh of the client': async (visit) => {
    const { refresh } = found(visit.clientTokens, 'tokens of the client')
    const form = { grant_type: 'refresh_token', refresh_token: refresh }
    const access = textOf(await askForTokens(visit, storedClient(visit), form), 'access_token')
    await claimsOf(visit, access, found(visit.issuer, 'metadata'))
    visit.clientTokens = { access, refresh }
  },

  'userinfo of the client': async ({ send, clientTokens, user }) => {
    const { access } = found(clientTokens, 'tokens of the client')
    const { sub, preferred_username } = bodyOf(await send('GET /userinfo', { token: access }))
    if (sub !== user.id || preferred_username !== user.username) {
      throw new Difference(`expected the userinfo of ${user.username}`)
    }
  },

  'removal of the client': async (visit) => {
    const { refresh } = found(visit.clientTokens, 'tokens of the client')
    const client = storedClient(visit)
    await removeSmokeClient(visit.table, client)
    const form = { grant_type: 'refresh_token', refresh_token: refresh }
    const received = await askForTokens(visit, client, form)
    expectResponse(received, json(401, {}))
    if (membersOf(received).error !== 'invalid_client') throw new Difference('expected invalid_client')
  },
}

const random = () => randomBytes(32).toString('base64url')

const storedClient = ({ client }: Visit): SmokeClient =>
  found(client?.isStored ? client : undefined, 'new client')

/** Signs in by the passkey, as the page of the service does. @returns The cookie of the session. */
async function cookieOf(visit: Visit): Promise<string> {
  const passkey = found(visit.passkey, 'new passkey')
  const challenge = textOf(await visit.send('POST /login/passkey/options', { body: {} }), 'challenge')
  const response = usePasskey(passkey, challenge, originOf(visit))
  const body = { response, session: 'cookie' }
  const received = await visit.send('POST /login/passkey', { headers: OWN_PAGE, body })
  bodyOf(received)
  const [cookie] = /^__Host-refresh=[^;]+/.exec(received.headers.get('set-cookie') ?? '') ?? []
  if (cookie === undefined) throw new Difference('expected the cookie __Host-refresh, got none')
  return cookie
}

/** Asks for tokens with the secret of a client. */
const askForTokens = ({ send }: Visit, { id, secret }: SmokeClient, form: Record<string, string>) => {
  const Authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
  return send('POST /oauth2/token', { form, headers: { Authorization } })
}

/** Verifies a token by the public keys. @returns Its claims. */
async function claimsOf({ keys, issuer }: Visit, token: string, audience: string) {
  const published = createLocalJWKSet(found(keys, 'public keys'))
  const expected = { issuer: found(issuer, 'metadata'), audience, algorithms: ['RS256'] }
  const { payload } = await jwtVerify(token, published, expected).catch(({ code }) => {
    throw new Difference(`expected a token for ${audience} by one of the public keys, got ${code}`)
  })
  return payload
}
