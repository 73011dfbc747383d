import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { outrunTable, useTable, watchedTable } from '../../../test/support/aws/table.ts'
import { testAct } from '../../../test/support/users/users.ts'
import { attributesOf, getItems, type Item, type Table } from '../../aws/dynamodb.ts'
import { eventsTableOf } from '../../events/event.ts'
import { eventIn } from '../../events/store.ts'
import { type Api, apiKey } from '../apis/api.ts'
import { changeApi, createApi, findApis, findOwners, ownerKey, removeApi } from '../apis/store.ts'
import { directoryOf } from '../directory.ts'
import { entryOf } from '../scopes.ts'
import { endGrants } from './client.ts'
import {
  type ClientWithSecrets,
  changeClient,
  clientKey,
  createClient,
  findClient,
  findClients,
  findClientWithSecrets,
  removeClient,
} from './store.ts'
import { urlClientKey } from './url-client.ts'

const { table } = await useTable()
const act = testAct()

let count = 0

test('many clients are read in batches, those of one host with the decision about it', async () => {
  const registered = [newClient(), newClient()]
  for (const client of registered) await createClient(table, client, act)
  const urls = Array.from({ length: 250 }, (_, index) => `https://app${index % 5}.test/${index}.json`)
  for (const target of [urls[0] ?? '', 'app1.test']) {
    const Item = { ...urlClientKey(target), ...attributesOf({ disabled: true, generation: 3 }) }
    await table.aws('dynamodb', 'PutItem', { TableName: table.name, Item })
  }
  const ids = [...registered.map(({ id }) => id), ...urls]
  let reads = 0
  const counting: Table = {
    ...table,
    aws: (service, operation, input) => {
      reads += 1
      return table.aws(service, operation, input)
    },
  }
  const found = await findClients(counting, ids)
  // 250 URLs and 5 hosts are 255 keys.
  expect(reads).toBe(1 + 3)
  expect(found).toEqual(await Promise.all(ids.map((id) => findClient(table, id))))
  expect(found.filter(({ disabled }) => disabled)).toHaveLength(1 + 50)
})

test('a client is found with all its values, and without its secrets unless they are asked for', async () => {
  const client = newClient({ tokenTtlSeconds: 300 })
  expect(await createClient(table, client, act)).toBe('done')
  expect(await stored(client)).toEqual(client)
  const { watched, calls } = watchedTable(table)
  const { secretHash, ...rest } = client
  expect(await findClient(watched, client.id)).toEqual(rest)
  expect(JSON.stringify(calls)).not.toContain('ecretHash')
  expect(calls[0]?.input).toMatchObject({ RequestItems: { [table.name]: { ConsistentRead: true } } })
  expect(await findClient(table, 'nobody')).toBeUndefined()
})

test('an id without the form of one costs no call', async () => {
  const { watched, calls } = watchedTable(table)
  expect(await findClient(watched, 'x'.repeat(3_000))).toBeUndefined()
  expect(await findClientWithSecrets(watched, 'https://shop.example')).toBeUndefined()
  expect(calls).toEqual([])
})

test('no APIs and no scopes cost no call', async () => {
  const { watched, calls } = watchedTable(table)
  expect(await findApis(watched, [])).toEqual([])
  expect(await findOwners(watched, [])).toEqual(new Map())
  expect(calls).toEqual([])
})

test('a second client with an id is refused, and changes nothing', async () => {
  const client = newClient()
  await createClient(table, client, act)
  expect(await createClient(table, { ...client, changeId: randomUUID(), name: 'Other' }, act)).toBe('changed')
  expect(await stored(client)).toEqual(client)
})

test('a change is stored if no other one came first', async () => {
  const client = newClient()
  await createClient(table, client, act)
  const changes = { disabled: true, redirectUris: [], ...endGrants(client) }
  expect(await changeClient(table, client, { changes, detail: 'disabled' }, act)).toBe('done')
  const after = await stored(client)
  expect(after).toMatchObject({ disabled: true, redirectUris: [], generation: 8, name: 'Shop' })
  expect(after?.changeId).not.toBe(client.changeId)
  expect(await changeClient(table, client, { changes: { name: 'Late' } }, act)).toBe('changed')
  expect(await removeClient(table, client, act)).toBe('changed')
  expect(await stored(client)).toEqual(after)
})

