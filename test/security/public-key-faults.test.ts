import type { APIGatewayProxyResult } from 'aws-lambda'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { fillTokens } from '../../local/tokens.ts'
import { service, startAws } from '../support/faults/aws.ts'
import { FAULTS, PASSING, say } from '../support/faults/faults.ts'
import { captureLogs, loadAuthorizer, loadJwks, UNAVAILABLE } from '../support/faults/functions.ts'
import { startProxy } from '../support/faults/proxy.ts'
import { CORS_HEADERS, sampleEvent } from '../support/lambda.ts'
import { tokenSourceOf } from '../support/service-description.ts'

vi.setConfig({ maxConcurrency: 30 })
const aws = await startAws()
const { keyA, keyB } = service.custom
const bearerOf = (kind: string) =>
  fillTokens(`Bearer {{${kind} token}}`, tokenSourceOf(service, aws), new Date())
const good = await bearerOf('user')
const expired = await bearerOf('expired user')
let ran = 0

beforeAll(captureLogs)
afterAll(() => {
  vi.useRealTimers()
  console.log(`Faults of the public keys: ${ran} cases ran`)
  aws.stop()
})

const operation = 'GetPublicKey'
const DETAIL = 'kms GetPublicKey failed'
/** What KMS says of a key that is not there or may not be read, while KMS itself is well. */
const REFUSALS = ['AccessDeniedException', 'NotFoundException']
const WRONG_KEYS = ['{}', '{"PublicKey":null}', '{"PublicKey":"%%%"}', '{"PublicKey":"AAAA"}']

/** A cold authorizer, and the proxy between it and KMS. */
async function startAuthorizer() {
  const kms = await startProxy(aws.settings.endpoints.kms)
  return { kms, authorize: await loadAuthorizer(aws, kms) }
}

type Authorize = Awaited<ReturnType<typeof loadAuthorizer>>

/** Fails closed, and says nothing that API Gateway would answer 401 to. */
async function expectOutage(authorize: Authorize, authorization: string, detail = DETAIL, cause = '') {
  const { answer, log } = await authorize(authorization)
  expect(answer).toBeInstanceOf(Error)
  expect((answer as Error).message).toBe(detail)
  expect(log).toEqual([
    { event: 'dependency.failed', code: 'unavailable', detail, cause: expect.stringContaining(cause) },
  ])
}

async function expectUnauthorized(authorize: Authorize, authorization: string) {
  const { answer, log } = await authorize(authorization)
  expect(answer).toEqual(new Error('Unauthorized'))
  expect(log).toEqual([expect.objectContaining({ event: 'token.refused', code: 'invalid_token' })])
}

async function expectAllowed(authorize: Authorize) {
  const { answer, log } = await authorize(good)
  const stageArn = sampleEvent('authorizer.json').methodArn.replace('/GET/', '')
  expect(answer).toEqual({
    principalId: 'user',
    policyDocument: {
      Version: '2012-10-17',
      Statement: [
        { Action: 'execute-api:Invoke', Effect: 'Allow', Resource: `${stageArn}/*` },
        { Action: 'execute-api:Invoke', Effect: 'Deny', Resource: `${stageArn}/*/admin*` },
      ],
    },
    context: { username: 'user', role: 'user', expiresAt: expect.any(Number), sessionId: 'sample-session' },
  })
  expect(log).toEqual([])
}

