import { HTTP } from 'cloudevents'
import { beforeAll, expect, inject, test } from 'vitest'
import { awsClient, withTimeout } from '../../lib/aws/client.ts'
import { transact } from '../../lib/aws/dynamodb.ts'
import { eventBridge } from '../../lib/events/bus.ts'
import { eventOf, eventsTableOf, partitionOf } from '../../lib/events/event.ts'
import { OUTGOING } from '../../lib/events/outgoing.ts'
import { publish, putEntries, type StreamRecord } from '../../lib/events/publish.ts'
import type { EventType } from '../../lib/events/types.ts'
import { asRule } from '../../plugins/events/auth-events.ts'
import { EVENT_CHECKS } from '../../scripts/smoke/checks/events.ts'
import type { Visit } from '../../scripts/smoke/visit/visit.ts'
import { signed } from '../local/aws-service.ts'
import { describeService, tableResources } from '../support/process/service-description.ts'
import { asOperator, testAct } from '../support/users/users.ts'
import { ACCOUNT, CREDENTIALS, REGION } from './account.ts'

// Events from a transaction to the queue of a subscriber, through the stream, EventBridge and SQS of moto. moto 5.1.1 matches types, and
// takes each value for one that `anything-but` allows: plugins/events/auth-events.test.ts has that part of the pattern.

const url = inject('emulatorUrl')
const settings = { region: REGION, credentials: CREDENTIALS, endpoints: { dynamodb: new URL(url) } }
const aws = withTimeout(awsClient(settings), 10_000)
const table = { aws, name: 'bus-contract' }
const bus = { name: 'bus-contract', source: 'https://auth.example.com', types: OUTGOING.changes }
const onBus = eventBridge(settings, new URL(url))
const userId = 'Ada-Lovelace-1815-12-A'

beforeAll(async () => {
  await onBus('CreateEventBus', { Name: bus.name })
  // moto's first event takes seconds, and an attempt has three.
  const events = await subscribe('consent.given')
  await ask('events', 'AWSEvents.PutEvents', { Entries: [entryOf('consent.given', 0)] })
  expect(await events()).toHaveLength(1)
})

test('a recorded event reaches the queue of a rule with its type, as a CloudEvent, and no other queue', async () => {
  const stream = await createEventsTable()
  const [created, deleted] = [await subscribe('user.created'), await subscribe('user.deleted')]
  await record('user.created', 'session.created', 'user.viewed', 'user.updated')
  const records = await recordsOf(stream)
  expect(records.length).toBe(4)
  expect(await publish(onBus, bus, records)).toBeUndefined()
  const [{ time, ...event } = {}, ...others] = await created()
  expect({ others, deleted: await deleted() }).toEqual({ others: [], deleted: [] })
  expect(time).toBe(Object(event).detail.time.replace(/\.\d+/, ''))
  expect(event).toMatchObject({
    'detail-type': 'user.created',
    source: bus.source,
    region: REGION,
    detail: {
      specversion: '1.0',
      id: expect.stringMatching(/^[\w-]{22}$/),
      source: bus.source,
      type: 'user.created',
      subject: userId,
      data: { actor: 'system', via: 'test', detail: 'user' },
    },
  })
  const headers = { 'content-type': 'application/cloudevents+json' }
  const read = HTTP.toEvent({ headers, body: JSON.stringify(Object(event).detail) })
  expect(Object(read).validate()).toBe(true)
})

test('an entry that is no JSON is refused, and those around it arrive', async () => {
  const events = await subscribe('client.created')
  const entries = [entryOf('client.created', 1), { ...entryOf('client.created', 2), Detail: '{' }]
  entries.push(entryOf('client.created', 3))
  expect(await putEntries(onBus, entries)).toEqual(['put', 'refused', 'put'])
  expect((await events()).map(({ detail }) => Object(detail).id).toSorted()).toEqual([1, 3])
})

test('eleven entries are refused together, so that each is put by itself', async () => {
  const events = await subscribe('api.created')
  const entries = Array.from({ length: 11 }, (_, index) => entryOf('api.created', index))
  expect(await putEntries(onBus, entries)).toEqual(entries.map(() => 'put'))
  expect([(await events()).length, (await events()).length]).toEqual([10, 1])
})

