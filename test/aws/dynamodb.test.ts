import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { awsClient, withTimeout } from '../../lib/aws/client.ts'
import { createDynamoDb } from '../../local/dynamodb.ts'
import { CREDENTIALS, REGION } from './account.ts'

// A contract for the local DynamoDB and for moto's: the calls of lib/, one after the other on one table.

const TABLE = 'contract'
const key = (sk: string) => ({ pk: { S: 'user#ada' }, sk: { S: sk } })
const counter = key('attempts')
const profile = { ...key('profile'), role: { S: 'user' }, disabled: { BOOL: false }, validAfter: { N: '0' } }

/** Adds a failure, as `countFailure` does. */
const count = (now: string, end: string) => ({
  Key: counter,
  UpdateExpression: 'ADD failures :one SET expiresAt = if_not_exists(expiresAt, :end)',
  ConditionExpression: 'attribute_not_exists(expiresAt) OR expiresAt > :now',
  ExpressionAttributeValues: { ':one': { N: '1' }, ':now': { N: now }, ':end': { N: end } },
})

/** Changes the profile on condition that it is unchanged since it was read, as `changeUser` does. */
const change = (readValidAfter: string) => ({
  Key: key('profile'),
  ConditionExpression: 'validAfter = :read',
  UpdateExpression: 'SET #role = :role, #validAfter = :validAfter REMOVE #survivingSession',
  ExpressionAttributeNames: {
    '#role': 'role',
    '#validAfter': 'validAfter',
    '#survivingSession': 'survivingSession',
  },
  ExpressionAttributeValues: {
    ':role': { S: 'admin' },
    ':validAfter': { N: '7' },
    ':read': { N: readValidAfter },
  },
})

const newProfile = { Item: profile, ConditionExpression: 'attribute_not_exists(pk)' }
const changed = { ...profile, role: { S: 'admin' }, validAfter: { N: '7' } }
const session = (id: string) => ({ ...key(`session#${id}`), generation: { N: '0' } })

const query = (more: object) => ({
  ConsistentRead: true,
  KeyConditionExpression: 'pk = :pk AND sk >= :profile',
  ExpressionAttributeValues: { ':pk': { S: 'user#ada' }, ':profile': { S: 'profile' } },
  ...more,
})

const rejected = (name: string) => ({ throws: name })
const none = { gives: {} }

