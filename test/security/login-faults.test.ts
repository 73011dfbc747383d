import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { findUserByName } from '../../lib/users/store.ts'
import { type AwsProxy, type Say, startProxy } from '../support/aws/aws-proxy.ts'
import { COMMON_HEADERS } from '../support/http/lambda.ts'
import { tableOf } from '../support/process/service-description.ts'
import { isProof, proof, rowsOf } from '../support/rows.ts'
import { addFakeFactor } from '../support/users/fake-factor.ts'
import { addTestUser } from '../support/users/users.ts'
import { ADA, service, startAws } from './faults/aws.ts'
import { crash, FAULTS, isWaiting, never, ONE_OF_EACH_CLASS, PASSING, say } from './faults/faults.ts'
import { captureLogs, loadLogin, UNAVAILABLE } from './faults/functions.ts'

const aws = await startAws()
const table = tableOf(service, aws)
const { id: userId = '', passwordHash = '' } = (await findUserByName(table, ADA.username)) ?? {}
/** A user with a second factor, whose login is the first of two steps. */
const BOB = { ...ADA, username: 'bob' }
const bob = await addTestUser(table, { username: BOB.username, passwordHash })
await addFakeFactor(table, bob)
/** Two for each case. */
const started: AwsProxy[] = []

beforeAll(() => {
  captureLogs(['info', 'warn', 'error'])
  // No pause between attempts.
  vi.spyOn(Math, 'random').mockReturnValue(0)
})
afterAll(() => {
  console.log(`Faults of login's dependencies: ${started.length / 2} cases ran`)
  for (const proxy of started) proxy.close()
  aws.stop()
})

/** The calls without which a login fails, in their order, each with a text that its request contains. */
const CALLS = [
  ['dynamodb', 'BatchGetItem', 'known#'],
  ['dynamodb', 'UpdateItem', 'ADD ids'],
  ['dynamodb', 'BatchGetItem', 'profile'],
  ['dynamodb', 'TransactWriteItems', 'session#'],
  ['kms', 'GetPublicKey', 'KeyId'],
  ['kms', 'Sign', 'KeyId'],
  // Only a user with a second factor has these two.
  ['dynamodb', 'BatchGetItem', 'recovery-codes'],
  ['dynamodb', 'TransactWriteItems', 'login#'],
] as const

/** The user whose login makes a call. */
const userWith = (text: string) => (['recovery-codes', 'login#'].includes(text) ? BOB : ADA)

/** Whether a fault runs for a user. Those that wait have no other outcome for BOB, and keep the machine busy. */
const runsFor =
  (user: typeof ADA) =>
  ([, fault]: readonly [string, Say, ...unknown[]]) =>
    user === ADA || !isWaiting(fault)

/** Each call with each of the rows that it selects. */
const at = <T extends [string, Say, ...unknown[]]>(rowsOf: (operation: string, text: string) => T[]) =>
  CALLS.flatMap(([service, operation, text]) =>
    rowsOf(operation, text)
      .filter(runsFor(userWith(text)))
      .map((row) => [service, operation, text, ...row] as const),
  )

/** One fault of each class at every call. The proofs have every fault at one call of each service. */
const cases = at((operation, text) =>
  isProof && (operation === 'GetPublicKey' || text === 'known#') ? FAULTS : ONE_OF_EACH_CLASS,
)

/** Empties the list that each first step has a place in. With a full one, a first step needs no transaction. */
async function emptyList(): Promise<void> {
  const hour = Math.floor(Date.now() / 3_600_000) * 3_600
  const Key = { pk: { S: `name#${BOB.username}` }, sk: { S: `passwords#${hour}` } }
  await table.aws('dynamodb', 'DeleteItem', { TableName: table.name, Key })
}

async function start(user = ADA) {
  if (user === BOB) await emptyList()
  const { dynamodb, kms } = aws.settings.endpoints
  const proxies = { dynamodb: await startProxy(dynamodb), kms: await startProxy(kms) }
  started.push(proxies.dynamodb, proxies.kms)
  const login = await loadLogin(aws, proxies, user)
  return { ...proxies, login: Object.assign(login, { user }) }
}

type Login = Awaited<ReturnType<typeof start>>['login']

async function expectUnavailable(login: Login, reason: string, cause: string) {
  const { response, log } = await login()
  expect(response).toEqual(UNAVAILABLE)
  const record = {
    event: 'dependency.failed',
    code: 'unavailable',
    reason,
    cause: expect.stringContaining(cause),
  }
  // While DynamoDB fails, attempts cannot be given back either.
  expect(log.filter((each) => Object(each).event !== 'attempt.kept')).toEqual([record])
}

