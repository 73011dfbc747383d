import { randomBytes } from 'node:crypto'
import express from 'express'
import * as openid from 'openid-client'

const { SERVICE = 'http://localhost:3000', PORT = '4001', CLIENT = 'demo-web', SECRET = CLIENT } = process.env
const HOME = `http://127.0.0.1:${PORT}`
// The service on this machine has no TLS, which the library refuses by default.
const insecure = SERVICE.startsWith('http://localhost:') ? { execute: [openid.allowInsecureRequests] } : {}
const service = await openid.discovery(new URL(SERVICE), CLIENT, SECRET, undefined, insecure)

/** The sessions of this app by the value of their cookie: a sign-in that has begun, or tokens. */
const sessions = new Map()
const idOf = (request) => /(?:^|; )session=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1]
const sessionOf = (request) => sessions.get(idOf(request)) ?? {}

/** Stores a session under a new id, so that an id from before the sign-in is worth nothing. */
function begin(request, response, session) {
  sessions.delete(idOf(request))
  const id = randomBytes(16).toString('base64url')
  sessions.set(id, session)
  // Add `secure: true` where the app has https. With `strict`, the cookie would not arrive at /callback.
  response.cookie('session', id, { httpOnly: true, sameSite: 'lax' })
}

const escaped = (text) => text.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`)
const button = (path, text) => `<form method="post" action="${path}"><button>${text}</button></form>`
const page = (content) => `<!doctype html><html lang="en"><meta charset="utf-8">
<title>OpenID example: a server</title><h1>OpenID example: a server</h1>${content}</html>`

const app = express()
app.get('/', async (request, response) => {
  const { tokens, sub } = sessionOf(request)
  if (tokens === undefined) return response.send(page('<a href="/sign-in">Sign in</a>'))
  const { preferred_username } = await openid.fetchUserInfo(service, tokens.access_token, sub)
  const who = `Signed in as ${escaped(preferred_username)}, access token …${tokens.access_token.slice(-6)}`
  response.send(page(`<p>${who}</p>${button('/refresh', 'Refresh')}${button('/sign-out', 'Sign out here')}`))
})

app.get('/sign-in', async (request, response) => {
  const [verifier, state, nonce] = Array.from({ length: 3 }, openid.randomPKCECodeVerifier)
  begin(request, response, { verifier, state, nonce })
  const parameters = {
    redirect_uri: `${HOME}/callback`,
    scope: 'openid profile',
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  }
  response.redirect(openid.buildAuthorizationUrl(service, { ...parameters, state, nonce }).href)
})

app.get('/callback', async (request, response) => {
  const { verifier, state, nonce } = sessionOf(request)
  const expected = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce }
  const tokens = await openid.authorizationCodeGrant(service, new URL(request.url, HOME), expected)
  begin(request, response, { tokens, sub: tokens.claims().sub })
  response.redirect('/')
})

app.post('/refresh', async (request, response) => {
  const { tokens } = sessionOf(request)
  // The refresh token stays the same, because the client has a secret.
  Object.assign(tokens, await openid.refreshTokenGrant(service, tokens.refresh_token))
  response.redirect('/')
})

app.post('/sign-out', (request, response) => {
  sessions.delete(idOf(request))
  response.redirect('/')
})

// The user has cancelled the sign-in, or has signed out at the service, for example.
app.use((error, request, response, _next) => {
  sessions.delete(idOf(request))
  response
    .status(400)
    .send(page(`<p>${escaped(error.error_description ?? error.message)}</p><a href="/">Start again</a>`))
})

app.listen(Number(PORT), '127.0.0.1', (error) => console.log(error?.message ?? `The example is at ${HOME}`))
