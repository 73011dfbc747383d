import {
  type AuthInfo,
  createMcpHandler,
  getOAuthProtectedResourceMetadataUrl,
  McpServer,
  OAuthError,
  OAuthErrorCode,
  requireBearerAuth,
  requireScopes,
} from '@modelcontextprotocol/server'
import { Hono } from 'hono'
import { handle } from 'hono/aws-lambda'
import { createRemoteJWKSet, errors, jwtVerify } from 'jose'

/** The service that signs users in, and the URL of this server, which is `aud` of its tokens. */
const { ISSUER = '', RESOURCE = '' } = process.env

const METADATA_URL = getOAuthProtectedResourceMetadataUrl(new URL(RESOURCE))
const METADATA = {
  resource: RESOURCE,
  resource_name: 'Notes',
  authorization_servers: [ISSUER],
  scopes_supported: ['openid', 'profile', 'notes:read'],
  bearer_methods_supported: ['header'],
}

const keys = createRemoteJWKSet(new URL(`${ISSUER}/.well-known/jwks.json`))
const expected = {
  issuer: ISSUER,
  audience: RESOURCE,
  algorithms: ['RS256'],
  typ: 'at+jwt',
  requiredClaims: ['exp', 'sub'],
}

/** Codes of errors that are no fault of the token. An error of fetch has none of jose's codes at all. */
const OUTAGES = ['ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID', 'ERR_JOSE_GENERIC']

/** Verifies a token without a request to the service. Only a fault of the token becomes 401, at which clients discard it. */
async function verifyAccessToken(token: string): Promise<AuthInfo> {
  const { payload } = await jwtVerify(token, keys, expected).catch((error) => {
    if (!(error instanceof errors.JOSEError) || OUTAGES.includes(error.code)) throw error
    throw new OAuthError(OAuthErrorCode.InvalidToken, 'The access token is invalid or has expired.')
  })
  const { sub = '', exp = 0, client_id, scope } = payload
  return {
    token,
    clientId: String(client_id),
    scopes: String(scope).split(' '),
    expiresAt: exp,
    extra: { sub },
  }
}

const authenticate = requireBearerAuth({
  verifier: { verifyAccessToken },
  requiredScopes: ['openid', 'profile'],
  resourceMetadataUrl: METADATA_URL,
})

/** Asks the service who the user is. It knows at once that a grant has ended, and a verifier of tokens does not. */
async function nameOf({ token }: AuthInfo): Promise<string | undefined> {
  const headers = { Authorization: `Bearer ${token}` }
  const response = await fetch(`${ISSUER}/userinfo`, { headers, signal: AbortSignal.timeout(3_000) })
  if (response.status === 401) return undefined
  if (!response.ok) throw new Error(`/userinfo returned ${response.status}`)
  return (await response.json()).preferred_username
}

const say = (text: string, isError = false) => ({ content: [{ type: 'text' as const, text }], isError })

/** The tools for one request. Nothing is kept between requests. */
function createServer({ authInfo }: { authInfo?: AuthInfo }): McpServer {
  const server = new McpServer({ name: 'notes', version: '0.1.0' })
  server.registerTool('who-am-i', { description: 'Says who the user is.' }, async () => {
    const name = authInfo && (await nameOf(authInfo))
    return name ? say(`You are ${name}`) : say('Your access has ended. Sign in again.', true)
  })
  server.registerTool(
    'list-notes',
    { description: 'Lists the notes of the user.', scopeChallenge: requireScopes('notes:read') },
    async () => say(`Notes of ${authInfo?.extra?.sub}: buy milk`),
  )
  return server
}

// A function cannot keep a stream open for notifications.
const mcp = createMcpHandler(createServer, { responseMode: 'json', maxSubscriptions: 0 })

const app = new Hono()
  .get(new URL(METADATA_URL).pathname, (context) => context.json(METADATA))
  .all(new URL(RESOURCE).pathname, async ({ req }) => {
    const caller = await authenticate(req.raw)
    const response = caller instanceof Response ? caller : await mcp.fetch(req.raw, { authInfo: caller })
    const challenge = response.headers.get('WWW-Authenticate')
    if (challenge !== null) response.headers.set('Challenge', challenge)
    return response
  })

export const handler = handle(app)