test('a write whose response was lost is made once', async () => {
  const client = newClient()
  const lossy = losing(table)
  expect(await createClient(lossy, client, act)).toBe('done')
  expect(await changeClient(lossy, client, { changes: { name: 'New' } }, act)).toBe('done')
  const after = await stored(client)
  expect(after && (await removeClient(lossy, after, act))).toBe('done')
  expect(await stored(client)).toBeUndefined()
})

test('a change does not bring a removed client back', async () => {
  const client = newClient()
  await createClient(table, client, act)
  expect(await removeClient(table, client, act)).toBe('done')
  expect(await changeClient(table, client, { changes: { name: 'Late' } }, act)).toBe('changed')
  expect(await getItems(table, [clientKey(client.id)])).toEqual([undefined])
})

test('an API is found in every spelling of its identifier, and its scopes belong to it alone', async () => {
  const api = newApi('o1:read', 'o1:write')
  expect(await createApi(table, api, act)).toBe('done')
  const spellings = [api.identifier, `${api.identifier}/`, 'https://nobody.example']
  expect(await findApis(table, spellings)).toEqual([api])
  expect(await createApi(table, { ...newApi('o1:other'), identifier: `${api.identifier}/` }, act)).toBe(
    'changed',
  )
  const other = newApi('o1:write', 'o1:more')
  expect(await createApi(table, other, act)).toBe('taken')
  expect(await findApis(table, [other.identifier])).toEqual([])
  expect(await findOwners(table, ['o1:read', 'o1:read', 'o1:write', 'o1:more', 'o1:other'])).toEqual(
    new Map([
      ['o1:read', api.identifier],
      ['o1:write', api.identifier],
      ['o1:more', undefined],
      ['o1:other', undefined],
    ]),
  )
})

test('clients and APIs stand in the directory while they are stored', async () => {
  const api = newApi('d:read')
  const client = newClient()
  const keys = [
    { pk: directoryOf('client'), sk: clientKey(client.id).pk },
    { pk: directoryOf('api'), sk: apiKey(api.identifier).pk },
  ]
  await createClient(table, client, act)
  await createApi(table, api, act)
  expect(await getItems(table, keys)).toEqual(keys)
  await removeClient(table, client, act)
  await removeApi(table, api, act)
  expect(await getItems(table, keys)).toEqual([undefined, undefined])
})

test('a scope that an API gives up can be another one’s', async () => {
  const api = newApi('o2:read', 'o2:write')
  const other = newApi('o2:more')
  for (const one of [api, other]) await createApi(table, one, act)
  const both = { scopes: [...other.scopes, { name: 'o2:write', sentence: 'Write' }] }
  expect(await changeApi(table, other, both, act)).toBe('taken')
  const [, ...less] = api.scopes.toReversed()
  expect(await changeApi(table, api, { scopes: less }, act)).toBe('done')
  expect(await changeApi(table, other, both, act)).toBe('done')
  expect((await findOwners(table, ['o2:write'])).get('o2:write')).toBe(other.identifier)
  const [left] = await findApis(table, [api.identifier])
  expect(left && (await removeApi(table, left, act))).toBe('done')
  expect(await getItems(table, [ownerKey('o2:read')])).toEqual([undefined])
})

test('a change of an API is stored if no other one came first', async () => {
  const api = newApi('c:read')
  await createApi(table, api, act)
  const adding = (name: string) => ({ scopes: [...api.scopes, { name, sentence: 'Use it' }] })
  expect(await changeApi(table, api, adding('c:more'), act)).toBe('done')
  expect(await changeApi(table, api, adding('c:other'), act)).toBe('changed')
  expect(await removeApi(table, api, act)).toBe('changed')
  const [after] = await findApis(table, [api.identifier])
  expect(after?.scopes.map(({ name }) => name)).toEqual(['c:more', 'c:read'])
  expect((await findOwners(table, ['c:other'])).get('c:other')).toBeUndefined()
})

