import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { usersCommand } from '../../../scripts/users/command.ts'
import { type Say, startProxy } from '../../support/aws/aws-proxy.ts'
import { beginInProcess, refusal, success } from '../../support/process/command.ts'
import { APPLE, APPLE_KEY, SECRET, useProviders } from './providers.ts'

const store = await useProviders()
const { far } = store
const ACME = 'https://login.acme.example'
const oidc = ['--kind', 'oidc', '--client-id', 'us', '--issuer', ACME]
const proxy = await startProxy(new URL(store.endpoint))
afterAll(() => proxy.close())

beforeEach(async () => {
  // No pause between attempts.
  vi.spyOn(Math, 'random').mockReturnValue(0)
  await proxy.recover()
  await store.clear()
  far.serve(ACME)
  far.serve('https://appleid.apple.com')
  await store.run('add', 'acme', ...oidc, '--name', 'Acme')
})

const events = async (id = 'acme') => (await store.eventsOf(id)).slice(1)

test('set changes values, and the event names them', async () => {
  const before = await store.stored('acme')
  const args = ['--name', 'Acme Ltd', '--client-id', 'we', '--mail-domains', 'acme.example']
  expect(await store.run('set', 'acme', ...args, '--client-authentication', 'basic')).toEqual(
    success('Changed name, clientId, mailDomains of provider acme.\n'),
  )
  expect(await store.stored('acme')).toEqual({
    ...before,
    name: 'Acme Ltd',
    clientId: 'we',
    mailDomains: ['acme.example'],
    changeId: expect.any(String),
    changedAt: expect.any(String),
  })
  expect((await store.stored('acme'))?.changeId).not.toBe(before?.changeId)
  expect((await events())[0]?.split(' ').sort()).toEqual([
    'clientId',
    'mailDomains',
    'name',
    'provider.updated',
  ])
  expect(await store.run('set', 'acme', ...args)).toEqual(
    success('Provider acme has these values already.\n'),
  )
  expect(await events()).toHaveLength(1)
  await store.run('set', 'acme', '--mail-domains', 'none')
  expect(await store.stored('acme')).toMatchObject({ mailDomains: [] })
})

test.each([
  [['set', 'acme'], 2, 'Nothing to change. Use an option of set --help.'],
  [
    ['set', 'acme', '--issuer', 'https://other.example'],
    2,
    'Unknown option --issuer. Use --help for a list.',
  ],
  [['set', 'acme', '--kind', 'google'], 2, 'Unknown option --kind. Use --help for a list.'],
  [['set', 'amce', '--name', 'A'], 1, 'Provider amce does not exist. Did you mean acme?'],
  [['show', 'acm'], 1, 'Provider acm does not exist. Did you mean acme?'],
  [['new-secret', 'other'], 1, 'Provider other does not exist.'],
  [['new-secret', 'acme', '--key-id', 'KEY1234567'], 2, '--key-id is for the kind apple only.'],
  [['remove', 'acme'], 2, 'Cannot ask without a terminal. Use --yes to confirm.'],
])('%j is refused', async (args, status, line) => {
  const before = await store.items()
  expect(await store.run(...args)).toEqual(refusal(status, line))
  expect(await store.items()).toEqual(before)
})

test('new-secret replaces the secret', async () => {
  expect(await store.input('another\r\n', 'new-secret', 'acme')).toEqual(
    success('Provider acme has a new secret.\n'),
  )
  expect(await store.decrypt('acme')).toBe('another')
  expect(await events()).toEqual(['provider.updated secret-replaced secret'])
})

test('users events lists what happened to providers', async () => {
  await store.run('disable', 'acme')
  const { stdin, outcome } = beginInProcess(usersCommand, ['events', '--type', 'provider', ...store.target])
  stdin.end()
  const { status, stdout } = await outcome
  expect(status).toBe(0)
  expect(stdout).toMatch(/ provider acme {2}disabled +operator, providers disable$/m)
  expect(stdout).toMatch(/ provider acme {2}created +operator, providers add$/m)
})