async function expectSuccess(login: Login, ...others: object[]) {
  const { response, log } = await login()
  const isFirstStep = login.user === BOB
  expect(response).toEqual({
    statusCode: 200,
    headers: {
      'Content-Type': 'application/json',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      ...COMMON_HEADERS,
    },
    body: expect.stringMatching(
      isFirstStep
        ? /^\{"next":"second-factor","factors":\["totp"\],"loginToken":"[\w-]{22}\.[\w-]{43}"\}$/
        : /^\{"authToken":"[\w-]+\.[\w-]+\.[\w-]+","tokenType":"Bearer","expiresIn":1800,"refreshToken":"[\w-]+\.[\w-]+\.[\w-]+\.[\w-]+","refreshExpiresIn":604800\}$/,
    ),
  })
  const accepted = { event: 'login.accepted', userId }
  expect(log).toEqual([...others, isFirstStep ? { event: 'factor.required', userId: bob.id } : accepted])
}

test('control: a login without a fault makes these calls', async () => {
  const { dynamodb, kms, login } = await start()
  await expectSuccess(login)
  const updates = Array(7).fill('UpdateItem')
  expect(dynamodb.calls.sort()).toEqual(['BatchGetItem', 'BatchGetItem', 'TransactWriteItems', ...updates])
  expect(kms.calls).toEqual(['GetPublicKey', 'Sign'])
})

test('control: the first of two steps stores a login token, and calls nothing of KMS', async () => {
  const { dynamodb, kms, login } = await start(BOB)
  await expectSuccess(login)
  const updates = Array(7).fill('UpdateItem')
  expect(dynamodb.calls.sort()).toEqual([...Array(4).fill('BatchGetItem'), 'TransactWriteItems', ...updates])
  expect(kms.calls).toEqual([])
})

async function expectOutage([service, operation, text, , fault, cause, attempts]: (typeof cases)[number]) {
  const { login, ...proxies } = await start(userWith(text))
  proxies[service].inject({ operation, text, say: fault })
  await expectUnavailable(login, `${service} ${operation} failed`, cause)
  expect(proxies[service].failed()).toBe(attempts)
  await proxies[service].recover()
  await expectSuccess(login)
}

const OUTAGE = 'login answers 503 in time while %s %s of %s %s, and 200 after recovery'
test.for(cases.filter(([, , , , fault]) => !isWaiting(fault)))(OUTAGE, expectOutage)

/** The calls without which a login succeeds, each with how many there are. */
const OPTIONAL = [
  ['gives attempts back', 'DELETE ids', 3, ADA],
  ['marks the source', '"SET expiresAt', 1, ADA],
  ['gives attempts back in the first of two steps', 'DELETE ids', 3, BOB],
] as const
const optional = OPTIONAL.flatMap(([what, text, calls, user]) =>
  ONE_OF_EACH_CLASS.filter(runsFor(user)).map(
    ([how, ...row]) => [what, text, calls, how, user, ...row] as const,
  ),
)

async function expectKept([, text, calls, , user, fault, cause, attempts]: (typeof optional)[number]) {
  const { login, ...proxies } = await start(user)
  proxies.dynamodb.inject({ operation: 'UpdateItem', text, say: fault })
  const kept = { event: 'attempt.kept', reason: expect.stringContaining(cause) }
  await expectSuccess(login, ...Array(calls).fill(kept))
  expect(proxies.dynamodb.failed()).toBe(calls * attempts)
}

const KEPT = 'login succeeds while the call that %s (%s, %i of it) %s'
test.for(optional.filter(([, , , , , fault]) => !isWaiting(fault)))(KEPT, expectKept)

const passing = rowsOf(
  at(() => PASSING),
  ([, , text, , fault]) => `${text} ${isWaiting(fault)}`,
)

async function expectRetry([service, operation, text, , fault]: (typeof passing)[number]) {
  const { login, ...proxies } = await start(userWith(text))
  proxies[service].inject({ operation, text, say: fault, times: 1 })
  await expectSuccess(login)
  expect(proxies[service].failed()).toBe(1)
}

const RETRY = 'login succeeds by a second attempt when %s %s of %s %s once'
test.for(passing.filter(([, , , , fault]) => !isWaiting(fault)))(RETRY, expectRetry)

// The port of a service is closed from the first call of that service on.
test.for(CALLS.filter(([service, , text]) => service === 'kms' || text === 'known#'))(
  'login answers 503 while %s refuses connections at %s, and 200 after recovery',
  async ([service, operation]) => {
    const { login, ...proxies } = await start()
    // A function that has read the public key calls only Sign.
    if (operation === 'Sign') await expectSuccess(login)
    proxies[service].refuse()
    await expectUnavailable(login, `${service} ${operation} failed`, 'ECONNREFUSED')
    await proxies[service].recover()
    await expectSuccess(login)
  },
)

const NO_ITEMS = 'the store returned no items'
const NO_PROFILE = 'the store holds an invalid profile'
const without = (name: string) => `the store holds an item without ${name}`
const NO_KEY = 'KMS returned no RSA key'
const NO_SIGNATURE = 'KMS returned a signature that its public key does not verify'

