import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listen } from '../../test/local/aws-service.ts'
import {
  type Attributes,
  askAt,
  byName,
  createTable,
  item,
  key,
  readItems,
  runCase,
  TABLE,
} from '../../test/local/dynamodb/contract.ts'
import { add, STRING_SETS } from '../../test/local/dynamodb/string-sets.ts'
import { TRANSACTIONS } from '../../test/local/dynamodb/transactions.ts'
import { proof } from '../../test/support/rows.ts'
import { createDynamoDb } from './dynamodb.ts'
import type { Insertion } from './transactions.ts'

let nowMs = Date.UTC(2026, 10, 24)
const inserted: Insertion[][] = []
const server = createDynamoDb(
  () => nowMs,
  (insertions) => inserted.push([...insertions]),
)
const { url, port, stop } = await listen(server)
afterAll(stop)
const ask = askAt(url)

beforeAll(() => createTable(ask))

// The same cases run against moto in test/aws/transactions.test.ts.
describe.each([
  ['transactions', TRANSACTIONS],
  ['string sets', STRING_SETS],
])('%s, as AWS documents', (what, cases) => {
  afterAll(() => console.log(`${cases.length} cases of ${what}`))

  test.each(byName(cases))('%s', async (_what, row) => {
    const { outcome, after } = row
    expect(await runCase(ask, row)).toEqual({ outcome, after })
  })
})

const increment = (sk: string, attribute: string, condition: object = {}) => ({
  TableName: TABLE,
  Key: key(sk),
  UpdateExpression: `ADD ${attribute} :one`,
  ExpressionAttributeValues: { ':one': { N: '1' } },
  ...condition,
})
const impossible = { ConditionExpression: 'attribute_not_exists(pk) AND attribute_exists(pk)' }
const transact = (items: object[], more: object = {}) =>
  ask('TransactWriteItems', { TransactItems: items, ...more })

/** Removes all items, for a test with its own ones. */
const clear = () => runCase(ask, { what: '', input: {}, outcome: 'done', after: [] })

