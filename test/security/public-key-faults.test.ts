import { hash } from 'node:crypto'
import type { APIGatewayProxyResult } from 'aws-lambda'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { fillTokens } from '../../local/tokens.ts'
import { type AwsProxy, startProxy } from '../support/aws/aws-proxy.ts'
import { userStatements } from '../support/http/authorizer-policy.ts'
import { COMMON_HEADERS, sampleEvent } from '../support/http/lambda.ts'
import { tokenSourceOf } from '../support/process/service-description.ts'
import { isProof } from '../support/rows.ts'
import { service, startAws } from './faults/aws.ts'
import { FAULTS, isWaiting, ONE_OF_EACH_CLASS, PASSING, say } from './faults/faults.ts'
import { captureLogs, loadAuthorizer, loadJwks, UNAVAILABLE } from './faults/functions.ts'

const aws = await startAws()
const { keyA, keyB } = service.custom.auth
const bearerOf = (kind: string) =>
  fillTokens(`Bearer {{${kind} token}}`, tokenSourceOf(service, aws), new Date())
const valid = await bearerOf('user')
const expired = await bearerOf('expired user')
const { sub: userId, gen: generation } = JSON.parse(
  Buffer.from(valid.split('.')[1] ?? '', 'base64url').toString(),
)
const proxies: AwsProxy[] = []

beforeAll(() => {
  captureLogs()
  // No pause between attempts.
  vi.spyOn(Math, 'random').mockReturnValue(0)
})
afterAll(() => {
  vi.useRealTimers()
  console.log(`Faults of the public keys: ${proxies.length} cases ran`)
  for (const proxy of proxies) proxy.close()
  aws.stop()
})

const operation = 'GetPublicKey'
/** The proofs have every fault. */
const faults = isProof ? FAULTS : ONE_OF_EACH_CLASS
const REASON = 'kms GetPublicKey failed'
/** Errors of KMS for a key that does not exist or may not be read, while KMS itself works. */
const REFUSALS = ['AccessDeniedException', 'NotFoundException']
const WRONG_KEYS = ['{}', '{"PublicKey":null}', '{"PublicKey":"%%%"}', '{"PublicKey":"AAAA"}']

/** Declare cases in which each attempt takes a second. They run at the same time. */
const waiting: (() => void)[] = []

/** Starts a proxy to KMS, for one case. */
async function startKms() {
  const kms = await startProxy(aws.settings.endpoints.kms)
  proxies.push(kms)
  return kms
}

/** Starts a cold authorizer and the proxy between it and KMS. */
async function startAuthorizer() {
  const kms = await startKms()
  return { kms, authorize: await loadAuthorizer(aws, kms) }
}

type Authorize = Awaited<ReturnType<typeof loadAuthorizer>>

/** The authorizer fails closed, and its error is not the one for which API Gateway returns 401. */
async function expectOutage(authorize: Authorize, authorization: string, reason = REASON, cause = '') {
  const { response, log } = await authorize(authorization)
  expect(response).toBeInstanceOf(Error)
  expect((response as Error).message).toBe(reason)
  expect(log).toEqual([
    { event: 'dependency.failed', code: 'unavailable', reason, cause: expect.stringContaining(cause) },
  ])
}

async function expectUnauthorized(authorize: Authorize, authorization: string) {
  const { response, log } = await authorize(authorization)
  expect(response).toEqual(new Error('Unauthorized'))
  expect(log).toEqual([expect.objectContaining({ event: 'token.refused', code: 'invalid_token' })])
}

async function expectAllowed(authorize: Authorize) {
  const { response, log } = await authorize(valid)
  const stageArn = sampleEvent('authorizer').methodArn.replace('/GET/', '')
  expect(response).toEqual({
    principalId: userId,
    policyDocument: {
      Version: '2012-10-17',
      Statement: userStatements(stageArn),
    },
    context: {
      userId,
      username: 'user',
      role: 'user',
      expiresAt: expect.stringMatching(/^\d+$/),
      sessionId: 'sample-session',
      acr: 'aal1',
      authTime: expect.stringMatching(/^\d+$/),
      generation: String(generation),
    },
  })
  expect(log).toEqual([])
}

