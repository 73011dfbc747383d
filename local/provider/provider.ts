import { generateKeyPairSync, hash, type JsonWebKey, randomBytes, sign } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { askPage, PROVIDER_HEADERS } from './page.ts'

/** What a provider knows of the service, its only client. */
export interface OwnClient {
  id: string
  secret: string
  redirectUri: string
}

/** A sign-in at the provider, until its code is used. */
interface Grant {
  name: string
  nonce: string
  challenge: string
  untilMs: number
}

/** The domain whose mailboxes the provider runs. */
export const MAIL_DOMAIN = 'demo.example'

const CODE_MS = 60_000
const TOKEN_SECONDS = 300
const KEY_ID = 'demo'

/** Parameters that an authorization request must have (OpenID Connect Core section 3.1.2.1). */
const FIXED = { response_type: 'code', code_challenge_method: 'S256' }

/**
 * Creates a small OpenID Provider, whose users type any name instead of a password. It is for a developer's machine only.
 *
 * It has an authorization page, a token endpoint and a JWKS. It requires PKCE (RFC 7636), sends the nonce, and names itself in
 * responses (RFC 9207).
 *
 * @param readIssuer - Returns the URL of the provider. It is known when the server listens.
 */
export function createProvider(client: OwnClient, readIssuer: () => string): Server {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const grants = new Map<string, Grant>()

  function authorize(request: IncomingMessage, query: URLSearchParams, response: ServerResponse) {
    const fault = faultOf(client, query)
    if (fault !== undefined) return send(response, 400, 'text/plain; charset=utf-8', fault)
    if (request.method !== 'POST') return send(response, 200, 'text/html; charset=utf-8', askPage(query))
    return respond(request, query, response)
  }

  /** Leads back with a code, or with an error if the user has cancelled. */
  async function respond(request: IncomingMessage, query: URLSearchParams, response: ServerResponse) {
    const name = new URLSearchParams(await text(request)).get('name')?.trim().toLowerCase()
    const values = { state: String(query.get('state')), iss: readIssuer() }
    const outcome = name ? { code: keepGrant(name, query) } : { error: 'access_denied' }
    const location = `${client.redirectUri}?${new URLSearchParams({ ...values, ...outcome })}`
    response.writeHead(303, { ...PROVIDER_HEADERS, Location: location }).end()
  }

  function keepGrant(name: string, query: URLSearchParams): string {
    const code = randomBytes(16).toString('base64url')
    const [nonce, challenge] = [String(query.get('nonce')), String(query.get('code_challenge'))]
    grants.set(code, { name, nonce, challenge, untilMs: Date.now() + CODE_MS })
    return code
  }

  async function exchange(request: IncomingMessage, response: ServerResponse) {
    const form = new URLSearchParams(await text(request))
    const grant = grants.get(String(form.get('code')))
    grants.delete(String(form.get('code')))
    if (!isClient(request, form, client)) return sendJson(response, 401, { error: 'invalid_client' })
    if (!grant || !isProved(grant, form, client)) return sendJson(response, 400, { error: 'invalid_grant' })
    const claims = { ...claimsOf(grant), iss: readIssuer(), aud: client.id }
    const content = `${encode({ alg: 'RS256', kid: KEY_ID })}.${encode(claims)}`
    const id_token = `${content}.${sign('sha256', Buffer.from(content), privateKey).toString('base64url')}`
    const access_token = randomBytes(16).toString('base64url')
    return sendJson(response, 200, {
      access_token,
      token_type: 'Bearer',
      expires_in: TOKEN_SECONDS,
      id_token,
    })
  }

  const jwk: JsonWebKey = { ...publicKey.export({ format: 'jwk' }), kid: KEY_ID, alg: 'RS256', use: 'sig' }
  return createServer((request, response) => {
    const { pathname, searchParams } = new URL(String(request.url), 'http://provider')
    if (pathname === '/jwks') return sendJson(response, 200, { keys: [jwk] })
    if (pathname === '/token' && request.method === 'POST') return exchange(request, response)
    if (pathname === '/authorize') return authorize(request, searchParams, response)
    return send(response, 404, 'text/plain; charset=utf-8', 'Not found')
  })
}

/** Returns what is wrong with an authorization request. The provider leads nowhere then. */
function faultOf({ id, redirectUri }: OwnClient, query: URLSearchParams): string | undefined {
  const expected = { ...FIXED, client_id: id, redirect_uri: redirectUri }
  const wrong = Object.entries(expected).find(([name, value]) => query.get(name) !== value)
  if (wrong) return `The parameter ${wrong[0]} must be ${wrong[1]}.`
  const missing = ['state', 'nonce', 'code_challenge'].find((name) => !query.get(name))
  return missing && `The parameter ${missing} is missing.`
}

/** Whether a request has the secret of the client, in its header or its form (RFC 6749 section 2.3.1). */
function isClient({ headers }: IncomingMessage, form: URLSearchParams, { id, secret }: OwnClient): boolean {
  const [, encoded = ''] = /^Basic (\S+)$/.exec(headers.authorization ?? '') ?? []
  // Clients differ in the characters that they escape.
  const [sentId, sentSecret] = Buffer.from(encoded, 'base64').toString().split(':').map(decodeForm)
  const isInForm = form.get('client_id') === id && form.get('client_secret') === secret
  return (sentId === id && sentSecret === secret) || isInForm
}

const decodeForm = (text: string) => new URLSearchParams(`_=${text}`).get('_')

/** Whether a code is young, and the request has its verifier. */
function isProved({ challenge, untilMs }: Grant, form: URLSearchParams, { redirectUri }: OwnClient): boolean {
  const verifier = hash('sha256', String(form.get('code_verifier')), 'base64url')
  return untilMs > Date.now() && challenge === verifier && form.get('redirect_uri') === redirectUri
}

/** Returns the claims of a user. A name with an @ is an address elsewhere. */
function claimsOf({ name, nonce }: Grant) {
  const second = Math.floor(Date.now() / 1000)
  const email = name.includes('@') ? name : `${name.replaceAll(/[^\w.-]/g, '-')}@${MAIL_DOMAIN}`
  const sub = hash('sha256', name, 'base64url')
  return { sub, email, email_verified: true, nonce, iat: second, exp: second + TOKEN_SECONDS }
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

const sendJson = (response: ServerResponse, status: number, body: object) =>
  send(response, status, 'application/json', JSON.stringify(body))

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { ...PROVIDER_HEADERS, 'Content-Type': type }).end(body)
}