test('new-secret takes another key of Apple with its id', async () => {
  await store.input(APPLE_KEY, 'add', 'apple', '--kind', 'apple', '--client-id', 'us', ...APPLE)
  expect(await store.input(APPLE_KEY, 'new-secret', 'apple')).toEqual(
    refusal(2, 'Another key of Apple needs its --key-id.'),
  )
  expect(await store.input(APPLE_KEY, 'new-secret', 'apple', '--key-id', 'KEY7654321')).toMatchObject({
    status: 0,
  })
  expect(await store.stored('apple')).toMatchObject({ appleKeyId: 'KEY7654321' })
})

test('disable and enable say what happens to sessions', async () => {
  const first = await store.stored('acme')
  expect(await store.run('disable', 'acme')).toEqual(
    success(
      'Provider acme is disabled. Sessions stay. npm run users -- end-sessions --provider acme ends them.\n',
    ),
  )
  const second = await store.stored('acme')
  expect(second).toMatchObject({ disabled: true })
  expect(second?.changeId).not.toBe(first?.changeId)
  expect(await store.run('enable', 'acme')).toEqual(success('Provider acme is enabled.\n'))
  expect(await store.stored('acme')).toMatchObject({ disabled: false })
  expect(await events()).toEqual(['provider.updated disabled disabled', 'provider.updated enabled disabled'])
})

test('remove deletes the provider and frees its issuer', async () => {
  expect(await store.run('remove', 'acme', '--yes')).toEqual(
    success(
      'Removed provider acme. Its users keep their identities, which count again if you add its issuer again.\n',
    ),
  )
  expect(await store.items()).toEqual([])
  expect(await events()).toEqual(['provider.deleted'])
  expect(await store.run('add', 'acme-2', ...oidc)).toMatchObject({ status: 0 })
})

test('show and list have every value but the secret', async () => {
  const { secret, changeId, ...shown } = (await store.stored('acme')) ?? {}
  const { stdout } = await store.run('show', 'acme', '--json')
  expect(JSON.parse(stdout)).toEqual({
    ...JSON.parse(JSON.stringify(shown)),
    redirectUri: 'PUBLIC_URL/signin/acme',
  })
  expect(JSON.parse((await store.run('list', '--json')).stdout)).toEqual([JSON.parse(JSON.stringify(shown))])
  const lines = (await store.run('show', 'acme')).stdout
  expect(lines).toMatch(/^redirect URI {3}PUBLIC_URL\/signin\/acme$/m)
  expect(lines).toMatch(/^token {10}https:\/\/login\.acme\.example\/token, basic$/m)
  for (const text of [stdout, lines]) expect(text).not.toContain(secret)
  expect((await store.run('list')).stdout).toMatch(
    /^id +kind +state +created +name\nacme +oidc +enabled +\d{4}-\d\d-\d\d +Acme\n1 provider\.\n$/,
  )
})

describe('check', () => {
  test('finds nothing at a provider whose document is as it was, or that has none', async () => {
    await store.run('add', 'github', '--kind', 'github', '--client-id', 'us')
    expect(await store.run('check')).toEqual(success('acme    as stored\ngithub  as stored\n'))
    expect(JSON.parse((await store.run('check', 'acme', '--json')).stdout)).toEqual([
      { id: 'acme', changes: {} },
    ])
  })

  test('says what differs, and set --refresh takes it over', async () => {
    far.serve(ACME, { token_endpoint: 'https://new.example/token', jwks_uri: `${ACME}/jwks` })
    const { status, stdout, stderr } = await store.run('check', 'acme')
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: 'Something differs. set ID --refresh takes over what a document says now.\n',
    })
    expect(stdout.replace(/\s+/g, ' ')).toBe(
      `acme tokenEndpoint was ${ACME}/token, and is https://new.example/token now. jwksUri was ${ACME}/keys, and is ${ACME}/jwks now. `,
    )
    expect(await store.run('set', 'acme', '--refresh')).toEqual(
      success('Changed tokenEndpoint, jwksUri of provider acme.\n'),
    )
    expect(await store.run('check', 'acme')).toMatchObject({ status: 0 })
  })

  test('says which document does not fit or cannot be read', async () => {
    far.serve(ACME, { issuer: `${ACME}/` })
    expect(await store.run('check')).toMatchObject({ status: 1, stdout: expect.stringContaining('another') })
    far.serve(ACME, (response) => response.destroy())
    expect(await store.run('check')).toMatchObject({
      status: 3,
      stderr: 'A discovery document cannot be read. Nothing was changed.\n',
    })
  })
})

