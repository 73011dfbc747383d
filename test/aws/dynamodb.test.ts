import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { awsClient, withTimeout } from '../../lib/aws/client.ts'
import { countAccounts, findAccounts } from '../../lib/operators/search.ts'
import { createDynamoDb } from '../../local/dynamodb/dynamodb.ts'
import { listen } from '../local/aws-service.ts'
import { askAt, createTable } from '../local/dynamodb/contract.ts'
import { describeService, tableResources } from '../support/process/service-description.ts'
import { addTestUser } from '../support/users/users.ts'
import { CREDENTIALS, REGION } from './account.ts'

// A contract for the local DynamoDB and for moto's: the calls of lib/, one after the other on one table.

const TABLE = 'contract'
const key = (sk: string) => ({ pk: { S: 'user#ada' }, sk: { S: sk } })
const mark = key('known#203.0.113.7')
const profile = { ...key('profile'), role: { S: 'user' }, disabled: { BOOL: false }, generation: { N: '0' } }

/** Changes the profile on condition that it is unchanged since it was read, as `changeUser` does. */
const change = (readGeneration: string) => ({
  Key: key('profile'),
  ConditionExpression: 'generation = :read',
  UpdateExpression: 'SET #role = :role, #generation = :generation REMOVE #survivingSession',
  ExpressionAttributeNames: {
    '#role': 'role',
    '#generation': 'generation',
    '#survivingSession': 'survivingSession',
  },
  ExpressionAttributeValues: {
    ':role': { S: 'admin' },
    ':generation': { N: '7' },
    ':read': { N: readGeneration },
  },
})

const newProfile = { Item: profile, ConditionExpression: 'attribute_not_exists(pk)' }
const session = (id: string) => ({ ...key(`session#${id}`), secretHash: { S: 'A' }, rotatedAtMs: { N: '0' } })
const newSession = (id: string) => ({ ...newProfile, Item: session(id) })

/** Replaces a secret, as `replaceSecret` does. The same write may be sent twice. */
const rotate = (read: string, next: string, at: string) => ({
  Key: key('session#a'),
  ConditionExpression:
    'attribute_not_exists(endedAt) AND (#secretHash = :read OR (#secretHash = :next AND #rotatedAtMs = :at))',
  UpdateExpression: 'SET #secretHash = :next, #rotatedAtMs = :at',
  ExpressionAttributeNames: { '#secretHash': 'secretHash', '#rotatedAtMs': 'rotatedAtMs' },
  ExpressionAttributeValues: { ':read': { S: read }, ':next': { S: next }, ':at': { N: at } },
})

/** Ends a session, as `endSession` does. */
const end = (id: string, now: string) => ({
  Key: key(`session#${id}`),
  ConditionExpression: 'attribute_exists(pk)',
  UpdateExpression: 'SET endedAt = if_not_exists(endedAt, :now) REMOVE secretHash, salt',
  ExpressionAttributeValues: { ':now': { N: now } },
})

const query = (more: object) => ({
  ConsistentRead: true,
  KeyConditionExpression: '#pk = :pk AND begins_with(#sk, :session)',
  ProjectionExpression: '#pk, #sk',
  ExpressionAttributeNames: { '#pk': 'pk', '#sk': 'sk' },
  ExpressionAttributeValues: { ':pk': { S: 'user#ada' }, ':session': { S: 'session#' } },
  ScanIndexForward: false,
  ...more,
})

const rejected = (name: string) => ({ throws: name })
const none = { gives: {} }

const conflict = rejected('ConditionalCheckFailedException')
const invalid = rejected('ValidationException')