describe('authorizer', () => {
  const whose = [
    ['both keys', undefined],
    ['the first key', keyA],
    ['the second key', keyB],
  ] as const

  const cases = FAULTS.flatMap((row) => whose.map(([keys, keyName]) => [keys, ...row, keyName] as const))
  // The second key did not sign the token, so whether it is there does not matter.
  const isHarmless = ([, , , cause, , keyName]: (typeof cases)[number]) =>
    keyName === keyB && REFUSALS.includes(cause)
  // What was read without it is kept for 5 seconds; see below.
  const isKept = ([, , , cause, , keyName]: (typeof cases)[number]) =>
    keyName === keyA && REFUSALS.includes(cause)

  test.concurrent.for(cases.filter(isHarmless))(
    'when KMS, asked for %s, %s, tokens of the other key pass',
    async ([, , fault, , , keyName]) => {
      const { kms, authorize } = await startAuthorizer()
      kms.inject({ operation, say: fault, keyName })
      await expectAllowed(authorize)
      kms.close()
      ran += 1
    },
  )

  test.concurrent.for(cases.filter((row) => !isHarmless(row) && !isKept(row)))(
    'when KMS, asked for %s, %s, it fails closed without a word of Unauthorized, and works after recovery',
    async ([, , fault, cause, attempts, keyName]) => {
      const { kms, authorize } = await startAuthorizer()
      kms.inject({ operation, say: fault, keyName })
      await expectOutage(authorize, good, DETAIL, cause)
      // Of two keys that fail, the first failure ends the wait.
      if (keyName !== undefined) expect(kms.befallen()).toBe(attempts)
      await kms.recover()
      await expectAllowed(authorize)
      kms.close()
      ran += 1
    },
  )

  test.concurrent.for(PASSING)('when KMS %s once, it succeeds by trying again', async ([, fault]) => {
    const { kms, authorize } = await startAuthorizer()
    kms.inject({ operation, say: fault, times: 1 })
    await expectAllowed(authorize)
    expect(kms.befallen()).toBe(1)
    kms.close()
    ran += 1
  })

  test.concurrent.for(WRONG_KEYS)(
    'when KMS answers %s, it fails closed and works after recovery',
    async (body) => {
      const { kms, authorize } = await startAuthorizer()
      kms.inject({ operation, say: say(200, body) })
      await expectOutage(authorize, good, 'KMS answered with something that is no RSA key')
      await kms.recover()
      await expectAllowed(authorize)
      kms.close()
      ran += 1
    },
  )

  test.concurrent('when KMS refuses connections, it fails closed and works after recovery', async () => {
    const { kms, authorize } = await startAuthorizer()
    kms.refuse()
    await expectOutage(authorize, good, DETAIL, 'ECONNREFUSED')
    // Whether this token is good cannot be known now.
    await expectOutage(authorize, expired, DETAIL, 'ECONNREFUSED')
    await expectUnauthorized(authorize, 'Bearer a.b.c')
    await kms.recover()
    await expectAllowed(authorize)
    await expectUnauthorized(authorize, expired)
    kms.close()
    ran += 1
  })
})

