import { randomBytes, randomUUID } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { arnOf, ownArn, type Statement } from '../../lib/aws/access.ts'
import { transact, writeIf } from '../../lib/aws/dynamodb.ts'
import { storeEnrolmentCode } from '../../lib/enrolment/code.ts'
import type { Passkey } from '../../lib/factors/passkeys/passkey.ts'
import { addPasskey } from '../../lib/factors/passkeys/store.ts'
import { CODE_RANDOM_BYTES } from '../../lib/factors/recovery-codes/recovery-codes.ts'
import { removalOfFactors } from '../../lib/factors/removal.ts'
import {
  CONFIRMATION_RANDOM_BYTES,
  type ConfirmationKind,
  MAIL_ID_BYTES,
  newMailId,
  startConfirmation,
} from '../../lib/mail/confirmation.ts'
import { announcement, storeFactorReset } from '../../lib/mail/factor-reset.ts'
import { claimMail, storeInvitation } from '../../lib/mail/store.ts'
import { hashPassword, SALT_BYTES } from '../../lib/passwords/hash.ts'
import { withSecret } from '../../lib/sessions/refresh-token.ts'
import { totpCounter } from '../../lib/throttling/factor-counters.ts'
import { reserveAttempt } from '../../lib/throttling/store.ts'
import { secondOf } from '../../lib/time.ts'
import { findUserByName, profileKey } from '../../lib/users/store.ts'
import { type LocalAws, startLocalAws } from '../../local/aws.ts'
import { fillTokens } from '../../local/tokens.ts'
import { type DocumentHost, startDocumentHost } from '../oauth/document-host.ts'
import { type AwsProxy, startProxy } from '../support/aws/aws-proxy.ts'
import { keeping } from '../support/aws/table.ts'
import { loadHandler, warmHandlers } from '../support/http/handlers.ts'
import { lambdaContext, sampleEvent } from '../support/http/lambda.ts'
import { SAMPLES } from '../support/http/sample-events.ts'
import { recordLogs } from '../support/logs.ts'
import {
  describeService,
  mailOf,
  resourcesOf,
  tableOf,
  tokenSourceOf,
} from '../support/process/service-description.ts'
import { authenticator } from '../support/users/authenticator.ts'
import { addFakeFactor, beginLogin } from '../support/users/fake-factor.ts'
import { WEAK } from '../support/users/sessions.ts'
import { addTestUser, testAct } from '../support/users/users.ts'
import { createPasskey } from '../support/users/webauthn/authenticator.ts'
import { runDevices } from './device-calls.ts'
import { faultsOfEvents } from './event-oracle.ts'
import { lost, refused, runFactors } from './factor-calls.ts'
import { runFederation } from './federation-calls.ts'
import { runMails } from './mail-logs.ts'
import { runMailSignIns } from './mail-sign-in-calls.ts'
import { FETCHED, runOAuth } from './oauth-calls.ts'
import { runOperators } from './operator-calls.ts'
import { runPasskeys } from './passkey-calls.ts'
import { permissions } from './permissions.ts'
import { type Access, accessReader, allows, kmsAccessOf, withoutKeys } from './policy.ts'
import { runProofs } from './proof-calls.ts'
import { runProviders } from './provider-calls.ts'

const network = vi.hoisted(() => ({ host: undefined as DocumentHost | undefined }))
vi.mock('../../lib/oauth/documents/edge.ts', async () =>
  (await import('../oauth/document-host.ts')).edgeOf(network),
)

const PASSKEY: Passkey = {
  credentialId: 'credential',
  publicKey: 'key',
  counter: 0,
  deviceType: 'singleDevice',
  backedUp: false,
  uvInitialized: true,
  name: 'Passkey',
  createdAt: '2026-11-26T09:00:00.000Z',
}

const service = describeService()
const NAMES = Object.keys(service.functions)
const PERMISSIONS = permissions({
  keys: ['KeyA', 'KeyB'],
  name: service.provider.stage,
  sender: String(service.functions.mailer?.environment?.MAIL_FROM),
})

const readAccesses = accessReader(service)

/** What each function did to AWS. */
const accesses = new Map<string, Access[]>()

