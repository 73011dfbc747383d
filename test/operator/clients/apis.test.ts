import { beforeEach, describe, expect, test } from 'vitest'
import { apiKey } from '../../../lib/oauth/apis/api.ts'
import { findApis } from '../../../lib/oauth/apis/store.ts'
import { refusal, success } from '../../support/process/command.ts'
import { CALLBACK, useClients } from './clients.ts'

let orders: string
let count = 0

const store = await useClients()
beforeEach(async () => {
  await store.clear()
  count += 1
  orders = `https://orders-${count}.example`
  const scopes = ['--scope', 'orders:read=See your orders', '--scope', 'orders:write=Place = cancel orders']
  await store.run('add-api', orders, '--name', 'Orders', ...scopes)
})

const stored = async () => (await findApis(store.table, [orders]))[0]

test('add-api stores an API with its scopes, and an event without any of its values', async () => {
  expect(await stored()).toMatchObject({
    identifier: orders,
    name: 'Orders',
    scopes: [
      { name: 'orders:read', sentence: 'See your orders' },
      { name: 'orders:write', sentence: 'Place = cancel orders' },
    ],
  })
  expect(await store.eventsOf(apiKey(orders).pk.S)).toEqual(['api.created'])
  const events = JSON.stringify(await store.allEvents())
  expect(events).not.toMatch(/orders|Orders/)
})

test('a scope has its sentence in several languages, which an empty one removes', async () => {
  const set = (...sentences: string[]) =>
    store.run('set-api', orders, ...sentences.flatMap((one) => ['--scope', one]))
  const scopeOf = async () => (await stored())?.scopes[0]
  await set('orders:read#de=Ihre Bestellungen sehen', 'orders:read#ja=注文を見る')
  const sentences = { de: 'Ihre Bestellungen sehen', ja: '注文を見る' }
  expect(await scopeOf()).toEqual({ name: 'orders:read', sentence: 'See your orders', sentences })
  expect((await store.run('show-api', orders)).stdout).toContain('orders:read#de: Ihre Bestellungen sehen\n')
  await set('orders:read=See orders', 'orders:read#ja=')
  expect(await scopeOf()).toEqual({
    name: 'orders:read',
    sentence: 'See orders',
    sentences: { de: 'Ihre Bestellungen sehen' },
  })
  await set('orders:read#de=')
  expect(await scopeOf()).toEqual({ name: 'orders:read', sentence: 'See orders' })
})

test('an API of the local service may be at a loopback address', async () => {
  const scope = ['--scope', 'notes:read=See your notes']
  expect(await store.run('add-api', 'http://localhost:4002/mcp', ...scope)).toEqual(
    success('Added API http://localhost:4002/mcp with 1 scope.\n'),
  )
})

describe('add-api refuses', () => {
  const scope = ['--scope', 'other=Use it']
  const IDENTIFIER =
    'Invalid identifier of an API. Use an https URI without user, query and fragment, such as https://api.example.com.'
  test.each([
    [['http://api.example', ...scope], 2, IDENTIFIER],
    [['orders', ...scope], 2, IDENTIFIER],
    [['https://api.example?x=1', ...scope], 2, IDENTIFIER],
    [['https://api.example'], 2, "An API needs a --scope 'orders:read=See your orders'."],
    [
      ['https://api.example', '--scope', 'openid=Sign in'],
      2,
      'Invalid scope "openid" of an API. Use a name such as orders:read, which OpenID Connect does not have.',
    ],
    [
      ['https://api.example', '--scope', 'a b=Use it'],
      2,
      'Invalid scope "a b" of an API. Use a name such as orders:read, which OpenID Connect does not have.',
    ],
    [
      ['https://api.example', '--scope', 'other'],
      2,
      "Scope other needs a sentence for the screen, of at most 100 characters: 'other=See your orders'.",
    ],
    [['https://api.example', ...scope, ...scope], 2, 'Scope other is there twice.'],
    [
      ['https://api.example', ...Array.from({ length: 41 }, (_, at) => ['--scope', `s${at}=Use it`]).flat()],
      2,
      'An API has at most 40 scopes.',
    ],
    [
      ['https://api.example', '--scope', 'other#de=Nutzen'],
      2,
      "Scope other also needs a sentence without a language: 'other=See your orders'.",
    ],
    [
      ['https://api.example', ...scope, '--scope', 'other#de_DE=Nutzen'],
      2,
      'Invalid language "de_DE". Use a tag such as de, pt-BR or zh-Hans.',
    ],
    [
      ['https://api.example', ...scope, '--scope', 'other#de=Nutzen', '--scope', 'other#de=Benutzen'],
      2,
      'Scope other#de is there twice.',
    ],
  ])('%j', async (args, status, line) => {
    const before = await store.items()
    expect(await store.run('add-api', ...args)).toEqual(refusal(status, line))
    expect(await store.items()).toEqual(before)
  })

  test('another spelling of the same identifier', async () => {
    for (const identifier of [
      orders,
      `${orders}/`,
      orders.replace('https://o', 'https://O'),
      `${orders}:443`,
    ]) {
      expect(await store.run('add-api', identifier, ...scope)).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/^API \S+ already exists\. Change it with set-api\.\n$/),
      })
    }
  })

  test('a scope of another API', async () => {
    const before = await store.items()
    expect(
      await store.run('add-api', 'https://api.example', ...scope, '--scope', 'orders:read=See them'),
    ).toEqual(refusal(1, `Scope orders:read belongs to ${orders}. A name belongs to one API.`))
    expect(await store.items()).toEqual(before)
  })
})

