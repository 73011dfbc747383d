import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { ADA, service, startAws } from '../support/faults/aws.ts'
import { crash, FAULTS, never, PASSING, say } from '../support/faults/faults.ts'
import { captureLogs, loadLogin, UNAVAILABLE } from '../support/faults/functions.ts'
import { type AwsProxy, startProxy } from '../support/faults/proxy.ts'
import { CORS_HEADERS } from '../support/lambda.ts'

vi.setConfig({ maxConcurrency: 30 })
const aws = await startAws()
let ran = 0

beforeAll(captureLogs)
afterAll(() => {
  console.log(`Faults of login's dependencies: ${ran} cases ran`)
  aws.stop()
})

/** The operations of one login, in their order. */
const CALLS = [
  ['dynamodb', 'BatchGetItem'],
  ['dynamodb', 'PutItem'],
  ['kms', 'GetPublicKey'],
  ['kms', 'Sign'],
] as const

const every = <T extends unknown[]>(rows: T[]) =>
  CALLS.flatMap(([service, operation]) => rows.map((row) => [service, operation, ...row] as const))

async function start() {
  const { dynamodb, kms } = aws.settings.endpoints
  const proxies = { dynamodb: await startProxy(dynamodb), kms: await startProxy(kms) }
  return { ...proxies, login: await loadLogin(aws, proxies) }
}

type Login = Awaited<ReturnType<typeof loadLogin>>

async function expectUnavailable(login: Login, detail: string, cause: string) {
  const { answer, log } = await login()
  expect(answer).toEqual(UNAVAILABLE)
  const record = {
    event: 'dependency.failed',
    code: 'unavailable',
    detail,
    cause: expect.stringContaining(cause),
  }
  expect(log).toEqual([record])
}

async function expectSuccess(login: Login) {
  const { answer, log } = await login()
  expect(answer).toEqual({
    statusCode: 200,
    headers: {
      'Content-Type': 'application/json',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      ...CORS_HEADERS,
    },
    body: expect.stringMatching(
      /^\{"authToken":"[\w-]+\.[\w-]+\.[\w-]+","tokenType":"Bearer","expiresIn":1800,"refreshToken":"[\w-]+\.[\w-]+\.ada","refreshExpiresIn":604800\}$/,
    ),
  })
  expect(log).toEqual([{ event: 'login.accepted', username: ADA.username }])
}

function end(...proxies: AwsProxy[]) {
  for (const proxy of proxies) proxy.close()
  ran += 1
}

test('control: without a fault a login is these calls', async () => {
  const { dynamodb, kms, login } = await start()
  await expectSuccess(login)
  // After the first, all at once.
  expect(dynamodb.calls.sort()).toEqual(['BatchGetItem', 'BatchGetItem', 'PutItem'])
  expect(kms.calls).toEqual(['GetPublicKey', 'Sign'])
  end(dynamodb, kms)
})

test.concurrent.for(every(FAULTS))(
  '%s at %s: when it %s, login answers 503 in time, and 200 after recovery',
  async ([service, operation, , fault, cause, attempts]) => {
    const { login, ...proxies } = await start()
    proxies[service].inject({ operation, say: fault })
    await expectUnavailable(login, `${service} ${operation} failed`, cause)
    expect(proxies[service].befallen()).toBe(attempts)
    await proxies[service].recover()
    await expectSuccess(login)
    end(proxies.dynamodb, proxies.kms)
  },
)

test.concurrent.for(every(PASSING))(
  '%s at %s: when it %s once, login succeeds by trying again',
  async ([service, operation, , fault]) => {
    const { login, ...proxies } = await start()
    proxies[service].inject({ operation, say: fault, times: 1 })
    await expectSuccess(login)
    expect(proxies[service].befallen()).toBe(1)
    end(proxies.dynamodb, proxies.kms)
  },
)

// A port that is closed is so from a service's first call on.
test.concurrent.for(CALLS.filter(([, operation]) => operation !== 'PutItem'))(
  '%s at %s: when it refuses connections, login answers 503 in time, and 200 after recovery',
  async ([service, operation]) => {
    const { login, ...proxies } = await start()
    // Once it knows the public key, a function calls Sign alone.
    if (operation === 'Sign') await expectSuccess(login)
    proxies[service].refuse()
    await expectUnavailable(login, `${service} ${operation} failed`, 'ECONNREFUSED')
    await proxies[service].recover()
    await expectSuccess(login)
    end(proxies.dynamodb, proxies.kms)
  },
)