const found = (item: unknown) => JSON.stringify({ Responses: { [service.custom.auth.tableName]: [item] } })

const NAME = { pk: { S: 'name#ada' }, sk: { S: 'name' } }

const profile = (changes: object) =>
  found({
    pk: { S: `user#${userId}` },
    sk: { S: 'profile' },
    username: { S: 'ada' },
    emailVerified: { BOOL: false },
    role: { S: 'user' },
    passwordHash: { S: '$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo' },
    disabled: { BOOL: false },
    changeId: { S: 'request' },
    createdAt: { S: '2026-01-01T00:00:00.000Z' },
    changedAt: { S: '2026-01-01T00:00:00.000Z' },
    generation: { N: '7' },
    sessionGeneration: { N: '8' },
    ...changes,
  })

const EC_KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .publicKey.export({ format: 'der', type: 'spki' })
  .toString('base64')

const UNUSABLE = [
  ['BatchGetItem', 'known#', 'no items', '{}', NO_ITEMS],
  ['BatchGetItem', 'known#', 'items that are text', found('ada').replace('["ada"]', '"ada"'), NO_ITEMS],
  ['BatchGetItem', 'known#', 'an empty item', found({}), without('pk')],
  ['BatchGetItem', 'known#', 'an item that is null', found(null), without('pk')],
  ['BatchGetItem', 'known#', 'a name of no user', found(NAME), without('userId')],
  ['BatchGetItem', 'profile', 'no items', '{}', NO_ITEMS],
  ['BatchGetItem', 'profile', 'an invalid name', profile({ username: { S: 'Ada' } }), NO_PROFILE],
  [
    'BatchGetItem',
    'profile',
    'disabled: "false"',
    profile({ disabled: { S: 'false' } }),
    without('disabled'),
  ],
  ['BatchGetItem', 'profile', 'no hash', profile({ passwordHash: null }), without('passwordHash')],
  ['BatchGetItem', 'profile', 'no generation', profile({ generation: null }), without('generation')],
  ['GetPublicKey', 'KeyId', 'no key', '{}', NO_KEY],
  ['GetPublicKey', 'KeyId', 'a key that is no text', '{"PublicKey":{"toString":1}}', NO_KEY],
  ['GetPublicKey', 'KeyId', 'a key that is no base64', '{"PublicKey":"%%%"}', NO_KEY],
  ['GetPublicKey', 'KeyId', 'a key of another kind', JSON.stringify({ PublicKey: EC_KEY }), NO_KEY],
  ['Sign', 'KeyId', 'no signature', '{}', NO_SIGNATURE],
  ['Sign', 'KeyId', 'a signature that is no text', '{"Signature":{"toString":1}}', NO_SIGNATURE],
  ['Sign', 'KeyId', 'another signature', JSON.stringify({ Signature: 'A'.repeat(344) }), NO_SIGNATURE],
] as const

test.for(rowsOf(UNUSABLE, ([operation, text]) => operation + text))(
  'login answers 503 when %s of %s answers %s, and 200 after recovery',
  async ([operation, text, , body, reason]) => {
    const { login, ...proxies } = await start()
    const service = text === 'KeyId' ? 'kms' : 'dynamodb'
    proxies[service].inject({ operation, text, say: say(200, body) })
    const { response, log } = await login()
    expect(response).toEqual(UNAVAILABLE)
    expect(log).toEqual([expect.objectContaining({ event: 'dependency.failed', reason })])
    await proxies[service].recover()
    await expectSuccess(login)
  },
)

test('login succeeds when both dependencies fail once', async () => {
  const { dynamodb, kms, login } = await start()
  dynamodb.inject({ operation: 'BatchGetItem', say: crash, times: 1 })
  kms.inject({ operation: 'GetPublicKey', say: crash, times: 1 })
  await expectSuccess(login)
})

// Each attempt takes a second here, so these cases run at the same time.
describe.concurrent('cases that wait', () => {
  test.for(cases.filter(([, , , , fault]) => isWaiting(fault)))(OUTAGE, expectOutage)
  test.for(optional.filter(([, , , , , fault]) => isWaiting(fault)))(KEPT, expectKept)
  test.for(passing.filter(([, , , , fault]) => isWaiting(fault)))(RETRY, expectRetry)

  proof('login answers 503 in time when DynamoDB is slow and KMS never answers', async () => {
    const { dynamodb, kms, login } = await start()
    dynamodb.inject({ operation: 'BatchGetItem', say: never, times: 2 })
    kms.inject({ operation: 'GetPublicKey', say: never })
    await expectUnavailable(login, 'kms GetPublicKey failed', 'TimeoutError')
    expect(dynamodb.failed()).toBe(2)
    await kms.recover()
    await expectSuccess(login)
  })
})
