import { createServer } from 'node:http'
import { createRemoteJWKSet, errors, jwtVerify } from 'jose'

const {
  ISSUER = 'http://localhost:3000',
  AUDIENCE = 'serverless-jwt-auth-dev-api',
  PORT = '4000',
} = process.env

const keys = createRemoteJWKSet(new URL(`${ISSUER}/.well-known/jwks.json`))
const required = { issuer: ISSUER, audience: AUDIENCE, requiredClaims: ['exp', 'sub'] }
const expected = { ...required, algorithms: ['RS256'], typ: 'at+jwt' }
/** Codes of errors that are no fault of the token. An error of fetch has none of jose's codes at all. */
const OUTAGES = ['ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID', 'ERR_JOSE_GENERIC']

/** Returns the claims of the caller's token, or undefined if it has no valid one. */
async function callerOf({ headers }) {
  const [, token = ''] = /^Bearer (\S+)$/i.exec(headers.authorization ?? '') ?? []
  try {
    return (await jwtVerify(token, keys, expected)).payload
  } catch (error) {
    if (error instanceof errors.JOSEError && !OUTAGES.includes(error.code)) return undefined
    throw error
  }
}

async function statusOf(request) {
  const caller = await callerOf(request)
  if (caller === undefined) return 401
  if (request.url === '/admin' && caller.role !== 'admin') return 403
  return ['/', '/admin'].includes(request.url) ? 200 : 404
}

createServer(async (request, response) => {
  const status = await statusOf(request).catch(() => 503)
  if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer')
  response.writeHead(status).end()
}).listen(Number(PORT), 'localhost')
