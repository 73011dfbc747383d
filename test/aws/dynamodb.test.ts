import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import dynalite from 'dynalite'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { awsClient, withTimeout } from '../../lib/aws/client.ts'
import { CREDENTIALS, REGION } from './account.ts'

// One contract for the local DynamoDB and moto's: the calls that lib/ makes, one after the other on one table.

const TABLE = 'contract'
const key = (sk: string) => ({ pk: { S: 'user#ada' }, sk: { S: sk } })
const counter = key('attempts')
const profile = { ...key('profile'), role: { S: 'user' }, disabled: { BOOL: false }, validAfter: { N: '0' } }

/** Adds one failure, as `countFailure` does. */
const count = (now: string, end: string) => ({
  Key: counter,
  UpdateExpression: 'ADD failures :one SET expiresAt = if_not_exists(expiresAt, :end)',
  ConditionExpression: 'attribute_not_exists(expiresAt) OR expiresAt > :now',
  ExpressionAttributeValues: { ':one': { N: '1' }, ':now': { N: now }, ':end': { N: end } },
})

/** Changes the profile on the condition that it is as it was read, as `changeUser` does. */
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

const refused = (name: string) => ({ throws: name })
const none = { gives: {} }

/** Each step: what it shows, the call, and what AWS documents as its answer. */
const STEPS: [what: string, operation: string, input: object, answer: object][] = [
  ['a profile that is new is put', 'PutItem', newProfile, none],
  [
    'one that is there is not',
    'PutItem',
    { ...newProfile, Item: { ...profile, role: { S: 'admin' } } },
    refused('ConditionalCheckFailedException'),
  ],
  ['an item is read by its key', 'GetItem', { Key: key('profile') }, { gives: { Item: profile } }],
  [
    'or as much of it as is asked for',
    'GetItem',
    { Key: key('profile'), ConsistentRead: true, ProjectionExpression: 'disabled, validAfter' },
    { gives: { Item: { disabled: { BOOL: false }, validAfter: { N: '0' } } } },
  ],
  ['no item is no error', 'GetItem', { Key: key('nothing') }, none],
  ['a change of what was read goes in', 'UpdateItem', change('0'), none],
  [
    'a change of what is there no more does not',
    'UpdateItem',
    change('0'),
    refused('ConditionalCheckFailedException'),
  ],
  [
    'a change of an item that is not there makes none',
    'UpdateItem',
    { ...change('0'), Key: key('nothing') },
    refused('ConditionalCheckFailedException'),
  ],
  ['a first failure makes a counter', 'UpdateItem', count('100', '160'), none],
  ['a second one keeps its end', 'UpdateItem', count('110', '170'), none],
  [
    'which both show',
    'GetItem',
    { Key: counter },
    { gives: { Item: { ...counter, failures: { N: '2' }, expiresAt: { N: '160' } } } },
  ],
  [
    'one after the end does not count',
    'UpdateItem',
    count('160', '220'),
    refused('ConditionalCheckFailedException'),
  ],
  [
    'it begins anew',
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
    'several items come in one call, without those that are not there',
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
    'nor may one key be asked for twice',
    'BatchGetItem',
    { RequestItems: { [TABLE]: { Keys: [counter, counter] } } },
    refused('ValidationException'),
  ],
  ['a session is put', 'PutItem', { Item: session('b') }, none],
  ['and another', 'PutItem', { Item: session('a') }, none],
  [
    'a query gives what follows in the order of the sort keys',
    'Query',
    query({}),
    { gives: { Items: [changed, session('a'), session('b')], Count: 3, ScannedCount: 3 } },
  ],
  [
    'in pages',
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
    'that go on where the one before ended',
    'Query',
    query({ ExclusiveStartKey: key('session#a') }),
    { gives: { Items: [session('b')], Count: 1, ScannedCount: 1 } },
  ],
  ['what is deleted', 'DeleteItem', { Key: key('session#a') }, none],
  ['may be deleted again', 'DeleteItem', { Key: key('session#a') }, none],
  [
    'a change of a session that has ended brings none back',
    'UpdateItem',
    { ...change('0'), Key: key('session#a') },
    refused('ConditionalCheckFailedException'),
  ],
  ['half a key is refused', 'GetItem', { Key: { pk: { S: 'user#ada' } } }, refused('ValidationException')],
  [
    'an update that names nothing is refused',
    'UpdateItem',
    { Key: counter, UpdateExpression: 'SET' },
    refused('ValidationException'),
  ],
  [
    'a table that is not there is not found',
    'GetItem',
    { TableName: 'nothing', Key: counter },
    refused('ResourceNotFoundException'),
  ],
]

/** moto tells the capacity without being asked (`ReturnConsumedCapacity`), and has empty `Attributes`. */
const asAsked = (answer: object) =>
  Object.fromEntries(
    Object.entries(answer).filter(
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
  local = dynalite({ createTableMs: 0 })
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
    const answer = await call(operation, { ...table, ...input }).then(
      (gives) => ({ gives: asAsked(gives) }),
      (error: Error) => ({ throws: Object(error.cause).name, status: Object(error.cause).status }),
    )
    expect(answer).toEqual('throws' in expected ? { ...expected, status: 400 } : expected)
  })
})