describe('authorizer', () => {
  const KEYS = [
    ['both keys', undefined],
    ['the first key', keyA],
    ['the second key', keyB],
  ] as const

  const cases = faults.flatMap((row) => KEYS.map(([keys, keyName]) => [keys, ...row, keyName] as const))
  // The second key did not sign the token, so the authorizer does not need it.
  const isHarmless = ([, , , cause, , keyName]: (typeof cases)[number]) =>
    keyName === keyB && REFUSALS.includes(cause)
  // The keys that were read without it are cached for 5 seconds; see below.
  const isCached = ([, , , cause, , keyName]: (typeof cases)[number]) =>
    keyName === keyA && REFUSALS.includes(cause)

  test.for(cases.filter(isHarmless))(
    'accepts tokens of the other key while KMS, asked for %s, %s',
    async ([, , fault, , , keyName]) => {
      const { kms, authorize } = await startAuthorizer()
      kms.inject({ operation, say: fault, keyName })
      await expectAllowed(authorize)
    },
  )

  const outages = cases.filter((row) => !isHarmless(row) && !isCached(row))
  const failsClosed = async ([, , fault, cause, attempts, keyName]: (typeof cases)[number]) => {
    const { kms, authorize } = await startAuthorizer()
    kms.inject({ operation, say: fault, keyName })
    await expectOutage(authorize, valid, REASON, cause)
    // If both keys fail, the first failure ends the wait.
    if (keyName !== undefined) expect(kms.failed()).toBe(attempts)
    await kms.recover()
    await expectAllowed(authorize)
  }
  const OUTAGE = 'fails closed without Unauthorized while KMS, asked for %s, %s, and works after recovery'
  test.for(outages.filter(([, , fault]) => !isWaiting(fault)))(OUTAGE, failsClosed)

  const triesAgain = async ([, fault]: (typeof PASSING)[number]) => {
    const { kms, authorize } = await startAuthorizer()
    kms.inject({ operation, say: fault, times: 1 })
    await expectAllowed(authorize)
    expect(kms.failed()).toBe(1)
  }
  const RETRY = 'succeeds by a second attempt when KMS %s once'
  test.for(PASSING.filter(([, fault]) => !isWaiting(fault)))(RETRY, triesAgain)

  waiting.push(() => {
    test.for(outages.filter(([, , fault]) => isWaiting(fault)))(`the authorizer ${OUTAGE}`, failsClosed)
    test.for(PASSING.filter(([, fault]) => isWaiting(fault)))(`the authorizer ${RETRY}`, triesAgain)
  })

  test.for(WRONG_KEYS)('fails closed when KMS answers %s, and works after recovery', async (body) => {
    const { kms, authorize } = await startAuthorizer()
    kms.inject({ operation, say: say(200, body) })
    await expectOutage(authorize, valid, 'KMS returned no RSA key')
    await kms.recover()
    await expectAllowed(authorize)
  })

  test('fails closed while KMS refuses connections, and works after recovery', async () => {
    const { kms, authorize } = await startAuthorizer()
    kms.refuse()
    await expectOutage(authorize, valid, REASON, 'ECONNREFUSED')
    // This token is invalid under any key.
    await expectUnauthorized(authorize, expired)
    await expectUnauthorized(authorize, 'Bearer a.b.c')
    await kms.recover()
    await expectAllowed(authorize)
    await expectUnauthorized(authorize, expired)
  })
})

describe('jwks', () => {
  async function startJwks() {
    const kms = await startKms()
    return { kms, jwks: await loadJwks(aws, kms) }
  }

  type Jwks = Awaited<ReturnType<typeof loadJwks>>

  async function expectUnavailable(jwks: Jwks, reason = REASON, cause = '') {
    const { response, log } = await jwks()
    expect(response).toEqual(UNAVAILABLE)
    expect(log).toEqual([
      { event: 'dependency.failed', code: 'unavailable', reason, cause: expect.stringContaining(cause) },
    ])
  }

  async function expectKeys(jwks: Jwks) {
    const { response, log } = await jwks()
    const key = '\\{"kty":"RSA","use":"sig","alg":"RS256","kid":"[\\w-]{43}","n":"[\\w-]{342}","e":"AQAB"\\}'
    expect(response).toEqual({
      statusCode: 200,
      headers: {
        'Content-Type': 'application/json',
        'Cache-Control': 'public, max-age=300',
        'X-Content-Type-Options': 'nosniff',
        ...COMMON_HEADERS,
      },
      body: expect.stringMatching(new RegExp(`^\\{"keys":\\[${key},${key}\\]\\}$`)),
    })
    expect(log).toEqual([])
  }

  const outages = faults.filter(([, , cause]) => !REFUSALS.includes(cause))
  const isUnavailable = async ([, fault, cause]: (typeof FAULTS)[number]) => {
    const { kms, jwks } = await startJwks()
    // Half a key set would make clients reject valid tokens.
    kms.inject({ operation, say: fault, keyName: keyB })
    await expectUnavailable(jwks, REASON, cause)
    await kms.recover()
    await expectKeys(jwks)
  }
  const OUTAGE = 'answers 503 in time while KMS %s, and 200 after recovery'
  test.for(outages.filter(([, fault]) => !isWaiting(fault)))(OUTAGE, isUnavailable)
  waiting.push(() => {
    test.for(outages.filter(([, fault]) => isWaiting(fault)))(`jwks ${OUTAGE}`, isUnavailable)
  })

  test.for(FAULTS.filter(([, , cause]) => REFUSALS.includes(cause)))(
    'publishes the other key while KMS %s for one key',
    async ([, fault]) => {
      const { kms, jwks } = await startJwks()
      kms.inject({ operation, say: fault, keyName: keyB })
      const { response, log } = await jwks()
      expect(response).toMatchObject({ statusCode: 200 })
      expect(JSON.parse((response as APIGatewayProxyResult).body).keys).toHaveLength(1)
      expect(log).toEqual([])
    },
  )

  test.for(WRONG_KEYS)('answers 503 when KMS answers %s, and 200 after recovery', async (body) => {
    const { kms, jwks } = await startJwks()
    kms.inject({ operation, say: say(200, body) })
    await expectUnavailable(jwks, 'KMS returned no RSA key')
    await kms.recover()
    await expectKeys(jwks)
  })

  test('answers 503 while KMS refuses connections, and 200 after recovery', async () => {
    const { kms, jwks } = await startJwks()
    kms.refuse()
    await expectUnavailable(jwks, REASON, 'ECONNREFUSED')
    await kms.recover()
    await expectKeys(jwks)
  })
})