/** Each step: what it shows, the call, and the output that AWS documents. */
const STEPS: [what: string, operation: string, input: object, output: object][] = [
  ['a profile that is new is put', 'PutItem', newProfile, none],
  [
    'an existing item is not put again',
    'PutItem',
    { ...newProfile, Item: { ...profile, role: { S: 'admin' } } },
    rejected('ConditionalCheckFailedException'),
  ],
  ['an item is read by its key', 'GetItem', { Key: key('profile') }, { gives: { Item: profile } }],
  [
    'a projection returns the named attributes',
    'GetItem',
    { Key: key('profile'), ConsistentRead: true, ProjectionExpression: 'disabled, validAfter' },
    { gives: { Item: { disabled: { BOOL: false }, validAfter: { N: '0' } } } },
  ],
  ['a missing item is no error', 'GetItem', { Key: key('nothing') }, none],
  ['a change succeeds if the item is unchanged', 'UpdateItem', change('0'), none],
  [
    'a change fails if the item has changed',
    'UpdateItem',
    change('0'),
    rejected('ConditionalCheckFailedException'),
  ],
  [
    'a change of a missing item creates none',
    'UpdateItem',
    { ...change('0'), Key: key('nothing') },
    rejected('ConditionalCheckFailedException'),
  ],
  ['a first failure creates a counter', 'UpdateItem', count('100', '160'), none],
  ['a second failure does not move its end', 'UpdateItem', count('110', '170'), none],
  [
    'the counter shows both failures',
    'GetItem',
    { Key: counter },
    { gives: { Item: { ...counter, failures: { N: '2' }, expiresAt: { N: '160' } } } },
  ],
  [
    'a failure after the end does not count',
    'UpdateItem',
    count('160', '220'),
    rejected('ConditionalCheckFailedException'),
  ],
  [
    'an expired counter starts again',
    'UpdateItem',
    {
      Key: counter,
      UpdateExpression: 'SET failures = :one, expiresAt = :end',
      ConditionExpression: 'expiresAt <= :now',
      ExpressionAttributeValues: { ':one': { N: '1' }, ':now': { N: '160' }, ':end': { N: '220' } },
    },
    none,
  ],
  [
    'one call returns several items, without the missing ones',
    'BatchGetItem',
    {
      RequestItems: {
        [TABLE]: { Keys: [key('profile'), key('nothing'), counter], ConsistentRead: true },
      },
    },
    {
      gives: {
        Responses: {
          [TABLE]: expect.toSatisfy((items: object[]) => {
            expect(items).toHaveLength(2)
            expect(items).toContainEqual(changed)
            expect(items).toContainEqual({ ...counter, failures: { N: '1' }, expiresAt: { N: '220' } })
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
    { RequestItems: { [TABLE]: { Keys: [counter, counter] } } },
    rejected('ValidationException'),
  ],
  ['a session is stored', 'PutItem', { Item: session('b') }, none],
  ['another session is stored', 'PutItem', { Item: session('a') }, none],
  [
    'a query returns items in the order of the sort keys',
    'Query',
    query({}),
    { gives: { Items: [changed, session('a'), session('b')], Count: 3, ScannedCount: 3 } },
  ],
  [
    'a query with a limit returns a page',
    'Query',
    query({ Limit: 2 }),
    {
      gives: {
        Items: [changed, session('a')],
        Count: 2,
        ScannedCount: 2,
        LastEvaluatedKey: key('session#a'),
      },
    },
  ],
  [
    'the next page starts after the previous one',
    'Query',
    query({ ExclusiveStartKey: key('session#a') }),
    { gives: { Items: [session('b')], Count: 1, ScannedCount: 1 } },
  ],
  ['a session is deleted', 'DeleteItem', { Key: key('session#a') }, none],
  ['deleting it again is no error', 'DeleteItem', { Key: key('session#a') }, none],
  [
    'a change of a deleted session creates none',
    'UpdateItem',
    { ...change('0'), Key: key('session#a') },
    rejected('ConditionalCheckFailedException'),
  ],
  [
    'a partial key is rejected',
    'GetItem',
    { Key: { pk: { S: 'user#ada' } } },
    rejected('ValidationException'),
  ],
  [
    'an empty update is rejected',
    'UpdateItem',
    { Key: counter, UpdateExpression: 'SET' },
    rejected('ValidationException'),
  ],
  [
    'a missing table is reported',
    'GetItem',
    { TableName: 'nothing', Key: counter },
    rejected('ResourceNotFoundException'),
  ],
]

/** Removes what moto adds: the capacity without `ReturnConsumedCapacity`, and empty `Attributes`. */
const withoutExtras = (output: object) =>
  Object.fromEntries(
    Object.entries(output).filter(
      ([name, value]) =>
        !name.startsWith('ConsumedCapacity') && (name !== 'Attributes' || Object.keys(value).length > 0),
    ),
  )

let local: Server
const callAt = (dynamodb: string) =>
  withTimeout(
    awsClient({ region: REGION, credentials: CREDENTIALS, endpoints: { dynamodb: new URL(dynamodb) } }),
    10_000,
  )
const calls = { local: callAt(inject('emulatorUrl')), moto: callAt(inject('emulatorUrl')) }

beforeAll(async () => {
  local = createDynamoDb()
  await once(local.listen(0, '127.0.0.1'), 'listening')
  calls.local = callAt(`http://127.0.0.1:${(local.address() as AddressInfo).port}`)
})
afterAll(() => {
  local.closeAllConnections()
  local.close()
})

describe.each(['local', 'moto'] as const)('%s', (which) => {
  const call = (operation: string, input: object) => calls[which]('dynamodb', operation, input)

  beforeAll(async () => {
    await call('CreateTable', {
      TableName: TABLE,
      AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      BillingMode: 'PAY_PER_REQUEST',
    })
    for (let status: unknown; status !== 'ACTIVE'; ) {
      status = Object(await call('DescribeTable', { TableName: TABLE })).Table.TableStatus
    }
  })

  test.each(STEPS)('%s: %s', async (_what, operation, input, expected) => {
    const table = operation === 'BatchGetItem' ? {} : { TableName: TABLE }
    const outcome = await call(operation, { ...table, ...input }).then(
      (gives) => ({ gives: withoutExtras(gives) }),
      (error: Error) => ({ throws: Object(error.cause).name, status: Object(error.cause).status }),
    )
    expect(outcome).toEqual('throws' in expected ? { ...expected, status: 400 } : expected)
  })
})
