import { compactVerify, createLocalJWKSet, decodeJwt, type JSONWebKeySet } from 'jose'
import { json, noContent, publicJson } from '../../lib/http/responses.ts'
import { expectNativeArgon2, type LogGroup } from './logs.ts'
import {
  Difference,
  expectProblem,
  expectResponse,
  membersOf,
  type Received,
  type Send,
} from './responses.ts'
import type { SmokeUser } from './user.ts'

/** What the checks have, and what earlier ones found for later ones. */
export interface Visit {
  send: Send
  user: SmokeUser
  /** Realm of the gateway's challenges. */
  realm: string
  /** Log of the function `login`. */
  log: LogGroup | undefined
  /** Longest wait for the log. */
  logMs: number
  begun: Date
  interruption: AbortSignal
  keys?: JSONWebKeySet
  issuer?: string
  tokens?: { authToken: string; refreshToken: string }
}

/** The reason why a check cannot run. */
export class Skip extends Error {
  override readonly name = 'Skip'
}

/** All checks, in their order. A check that throws has failed, unless it throws {@link Skip}. */
export const CHECKS: Record<string, (visit: Visit) => Promise<void>> = {
  'public keys': async (visit) => {
    const received = await visit.send('GET /.well-known/jwks.json')
    expectResponse(received, publicJson({}))
    const { keys } = membersOf(received)
    if (!Array.isArray(keys) || keys.length === 0) throw new Difference('expected keys, got none')
    visit.keys = { keys }
  },

  metadata: async (visit) => {
    const received = await visit.send('GET /.well-known/openid-configuration')
    expectResponse(received, publicJson({}))
    const { issuer, jwks_uri } = membersOf(received)
    if (typeof issuer !== 'string' || jwks_uri !== `${issuer}/.well-known/jwks.json`) {
      throw new Difference('expected an issuer, and the URL of its keys')
    }
    visit.issuer = issuer
  },

  'API description': async ({ send }) => {
    const received = await send('GET /openapi.json')
    expectResponse(received, json(200, {}))
    if (membersOf(received).openapi !== '3.1.0') throw new Difference('expected the member openapi: 3.1.0')
  },

  '401 without a token': async ({ send, realm }) =>
    expectProblem(await send('GET /'), 'invalid_token', challenge(realm)),

  'sign-in': async (visit) => {
    visit.tokens = tokensIn(await visit.send('POST /login', { body: credentials(visit.user) }))
  },

  // After the sign-in, which gives its attempt back: with a limit of one attempt, a wrong password leaves none.
  '401 for a wrong password': async ({ send, user }) => {
    const body = credentials({ ...user, password: `${user.password}!` })
    const received = await send('POST /login', { body })
    if (received.status === 429) throw new Skip(tooManyAttempts(received))
    expectProblem(received, 'invalid_credentials')
  },

  'signature of the access token': async ({ tokens, keys }) => {
    const { authToken } = found(tokens, 'sign-in')
    const published = createLocalJWKSet(found(keys, 'public keys'))
    await compactVerify(authToken, published, { algorithms: ['RS256'] }).catch(({ code }) => {
      throw new Difference(`expected a signature by one of the public keys, got ${code}`)
    })
  },

  'issuer of the access token': async ({ tokens, issuer }) => {
    const { iss } = decodeJwt(found(tokens, 'sign-in').authToken)
    const expected = found(issuer, 'metadata')
    if (iss !== expected) throw new Difference(`expected the issuer ${expected} of the metadata, got ${iss}`)
  },

  'user content': async (visit) => expectContent(visit, found(visit.tokens, 'sign-in').authToken),

  '401 for a changed token': async ({ send, tokens, realm }) => {
    const token = found(tokens, 'sign-in').authToken.replace(/[^.]+$/, 'A'.repeat(342))
    expectProblem(await send('GET /', { token }), 'invalid_token', challenge(realm))
  },

  '403 for a user at /admin': async ({ send, tokens, realm }) => {
    const received = await send('GET /admin', { token: found(tokens, 'sign-in').authToken })
    expectProblem(received, 'forbidden', challenge(realm, ', error="insufficient_scope"'))
  },

  refresh: async (visit) => {
    const { refreshToken } = found(visit.tokens, 'sign-in')
    visit.tokens = tokensIn(await visit.send('POST /refresh', { body: { refreshToken } }))
    await expectContent(visit, visit.tokens.authToken)
  },

  logout: async ({ send, tokens }) => {
    const { refreshToken } = found(tokens, 'sign-in')
    expectResponse(await send('POST /logout', { body: { refreshToken } }), noContent())
  },

  '401 for a refresh after the logout': async ({ send, tokens }) => {
    const { refreshToken } = found(tokens, 'sign-in')
    expectProblem(await send('POST /refresh', { body: { refreshToken } }), 'invalid_refresh_token')
  },

  'native argon2': async ({ log, logMs, user, tokens, begun, interruption }) => {
    found(tokens, 'sign-in')
    if (log === undefined) throw new Skip('the local service has no log on AWS')
    await expectNativeArgon2(log, user, begun, logMs, interruption)
  },
}

/** The gateway's own challenge, which API Gateway does not rename (docs/decisions/0034). */
const challenge = (realm: string, more = '') => ({ 'WWW-Authenticate': `Bearer realm="${realm}"${more}` })

const credentials = ({ username, password }: SmokeUser) => ({ username, password })

/** Returns why a wrong password was not verified: earlier failures from this address count too. */
function tooManyAttempts(received: Received): string {
  expectProblem(received, 'too_many_attempts')
  return `too many failed attempts from this address; retry after ${received.headers.get('retry-after')} s`
}

/** Returns what an earlier check found. */
function found<T>(value: T | undefined, check: string): T {
  if (value === undefined) throw new Skip(`needs ${check}`)
  return value
}

function tokensIn(received: Received) {
  expectResponse(received, json(200, {}))
  const { authToken, refreshToken } = membersOf(received)
  if (typeof authToken !== 'string' || typeof refreshToken !== 'string') {
    throw new Difference('expected the members authToken and refreshToken')
  }
  return { authToken, refreshToken }
}

async function expectContent({ send, user }: Visit, token: string): Promise<void> {
  const received = await send('GET /', { token })
  expectResponse(received, json(200, {}))
  const { username, role } = membersOf(received)
  if (username !== user.username || role !== 'user') {
    throw new Difference(`expected the content of ${user.username} with role user`)
  }
}
