import { beforeEach, describe, expect, test } from 'vitest'
import { refusal, success } from '../../support/process/command.ts'
import { CALLBACK, HINT, ORDERS, useClients } from './clients.ts'

let secret: string
let id: string
let count = 0

const store = await useClients()
await store.run('add-api', ORDERS, '--scope', 'orders:read=See your orders')
// Each test has its own client, because events stay.
beforeEach(async () => {
  count += 1
  id = `shop-${count}`
  secret = await store.add(id)
})

test('a client has its name in several languages, which an empty one removes', async () => {
  const set = (...names: string[]) => store.run('set', id, ...names.flatMap((one) => ['--name', one]))
  const names = async () => {
    const { name, names } = JSON.parse((await store.run('show', id, '--json')).stdout)
    return { name, ...names }
  }
  expect(await set('Shop', '#de=Laden', '#ja=店')).toEqual(success(`Changed client ${id}.\n`))
  expect(await names()).toEqual({ name: 'Shop', de: 'Laden', ja: '店' })
  expect((await store.run('show', id)).stdout).toMatch(/^name#de +Laden$/m)
  await set('#ja=', '#de=Der Laden')
  expect(await names()).toEqual({ name: 'Shop', de: 'Der Laden' })
  expect(await set('#de=Der Laden')).toEqual(success(`Client ${id} has these values already.\n`))
  expect(await set('#de_DE=Laden')).toEqual(
    refusal(2, 'Invalid language "de_DE". Use a tag such as de, pt-BR or zh-Hans.'),
  )
  expect(await set('#de= Laden')).toMatchObject({ status: 2 })
})

describe('new-secret', () => {
  test('adds a secret, and the one before is valid for 24 hours', async () => {
    const { status, stdout, stderr } = await store.run('new-secret', id)
    expect({ status, stderr }).toEqual({ status: 0, stderr: HINT })
    const [, second = ''] =
      /^Client \S+ has a new secret\. The one before is valid for 24 hours\.\nclient_secret {2}(\S+)\n$/.exec(
        stdout,
      ) ?? []
    expect(await Promise.all([secret, second].map((one) => store.accepts(id, one)))).toEqual([true, true])
    const tomorrow = new Date(Date.now() + 86_401_000)
    expect(await store.accepts(id, secret, tomorrow)).toBe(false)
    expect(await store.accepts(id, second, tomorrow)).toBe(true)
    expect(await events()).toEqual(['client.created web', 'client.updated secret-added secretHash'])
  })

  test('refuses a third secret while two are valid, and --end-earlier ends both', async () => {
    const second = await newSecret()
    const before = await store.stored(id)
    expect(await store.run('new-secret', id)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /^Client \S+ has two secrets until \d{4}-\d\d-\d\d \d\d:\d\d UTC\. To end both now, use --end-earlier\.\n$/,
      ),
    })
    expect(await store.stored(id)).toEqual(before)
    const third = await newSecret('--end-earlier')
    const accepted = [secret, second, third].map((one) => store.accepts(id, one))
    expect(await Promise.all(accepted)).toEqual([false, false, true])
    expect((await events()).at(-1)).toBe('client.updated secrets-ended secretHash')
  })

  test('moves no generation: grants stay', async () => {
    const before = await generation()
    await newSecret()
    expect(await generation()).toBe(before)
  })

  test('refuses a client whose type has no secret', async () => {
    await store.add(`page-${count}`, '--type', 'browser', '--redirect-uri', CALLBACK)
    expect(await store.run('new-secret', `page-${count}`)).toEqual(
      refusal(1, `A browser client such as page-${count} has no secret.`),
    )
  })
})

test('disable and end-grants move the generation by one, and enable does not', async () => {
  const first = await generation()
  expect(await store.run('disable', id)).toEqual(
    success(`Client ${id} is disabled. All its codes and grants have ended.\n`),
  )
  expect(await store.stored(id)).toMatchObject({ disabled: true, generation: first + 1 })
  expect(await store.run('enable', id)).toEqual(success(`Client ${id} is enabled.\n`))
  expect(await store.stored(id)).toMatchObject({ disabled: false, generation: first + 1 })
  expect(await store.run('end-grants', id)).toEqual(
    success(`All codes and grants of client ${id} have ended.\n`),
  )
  expect(await store.stored(id)).toMatchObject({ disabled: false, generation: first + 2 })
  expect(await events()).toEqual([
    'client.created web',
    'client.updated disabled disabled',
    'client.updated enabled disabled',
    'client.updated grants-ended',
  ])
})

test('a client that is removed and added again has another generation and another secret', async () => {
  const first = await generation()
  expect(await store.run('remove', id, '--yes')).toEqual(
    success(`Removed client ${id}. All its codes and grants have ended.\n`),
  )
  expect(await store.stored(id)).toBeUndefined()
  const second = await store.add(id)
  expect(Math.abs((await generation()) - first)).toBeGreaterThan(1_000)
  expect(await store.accepts(id, secret)).toBe(false)
  expect(await store.accepts(id, second)).toBe(true)
  expect(await events()).toEqual(['client.created web', 'client.deleted', 'client.created web'])
})

test('remove asks at a terminal, and needs --yes elsewhere', async () => {
  expect(await store.run('remove', id)).toEqual(
    refusal(2, 'Cannot ask without a terminal. Use --yes to confirm.'),
  )
  expect(await store.stored(id)).toBeDefined()
})