const NO_ITEMS = 'the store answered without items'
const NO_PROFILE = 'the store holds a profile that is none'
const without = (name: string) => `the store holds an item without ${name}`
const NO_KEY = 'KMS answered with something that is no RSA key'
const NO_SIGNATURE = 'KMS answered with a signature that its public key does not verify'

const found = (item: unknown) => JSON.stringify({ Responses: { [service.custom.tableName]: [item] } })

const profile = (changes: object) =>
  found({
    pk: { S: 'user#ada' },
    sk: { S: 'profile' },
    role: { S: 'user' },
    passwordHash: { S: '$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo' },
    disabled: { BOOL: false },
    createdAt: { S: '2026-01-01T00:00:00.000Z' },
    changedAt: { S: '2026-01-01T00:00:00.000Z' },
    validAfter: { N: '0' },
    sessionsValidAfter: { N: '0' },
    ...changes,
  })

const EC_KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .publicKey.export({ format: 'der', type: 'spki' })
  .toString('base64')

test.concurrent.for([
  ['dynamodb', 'BatchGetItem', 'no items', '{}', NO_ITEMS],
  ['dynamodb', 'BatchGetItem', 'items that are text', found('ada').replace('["ada"]', '"ada"'), NO_ITEMS],
  ['dynamodb', 'BatchGetItem', 'an empty item', found({}), without('pk')],
  ['dynamodb', 'BatchGetItem', 'an item that is null', found(null), without('pk')],
  ['dynamodb', 'BatchGetItem', 'a profile of an unknown role', profile({ role: { S: 'root' } }), NO_PROFILE],
  [
    'dynamodb',
    'BatchGetItem',
    'one that says "false"',
    profile({ disabled: { S: 'false' } }),
    without('disabled'),
  ],
  [
    'dynamodb',
    'BatchGetItem',
    'one without a hash',
    profile({ passwordHash: null }),
    without('passwordHash'),
  ],
  ['kms', 'GetPublicKey', 'no key', '{}', NO_KEY],
  ['kms', 'GetPublicKey', 'a key that is no text', '{"PublicKey":{"toString":1}}', NO_KEY],
  ['kms', 'GetPublicKey', 'a key that is no base64', '{"PublicKey":"%%%"}', NO_KEY],
  ['kms', 'GetPublicKey', 'a key of another kind', JSON.stringify({ PublicKey: EC_KEY }), NO_KEY],
  ['kms', 'Sign', 'no signature', '{}', NO_SIGNATURE],
  ['kms', 'Sign', 'a signature that is no text', '{"Signature":{"toString":1}}', NO_SIGNATURE],
  ['kms', 'Sign', 'another signature', JSON.stringify({ Signature: 'A'.repeat(344) }), NO_SIGNATURE],
] as const)(
  '%s at %s: when it answers with %s, login answers 503, and 200 after recovery',
  async ([service, operation, , body, detail]) => {
    const { login, ...proxies } = await start()
    proxies[service].inject({ operation, say: say(200, body) })
    const { answer, log } = await login()
    expect(answer).toEqual(UNAVAILABLE)
    expect(log).toEqual([expect.objectContaining({ event: 'dependency.failed', detail })])
    await proxies[service].recover()
    await expectSuccess(login)
    end(proxies.dynamodb, proxies.kms)
  },
)

test.concurrent('when one dependency uses up the time, the other is not waited for beyond it', async () => {
  const { dynamodb, kms, login } = await start()
  dynamodb.inject({ operation: 'BatchGetItem', say: never, times: 2 })
  kms.inject({ operation: 'GetPublicKey', say: never })
  await expectUnavailable(login, 'kms GetPublicKey failed', 'TimeoutError')
  expect(dynamodb.befallen()).toBe(2)
  await kms.recover()
  await expectSuccess(login)
  end(dynamodb, kms)
})

test.concurrent('a login that every dependency fails once succeeds', async () => {
  const { dynamodb, kms, login } = await start()
  dynamodb.inject({ operation: 'BatchGetItem', say: crash, times: 1 })
  kms.inject({ operation: 'GetPublicKey', say: crash, times: 1 })
  await expectSuccess(login)
  end(dynamodb, kms)
})