test('set-api changes name, sentences and scopes', async () => {
  const outcome = await store.run(
    ...['set-api', `${orders}/`, '--name', 'Shop', '--scope', 'orders:read=Read orders'],
    ...['--scope', 'orders:all=Do all', '--remove-scope', 'orders:write'],
  )
  expect(outcome).toEqual(success(`Changed API ${orders}/.\n`))
  expect(await stored()).toMatchObject({
    name: 'Shop',
    scopes: [
      { name: 'orders:all', sentence: 'Do all' },
      { name: 'orders:read', sentence: 'Read orders' },
    ],
  })
  expect(await store.eventsOf(apiKey(orders).pk.S)).toEqual(['api.created', 'api.updated name scopes'])
  expect(await store.run('add-api', 'https://api.example', '--scope', 'orders:write=Write')).toMatchObject({
    status: 0,
  })
})

test.each([
  [[], 2, /^Nothing to change\. Use an option of set-api --help\.\n$/],
  [
    ['--remove-scope', 'orders:raed'],
    1,
    /^The API does not have the scope orders:raed\. Did you mean orders:read\?\n$/,
  ],
  [['--remove-scope', 'orders:read', '--remove-scope', 'orders:write'], 2, /^An API needs a --scope\.\n$/],
])('set-api %j is refused', async (args, status, line) => {
  const before = await store.items()
  expect(await store.run('set-api', orders, ...args)).toEqual({
    status,
    stdout: '',
    stderr: expect.stringMatching(line),
  })
  expect(await store.items()).toEqual(before)
})

const shop = () => store.add('shop', '--type', 'web', '--redirect-uri', CALLBACK, '--scope', 'orders:read')

test('an API keeps the scopes that clients have, until they have none', async () => {
  await shop()
  const before = await store.items()
  const used = 'These clients have scopes of it: shop. Take them away first: set ID --remove-scope NAME.'
  expect(await store.run('remove-api', orders, '--yes')).toEqual(refusal(1, used))
  expect(await store.run('set-api', orders, '--remove-scope', 'orders:read')).toEqual(refusal(1, used))
  expect(await store.items()).toEqual(before)
  await store.run('set', 'shop', '--add-scope', 'openid', '--remove-scope', 'orders:read')
  expect(await store.run('remove-api', orders, '--yes')).toEqual(success(`Removed API ${orders}.\n`))
  expect(await stored()).toBeUndefined()
  expect((await store.items()).map(({ pk }) => Object(pk).S).sort()).toEqual([
    'client#shop',
    'directory#clients',
  ])
})

test('unknown APIs are refused, with a similar one', async () => {
  const typo = orders.replace('orders', 'order')
  for (const args of [
    ['show-api', typo],
    ['set-api', typo, '--name', 'x'],
    ['remove-api', typo, '--yes'],
  ]) {
    expect(await store.run(...args)).toEqual(
      refusal(1, `API ${typo} does not exist. Did you mean ${orders}?`),
    )
  }
})

