import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, onTestFinished, test, vi } from 'vitest'
import { parse } from 'yaml'
import { attributesOf, updateOf, writeIf } from '../../lib/aws/dynamodb.ts'
import { eventsTableOf } from '../../lib/events/event.ts'
import { totpKey } from '../../lib/factors/keys.ts'
import { encryptSecret } from '../../lib/factors/totp/secret.ts'
import { codeOf, NO_STEP } from '../../lib/factors/totp/totp.ts'
import { findUserByName, profileKey } from '../../lib/users/store.ts'
import { addApi, addClient, SECRET } from '../oauth/clients.ts'
import { ADA, service } from '../security/faults/aws.ts'
import { startProxy } from '../support/aws/aws-proxy.ts'
import { lambdaContext, loginEvent, sampleEvent } from '../support/http/lambda.ts'
import { recordLogs } from '../support/logs.ts'
import { root, tableOf } from '../support/process/service-description.ts'
import { useService } from '../support/service.ts'
import { newAddress, tokenIn } from '../support/users/mails.ts'
import { NEW_PASSWORD, PASSWORD } from '../support/users/sessions.ts'
import { costsIn, dollars, keptBy, startCounted, tracesOf } from './costs.ts'
import { tableIn } from './table.ts'

const page = readFileSync(`${root}/docs/DEPLOYING.md`, 'utf8')

test('DEPLOYING.md lists every parameter with its default in plugins/parameters/parameters.yml', () => {
  const brought: Record<string, Record<string, unknown>> = parse(
    readFileSync(`${root}/plugins/parameters/parameters.yml`, 'utf8'),
  )
  // A value with a variable is one that the framework has resolved.
  const isResolved = (value: unknown) => String(value).includes('$' + '{')
  const defaults = Object.entries(brought.default ?? {}).map(([name, value]) => [
    name,
    isResolved(value) ? service.params.default?.[name] : value,
  ])
  const params: typeof brought = { ...brought, default: Object.fromEntries(defaults) }
  const written = (value: unknown) => (value === null || value === '' ? 'nothing' : `\`${value}\``)
  const expected = Object.entries(params.default ?? {}).map(([name, value]) => [
    `\`${name}\``,
    written(value),
  ])
  const shown = tableIn(page, 'Parameter | Default').map(([name, value]) => [name, value])
  expect(shown.sort()).toEqual(expected.sort())
  const { dev = {}, ...others } = brought
  expect(tableIn(page, 'Parameter | In `dev`')).toEqual(
    Object.entries(dev).map(([name, value]) => [
      `\`${name}\``,
      written(value),
      written(brought.default?.[name]),
    ]),
  )
  expect(Object.keys(others)).toEqual(['default'])
})

const calculation = readFileSync(`${root}/bench/COSTS.md`, 'utf8')
const { expectSums, priceOf, quantities, sums } = costsIn(calculation)

test('the costs in bench/COSTS.md are sums of quantity times price', expectSums)

test('the costs in DEPLOYING.md are the sums of bench/COSTS.md', () => {
  expect(tableIn(page, 'A million').map(([, cost]) => cost)).toEqual(sums())
})

test('an HTTP API saves what bench/COSTS.md and OWN-PROJECT.md say', () => {
  const ofTable = sums()?.map(dollars) ?? []
  const [rest = 0, , http = 0] = ofTable.slice(5)
  const traces = Number(quantities('Authorised, cached').Traces) * priceOf('Traces')
  const atLeast = 0.05 * priceOf('Traces')
  const prices = [http, rest, http + atLeast, rest - traces + atLeast].map((one) => `$${one.toFixed(2)}`)
  expect(prices).toEqual(['$1.61', '$8.31', '$1.86', '$4.36'])
  const [cached, before, withTraces, beforeWithTraces] = prices
  expect(calculation).toContain(`a million cost ${withTraces} in place\n  of ${beforeWithTraces}.`)
  const own = readFileSync(`${root}/docs/OWN-PROJECT.md`, 'utf8').replaceAll(/\s+/g, ' ')
  expect(own).toContain(
    `costs](DEPLOYING.md#what-it-costs) ${cached} in place of ${before}, or ${withTraces} in place of ${beforeWithTraces}`,
  )
})

test('a warm login makes the calls that bench/COSTS.md counts', async () => {
  const { proxies, load } = await startCounted()
  const login = await load('login')
  const signIn = () => login(loginEvent({ body: JSON.stringify(ADA) }), lambdaContext())
  await signIn()
  for (const { calls } of Object.values(proxies)) calls.length = 0
  expect(await signIn()).toMatchObject({ statusCode: 200 })
  // The name and the mark, the profile; the session and its event; three counters, twice.
  const counters = Array(6).fill('UpdateItem')
  expect(proxies.dynamodb.calls.sort()).toEqual([
    'BatchGetItem',
    'BatchGetItem',
    'TransactWriteItems',
    ...counters,
  ])
  expect(proxies.kms.calls).toEqual(['Sign'])
  expect(quantities('Login')).toMatchObject({
    'Read units': '3',
    // An event has an index.
    'Write units': String(2 * 2 + 1 + 6),
    'RSA-2048 signatures': '1',
  })
})