test('npm run smoke finds a table of events that was restored, and one without a stream', async () => {
  const stream = await createEventsTable()
  const check = () =>
    EVENT_CHECKS['stream of the events']?.({ table: asOperator(table), stream } as object as Visit)
  await expect(check()).resolves.toBeUndefined()
  const advice = 'No event leaves: deploy with eventBus=off, and then with its value'
  const other = await createEventsTable()
  expect(other).not.toBe(stream)
  await expect(check()).rejects.toThrow(
    `expected the stream ${stream}, which publish-event reads, got ${other}. ${advice}`,
  )
  await aws('dynamodb', 'UpdateTable', {
    TableName: eventsTableOf(table),
    StreamSpecification: { StreamEnabled: false },
  })
  await expect(check()).rejects.toThrow(`got none. ${advice}`)
})

const entryOf = (DetailType: EventType, id: number) => ({
  EventBusName: bus.name,
  Source: bus.source,
  DetailType,
  Time: 1_796_000_000,
  Detail: JSON.stringify({ id, data: { via: 'test' } }),
})

/** Creates the table of events as the template has it, in place of the former one. @returns The ARN of its stream. */
async function createEventsTable(): Promise<string> {
  const TableName = eventsTableOf(table)
  await aws('dynamodb', 'DeleteTable', { TableName }).catch(() => {})
  const [, { Properties }] = tableResources(describeService(), table.name)
  const { AttributeDefinitions, KeySchema, GlobalSecondaryIndexes, BillingMode } = Properties
  const { TableDescription } = await aws('dynamodb', 'CreateTable', {
    ...{ TableName, AttributeDefinitions, KeySchema, GlobalSecondaryIndexes, BillingMode },
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
  })
  return String(Object(TableDescription).LatestStreamArn)
}

/** Records events of a user, each in a transaction. */
async function record(...types: EventType[]): Promise<void> {
  const detail = { 'user.created': 'user' } as const
  for (const type of types) {
    const happening = { type, subject: partitionOf(userId), detail: Object(detail)[type] }
    await transact(table, [eventOf(table, testAct(new Date()), happening)])
  }
}

/** Reads a stream from its beginning, as Lambda does. */
async function recordsOf(StreamArn: string): Promise<StreamRecord[]> {
  const streams = (operation: string, input: object) =>
    ask('dynamodb', `DynamoDBStreams_20120810.${operation}`, input)
  const { StreamDescription } = await streams('DescribeStream', { StreamArn })
  const [{ ShardId }] = StreamDescription.Shards
  const place = { StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' }
  const { ShardIterator } = await streams('GetShardIterator', place)
  const { Records } = await streams('GetRecords', { ShardIterator })
  return Records
}

/** Adds a queue, and the rule of an `authEvent` for it. @returns What reads the events that arrived. */
async function subscribe(authEvent: EventType) {
  const Name = `to-${authEvent.replace('.', '-')}`
  const sqs = (operation: string, input: object) => ask('sqs', `AmazonSQS.${operation}`, input)
  const { QueueUrl } = await sqs('CreateQueue', { QueueName: Name })
  const { pattern, retryPolicy } = Object(asRule({ authEvent })).eventBridge
  const rule = { EventBusName: bus.name, Name, EventPattern: JSON.stringify(pattern) }
  await onBus('PutRule', rule)
  const RetryPolicy = {
    MaximumRetryAttempts: retryPolicy.maximumRetryAttempts,
    MaximumEventAgeInSeconds: retryPolicy.maximumEventAge,
  }
  const Targets = [{ Id: 'queue', Arn: `arn:aws:sqs:${REGION}:${ACCOUNT}:${Name}`, RetryPolicy }]
  expect(await onBus('PutTargets', { EventBusName: bus.name, Rule: Name, Targets })).toMatchObject({
    FailedEntryCount: 0,
  })
  return async (): Promise<Record<string, unknown>[]> => {
    const { Messages = [] } = await sqs('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 })
    return Messages.map(({ Body }: { Body: string }) => JSON.parse(Body))
  }
}

/** Calls a service of AWS without a client library. */
async function ask(service: string, target: string, input: object) {
  const headers = { 'Content-Type': 'application/x-amz-json-1.0', 'X-Amz-Target': target, ...signed(service) }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(input) })
  const output = Object(await response.json())
  expect(response.status, JSON.stringify(output)).toBe(200)
  return output
}