describe('jwks', () => {
  async function startJwks() {
    const kms = await startProxy(aws.settings.endpoints.kms)
    return { kms, jwks: await loadJwks(aws, kms) }
  }

  type Jwks = Awaited<ReturnType<typeof loadJwks>>

  async function expectUnavailable(jwks: Jwks, detail = DETAIL, cause = '') {
    const { answer, log } = await jwks()
    expect(answer).toEqual(UNAVAILABLE)
    expect(log).toEqual([
      { event: 'dependency.failed', code: 'unavailable', detail, cause: expect.stringContaining(cause) },
    ])
  }

  async function expectKeys(jwks: Jwks) {
    const { answer, log } = await jwks()
    const key = '\\{"kty":"RSA","use":"sig","alg":"RS256","kid":"[\\w-]{43}","n":"[\\w-]{342}","e":"AQAB"\\}'
    expect(answer).toEqual({
      statusCode: 200,
      headers: {
        'Content-Type': 'application/json',
        'Cache-Control': 'public, max-age=300',
        'X-Content-Type-Options': 'nosniff',
        ...CORS_HEADERS,
      },
      body: expect.stringMatching(new RegExp(`^\\{"keys":\\[${key},${key}\\]\\}$`)),
    })
    expect(log).toEqual([])
  }

  test.concurrent.for(FAULTS.filter(([, , cause]) => !REFUSALS.includes(cause)))(
    'when KMS %s, it answers 503 in time, and 200 after recovery',
    async ([, fault, cause]) => {
      const { kms, jwks } = await startJwks()
      // Half a key set would make clients refuse good tokens.
      kms.inject({ operation, say: fault, keyName: keyB })
      await expectUnavailable(jwks, DETAIL, cause)
      await kms.recover()
      await expectKeys(jwks)
      kms.close()
      ran += 1
    },
  )

  test.concurrent.for(FAULTS.filter(([, , cause]) => REFUSALS.includes(cause)))(
    'when KMS %s for one key, it publishes the other',
    async ([, fault]) => {
      const { kms, jwks } = await startJwks()
      kms.inject({ operation, say: fault, keyName: keyB })
      const { answer, log } = await jwks()
      expect(answer).toMatchObject({ statusCode: 200 })
      expect(JSON.parse((answer as APIGatewayProxyResult).body).keys).toHaveLength(1)
      expect(log).toEqual([])
      kms.close()
      ran += 1
    },
  )

  test.concurrent.for(WRONG_KEYS)(
    'when KMS answers %s, it answers 503, and 200 after recovery',
    async (body) => {
      const { kms, jwks } = await startJwks()
      kms.inject({ operation, say: say(200, body) })
      await expectUnavailable(jwks, 'KMS answered with something that is no RSA key')
      await kms.recover()
      await expectKeys(jwks)
      kms.close()
      ran += 1
    },
  )

  test.concurrent('when KMS refuses connections, it answers 503, and 200 after recovery', async () => {
    const { kms, jwks } = await startJwks()
    kms.refuse()
    await expectUnavailable(jwks, DETAIL, 'ECONNREFUSED')
    await kms.recover()
    await expectKeys(jwks)
    kms.close()
    ran += 1
  })
})

test.each(FAULTS.filter(([, , cause]) => REFUSALS.includes(cause)))(
  'when KMS, asked for the key that signed, %s, the authorizer fails closed, and works 5 seconds later',
  async (_, fault, cause, attempts) => {
    const { kms, authorize } = await startAuthorizer()
    const start = Date.now()
    vi.useFakeTimers({ toFake: ['Date'], now: start })
    kms.inject({ operation, say: fault, keyName: keyA })
    await expectOutage(authorize, good, DETAIL, cause)
    expect(kms.befallen()).toBe(attempts)
    await kms.recover()
    vi.setSystemTime(start + 4_999)
    await expectOutage(authorize, good, DETAIL, cause)
    vi.setSystemTime(start + 5_000)
    await expectAllowed(authorize)
    kms.close()
    ran += 1
  },
)

test('keys read before an outage serve for five minutes of it; then the authorizer fails closed', async () => {
  const { kms, authorize } = await startAuthorizer()
  const start = Date.now()
  vi.useFakeTimers({ toFake: ['Date'], now: start })
  await expectAllowed(authorize)
  kms.refuse()
  vi.setSystemTime(start + 299_999)
  await expectAllowed(authorize)
  vi.setSystemTime(start + 300_000)
  await expectOutage(authorize, good, DETAIL, 'ECONNREFUSED')
  await kms.recover()
  await expectAllowed(authorize)
  kms.close()
  ran += 1
})

test('a key that nobody knows is no reason to distrust the known ones during an outage', async () => {
  const { kms, authorize } = await startAuthorizer()
  const start = Date.now()
  vi.useFakeTimers({ toFake: ['Date'], now: start })
  await expectAllowed(authorize)
  kms.refuse()
  const header = Buffer.from('{"alg":"RS256","typ":"at+jwt","kid":"unknown"}').toString('base64url')
  const unknown = `Bearer ${header}${good.slice(good.indexOf('.'))}`
  // Within a minute keys are not read again, so the answer is known; after it, it is not.
  await expectUnauthorized(authorize, unknown)
  vi.setSystemTime(start + 60_000)
  await expectOutage(authorize, unknown, DETAIL, 'ECONNREFUSED')
  await expectAllowed(authorize)
  await kms.recover()
  await expectUnauthorized(authorize, unknown)
  kms.close()
  ran += 1
})