test('a client does not get a scope that an API gives up at the same moment', async () => {
  const api = newApi('o3:read', 'o3:write')
  await createApi(table, api, act)
  const client = newClient()
  const scopes = ['openid', entryOf(api, 'o3:read')]
  const removed = outrunTable(table, 'TransactWriteItems', () => removeApi(table, api, act))
  expect(await createClient(removed, { ...client, scopes }, act)).toBe('no-scope')
  expect(await stored(client)).toBeUndefined()
  await createClient(table, client, act)
  expect(await changeClient(table, client, { changes: { scopes } }, act)).toBe('no-scope')
})

test('a client keeps a scope that its API has given up, and can lose others', async () => {
  const api = newApi('o4:read', 'o4:write')
  await createApi(table, api, act)
  const client = { ...newClient(), scopes: [entryOf(api, 'o4:read'), entryOf(api, 'o4:write')] }
  expect(await createClient(table, client, act)).toBe('done')
  expect(await removeApi(table, api, act)).toBe('done')
  const changes = { scopes: client.scopes.slice(1) }
  expect(await changeClient(table, client, { changes }, act)).toBe('done')
})

type Write = { Put?: { TableName?: string; Item: Item } }

test('each write of a client or an API leaves an event', async () => {
  const { watched, calls } = watchedTable(table)
  const [client, api] = [newClient(), newApi('e:read')]
  const changes = { name: 'New', secretHash: 'new', earlierSecretHash: 'hash', earlierSecretEndsAt: 5 }
  await createClient(watched, client, act)
  await changeClient(
    watched,
    client,
    { changes: { ...changes, ...endGrants(client) }, detail: 'grants-ended' },
    act,
  )
  await removeClient(watched, (await stored(client)) ?? client, act)
  await createApi(watched, api, act)
  await changeApi(watched, api, { name: 'New' }, act)
  await removeApi(watched, (await findApis(table, [api.identifier]))[0] ?? api, act)
  const writes = calls.flatMap(({ input }) => Object(input).TransactItems as Write[])
  const events = writes.flatMap(({ Put }) =>
    Put?.TableName === eventsTableOf(table) ? [eventIn(Put.Item)] : [],
  )
  const [ofClient, ofApi] = [clientKey(client.id).pk.S, apiKey(api.identifier).pk.S]
  expect(events.map(({ type, subject, changes, detail }) => [type, subject, changes, detail])).toEqual([
    ['client.created', ofClient, [], 'web'],
    ['client.updated', ofClient, ['name', 'secretHash'], 'grants-ended'],
    ['client.deleted', ofClient, [], undefined],
    ['api.created', ofApi, [], undefined],
    ['api.updated', ofApi, ['name'], undefined],
    ['api.deleted', ofApi, [], undefined],
  ])
})

/** Returns a client of its own for each test. */
function newClient(values: Partial<ClientWithSecrets> = {}): ClientWithSecrets {
  count += 1
  return {
    id: `client-${count}`,
    type: 'web',
    name: 'Shop',
    names: [],
    generation: 7,
    disabled: false,
    redirectUris: ['https://shop.example/cb'],
    postLogoutRedirectUris: [],
    scopes: ['openid'],
    firstParty: false,
    silent: false,
    local: false,
    changeId: randomUUID(),
    createdAt: '2026-06-01T00:00:00.000Z',
    changedAt: '2026-06-01T00:00:00.000Z',
    secretHash: 'hash',
    ...values,
  }
}

/** Returns an API of its own for each test. */
function newApi(...scopes: string[]): Api {
  count += 1
  return {
    identifier: `https://api-${count}.example`,
    name: 'Orders',
    scopes: scopes.sort().map((name) => ({ name, sentence: `Use ${name} of yours` })),
    changeId: randomUUID(),
    createdAt: '2026-06-01T00:00:00.000Z',
    changedAt: '2026-06-01T00:00:00.000Z',
  }
}

const stored = ({ id }: ClientWithSecrets) => findClientWithSecrets(table, id)

/** Returns a table whose first response to each transaction is lost, so that it is sent again. */
const losing = (one: Table): Table => ({
  ...one,
  aws: async (service, operation, input) => {
    if (operation === 'TransactWriteItems') await one.aws(service, operation, input)
    return one.aws(service, operation, input)
  },
})