describe('set', () => {
  test('changes each value, and the event has the names of what changed', async () => {
    const other = 'https://shop.example/other'
    const outcome = await store.run(
      ...[
        'set',
        id,
        '--name',
        'New',
        '--first-party',
        '--add-scope',
        'orders:read',
        '--remove-scope',
        'email',
      ],
      ...[
        '--add-redirect-uri',
        other,
        '--add-redirect-uri',
        other,
        '--remove-redirect-uri',
        CALLBACK,
        '--add-post-logout-uri',
        other,
      ],
      ...['--token-ttl', '600', '--grant-ttl', '3600', '--grant-idle-ttl', '60'],
    )
    expect(outcome).toEqual(success(`Changed client ${id}.\n`))
    expect(await store.stored(id)).toMatchObject({
      name: 'New',
      firstParty: true,
      redirectUris: [other],
      postLogoutRedirectUris: [other],
      scopes: [`${ORDERS} orders:read`, 'openid', 'profile'],
      tokenTtlSeconds: 600,
      grantTtlSeconds: 3_600,
      grantIdleTtlSeconds: 60,
    })
    const [, updated = ''] = await events()
    expect(updated.split(' ').sort()).toEqual([
      'client.updated',
      'firstParty',
      'grantIdleTtlSeconds',
      'grantTtlSeconds',
      'name',
      'postLogoutRedirectUris',
      'redirectUris',
      'scopes',
      'tokenTtlSeconds',
    ])
  })

  test('removes values', async () => {
    await store.run('set', id, '--add-post-logout-uri', CALLBACK, '--first-party', '--token-ttl', '600')
    const args = ['--remove-post-logout-uri', CALLBACK, '--no-first-party', '--token-ttl', 'default']
    expect(await store.run('set', id, ...args)).toMatchObject({ status: 0 })
    expect(await store.stored(id)).toMatchObject({
      postLogoutRedirectUris: [],
      firstParty: false,
      tokenTtlSeconds: undefined,
    })
  })

  test('writes nothing if the client has the values already', async () => {
    const before = await store.stored(id)
    expect(await store.run('set', id, '--name', id, '--no-first-party', '--add-scope', 'openid')).toEqual(
      success(`Client ${id} has these values already.\n`),
    )
    expect(await store.stored(id)).toEqual(before)
    expect(await events()).toEqual(['client.created web'])
  })

  test.each([
    [[], 2, 'Nothing to change. Use an option of set --help.'],
    [['--silent'], 2, '--silent is for browser clients alone.'],
    [['--remove-redirect-uri', CALLBACK], 2, 'A web client needs a --redirect-uri.'],
    [
      ['--add-redirect-uri', 'https://*.example/'],
      2,
      'Invalid redirect URI "https://*.example/". It must not have a wildcard. Register each URI.',
    ],
    [
      ['--remove-redirect-uri', `${CALLBACK}s`],
      1,
      `The client does not have ${CALLBACK}s. Did you mean ${CALLBACK}?`,
    ],
    [['--remove-scope', 'e-mail'], 1, 'The client does not have the scope e-mail. Did you mean email?'],
    [['--add-scope', 'nothing'], 1, 'No API has the scope nothing. Add an API with add-api.'],
    [
      ['--remove-scope', 'openid', '--remove-scope', 'profile', '--remove-scope', 'email'],
      2,
      'A client needs a --scope.',
    ],
  ])('%j is refused', async (args, status, line) => {
    const before = await store.stored(id)
    expect(await store.run('set', id, ...args)).toEqual(refusal(status, line))
    expect(await store.stored(id)).toEqual(before)
  })

  test('--no-dev is refused while a loopback address is registered', async () => {
    const uri = 'http://localhost:3000/cb'
    await store.run('set', id, '--add-redirect-uri', uri)
    expect(await store.run('set', id, '--no-dev')).toEqual(
      refusal(
        2,
        `Invalid redirect URI "${uri}". Loopback addresses are for native clients, and for development: use --dev.`,
      ),
    )
    expect(await store.run('set', id, '--no-dev', '--remove-redirect-uri', uri)).toMatchObject({ status: 0 })
  })
})

test.each([
  ['show', []],
  ['set', ['--name', 'x']],
  ['new-secret', []],
  ['disable', []],
  ['enable', []],
  ['end-grants', []],
  ['remove', ['--yes']],
])('%s of an unknown client names a similar one, and changes nothing', async (command, args) => {
  const before = await store.items()
  const typo = id.replace('shop', 'shpo')
  const outcome = await store.run(command, typo, ...args)
  expect(outcome).toMatchObject({ status: 1, stdout: '' })
  expect(outcome.stderr).toMatch(new RegExp(`^Client ${typo} does not exist\\. Did you mean shop-\\d+\\?\n$`))
  expect(await store.run(command, 'zzzzzzzzzz', ...args)).toEqual(
    refusal(1, 'Client zzzzzzzzzz does not exist.'),
  )
  expect(await store.items()).toEqual(before)
})

const generation = async () => (await store.stored(id))?.generation ?? 0

const events = () => store.eventsOf(`client#${id}`)

const newSecret = async (...args: string[]): Promise<string> =>
  JSON.parse((await store.run('new-secret', id, '--json', ...args)).stdout).client_secret
