import { hash, randomBytes } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { REDIRECT_URI, type SmokeClient } from '../visit/client.ts'
import { Difference, type Received } from '../visit/responses.ts'
import { bodyOf, found, type SmokeBrowser, type SmokeCode, textOf, type Visit } from '../visit/visit.ts'
import { originOf, signInByPasskey } from './factors.ts'

/** What a page of the service's own origin sends with the session cookie. */
export const ownPage = (visit: Visit) => ({ Origin: originOf(visit), 'Sec-Fetch-Site': 'same-origin' })

export const storedClient = ({ client }: Visit): SmokeClient =>
  found(client?.isStored ? client : undefined, 'new client')

/** What a sign-in at a client asks for. */
interface Asked {
  scope: string
  /** Whether the user has not consented yet: then the screen is shown first, and a click answers it. */
  isNew?: boolean
  idTokenHint?: string
}

/** Signs the user of a browser in at a client. @returns Its code. */
export async function codeFor(
  visit: Visit,
  client: SmokeClient,
  browser: SmokeBrowser,
  { scope, isNew = false, idTokenHint }: Asked,
): Promise<SmokeCode> {
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
    ...(idTokenHint !== undefined && { id_token_hint: idTokenHint }),
  })
  const approve = (more: object) => approval(visit, browser, { query: `?${query}`, ...more })
  const click = isNew && { click: { sub: String(Object(bodyOf(await approve({})).user).sub), scope } }
  const { origin, pathname, searchParams } = new URL(textOf(await approve({ ...click }), 'location'))
  const { code = '', ...others } = Object.fromEntries(searchParams)
  if (`${origin}${pathname}` !== REDIRECT_URI || !isDeepStrictEqual(others, { state, iss: visit.issuer })) {
    throw new Difference('expected a response to the redirect URI, with code, state and the issuer')
  }
  return { code, verifier, nonce }
}

/** Sends a decision of the page `/oauth2/authorize`. */
export const approval = (visit: Visit, { cookie, token }: SmokeBrowser, body: object): Promise<Received> =>
  visit.send('POST /oauth2/approve', { token, headers: { ...ownPage(visit), Cookie: cookie }, body })

const random = () => randomBytes(32).toString('base64url')

/** Signs in by the passkey, as the page of the service does. */
export async function signInBrowser(visit: Visit): Promise<SmokeBrowser> {
  const passkey = found(visit.passkey, 'new passkey')
  const received = await signInByPasskey(visit, passkey, { session: 'cookie' }, ownPage(visit))
  const token = textOf(received, 'authToken')
  const [cookie] = /^__Host-refresh=[^;]+/.exec(received.headers.get('set-cookie') ?? '') ?? []
  if (cookie === undefined) throw new Difference('expected the cookie __Host-refresh, got none')
  return { cookie, token }
}

/** Returns the refresh token in a cookie. */
export const tokenIn = (cookie: string): string => cookie.replace(/^[^=]*=/, '')

/** Asks for tokens as a client: with a code, a refresh token, or the secret only. */
export const askForTokens = (visit: Visit, client: SmokeClient, form: Record<string, string>) => {
  const kind =
    'code' in form
      ? { grant_type: 'authorization_code', redirect_uri: REDIRECT_URI }
      : { grant_type: 'refresh_token' in form ? 'refresh_token' : 'client_credentials' }
  return asClient(visit, 'POST /oauth2/token', client, { ...kind, ...form })
}

/** Sends a form as a client, with its secret if it has one. */
export function asClient(
  { send }: Visit,
  request: string,
  { id, type, secret }: SmokeClient,
  form: Record<string, string>,
): Promise<Received> {
  if (type === 'native') return send(request, { form: { ...form, client_id: id } })
  const Authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
  return send(request, { form, headers: { Authorization } })
}

/** Verifies a token by the public keys. @returns Its claims. */
export async function claimsOf({ keys, issuer }: Visit, token: string, audience: string) {
  const published = createLocalJWKSet(found(keys, 'public keys'))
  const expected = { issuer: found(issuer, 'metadata'), audience, algorithms: ['RS256'] }
  const { payload } = await jwtVerify(token, published, expected).catch(({ code }) => {
    throw new Difference(`expected a token for ${audience} by one of the public keys, got ${code}`)
  })
  return payload
}