/** Each step: what it shows, the call, and the output that AWS documents. */
const STEPS: [what: string, operation: string, input: object, output: object][] = [
  ['a profile that is new is put', 'PutItem', newProfile, none],
  [
    'an existing item is not put again',
    'PutItem',
    { ...newProfile, Item: { ...profile, role: { S: 'admin' } } },
    conflict,
  ],
  ['an item is read by its key', 'GetItem', { Key: key('profile') }, { gives: { Item: profile } }],
  [
    'a projection returns the named attributes',
    'GetItem',
    { Key: key('profile'), ConsistentRead: true, ProjectionExpression: 'disabled, generation' },
    { gives: { Item: { disabled: { BOOL: false }, generation: { N: '0' } } } },
  ],
  ['a missing item is no error', 'GetItem', { Key: key('nothing') }, none],
  ['a change succeeds if the item is unchanged', 'UpdateItem', change('0'), none],
  ['a change fails if the item has changed', 'UpdateItem', change('0'), conflict],
  [
    'a change of a missing item creates none',
    'UpdateItem',
    { ...change('0'), Key: key('nothing') },
    conflict,
  ],
  [
    'an update without a condition creates an item',
    'UpdateItem',
    {
      Key: mark,
      UpdateExpression: 'SET expiresAt = :expiresAt',
      ExpressionAttributeValues: { ':expiresAt': { N: '220' } },
    },
    none,
  ],
  [
    'one call returns named attributes of several items, without the missing ones',
    'BatchGetItem',
    {
      RequestItems: {
        [TABLE]: {
          Keys: [key('profile'), key('nothing'), mark],
          ConsistentRead: true,
          ProjectionExpression: '#pk, #sk, #role, #expiresAt',
          ExpressionAttributeNames: { '#pk': 'pk', '#sk': 'sk', '#role': 'role', '#expiresAt': 'expiresAt' },
        },
      },
    },
    {
      gives: {
        Responses: {
          [TABLE]: expect.toSatisfy((items: object[]) => {
            expect(items).toHaveLength(2)
            expect(items).toContainEqual({ ...key('profile'), role: { S: 'admin' } })
            expect(items).toContainEqual({ ...mark, expiresAt: { N: '220' } })
            return true
          }),
        },
        UnprocessedKeys: {},
      },
    },
  ],
  [
    'one call must not name a key twice',
    'BatchGetItem',
    { RequestItems: { [TABLE]: { Keys: [mark, mark] } } },
    invalid,
  ],
  ['a session is stored', 'PutItem', newSession('a'), none],
  ['another session is stored', 'PutItem', newSession('b'), none],
  [
    'a query returns items in the reverse order of the sort keys',
    'Query',
    query({}),
    { gives: { Items: [key('session#b'), key('session#a')], Count: 2, ScannedCount: 2 } },
  ],
  [
    'a query with a limit returns a page',
    'Query',
    query({ Limit: 1 }),
    {
      gives: {
        Items: [key('session#b')],
        Count: 1,
        ScannedCount: 1,
        LastEvaluatedKey: key('session#b'),
      },
    },
  ],
  [
    'the next page starts after the previous one',
    'Query',
    query({ ExclusiveStartKey: key('session#b') }),
    { gives: { Items: [key('session#a')], Count: 1, ScannedCount: 1 } },
  ],
  ['a secret is replaced', 'UpdateItem', rotate('A', 'B', '1'), none],
  ['the same replacement succeeds again', 'UpdateItem', rotate('A', 'B', '1'), none],
  ['the next replacement succeeds', 'UpdateItem', rotate('B', 'C', '2'), none],
  ['an earlier replacement that arrives late fails', 'UpdateItem', rotate('A', 'B', '1'), conflict],
  ['a session ends', 'UpdateItem', end('a', '100'), none],
  ['it ends again, and its end stays', 'UpdateItem', end('a', '200'), none],
  [
    'it is a tombstone',
    'GetItem',
    { Key: key('session#a'), ConsistentRead: true },
    { gives: { Item: { ...key('session#a'), endedAt: { N: '100' }, rotatedAtMs: { N: '2' } } } },
  ],
  ['its secret is not replaced', 'UpdateItem', rotate('C', 'D', '3'), conflict],
  ['its first write that arrives late fails', 'PutItem', newSession('a'), conflict],
  ['the end of a missing session creates none', 'UpdateItem', end('missing', '100'), conflict],
  ['an item is deleted', 'DeleteItem', { Key: key('session#b') }, none],
  ['deleting it again is no error', 'DeleteItem', { Key: key('session#b') }, none],
  ['a partial key is rejected', 'GetItem', { Key: { pk: { S: 'user#ada' } } }, invalid],
  ['an empty update is rejected', 'UpdateItem', { Key: mark, UpdateExpression: 'SET' }, invalid],
  [
    'a missing table is reported',
    'GetItem',
    { TableName: 'nothing', Key: mark },
    rejected('ResourceNotFoundException'),
  ],
]

const local = await listen(createDynamoDb())
afterAll(local.stop)

const callAt = (dynamodb: string) =>
  withTimeout(
    awsClient({ region: REGION, credentials: CREDENTIALS, endpoints: { dynamodb: new URL(dynamodb) } }),
    10_000,
  )
const urls = { local: local.url, moto: inject('emulatorUrl') }

describe.each(['local', 'moto'] as const)('%s', (which) => {
  const aws = callAt(urls[which])

  beforeAll(() => createTable(askAt(urls[which]), TABLE))

  test.each(STEPS)('%s: %s', async (_what, operation, input, expected) => {
    const table = operation === 'BatchGetItem' ? {} : { TableName: TABLE }
    const outcome = await aws('dynamodb', operation, { ...table, ...input }).then(
      (gives) => ({ gives: withoutExtras(gives) }),
      (error: Error) => ({ throws: Object(error.cause).name, status: Object(error.cause).status }),
    )
    expect(outcome).toEqual('throws' in expected ? { ...expected, status: 400 } : expected)
  })

  test('operators search by the indexes of the table', async () => {
    for (const { Properties } of tableResources(describeService(), 'indexed')) {
      const { TableName, KeySchema, AttributeDefinitions, GlobalSecondaryIndexes, BillingMode } = Properties
      await aws('dynamodb', 'CreateTable', {
        TableName,
        KeySchema,
        AttributeDefinitions,
        GlobalSecondaryIndexes,
        BillingMode,
      })
    }
    const table = { aws, name: 'indexed' }
    await addTestUser(table, { username: 'ada', email: 'ada@example.org' })
    await addTestUser(table, { username: 'adele', disabled: true })
    await addTestUser(table, { username: 'zoe', email: 'adb@example.org', role: 'admin' })
    const find = async (search: object, range = {}) => {
      const { accounts, next } = await findAccounts(table, { filter: [], ...search }, range)
      return [accounts.map(({ username }) => username), next]
    }
    expect(await find({})).toEqual([['ada', 'adele', 'zoe'], undefined])
    expect(await find({ prefix: 'ad' }, { limit: 2 })).toEqual([['ada', 'zoe'], 'adb@example.org'])
    expect(await find({ prefix: 'ad' }, { limit: 2, after: 'adb@example.org' })).toEqual([
      ['adele'],
      undefined,
    ])
    expect(await find({ prefix: 'ad', role: 'admin' })).toEqual([['zoe'], undefined])
    expect(await find({ disabled: true })).toEqual([['adele'], undefined])
    expect(await countAccounts(table, { filter: ['example'] })).toBe(2)
  })
})

/** Removes what moto adds: the capacity without `ReturnConsumedCapacity`, and empty `Attributes`. */
const withoutExtras = (output: object) =>
  Object.fromEntries(
    Object.entries(output).filter(
      ([name, value]) =>
        !name.startsWith('ConsumedCapacity') && (name !== 'Attributes' || Object.keys(value).length > 0),
    ),
  )
