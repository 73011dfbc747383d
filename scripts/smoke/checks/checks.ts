import { compactVerify, createLocalJWKSet, decodeJwt } from 'jose'
import { NAMED_LANGUAGES } from '../../../lib/application/languages.ts'
import { FIRST_ROLE } from '../../../lib/application/roles.ts'
import { json, noContent, publicJson } from '../../../lib/http/responses.ts'
import { IS_PACKAGE } from '../../../project/origin.ts'
import { expectLanguages } from '../visit/languages.ts'
import { expectNativeArgon2 } from '../visit/logs.ts'
import { Difference, expectProblem, expectResponse, membersOf } from '../visit/responses.ts'
import { bodyOf, credentials, found, Skip, skipIfLimited, tokensIn, type Visit } from '../visit/visit.ts'
import { ACCOUNT_CHECKS } from './account.ts'
import { enrolApp, FACTOR_CHECKS, tokenWithApp } from './factors.ts'
import { GUEST_CHECKS } from './guest.ts'
import { OAUTH_CHECKS } from './oauth.ts'

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
    const { issuer, jwks_uri, token_endpoint, client_id_metadata_document_supported } = membersOf(received)
    if (typeof issuer !== 'string' || jwks_uri !== `${issuer}/.well-known/jwks.json`) {
      throw new Difference('expected an issuer, and the URL of its keys')
    }
    visit.issuer = issuer
    visit.hasOAuth = token_endpoint !== undefined
    visit.takesDocuments = client_id_metadata_document_supported === true
    await expectLanguages(visit.send, NAMED_LANGUAGES ?? [])
  },

  'API description': async (visit) => {
    const received = await visit.send('GET /openapi.json')
    expectResponse(received, json(200, {}))
    if (membersOf(received).openapi !== '3.1.0') throw new Difference('expected the member openapi: 3.1.0')
    visit.operations = operationsIn(received.text)
  },

  '401 without a token': async (visit) =>
    expectProblem(await visit.send(`GET ${contentOf(visit)}`), 'invalid_token', challenge(visit.realm)),

  'sign-in': async (visit) => {
    const received = await visit.send('POST /login', { body: credentials(visit.user) })
    const { next, enrolmentToken } = bodyOf(received)
    if (next === 'enrolment') return await enrolApp(visit, String(enrolmentToken))
    visit.tokens = tokensIn(received)
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

  '401 for a changed token': async (visit) => {
    const token = found(visit.tokens, 'sign-in').authToken.replace(/[^.]+$/, 'A'.repeat(342))
    const received = await visit.send(`GET ${contentOf(visit)}`, { token })
    expectProblem(received, 'invalid_token', challenge(visit.realm))
  },

  '403 for a user at /admin': async ({ send, tokens, realm, operations }) => {
    if (!hasContent(operations, 'getAdminContent'))
      throw new Skip('GET /admin is not the content of this service')
    const received = await send('GET /admin', { token: found(tokens, 'sign-in').authToken })
    expectProblem(received, 'forbidden', challenge(realm, ', error="insufficient_scope"'))
  },

  ...ACCOUNT_CHECKS,

  ...FACTOR_CHECKS,

  ...OAUTH_CHECKS,

  ...GUEST_CHECKS,

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

  // After the sign-ins, which give their attempts back: with a limit of one attempt, a wrong password leaves none.
  '401 for a wrong password': async ({ send, user }) => {
    const body = credentials({ ...user, password: `${user.password}!` })
    const received = await send('POST /login', { body })
    skipIfLimited(received)
    expectProblem(received, 'invalid_credentials')
  },

  'deletion of the account': async (visit) => {
    const token = visit.passkeyTokens?.authToken ?? tokenWithApp(visit)
    const body = { currentPassword: visit.user.password }
    const received = await visit.send('DELETE /me', { token, body })
    skipIfLimited(received)
    expectResponse(received, noContent())
  },

  'native argon2': async ({ log, logMs, user, tokens, begun, interruption }) => {
    found(tokens, 'sign-in')
    if (log === undefined) throw new Skip('the local service has no log on AWS')
    await expectNativeArgon2(log, user, begun, logMs, interruption)
  },
}

/** The gateway's own challenge, which API Gateway does not rename (docs/decisions/0034). */
const challenge = (realm: string, more = '') => ({ 'WWW-Authenticate': `Bearer realm="${realm}"${more}` })

/** Whether a service has a route of content, which projects with the package do not have. A broken description does not say it. */
const hasContent = (operations: Visit['operations'], name: string) =>
  operations?.includes(name) ?? !IS_PACKAGE

/** Returns the path of a protected route: that of the user content, or `/me`, which every service has. */
const contentOf = ({ operations }: Visit) => (hasContent(operations, 'getUserContent') ? '/' : '/me')

/** Returns the names of the operations in an API description, or undefined for what is no description. */
function operationsIn(text: string): string[] | undefined {
  const names = [...text.matchAll(/"operationId":"(\w+)"/g)].map(([, name = '']) => name)
  return names.length > 0 ? names : undefined
}

async function expectContent(visit: Visit, token: string): Promise<void> {
  const { send, user } = visit
  const received = await send(`GET ${contentOf(visit)}`, { token })
  expectResponse(received, json(200, {}))
  const { username, role } = membersOf(received)
  if (username !== user.username || role !== FIRST_ROLE) {
    throw new Difference(`expected the content of ${user.username} with role ${FIRST_ROLE}`)
  }
}