test('a login from a first source writes one unit more', async () => {
  const { proxies, load } = await startCounted()
  const login = await load('login')
  expect(await login(loginEvent({ body: JSON.stringify(ADA) }), lambdaContext())).toMatchObject({
    statusCode: 200,
  })
  expect(proxies.dynamodb.calls.filter((call) => call === 'UpdateItem')).toHaveLength(7)
  expect(calculation).toContain('One from a first source marks it, which is a twelfth write')
})

test('what a login stores costs what bench/COSTS.md counts', async () => {
  const { aws, load } = await startCounted()
  const table = tableOf(service, aws)
  const login = await load('login')
  await login(loginEvent({ body: JSON.stringify(ADA) }), lambdaContext())
  const scan = async (TableName: string, kind: string) => {
    const { Items = [] } = (await table.aws('dynamodb', 'Scan', { TableName })) as { Items?: [] }
    return Items.filter(({ sk }: { sk: { S: string } }) => sk.S.startsWith(kind))
  }
  const events = await scan(eventsTableOf(table), 'session#')
  expect([events.length, (await scan(table.name, 'session#')).length]).toEqual([1, 1])
  const event = keptBy(events, Date.now())
  // A session in use is there for a month.
  const session = 0.5
  const { 'KB stored for a month': stored, 'KB recoverable for a month': recoverable } = quantities('Login')
  // An index holds each event again, and has no recovery.
  expect(Math.abs(2 * event + session - Number(stored)) / Number(stored)).toBeLessThan(0.04)
  expect(Math.abs(event + session - Number(recoverable)) / Number(recoverable)).toBeLessThan(0.04)
})

test.each(['Login', 'Login with an app', 'Registration', 'Reset', 'Refresh', 'Authorised, cached'])(
  'the traces of a %s are those of its requests at the gateway',
  (column) => {
    const used = quantities(column)
    expect(used.Traces).toBe(tracesOf(Number(used['Requests at the gateway'])))
  },
)

test('a login with an app makes the calls that bench/COSTS.md counts', async () => {
  const { aws, proxies, load } = await startCounted()
  const [login, loginFactor] = [await load('login'), await load('login-factor')]

  const table = tableOf(service, aws)
  const { id } = (await findUserByName(table, ADA.username)) ?? { id: '' }
  const secret = randomBytes(20)
  const factorKey = String(service.functions['login-factor']?.environment?.FACTOR_KEY)
  const ciphertext = await encryptSecret(table.aws, factorKey, id, secret)
  const app = { ciphertext, lastStep: NO_STEP, createdAt: new Date().toISOString() }
  await writeIf(table, 'PutItem', { Item: { ...totpKey(id), ...attributesOf(app) } })
  await writeIf(table, 'UpdateItem', { Key: profileKey(id), ...updateOf({ factors: 'totp' }, {}) })

  const signIn = async () => {
    const begun = await login(loginEvent({ body: JSON.stringify(ADA) }), lambdaContext())
    const { loginToken } = JSON.parse(begun.body)
    const body = JSON.stringify({ loginToken, code: codeOf(secret, Math.floor(Date.now() / 30_000)) })
    const event = loginEvent({ body, resource: '/login/totp' })
    expect(await loginFactor(event, lambdaContext())).toMatchObject({ statusCode: 200 })
  }
  const begunAtMs = Date.now()
  vi.useFakeTimers({ toFake: ['Date'], now: begunAtMs })
  onTestFinished(() => void vi.useRealTimers())
  await signIn()
  for (const { calls } of Object.values(proxies)) calls.length = 0
  // A code is accepted once.
  vi.setSystemTime(begunAtMs + 3_600_000)
  await signIn()
  expect(proxies.dynamodb.calls.toSorted()).toEqual([
    // The name and the mark, the profile, the reset, the recovery codes; the login token, the profile, the app; the mark, the
    // codes and the reset.
    ...Array(8).fill('BatchGetItem'),
    // The login token and its event. The step, the login token, the session and its event. Each counts twice, and an event once more for its index.
    'TransactWriteItems',
    'TransactWriteItems',
    // Three counters, twice. The place of the event. A try, and the codes, twice.
    ...Array(10).fill('UpdateItem'),
  ])
  expect(proxies.kms.calls.toSorted()).toEqual(['Decrypt', 'Sign'])
  expect(quantities('Login with an app')).toMatchObject({
    'Read units': String(3 + 2 + 3 + 3),
    'Write units': String(2 * 2 + 4 * 2 + 2 + 10),
    'RSA-2048 signatures': '1',
    'Decryptions in KMS': '1',
  })
})