/** All requests to DynamoDB, as text. */
const requests: string[] = []

/** What is wrong with the events of these requests. */
const faults = new Set<string>()

let aws: LocalAws

beforeAll(async () => {
  recordLogs()
  // No window of a limit begins between two attempts that it counts.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
  network.host = await startDocumentHost()
  // `approve` gets a document by an invocation. The fetcher itself runs on its sample event.
  const invoke = async () => ({ isReturned: true, payload: JSON.stringify(FETCHED) })
  aws = await startLocalAws(resourcesOf(service), service.provider.region, { ...mailOf(service), invoke })
  for (const [name, { functionKey }] of Object.entries(SAMPLES)) {
    await run(functionKey, await fillTokens(sampleEvent(name), tokenSourceOf(service, aws), new Date()))
  }
  await walk()
  await runFactors(run, tableOf(service, aws))
  await runPasskeys(run, tableOf(service, aws))
  await runProofs(run, tableOf(service, aws))
  await runDevices(run, tableOf(service, aws))
  await runFederation(run, tableOf(service, aws))
  await runMailSignIns(run, tableOf(service, aws))
  const administrate = await runOperators(run, tableOf(service, aws), tokenSourceOf(service, aws))
  await runOAuth(run, tableOf(service, aws), async (userId, sessionId) => {
    await administrate('GET', `users/${userId}/grants`)
    await administrate('POST', `users/${userId}/sessions/${sessionId}/end`)
    await administrate('POST', `users/${userId}/grants/shop/end`)
  })
  const { PUBLIC_URL = '' } = service.functions.federation?.environment ?? {}
  await runProviders(run, tableOf(service, aws), new URL(PUBLIC_URL).origin)
  await runMails((functionKey, event, at, described) => run(functionKey, event, { at, described }), aws)
  for (const { proxies } of await Promise.all(stages.values())) {
    for (const proxy of Object.values(proxies)) proxy.close()
  }
  aws.stop()
  network.host.stop()
  vi.useRealTimers()
  vi.restoreAllMocks()
})

interface Setting {
  at?: LocalAws
  described?: typeof service | undefined
  /** Prepares a proxy before DynamoDB. */
  prepare?: (dynamodb: AwsProxy) => void
}

/** Starts a proxy before each service of AWS, and returns the proxies with loaders of functions that call them. */
async function startStage(at: LocalAws) {
  const { endpoints } = at.settings
  const proxies = {
    dynamodb: await startProxy(endpoints.dynamodb),
    kms: await startProxy(endpoints.kms),
    lambda: await startProxy(endpoints.lambda),
    ses: await startProxy(endpoints.ses),
  }
  const { dynamodb, kms, lambda, ses } = proxies
  const urls = { dynamodb: dynamodb.url, kms: kms.url, lambda: lambda.url, ses: ses.url }
  const proxied = { ...at, settings: { ...at.settings, endpoints: urls } }
  const load = (described: typeof service, functionKey: string) =>
    loadHandler(described, functionKey, proxied)
  return { proxies, load, usual: warmHandlers(service, proxied) }
}

/** By the endpoints of AWS. Each stage keeps its functions warm. */
const stages = new Map<string, ReturnType<typeof startStage>>()

/** Runs a function, records what it does, and returns its response. */
async function run(functionKey: string, event: unknown, setting: Setting = {}): Promise<unknown> {
  const { at = aws, described = service, prepare } = setting
  const endpoints = Object.values(at.settings.endpoints).join(' ')
  const starting = stages.get(endpoints) ?? startStage(at)
  stages.set(endpoints, starting)
  const { proxies, load, usual } = await starting
  const handler = await (described === service ? usual(functionKey) : load(described, functionKey))
  for (const proxy of Object.values(proxies)) {
    await proxy.recover()
    proxy.calls.length = proxy.bodies.length = proxy.paths.length = 0
  }
  const { dynamodb } = proxies
  prepare?.(dynamodb)
  const response: unknown = await handler(event, lambdaContext()).catch(() => undefined)
  const made = Object.values(proxies).flatMap(({ calls, bodies, paths }) =>
    calls.flatMap((operation, index) =>
      readAccesses({ operation, path: paths[index] ?? '', body: bodies[index] ?? '' }),
    ),
  )
  accesses.set(functionKey, [...(accesses.get(functionKey) ?? []), ...made])
  requests.push(...dynamodb.bodies)
  dynamodb.calls.forEach((operation, index) => {
    for (const fault of faultsOfEvents(operation, dynamodb.bodies[index] ?? ''))
      faults.add(`${functionKey}: ${fault}`)
  })
  return response
}

