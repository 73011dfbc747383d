import { once } from 'node:events'
import { createServer } from 'node:http'
import * as oauth from 'oauth4webapi'

// Signs in, refreshes, revokes and signs out with oauth4webapi. Its pages are JSON: what the library has returned.

const { ISSUER, CLIENT, SECRET, PORT } = process.env
const HOME = `http://127.0.0.1:${PORT}`
// The service under test has no TLS.
const insecure = { [oauth.allowInsecureRequests]: true }
const issuer = new URL(ISSUER)
const service = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure))
const client = { client_id: CLIENT }
const authentication = oauth.ClientSecretBasic(SECRET)

let begun
let tokens

async function signIn() {
  const [verifier, state, nonce] = Array.from({ length: 3 }, oauth.generateRandomCodeVerifier)
  begun = { verifier, state, nonce }
  return urlOf(service.authorization_endpoint, {
    client_id: CLIENT,
    redirect_uri: `${HOME}/callback`,
    response_type: 'code',
    scope: 'openid profile',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
  })
}

async function finish(url) {
  const { verifier, state, nonce } = begun
  const parameters = oauth.validateAuthResponse(service, client, url, state)
  const redirectUri = `${HOME}/callback`
  const response = await oauth.authorizationCodeGrantRequest(
    service,
    client,
    authentication,
    parameters,
    redirectUri,
    verifier,
    insecure,
  )
  const expected = { expectedNonce: nonce, requireIdToken: true }
  tokens = await oauth.processAuthorizationCodeResponse(service, client, response, expected)
  await oauth.validateApplicationLevelSignature(service, response, insecure)
  return `${HOME}/`
}

async function show() {
  const claims = oauth.getValidatedIdTokenClaims(tokens)
  const response = await oauth.userInfoRequest(service, client, tokens.access_token, insecure)
  const userinfo = await oauth.processUserInfoResponse(service, client, claims.sub, response)
  return { ...tokens, claims, userinfo }
}

async function refresh() {
  const response = await oauth.refreshTokenGrantRequest(
    service,
    client,
    authentication,
    tokens.refresh_token,
    insecure,
  )
  return oauth.processRefreshTokenResponse(service, client, response)
}

async function revoke() {
  const response = await oauth.revocationRequest(
    service,
    client,
    authentication,
    tokens.refresh_token,
    insecure,
  )
  return { revoked: (await oauth.processRevocationResponse(response)) === undefined }
}

const signOut = () =>
  urlOf(service.end_session_endpoint, {
    id_token_hint: tokens.id_token,
    post_logout_redirect_uri: `${HOME}/bye`,
    state: 'a state',
  })

const urlOf = (endpoint, parameters) => `${endpoint}?${new URLSearchParams(parameters)}`

const routes = {
  '/': show,
  '/sign-in': signIn,
  '/callback': finish,
  '/refresh': refresh,
  '/revoke': revoke,
  '/sign-out': signOut,
  '/bye': () => ({ bye: true }),
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url, HOME)
  try {
    const result = await routes[url.pathname](url)
    if (typeof result === 'string') return response.writeHead(302, { Location: result }).end()
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(result))
  } catch (error) {
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify({ error: error.error ?? error.message }))
  }
})
await once(server.listen(Number(PORT), '127.0.0.1'), 'listening')