test('the token of a machine makes the calls that bench/COSTS.md counts, and a million cost at most $12', async () => {
  const { aws, proxies, load } = await startCounted()
  const table = tableOf(service, aws)
  await addApi(table)
  const scopes = ['https://orders.example orders.read']
  await addClient(table, { id: 'robot', type: 'machine', redirectUris: [], scopes })
  const token = await load('token')
  const body = String(
    new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: 'robot',
      client_secret: SECRET,
    }),
  )
  const ask = () => token({ ...sampleEvent('token'), body }, lambdaContext())
  await ask()
  for (const { calls } of Object.values(proxies)) calls.length = 0
  expect(await ask()).toMatchObject({ statusCode: 200 })
  // The client; the API.
  expect(proxies.dynamodb.calls).toEqual(['BatchGetItem', 'BatchGetItem'])
  expect(proxies.kms.calls).toEqual(['Sign'])
  const used = quantities('Token of a machine')
  expect(used).toMatchObject({ 'Read units': '2', 'Write units': '0', 'RSA-2048 signatures': '1' })
  expect(dollars(used['**A million cost**'])).toBeLessThanOrEqual(12)
})

test('a registration and a reset make the calls that bench/COSTS.md counts', async () => {
  recordLogs()
  const stores = { dynamodb: new URL('http://127.0.0.1'), kms: new URL('http://127.0.0.1') }
  const proxies = { dynamodb: await startProxy(stores.dynamodb), kms: await startProxy(stores.kms) }
  const mails = await useService({
    settings: {
      FEDERATION: 'off',
      AWS_ENDPOINT_URL_DYNAMODB: proxies.dynamodb.url.href,
      AWS_ENDPOINT_URL_KMS: proxies.kms.url.href,
    },
  })
  stores.dynamodb.port = mails.aws.settings.endpoints.dynamodb.port
  stores.kms.port = mails.aws.settings.endpoints.kms.port
  const callsOf = async (act: () => Promise<unknown>) => {
    for (const { calls } of Object.values(proxies)) calls.length = 0
    const before = { mails: mails.aws.mailbox.list().length, events: mails.events.length }
    await act()
    return {
      dynamodb: proxies.dynamodb.calls.toSorted(),
      signatures: proxies.kms.calls.filter((call) => call === 'Sign').length,
      mails: mails.aws.mailbox.list().length - before.mails,
      invocationsOfMailer: mails.events.length - before.events,
    }
  }
  const address = newAddress()
  const register = async () => {
    await mails.ask('register', { body: { email: address } })
    const body = { token: tokenIn(mails.mailTo(address)), password: PASSWORD }
    expect(await mails.ask('new-account', { body })).toMatchObject({ status: 200 })
  }
  const reset = async () => {
    await mails.ask('forgot', { body: { login: address } })
    const body = { token: tokenIn(mails.mailTo(address)), password: NEW_PASSWORD }
    expect(await mails.ask('reset', { body })).toMatchObject({ status: 204 })
  }

  // The login name; the confirmation. The claim. The source, the recipient, its codes, the sent mail, the usernames
  // tried, the mark.
  expect(await callsOf(register)).toEqual({
    dynamodb: [
      ...Array(2).fill('BatchGetItem'),
      'PutItem',
      // The profile, the login name, the spent confirmation and the event; the session and its event. Each counts twice.
      'TransactWriteItems',
      'TransactWriteItems',
      ...Array(6).fill('UpdateItem'),
    ],
    signatures: 1,
    mails: 1,
    invocationsOfMailer: 1,
  })
  expect(quantities('Registration')).toMatchObject({
    'Read units': '2',
    // Two indexes have an entry of the profile. It follows the transaction, and counts once.
    'Write units': String(1 + 6 * 2 + 6 + 2 + 2),
    'RSA-2048 signatures': '1',
    Mails: '1',
    Invocations: '3',
  })

  // The login name, the profile; the confirmation, the profile. Two claims. The source, the recipient, its codes, the mark,
  // the notice, and two sent mails.
  expect(await callsOf(reset)).toEqual({
    dynamodb: [
      ...Array(4).fill('BatchGetItem'),
      ...Array(2).fill('PutItem'),
      // The profile, the spent confirmation, the event.
      'TransactWriteItems',
      ...Array(7).fill('UpdateItem'),
    ],
    signatures: 0,
    mails: 2,
    invocationsOfMailer: 2,
  })
  expect(quantities('Reset')).toMatchObject({
    'Read units': '4',
    'Write units': String(2 + 3 * 2 + 1 + 7),
    'RSA-2048 signatures': '0',
    Mails: '2',
    Invocations: '4',
  })
  for (const proxy of Object.values(proxies)) proxy.close()
  mails.aws.stop()
})