// moto has neither request tokens nor conflicts, so only the local DynamoDB is tested here.
describe('a request token', () => {
  const count = [{ Update: increment('a', 'times') }]
  const times = async () => Object((await readItems(ask))[0]?.times).N

  test('makes the writes once within ten minutes, and again after them', async () => {
    await clear()
    const ClientRequestToken = 'within'
    for (const secondsLater of [0, 0, 599.999]) {
      nowMs += secondsLater * 1_000
      expect(await transact(count, { ClientRequestToken })).toMatchObject({ status: 200 })
      expect(await times()).toBe('1')
    }
    nowMs += 1
    expect(await transact(count, { ClientRequestToken })).toMatchObject({ status: 200 })
    expect(await times()).toBe('2')
  })

  test('makes the writes once if two requests use it at the same time', async () => {
    await clear()
    await Promise.all(Array.from({ length: 16 }, () => transact(count, { ClientRequestToken: 'burst' })))
    expect(await times()).toBe('1')
  })

  test('is rejected with other writes', async () => {
    await clear()
    await transact(count, { ClientRequestToken: 'other' })
    const { status, output } = await transact([{ Update: increment('b', 'times') }], {
      ClientRequestToken: 'other',
    })
    expect(status).toBe(400)
    expect(output.__type).toMatch(/#IdempotentParameterMismatchException$/)
    expect(await readItems(ask)).toEqual([item('a', { times: { N: '1' } })])
  })

  test('of a canceled transaction is not used up', async () => {
    await clear()
    const create = [
      { Put: { TableName: TABLE, Item: item('a') } },
      { ConditionCheck: { TableName: TABLE, Key: key('b'), ConditionExpression: 'attribute_exists(pk)' } },
    ]
    expect(await transact(create, { ClientRequestToken: 'retry' })).toMatchObject({ status: 400 })
    await ask('PutItem', { TableName: TABLE, Item: item('b') })
    expect(await transact(create, { ClientRequestToken: 'retry' })).toMatchObject({ status: 200 })
    expect(await readItems(ask)).toEqual([item('a'), item('b')])
  })
})

describe('at the same time', () => {
  const ROUNDS = 100

  proof('plain writes are kept when transactions are taken back', async () => {
    await clear()
    const items = [{ Update: increment('a', 'canceled') }, { Update: increment('b', 'canceled', impossible) }]
    const calls = Array.from({ length: ROUNDS }, () => [
      transact(items),
      ask('UpdateItem', increment('a', 'written')),
      ask('BatchWriteItem', { RequestItems: { [TABLE]: [{ PutRequest: { Item: item('c') } }] } }),
      ask('DeleteItem', { TableName: TABLE, Key: key('c') }),
    ])
    const statuses = (await Promise.all(calls.flat())).map(({ status }) => status)
    expect(statuses).toEqual(Array.from({ length: ROUNDS }, () => [400, 200, 200, 200]).flat())
    expect((await readItems(ask))[0]).toEqual(item('a', { written: { N: String(ROUNDS) } }))
  })

  proof('no read sees a part of a transaction', async () => {
    await clear()
    const both = [{ Update: increment('a', 'times') }, { Update: increment('b', 'times') }]
    const canceled = ['a', 'b'].map((sk) => ({ Update: increment(sk, 'canceled') }))
    let isRunning = true
    const readUntilTheEnd = async (read: () => Promise<Attributes[]>) => {
      const seen: string[][] = []
      while (isRunning) {
        seen.push((await read()).map(({ pk, sk, ...more }) => JSON.stringify(more)))
      }
      return seen
    }
    const Keys = [key('a'), key('b')]
    const readBatch = async () => {
      const { output } = await ask('BatchGetItem', {
        RequestItems: { [TABLE]: { Keys, ConsistentRead: true } },
      })
      return Object(output).Responses[TABLE] as Attributes[]
    }
    const readQuery = () => readItems(ask)
    const readers = [readBatch, readBatch, readQuery, readQuery].map(readUntilTheEnd)
    for (let round = 1; round <= ROUNDS; round += 1) {
      await transact(both)
      await transact([...canceled, { Update: increment('c', 'canceled', impossible) }])
    }
    isRunning = false
    const seen = (await Promise.all(readers)).flat()
    const torn = seen.filter(([a, b]) => a !== b || a?.includes('canceled'))
    console.log(`${seen.length} reads during ${2 * ROUNDS} transactions`)
    expect(torn).toEqual([])
    expect((await readItems(ask)).map(({ times }) => times)).toEqual([{ N: '100' }, { N: '100' }])
  })

  test('of many claims of one name exactly one is made', async () => {
    await clear()
    const claim = (index: number) => [
      { Put: { TableName: TABLE, Item: item(`profile ${index}`) } },
      {
        Put: {
          TableName: TABLE,
          Item: item('name', { userId: { S: String(index) } }),
          ConditionExpression: 'attribute_not_exists(pk)',
        },
      },
    ]
    const results = await Promise.all(Array.from({ length: ROUNDS }, (_, index) => transact(claim(index))))
    expect(results.filter(({ status }) => status === 200)).toHaveLength(1)
    const [name, profile, ...others] = await readItems(ask)
    expect(profile?.sk).toEqual({ S: `profile ${Object(name?.userId).S}` })
    expect(others).toEqual([])
  })

  test('conditional additions to a string set never exceed its limit', async () => {
    await clear()
    const additions = Array.from({ length: ROUNDS }, (_, index) =>
      ask('UpdateItem', { TableName: TABLE, ...add(`id ${index}`) }),
    )
    const made = (await Promise.all(additions)).filter(({ status }) => status === 200)
    expect(made).toHaveLength(3)
    expect(Object((await readItems(ask))[0]?.ids).SS).toHaveLength(3)
  })
})

test('a transaction reports the items that it creates, once, and only if it is made', async () => {
  await clear()
  inserted.length = 0
  const put = (sk: string, more: object = {}) => ({ Put: { TableName: TABLE, Item: item(sk), ...more } })
  await ask('PutItem', { TableName: TABLE, Item: item('there before') })
  const writes = [put('there before'), put('a'), { Update: increment('b', 'times') }, put('c')]
  const made = [['a', 'c'].map((sk) => ({ table: TABLE, item: item(sk) }))]
  expect(await transact([put('d'), put('e', impossible)])).toMatchObject({ status: 400 })
  expect(inserted).toEqual([])
  for (const _ of [1, 2]) await transact(writes, { ClientRequestToken: 'reported' })
  expect(inserted).toEqual(made)
})

test('an unknown member of a write is rejected, so that a misspelled one is found', async () => {
  const { output } = await transact([{ Put: { TableName: TABLE, Item: item('a'), Condition: 'x' } }])
  expect(output).toEqual({
    __type: 'com.amazonaws.dynamodb.v20120810#ValidationException',
    message: "Unknown member 'transactItems.1.member.put.Condition'",
  })
})

test('a request that breaks off does not stop the server', async () => {
  const socket = connect(port, '127.0.0.1')
  socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{')
  await once(server, 'request')
  socket.destroy()
  await once(socket, 'close')
  expect(await ask('ListTables', {})).toMatchObject({ status: 200 })
})

test('a transaction without a signature, or with an unreadable body, is rejected', async () => {
  const headers = {
    'X-Amz-Target': 'DynamoDB_20120810.TransactWriteItems',
    'Content-Type': 'application/x-amz-json-1.0',
  }
  const body = JSON.stringify({ TransactItems: [{ Put: { TableName: TABLE, Item: item('a') } }] })
  const unsigned = await fetch(url, { method: 'POST', headers, body })
  expect([unsigned.status, await unsigned.json()]).toEqual([
    400,
    expect.objectContaining({ __type: expect.stringMatching(/MissingAuthenticationTokenException$/) }),
  ])
  const unreadable = await fetch(url, { method: 'POST', headers, body: '{' })
  expect([unreadable.status, await unreadable.json()]).toEqual([
    400,
    expect.objectContaining({ __type: expect.stringMatching(/SerializationException$/) }),
  ])
})