describe.concurrent('with a wait', () => {
  for (const declare of waiting) declare()
})

test.each(FAULTS.filter(([, , cause]) => REFUSALS.includes(cause)))(
  'the authorizer fails closed when KMS, asked for the key that signed, %s, and works 5 seconds later',
  async (_, fault, cause, attempts) => {
    const { kms, authorize } = await startAuthorizer()
    const start = Date.now()
    vi.useFakeTimers({ toFake: ['Date'], now: start })
    kms.inject({ operation, say: fault, keyName: keyA })
    await expectOutage(authorize, valid, REASON, cause)
    expect(kms.failed()).toBe(attempts)
    await kms.recover()
    vi.setSystemTime(start + 4_999)
    await expectOutage(authorize, valid, REASON, cause)
    vi.setSystemTime(start + 5_000)
    await expectAllowed(authorize)
  },
)

test('the authorizer uses cached keys for five minutes of an outage', async () => {
  const { kms, authorize } = await startAuthorizer()
  const start = Date.now()
  vi.useFakeTimers({ toFake: ['Date'], now: start })
  await expectAllowed(authorize)
  kms.refuse()
  vi.setSystemTime(start + 299_999)
  await expectAllowed(authorize)
  vi.setSystemTime(start + 300_000)
  await expectOutage(authorize, valid, REASON, 'ECONNREFUSED')
  await kms.recover()
  await expectAllowed(authorize)
})

/** A token whose header names a key that does not exist, in the form of a thumbprint. */
function forged(name: string): string {
  const kid = hash('sha256', name, 'base64url')
  const header = Buffer.from(JSON.stringify({ alg: 'RS256', typ: 'at+jwt', kid })).toString('base64url')
  return `Bearer ${header}${valid.slice(valid.indexOf('.'))}`
}

test('an unknown kid during an outage leaves cached keys in use', async () => {
  const { kms, authorize } = await startAuthorizer()
  const start = Date.now()
  vi.useFakeTimers({ toFake: ['Date'], now: start })
  await expectAllowed(authorize)
  kms.refuse()
  // Keys are not read again within a minute, so the kid is unknown. After a minute, the outage decides.
  await expectUnauthorized(authorize, forged('unknown'))
  vi.setSystemTime(start + 60_000)
  await expectOutage(authorize, forged('unknown'), REASON, 'ECONNREFUSED')
  await expectAllowed(authorize)
  await kms.recover()
  vi.setSystemTime(start + 64_999)
  await expectOutage(authorize, forged('unknown'), REASON, 'ECONNREFUSED')
  vi.setSystemTime(start + 65_000)
  await expectUnauthorized(authorize, forged('unknown'))
})

describe('50 forged tokens cause one read of a throttled KMS, at most six calls', () => {
  const tokens = Array.from({ length: 50 }, (_, count) => forged(`forged ${count}`))
  const throttle = say(400, '{"__type":"ThrottlingException"}')

  test('one after another with cached keys', async () => {
    const { kms, authorize } = await startAuthorizer()
    const start = Date.now()
    vi.useFakeTimers({ toFake: ['Date'], now: start })
    await expectAllowed(authorize)
    kms.inject({ operation, say: throttle })
    vi.setSystemTime(start + 60_000)
    for (const token of tokens) await expectOutage(authorize, token, REASON, 'ThrottlingException')
    await expectAllowed(authorize)
    expect(kms.failed()).toBeLessThanOrEqual(6)
  })

  test.each(['one after another', 'at once'])('%s after a cold start', async (order) => {
    const { kms, authorize } = await startAuthorizer()
    const start = Date.now()
    vi.useFakeTimers({ toFake: ['Date'], now: start })
    vi.mocked(Math.random).mockReturnValue(0.5)
    onTestFinished(() => void vi.mocked(Math.random).mockReturnValue(0))
    kms.inject({ operation, say: throttle })
    const refused = (token: string) => expectOutage(authorize, token, REASON, 'ThrottlingException')
    if (order === 'at once') await Promise.all(tokens.map(refused))
    else for (const token of tokens) await refused(token)
    expect(kms.failed()).toBeLessThanOrEqual(6)
    await kms.recover()
    vi.setSystemTime(start + 500)
    await expectAllowed(authorize)
  })
})