/** Fails a write. */
const failWrite = (operation: string, text: string, type: string) => ({
  prepare: (dynamodb: AwsProxy) =>
    dynamodb.inject({
      operation,
      text,
      say: (response) => response.writeHead(400).end(JSON.stringify({ __type: `x#${type}Exception` })),
    }),
})

/** Does what the sample events do not: with a user who has an address, by codes, and after refused writes. */
async function walk(): Promise<void> {
  const table = tableOf(service, aws)
  const passwordHash = await hashPassword('eve', Buffer.alloc(SALT_BYTES))
  const names = { username: 'eve', email: 'eve@example.org', emailAsWritten: 'Eve@example.org' }
  await addTestUser(table, { ...names, passwordHash })

  /** Returns a sample event for eve, with another body. */
  const eventOf = (sample: string, body: object) => {
    const text = JSON.stringify({ ...sampleEvent(sample), body: JSON.stringify(body) })
    return fillTokens(
      JSON.parse(text.replaceAll(/\{\{(user|admin) /g, '{{eve ')),
      tokenSourceOf(service, aws),
      new Date(),
    )
  }
  const confirm = async (kind: ConfirmationKind, address?: string) => {
    const mailId = newMailId(randomBytes(MAIL_ID_BYTES), address)
    const { id: userId, generation, email } = Object(await findUserByName(table, 'eve'))
    const bindings = address === 'New@example.org' ? {} : { userId, generation, email }
    const random = randomBytes(CONFIRMATION_RANDOM_BYTES)
    const { confirmation, code } = startConfirmation({ kind, mailId, bindings }, new Date(), random)
    const claim = { claimId: 'walk', invocationId: 'walk' }
    await claimMail(table, mailId, { claim, confirmation }, new Date())
    return { mailId, code }
  }

  await run('login', await eventOf('login', { username: 'eve', password: 'eve' }))
  await run(
    'login',
    await eventOf('login', { username: 'eve', password: 'eve' }),
    failWrite('TransactWriteItems', 'session#', 'Validation'),
  )
  // A page of events that is not the first one.
  const after = Buffer.from('2000-01-01T00:00:00.000Z#event').toString('base64url')
  const page = { ...sampleEvent('GET /me/events'), queryStringParameters: { after } }
  await run('me', await fillTokens(page, tokenSourceOf(service, aws), new Date()))
  // A sign-in that replaces a hash of a lower cost.
  await addTestUser(table, { username: 'weak', passwordHash: WEAK.hash })
  await run('login', await eventOf('login', { username: 'weak', password: WEAK.password }))
  await addFakeFactor(table, await addTestUser(table, { username: 'with-factor', passwordHash }))
  const replaces = '{{eve refresh token}}'
  await run('login', await eventOf('login', { username: 'with-factor', password: 'wrong' }))
  await run('login', await eventOf('login', { username: 'with-factor', password: 'eve', replaces }))
  await run('login', await eventOf('login', { username: 'eve', password: 'eve', replaces }))
  // A sign-in with another token of the session ends it.
  const older = await eventOf('login', { username: 'eve', password: 'eve', replaces })
  await run('login', { ...older, body: String(older.body).replace(/[\w-]{43}(?="\}$)/, 'A'.repeat(43)) })
  // A token that was replaced before the grace period ends the session.
  const refresh = await eventOf('refresh', { refreshToken: replaces })
  const now = Date.now()
  for (const seconds of [0, 11]) {
    vi.setSystemTime(now + seconds * 1_000)
    await run('refresh', refresh)
  }
  vi.setSystemTime(now)
  const change = { currentPassword: 'eve', newPassword: 'correct horse battery staple' }
  await run('password', await eventOf('password', change), refused)
  await run('password', await eventOf('password', change))
  await run(
    'logout',
    await eventOf('logout', { refreshToken: '{{eve refresh token}}', everywhere: true }),
    refused,
  )
  const last = { ...(await confirm('registration', 'Last@example.org')), password: 'a third horse battery' }
  await run(
    'new-account',
    await eventOf('new-account', last),
    failWrite('TransactWriteItems', 'session#', 'Validation'),
  )
  const invited = {
    ...(await confirm('invitation', 'Invited@example.org')),
    password: 'a fourth horse battery',
    session: 'cookie',
  }
  await storeInvitation(table, invited.mailId, 'admin', testAct(new Date()))
  // In a browser with the session of another user.
  const inBrowser = await eventOf('new-account', invited)
  const { headers: withCookie } = await eventOf('POST /refresh cookie', {})
  await run('new-account', { ...inBrowser, headers: { ...inBrowser.headers, ...withCookie } })
  for (const setting of [refused, {}]) {
    const reset = { ...(await confirm('reset')), password: 'another horse battery staple' }
    await run('reset', await eventOf('reset', reset), setting)
    const registration = { ...(await confirm('registration', 'New@example.org')), password: reset.password }
    await run('new-account', await eventOf('new-account', registration), setting)
    const address = await confirm('address', 'Other@example.org')
    await run('confirm-email', await eventOf('confirm-email', address), setting)
  }

  // A registration with a passkey in place of a password.
  const proved = await confirm('registration', 'Sixth@example.org')
  const begun = { ...(await eventOf('enrolment', proved)), resource: '/register/passkey' }
  const options = JSON.parse(Object(await run('enrolment', begun)).body)
  const [pageOrigin = ''] = String(service.functions['new-account']?.environment?.RP_ORIGINS).split(',')
  const { response } = createPasskey(options, pageOrigin)
  await run('new-account', await eventOf('new-account', { ...proved, response }))

  const { id: userId, generation } = Object(await findUserByName(table, 'eve'))
  const newId = (address?: string) => newMailId(randomBytes(MAIL_ID_BYTES), address)
  const at = new Date().toISOString()
  const invitedId = newId('fourth@example.org')
  await storeInvitation(table, invitedId, 'admin', testAct(new Date()))
  const resetId = newId()
  await storeFactorReset(table, userId, resetId, testAct())
  for (const event of [
    { kind: 'reset', mailId: newId(), loginName: 'eve', at },
    { kind: 'address', mailId: newId('third@example.org'), userId, generation, at },
    { kind: 'invitation', mailId: invitedId, at },
    { kind: 'enrolment', mailId: newId(), userId, generation, at },
    { kind: 'factor-reset', mailId: resetId, userId, at },
  ]) {
    await run('mailer', event)
  }
  // Sign-ins of a user with second factors: before a reset has elapsed, and after it, also with a passkey.
  const { id } = Object(await findUserByName(table, 'eve'))
  const giveFactor = () =>
    writeIf(table, 'UpdateItem', {
      Key: profileKey(id),
      UpdateExpression: 'SET factors = :factors',
      ExpressionAttributeValues: { ':factors': { S: 'passkey' } },
    })
  const credentials = { username: 'eve', password: 'another horse battery staple' }
  for (const setting of [refused, {}]) {
    await giveFactor()
    await run('login', await eventOf('login', credentials))
    await transact(table, addPasskey(id, PASSKEY))
    await storeFactorReset(table, id, 'reset', testAct())
    const twoDaysAgo = new Date(Date.now() - 2 * 86_400_000)
    await transact(table, [announcement(id, 'reset', 86_400, twoDaysAgo)])
    await run('login', await eventOf('login', credentials), setting)
  }

  // An enrolment by codes: of a mail, and of an operator.
  const proof = (body: object) =>
    eventOf('enrolment', { enrolmentToken: '{{user enrolment token}}', ...body }).then((event) => ({
      ...event,
      resource: '/enrolment/proof',
    }))
  await run('enrolment', await proof(await confirm('enrolment')))
  const random = randomBytes(CODE_RANDOM_BYTES)
  const eve = Object(await findUserByName(table, 'eve'))
  await run(
    'enrolment',
    await proof({ operatorCode: await storeEnrolmentCode(table, eve, random, testAct(new Date())) }),
  )
  // A registration under the policy, and enrolments with an app: refused, with a lost response, and complete.
  const underPolicy = {
    ...service,
    functions: {
      ...service.functions,
      'new-account': {
        ...Object(service.functions['new-account']),
        environment: { ...service.functions['new-account']?.environment, REQUIRE_SECOND_FACTOR: 'all' },
      },
    },
  }
  const withoutPassword = await eventOf('new-account', await confirm('registration', 'Seventh@example.org'))
  await run('new-account', withoutPassword, { described: underPolicy })
  const registration = {
    ...(await confirm('registration', 'Fifth@example.org')),
    password: 'a fifth horse battery',
    session: 'cookie',
  }
  const inCookie = await eventOf('new-account', registration)
  const cookie = await eventOf('POST /refresh cookie', {})
  const headers = { ...inCookie.headers, ...cookie.headers }
  await run('new-account', { ...inCookie, headers }, { described: underPolicy })
  await transact(table, [{ Delete: { Key: { pk: { S: `user#${id}` }, sk: { S: 'recovery-codes' } } } }])
  // The sign-in renews the session of the current token. With an older one, it ends the session.
  const tokenOfSession = async (isOlder: boolean) => {
    const { body } = await eventOf('refresh', { refreshToken: '{{eve refresh token}}' })
    const { refreshToken } = JSON.parse(String(body))
    return isOlder ? withSecret(refreshToken, 'A'.repeat(43)) : refreshToken
  }
  const startEnrolment = async (resource: string, isOlder: boolean) => {
    const user = Object(await findUserByName(table, 'eve'))
    const details = {
      purpose: 'enrolment' as const,
      provedAt: secondOf(new Date()),
      pairSk: 'attempts#203.0.113.7#1',
      pairAttempts: ['earlier'],
      replaces: await tokenOfSession(isOlder),
    }
    const { token: enrolmentToken } = await beginLogin(table, user, new Date(), details)
    const event = await eventOf('enrolment', { enrolmentToken })
    const response = await run('enrolment', { ...event, resource })
    return { enrolmentToken, started: JSON.parse(Object(response).body) }
  }
  for (const setting of [refused, lost, {}]) {
    const { enrolmentToken, started } = await startEnrolment('/enrolment/totp', setting === lost)
    const code = authenticator(started.secret)(new Date())
    await storeFactorReset(table, id, 'reset', testAct())
    const confirming = await eventOf('enrol-totp', { enrolmentToken, code })
    Object.assign(confirming.requestContext.identity, { sourceIp: '203.0.113.8' })
    await run('enrol-totp', confirming, setting)
  }
  // And with a passkey.
  const removal = await removalOfFactors(table, id)
  await transact(table, removal)
  await writeIf(table, 'UpdateItem', { Key: profileKey(id), UpdateExpression: 'REMOVE factors' })
  for (const setting of [refused, lost, {}]) {
    const { enrolmentToken, started } = await startEnrolment('/enrolment/passkey/options', setting === lost)
    await reserveAttempt(keeping(table), [totpCounter(id, new Date())], randomUUID(), new Date())
    const [origin = ''] = String(service.functions['add-passkey']?.environment?.RP_ORIGINS).split(',')
    const { response } = createPasskey(started, origin)
    await storeFactorReset(table, id, 'reset', testAct())
    const adding = await eventOf('POST /enrolment/passkey', { enrolmentToken, response })
    Object.assign(adding.requestContext.identity, { sourceIp: '203.0.113.9' })
    await run('add-passkey', adding, setting)
  }
  await run('delete-me', await eventOf('delete-me', { currentPassword: 'another horse battery staple' }))
}

test.each(NAMES)('the role of %s allows each of its calls of AWS', (name) => {
  const statements = PERMISSIONS[name] ?? []
  const made = accesses.get(name) ?? []
  const isAllowed = (access: Access) => statements.some((statement) => allows(statement, access))
  expect(made.filter((access) => !isAllowed(access))).toEqual([])
  // AWS does not say whether keys count as attributes, and reads name them in their projection.
  const isWrite = ({ context }: Access) => context['dynamodb:Select'] === undefined
  expect(made.filter((access) => isWrite(access) && !isAllowed(withoutKeys(access)))).toEqual([])
  // Its one call has its unit tests: EventBridge is no service of DynamoDB's address here.
  expect(made.length > 0).toBe(statements.length > 0 && name !== 'publish-event')
})

/** Another key, or another function, for each action that names one. */
const OTHERS: Record<string, unknown> = {
  'kms:GetPublicKey': arnOf('FactorKey'),
  'kms:Sign': arnOf('FactorKey'),
  'kms:Encrypt': arnOf('KeyA'),
  'kms:Decrypt': arnOf('KeyA'),
  'lambda:InvokeFunction': ownArn('lambda', `function:${service.custom.auth.tableName}-login`),
}

test('no role allows its calls with another key or of another function', () => {
  const allowed = NAMES.flatMap((name) => {
    const changed = (accesses.get(name) ?? [])
      .filter(({ action }) => action in OTHERS)
      .map((access) => ({ ...access, resource: OTHERS[access.action] }))
    const isAllowed = (access: Access) => PERMISSIONS[name]?.some((statement) => allows(statement, access))
    return changed.filter(isAllowed).map(({ action }) => `${name}: ${action}`)
  })
  expect(allowed).toEqual([])
  const seen = new Set([...accesses.values()].flatMap((made) => made.map(({ action }) => action)))
  expect(Object.keys(OTHERS).filter((action) => !seen.has(action))).toEqual([])
})

/** What only operators write: who owns a scope, and the request for a reset of second factors. */
const OF_OPERATORS = ['identifier = :identifier']

test('each expression in lib and functions is in a recorded call', () => {
  const files = ['lib', 'functions'].flatMap((folder) => globSync(`${folder}/**/*.ts`))
  const sources = files.filter((file) => !file.includes('.test.')).map((file) => readFileSync(file, 'utf8'))
  // Up to the first placeholder of a template. An expression may stand in a variable or a parameter.
  const literals = sources.flatMap((source) => [
    ...source.matchAll(/(?:Condition|Update|Projection)Expression\s*[:=]\s*['`]([^'`$]+)/g),
    ...source.matchAll(
      /['`]((?:(?:SET|ADD|DELETE|REMOVE) #?[a-z]|attribute_(?:not_)?exists\(|#?\w+ (?:=|<>|<=) :)[^'`$]*)/g,
    ),
  ])
  const expressions = [...new Set(literals.map(([, text = '']) => text))]
  expect(expressions.length).toBeGreaterThan(25)
  const unseen = expressions.filter((text) => !requests.some((body) => body.includes(text)))
  expect(unseen.sort()).toEqual(OF_OPERATORS)
})

test('each recorded call has exactly one event for each account and session that it changes', () => {
  expect([...faults]).toEqual([])
})

test('no route but POST /identities and POST /register/provider writes an identity', () => {
  const writers = [...accesses].filter(([, all]) =>
    all.some(({ action, context }) => {
      const keys = context['dynamodb:LeadingKeys'] ?? []
      return (
        /^dynamodb:(Put|Update)Item$/.test(action) &&
        keys.some((key) => key.startsWith('credential#identity#'))
      )
    }),
  )
  expect(writers.map(([name]) => name).sort()).toEqual(['identities', 'new-identity'])
  const allowing = (partition: string) =>
    NAMES.filter((name) =>
      PERMISSIONS[name]?.some(
        ({ Action, Condition }) =>
          [Action].flat().some((one) => /^dynamodb:(Put|Update)Item$/.test(one)) &&
          Object(Condition)['ForAllValues:StringLike']?.['dynamodb:LeadingKeys']?.includes(partition),
      ),
    ).sort()
  expect(allowing('credential#identity#*')).toEqual(['identities', 'new-identity'])
  // They can add a passkey to each account, so a claim of an identity gains them nothing.
  expect(allowing('credential#*')).toEqual(['add-passkey', 'new-account'])
})

/** Lambda itself puts events into the queue. */
const OF_LAMBDA = 'mailer: sqs:SendMessage'

const nameOf = (name: string, { Action, Condition }: Statement) =>
  [
    `${name}: ${Action}`,
    ...(Object(Condition)['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'] ?? []),
  ].join(' ')

test('each statement allows a call that its function makes', () => {
  const unused = NAMES.flatMap((name) =>
    (PERMISSIONS[name] ?? [])
      .filter((statement) => !accesses.get(name)?.some((access) => allows(statement, access)))
      .map((statement) => nameOf(name, statement)),
  )
  expect(unused).toEqual(['publish-event: events:PutEvents', OF_LAMBDA])
})

describe('the key of second factors', () => {
  const allowing = (action: string) =>
    NAMES.filter((name) => name !== 'federation').filter((name) =>
      PERMISSIONS[name]?.some(({ Action }) => [Action].flat().includes(action)),
    )

  test('is used to decrypt by the functions that verify codes only', () => {
    expect(allowing('kms:Decrypt').sort()).toEqual(['confirm-totp', 'enrol-totp', 'login-factor'])
  })

  test('decrypts secrets of identity providers for their function, and no others', () => {
    const isAllowed = (EncryptionContext: object) => {
      const body = JSON.stringify({ KeyId: service.custom.auth.factorKey, EncryptionContext })
      const access = kmsAccess('Decrypt', body)
      return PERMISSIONS.federation?.some((one) => allows(one, access))
    }
    expect([{ provider: 'demo' }, { user: 'ada' }, {}].map(isAllowed)).toEqual([true, false, false])
  })

  test('is used to encrypt by the functions that set up an authenticator app only', () => {
    expect(allowing('kms:Encrypt')).toEqual(['enrolment', 'factors'])
  })

  const kmsAccess = kmsAccessOf(service)

  test.each(['kms:Encrypt', 'kms:Decrypt'])('%s needs a context with exactly the key user', (action) => {
    const isAllowed = (EncryptionContext?: object) => {
      const body = JSON.stringify({ KeyId: service.custom.auth.factorKey, EncryptionContext })
      const access = kmsAccess(action.replace('kms:', ''), body)
      return allowing(action).map((name) => PERMISSIONS[name]?.some((one) => allows(one, access)))
    }
    const all = allowing(action).map(() => true)
    const none = all.map(() => false)
    expect(isAllowed({ user: 'ada' })).toEqual(all)
    expect(isAllowed({ user: 'ada', role: 'admin' })).toEqual(none)
    expect(isAllowed({ name: 'ada' })).toEqual(none)
    expect(isAllowed({})).toEqual(none)
    expect(isAllowed()).toEqual(none)
  })
})

test.each(NAMES)('each action, attribute and partition of %s is in a call that it makes', (name) => {
  const unused = (PERMISSIONS[name] ?? []).flatMap((statement) => {
    const condition = Object(statement.Condition)
    const attributes: string[] = condition['ForAllValues:StringEquals']?.['dynamodb:Attributes'] ?? []
    const partitions: string[] = condition['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'] ?? []
    const allowed = (accesses.get(name) ?? []).filter((access) => allows(statement, access))
    const named = allowed.flatMap(({ context }) => context['dynamodb:Attributes'])
    const keys = allowed.flatMap(({ context }) => context['dynamodb:LeadingKeys'] ?? [])
    // A statement without a call is named by the test above.
    if (allowed.length === 0) return []
    return [
      ...statement.Action.filter((one) => !allowed.some(({ action }) => action === one)),
      ...attributes.filter((attribute) => !named.includes(attribute)),
      ...partitions.filter((pattern) => !keys.some((key) => key.startsWith(pattern.replace('*', '')))),
    ].map((one) => `${nameOf(name, statement)}: ${one}`)
  })
  // This application defines no attributes of users, and has one language.
  const unusedHere: Record<string, RegExp> = {
    'admin-danger': /^admin-danger: dynamodb:UpdateItem .*: attributes$/,
    'new-account': /^new-account: dynamodb:PutItem .*: locale$/,
    'new-identity': /^new-identity: dynamodb:PutItem .*: locale$/,
  }
  const pattern = unusedHere[name]
  expect(unused).toEqual(pattern ? [expect.stringMatching(pattern)] : [])
})
