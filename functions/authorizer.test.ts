import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { secondOf } from '../lib/time.ts'
import { accessTokenInput } from '../lib/tokens/access-token.ts'
import { kmsSigner } from '../lib/tokens/signer.ts'
import { removeUser } from '../lib/users/names.ts'
import { revokeTokens } from '../lib/users/revocation.ts'
import { changeUser, type UserChange } from '../lib/users/store.ts'
import type { User } from '../lib/users/user.ts'
import { type LocalAws, startLocalAws } from '../local/aws.ts'
import { fillTokens } from '../local/tokens.ts'
import { loadAuthorizers } from '../test/support/http/authorizers.ts'
import { lambdaContext, sampleEvent } from '../test/support/http/lambda.ts'
import {
  describeService,
  resourcesOf,
  tableOf,
  tokenPartiesOf,
  tokenSourceOf,
} from '../test/support/process/service-description.ts'
import { addTestUser, testAct } from '../test/support/users/users.ts'

const service = describeService()
let aws: LocalAws
let userToken: string
let forgedToken: string
let expiredToken: string

beforeAll(async () => {
  for (const method of ['info', 'error'] as const) vi.spyOn(console, method).mockReturnValue()
  aws = await startLocalAws(resourcesOf(service), service.provider.region)
  userToken = await tokenFor('{{user token}}', service.custom.auth.signingKey)
  expiredToken = await tokenFor('{{expired user token}}', service.custom.auth.signingKey)
  forgedToken = await tokenFor('{{forged admin token}}', service.custom.auth.signingKey)
})
afterAll(() => aws.stop())

const tokenFor = (place: string, signingKey: string) =>
  fillTokens(place, tokenSourceOf(service, aws, signingKey), new Date())

/** Returns an access token of a user, with a valid signature. */
function tokenOf(user: Parameters<typeof accessTokenInput>[0]): Promise<string> {
  const now = new Date()
  const session = { id: 'the-session', authTime: secondOf(now), amr: 'pwd' }
  const details = { parties: tokenPartiesOf(service), ttlSeconds: 900, tokenId: 'the-id' }
  const input = accessTokenInput(user, session, details, now)
  return kmsSigner()(tableOf(service, aws).aws, service.custom.auth.signingKey, input, now)
}

const loadBoth = (from = aws) => loadAuthorizers(service, from)

/** Returns the local AWS without one of its services. Nothing listens on the discard port. */
function without(name: 'dynamodb' | 'kms'): LocalAws {
  const endpoints = { ...aws.settings.endpoints, [name]: new URL('http://127.0.0.1:9') }
  return { ...aws, settings: { ...aws.settings, endpoints } }
}

const change = (user: User, changes: UserChange['changes']) =>
  changeUser(tableOf(service, aws), user, { changes, changeId: 'request' }, testAct())

const eventWith = (authorizationToken: unknown) => ({ ...sampleEvent('authorizer'), authorizationToken })

test.each(['Bearer', 'bearer', 'BEARER', 'Bearer  '])('accepts the scheme %j', async (scheme) => {
  const handler = await loadBoth()
  expect(await handler(eventWith(`${scheme} ${userToken}`), lambdaContext())).toMatchObject({
    context: { username: 'user', role: 'user' },
  })
})

test.each<[string, (token: string) => unknown]>([
  ['without a scheme', (token) => token],
  ['of another scheme', (token) => `Basic ${token}`],
  ['without a token', () => 'Bearer '],
  ['with two tokens', (token) => `Bearer ${token} ${token}`],
  ['with something before it', (token) => ` Bearer ${token}`],
  ['with a token that has expired', () => `Bearer ${expiredToken}`],
  ['that is empty', () => ''],
  ['that is missing', () => undefined],
  ['that is not a string', () => ({ token: 'x' })],
])('rejects a header %s as Unauthorized', async (_what, header) => {
  const handler = await loadBoth()
  await expect(handler(eventWith(header(userToken)), lambdaContext())).rejects.toThrow(/^Unauthorized$/)
})

test('accepts a token of the published key that does not sign now', async () => {
  const handler = await loadBoth()
  const token = await tokenFor('{{user token}}', service.custom.auth.keyB)
  expect(await handler(eventWith(`Bearer ${token}`), lambdaContext())).toMatchObject({
    context: { username: 'user' },
  })
})