describe('what the store has is shown', () => {
  test('by list', async () => {
    expect(await store.run('list')).toEqual(success('No clients.\n'))
    await shop()
    await store.add('app', '--type', 'native', '--redirect-uri', 'com.example.app:/cb')
    await store.run('disable', 'app')
    const date = new Date().toISOString().slice(0, 10)
    expect((await store.run('list')).stdout).toBe(
      [
        'client_id  type    state     created     name',
        `app        native  disabled  ${date}  app`,
        `shop       web     enabled   ${date}  shop`,
        '2 clients.',
        '',
      ].join('\n'),
    )
    const listed = JSON.parse((await store.run('list', '--json')).stdout)
    expect(listed).toMatchObject([{ id: 'app' }, { id: 'shop', secrets: 1 }])
    expect(JSON.stringify(listed)).not.toMatch(/[hH]ash|generation|changeId/)
  })

  test('by show', async () => {
    await shop()
    await store.run('new-secret', 'shop')
    await store.run('set', 'shop', '--add-scope', 'offline_access', '--token-ttl', '300')
    const { stdout } = await store.run('show', 'shop')
    const lines = [
      'client_id  shop',
      'name       shop',
      'type       web',
      'state      enabled',
      `redirect   ${CALLBACK}`,
      `scope      orders:read of ${orders}`,
      'scope      offline_access',
      'consent    asked of each user',
      'loopback   allowed, for development',
      expect.stringMatching(/^secrets {4}2, the earlier one until \d{4}-\d\d-\d\d \d\d:\d\d UTC$/),
      'tokens     300 s',
      'offline    31536000 s at most, 2592000 s without use',
      expect.stringMatching(/^created {4}\d{4}-/),
      expect.stringMatching(/^changed {4}\d{4}-/),
      '',
    ]
    expect(stdout.split('\n')).toEqual(lines)
    const shown = JSON.parse((await store.run('show', 'shop', '--json')).stdout)
    expect(shown).toMatchObject({
      id: 'shop',
      secrets: 2,
      scopes: [`${orders} orders:read`, 'offline_access'],
      earlierSecretEndsAt: expect.stringMatching(/^\d{4}-.*Z$/),
    })
    expect(JSON.stringify(shown)).not.toMatch(/[hH]ash|generation|changeId/)
  })

  test('by list-apis and show-api', async () => {
    const date = new Date().toISOString().slice(0, 10)
    expect((await store.run('list-apis')).stdout).toBe(
      `${'identifier'.padEnd(orders.length)}  scopes  created     name\n${orders}  2       ${date}  Orders\n1 API.\n`,
    )
    const { stdout } = await store.run('show-api', `${orders}/`)
    expect(stdout.split('\n').slice(0, 4)).toEqual([
      `identifier  ${orders}`,
      'name        Orders',
      'scope       orders:read: See your orders',
      'scope       orders:write: Place = cancel orders',
    ])
    const shown = JSON.parse((await store.run('show-api', orders, '--json')).stdout)
    expect(Object.keys(shown)).toEqual(['identifier', 'name', 'scopes', 'createdAt', 'changedAt'])
    expect(JSON.parse((await store.run('list-apis', '--json')).stdout)).toEqual([shown])
  })
})

describe('events', () => {
  test('of a client, of an API, and of both', async () => {
    const id = `shop-${count}`
    await store.add(id, '--type', 'web', '--redirect-uri', CALLBACK, '--scope', 'orders:read')
    await store.run('end-grants', id)
    const whats = async (...args: string[]) => {
      const { stdout } = await store.run('events', ...args)
      return stdout
        .split('\n')
        .flatMap((line) => /^[\d-]+ [\d:]+ {2}(.*?) {2,}(operator, .*)$/.exec(line)?.[1] ?? [])
    }
    expect((await whats(id)).map((line) => line.split(/ {2,}/))).toEqual([
      [`client ${id}`, 'all grants ended'],
      [`client ${id}`, 'created'],
    ])
    expect((await whats(`${orders}/`)).map((line) => line.split(/ {2,}/))).toEqual([[orders, 'created']])
    const [last, created] = JSON.parse((await store.run('events', '--json', '--limit', '3')).stdout)
    expect(last).toMatchObject({
      type: 'client.updated',
      subject: `client#${id}`,
      actor: 'operator',
      via: 'clients end-grants',
    })
    expect(created).toMatchObject({ type: 'client.created', detail: 'web' })
    expect(await store.run('events', 'nothing-here')).toEqual(success('No events.\n'))
    await store.run('remove', id, '--yes')
    expect((await whats(id))[0]).toMatch(/deleted$/)
  })
})
