import { createPublicKey, generateKeyPairSync, hash, type KeyObject, randomBytes, verify } from 'node:crypto'
import { escapeHtml } from '../../lib/http/escape.ts'
import { CLIENT_ID, type Received, sendJson, startFarEnd } from '../federation/far-end.ts'
import { addProvider } from './identity-provider.ts'

const TEAM_ID = 'TEAM123456'
const KEY_ID = 'KEY1234567'
const GITHUB_SECRET = randomBytes(20).toString('hex')

/** Starts a provider of one kind at another site than the service, and adds it to the service, for the tests of a file. */
async function startStandIn(kind: string) {
  const farEnd = await startFarEnd()
  const suffix = randomBytes(4).toString('hex')
  const [id, name] = [`${kind.toLowerCase()}-${suffix}`, `${kind} ${suffix}`]
  /** Requests of sign-ins by their code. */
  const begun = new Map<string, URLSearchParams>()
  return {
    farEnd,
    id,
    name,
    /** Returns what leads back to the service: a code, and the state. */
    respondTo(query: URLSearchParams) {
      const code = randomBytes(12).toString('hex')
      begun.set(code, query)
      return { code, state: String(query.get('state')) }
    },
    /** Returns the request of the code that the service sends, if it has the verifier. Not every provider refuses a second use. */
    redeem({ body }: Received) {
      const form = new URLSearchParams(body)
      const query = begun.get(String(form.get('code')))
      const challenge = hash('sha256', String(form.get('code_verifier')), 'base64url')
      const isProved = query?.get('code_challenge') === challenge
      return { form, query: isProved ? query : undefined }
    },
  }
}

const page = (title: string, action: string, fields: Record<string, string>) => {
  const inputs = Object.entries(fields).map(
    ([name, value]) => `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`,
  )
  return `<!doctype html><html lang="en"><title>${title}</title><link rel="icon" href="data:,"><h1>${title}</h1>
    <form method="post" action="${escapeHtml(action)}">${inputs.join('')}<button>Continue</button></form>`
}

/**
 * Starts a stand-in for Apple. Its page answers by a form, with the name of the user.
 *
 * @see https://developer.apple.com/documentation/signinwithapplerestapi/request-an-authorization-to-the-sign-in-with-apple-server
 */
export async function startApple() {
  const { farEnd, id, name, ...standIn } = await startStandIn('Apple')
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const user = { sub: `001.${randomBytes(8).toString('hex')}.1`, email: '' }
  farEnd.respond('/auth/authorize', (response, { query }) => {
    const person = { name: { firstName: 'Ada', lastName: 'Lovelace' }, email: user.email }
    const form = { ...standIn.respondTo(query), user: JSON.stringify(person) }
    const isForm = query.get('response_mode') === 'form_post'
    response.writeHead(isForm ? 200 : 400, { 'Content-Type': 'text/html; charset=utf-8' })
    response.end(page('Apple', String(query.get('redirect_uri')), form))
  })
  farEnd.respond('/auth/token', (response, received) => {
    const { form, query } = standIn.redeem(received)
    if (!isOfTeam(String(form.get('client_secret')), publicKey, farEnd.url))
      return sendJson(response, { error: 'invalid_client' }, 400)
    if (!query) return sendJson(response, { error: 'invalid_grant' }, 400)
    const claims = { ...user, email_verified: 'true', is_private_email: 'true', nonce: query.get('nonce') }
    return sendJson(response, farEnd.tokens(farEnd.idToken(claims)))
  })
  await addProvider(
    farEnd.provider({
      id,
      kind: 'apple',
      name,
      clientAuthentication: 'apple',
      authorizationEndpoint: `${farEnd.url}/auth/authorize`,
      tokenEndpoint: `${farEnd.url}/auth/token`,
      scope: 'openid email',
      appleTeamId: TEAM_ID,
      appleKeyId: KEY_ID,
      secret: String(privateKey.export({ format: 'pem', type: 'pkcs8' })),
    }),
  )
  return { id, name, origin: farEnd.url, user }
}

/** Whether a client secret is a JWT that the key of the team has signed for Apple. */
function isOfTeam(secret: string, key: KeyObject, audience: string): boolean {
  const [header = '', claims = '', signature = ''] = secret.split('.')
  const { alg, kid } = decode(header)
  const { iss, sub, aud, exp } = decode(claims)
  const ecdsa = {
    key: createPublicKey(key.export({ format: 'pem', type: 'spki' })),
    dsaEncoding: 'ieee-p1363',
  } as const
  return (
    verify('sha256', Buffer.from(`${header}.${claims}`), ecdsa, Buffer.from(signature, 'base64url')) &&
    `${alg} ${kid} ${iss} ${sub} ${aud}` === `ES256 ${KEY_ID} ${TEAM_ID} ${CLIENT_ID} ${audience}` &&
    Number(exp) > Date.now() / 1_000
  )
}

const decode = (part: string): Record<string, unknown> =>
  Object(JSON.parse(Buffer.from(part, 'base64url').toString() || '{}'))

/**
 * Starts a stand-in for GitHub: an authorization page, a token endpoint that sends errors with status 200, and the API of users.
 *
 * @see https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
 */
export async function startGitHub() {
  const { farEnd, id, name, ...standIn } = await startStandIn('GitHub')
  const user = { id: Number.parseInt(randomBytes(4).toString('hex'), 16), login: '', email: '' }
  const fault = { error: '' }
  farEnd.respond('/login/oauth/authorize', (response, { method, query }) => {
    if (method === 'GET') {
      response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' })
      return response.end(page('GitHub', `?${query}`, {}))
    }
    const location = `${query.get('redirect_uri')}?${new URLSearchParams(standIn.respondTo(query))}`
    return response.writeHead(302, { Location: location }).end()
  })
  farEnd.respond('/login/oauth/access_token', (response, received) => {
    const { form, query } = standIn.redeem(received)
    const isClient = form.get('client_secret') === GITHUB_SECRET
    const error = fault.error || (isClient ? '' : 'incorrect_client_credentials')
    if (error || !query) return sendJson(response, { error: error || 'bad_verification_code' })
    return sendJson(response, { access_token: 'gho_a', scope: query.get('scope'), token_type: 'bearer' })
  })
  const ofUser =
    (body: () => unknown) =>
    (response: Parameters<typeof sendJson>[0], { headers }: Received) =>
      headers.authorization === 'Bearer gho_a' ? sendJson(response, body()) : sendJson(response, {}, 401)
  farEnd.respond(
    '/api/v3/user',
    ofUser(() => ({ id: user.id, login: user.login, email: 'public@example.org' })),
  )
  farEnd.respond(
    '/api/v3/user/emails',
    ofUser(() => [
      { email: `other-${user.email}`, primary: false, verified: true },
      { email: user.email, primary: true, verified: true },
    ]),
  )
  await addProvider(
    farEnd.provider({
      id,
      kind: 'github',
      name,
      clientAuthentication: 'post',
      authorizationEndpoint: `${farEnd.url}/login/oauth/authorize`,
      tokenEndpoint: `${farEnd.url}/login/oauth/access_token`,
      jwksUri: undefined,
      scope: 'user:email',
      secret: GITHUB_SECRET,
    }),
  )
  return { id, name, origin: farEnd.url, user, fault }
}