describe('a token with a valid signature', () => {
  let count = 0
  let ada: User
  let authorization: string
  beforeEach(async () => {
    count += 1
    ada = await addTestUser(tableOf(service, aws), { username: `ada-${count}` })
    authorization = `Bearer ${await tokenOf(ada)}`
  })

  test('is accepted while its user has the token’s generation', async () => {
    const handler = await loadBoth()
    const { id: userId, username, role, generation } = ada
    expect(await handler(eventWith(authorization), lambdaContext())).toMatchObject({
      principalId: userId,
      context: { userId, username, role, generation: String(generation) },
    })
  })

  test.each<[string, (user: User) => Promise<unknown>]>([
    ['revoked its tokens', (user) => change(user, revokeTokens(user))],
    ['is disabled', (user) => change(user, { disabled: true, generation: user.generation })],
    ['is removed', (user) => removeUser(tableOf(service, aws), user, [], testAct())],
  ])('is rejected as Unauthorized if its user %s', async (_what, act) => {
    await act(ada)
    const handler = await loadBoth()
    const log = vi.spyOn(console, 'info').mockReturnValue().mockClear()
    await expect(handler(eventWith(authorization), lambdaContext())).rejects.toThrow(/^Unauthorized$/)
    const refused = {
      event: 'token.refused',
      code: 'invalid_token',
      reason: 'token rejected: revoked, or its user is disabled or removed',
    }
    // Of each source.
    expect(log.mock.calls).toEqual([[refused], [refused]])
  })

  test('is neither accepted nor Unauthorized while its user cannot be read', async () => {
    const handler = await loadBoth(without('dynamodb'))
    await expect(handler(eventWith(authorization), lambdaContext())).rejects.toMatchObject({
      code: 'unavailable',
      message: 'dynamodb GetItem failed',
    })
  })
})

test('never reports an outage as Unauthorized, not even for a forged token', async () => {
  const handler = await loadBoth(without('kms'))
  for (const token of [userToken, forgedToken]) {
    await expect(handler(eventWith(`Bearer ${token}`), lambdaContext())).rejects.toMatchObject({
      code: 'unavailable',
      message: 'kms GetPublicKey failed',
    })
  }
})

describe('at an HTTP API', () => {
  const routes = 'GET/notes=any GET/staff=role:admin'
  const load = (from = aws) => loadAuthorizers(service, from, { HTTP_API_ROUTES: routes })
  const event = (header: string, routeKey = 'GET /notes') => ({
    version: '2.0',
    type: 'REQUEST',
    identitySource: [header, routeKey],
    routeKey,
    // A client decides what is in here.
    headers: { authorization: 'Bearer another' },
    rawPath: '/staff',
  })

  test('a valid token opens a route for its role, with the context of the REST API', async () => {
    const handler = await load()
    const header = `Bearer ${userToken}`
    const { context } = await handler(eventWith(header), lambdaContext())
    expect(await handler(event(header), lambdaContext())).toEqual({ isAuthorized: true, context })
    expect(await handler(event(header, 'GET /staff'), lambdaContext())).toEqual({ isAuthorized: false })
    expect(await handler(event(header, 'GET /other'), lambdaContext())).toEqual({ isAuthorized: false })
  })

  test('a user’s token opens its route also where clients have one', async () => {
    const HTTP_API_ROUTES = 'GET/notes=any GET/data=scope:notes:read'
    const handler = await loadAuthorizers(service, aws, { HTTP_API_ROUTES })
    expect(await handler(event(`Bearer ${userToken}`), lambdaContext())).toMatchObject({ isAuthorized: true })
  })

  test('a token that is invalid or expired is denied', async () => {
    const handler = await load()
    for (const header of [`Bearer ${forgedToken}`, `Bearer ${expiredToken}`, 'Basic x', 'Bearer', ' ']) {
      expect(await handler(event(header), lambdaContext()), header).toEqual({ isAuthorized: false })
    }
    const two = `Bearer ${userToken}`
    for (const header of [`${two},${two}`, `${two}, ${two}`, `${two} ${two}`]) {
      expect(await handler(event(header), lambdaContext())).toEqual({ isAuthorized: false })
    }
  })

  test('a token whose user has revoked it is denied', async () => {
    const bob = await addTestUser(tableOf(service, aws), { username: 'bob' })
    const header = `Bearer ${await tokenOf(bob)}`
    const handler = await load()
    expect(await handler(event(header), lambdaContext())).toMatchObject({ isAuthorized: true })
    await change(bob, revokeTokens(bob))
    expect(await handler(event(header), lambdaContext())).toEqual({ isAuthorized: false })
  })

  test.each(['dynamodb', 'kms'] as const)('an outage of %s is an error, and never a denial', async (name) => {
    const handler = await load(without(name))
    for (const token of [userToken, ...(name === 'kms' ? [forgedToken] : [])]) {
      await expect(handler(event(`Bearer ${token}`), lambdaContext())).rejects.toMatchObject({
        code: 'unavailable',
      })
    }
  })

  test('other identity sources are an error, also with a valid token', async () => {
    const handler = await load()
    const header = `Bearer ${userToken}`
    for (const identitySource of [
      [header],
      ['GET /notes', header],
      [header, 'GET /staff'],
      `${header},GET /notes`,
    ]) {
      const call = handler({ ...event(header), identitySource }, lambdaContext())
      await expect(call).rejects.toThrow('the authorizer must have the identity sources')
    }
  })

  test('without a setting it denies all', async () => {
    const handler = await loadBoth()
    expect(await handler(event(`Bearer ${userToken}`), lambdaContext())).toEqual({ isAuthorized: false })
  })
})