const deny: Say = (response) =>
  response.writeHead(400).end(JSON.stringify({ __type: 'x#AccessDeniedException', message: 'no' }))
const fail: Say = (response) => response.writeHead(500).end('{"__type":"x#InternalServerError"}')
const CHANGES = {
  add: ['add', 'github', '--kind', 'github', '--client-id', 'us'],
  set: ['set', 'acme', '--name', 'New'],
  'new-secret': ['new-secret', 'acme'],
  disable: ['disable', 'acme'],
  enable: ['enable', 'acme'],
  remove: ['remove', 'acme', '--yes'],
}
const through = (args: string[]) =>
  store.runWith([...args, '--local', '--endpoint', proxy.url.origin], `${SECRET}\n`)

describe.each(Object.entries(CHANGES))('%s', (_name, args) => {
  test.each([
    ['BatchGetItem', deny],
    ['TransactWriteItems', deny],
    ['TransactWriteItems', fail],
  ])('changes nothing if %s fails, and is done at the next run', async (operation, say) => {
    const before = [await store.items(), await store.allEvents()]
    proxy.inject({ operation, say })
    const outcome = await through(args)
    expect(outcome).toMatchObject({
      status: 3,
      stdout: '',
      stderr: expect.stringMatching(/^The store failed: .+\n$/),
    })
    expect([await store.items(), await store.allEvents()]).toEqual(before)
    await proxy.recover()
    expect(await through(args)).toMatchObject({ status: 0 })
  })

  test('is one transaction with its event', async () => {
    const first = proxy.calls.length
    expect(await through(args)).toMatchObject({ status: 0 })
    const writes = proxy.calls.slice(first).filter((name) => /^(Put|Update|Delete|Transact)/.test(name))
    expect(writes).toEqual(['TransactWriteItems'])
    expect(proxy.bodies.at(proxy.calls.lastIndexOf('TransactWriteItems'))).toContain('-events"')
  })
})

test.each([['add'], ['new-secret']] as const)('%s changes nothing without KMS', async (name) => {
  const before = await store.items()
  proxy.inject({ operation: 'Encrypt', say: deny })
  expect(await through(CHANGES[name])).toEqual(refusal(3, 'KMS failed: AccessDeniedException no.'))
  expect(await store.items()).toEqual(before)
})

test('a command that ends after its write has stored all of it', async () => {
  const { child, outcome } = store.beginProcess(...CHANGES.add)
  child.stdin.end(`${SECRET}\n`)
  while ((await store.stored('github')) === undefined) await new Promise(setImmediate)
  child.kill('SIGKILL')
  await outcome
  expect(await store.eventsOf('github')).toEqual(['provider.created github'])
  expect(await store.decrypt('github')).toBe(SECRET)
  expect(await store.run(...CHANGES.add)).toMatchObject({ status: 1 })
})

test('changes of two operators at once are both made', async () => {
  const both = await Promise.all([
    store.run('set', 'acme', '--name', 'One'),
    store.run('set', 'acme', '--client-id', 'two'),
    store.run('disable', 'acme'),
  ])
  expect(both.map(({ status }) => status)).toEqual([0, 0, 0])
  expect(await store.stored('acme')).toMatchObject({ name: 'One', clientId: 'two', disabled: true })
  expect(await events()).toHaveLength(3)
})
