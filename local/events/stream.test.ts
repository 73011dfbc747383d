import { expect, test } from 'vitest'
import { START } from '../../project/commands.ts'
import type { Invocation } from '../lambda/lambda-socket.ts'
import { createStream } from './stream.ts'

const TABLE = 't-events'

const insertion = (id: string, more: object = {}, table = TABLE) => ({
  table,
  item: { pk: { S: 'user#a' }, sk: { S: id }, type: { S: 'user.created' }, via: { S: 'users add' }, ...more },
})

const returned = (result: unknown): Invocation => ({ isReturned: true, payload: JSON.stringify(result) })
const done = returned({ batchItemFailures: [] })

test('the function gets new events of one table in their order, and no other item', async () => {
  const { take, batches } = start(done, done)
  take([insertion('1'), insertion('of another table', {}, 't'), insertion('2')])
  take([{ table: TABLE, item: { pk: { S: 'name#x' }, sk: { S: 'of a freed name' } } }])
  take([insertion('of the start', { via: { S: START } })])
  take([insertion('3')])
  await expect.poll(() => batches).toEqual([['1', '2'], ['3']])
})

test('a record has what a stream of DynamoDB sends of a new item', async () => {
  const { take, events } = start(done)
  const before = Math.floor(Date.now() / 1_000)
  take([insertion('1')])
  const { item } = insertion('1')
  expect(events).toEqual([
    {
      Records: [
        {
          eventID: '1',
          eventName: 'INSERT',
          eventVersion: '1.1',
          eventSource: 'aws:dynamodb',
          awsRegion: 'eu-central-1',
          dynamodb: {
            ApproximateCreationDateTime: expect.any(Number),
            Keys: { pk: item.pk, sk: item.sk },
            NewImage: item,
            SequenceNumber: '1',
            SizeBytes: expect.any(Number),
            StreamViewType: 'NEW_IMAGE',
          },
          eventSourceARN: 'arn:aws:dynamodb:eu-central-1:123456789012:table/t-events/stream/local',
        },
      ],
    },
  ])
  expect(Object(events[0]).Records[0].dynamodb.ApproximateCreationDateTime).toBeGreaterThanOrEqual(before)
})

test.each<[string, Invocation | Error, string[]]>([
  ['reports a record', returned({ batchItemFailures: [{ itemIdentifier: '2' }] }), ['2', '3']],
  ['throws', { isReturned: false, payload: '{}' }, ['1', '2', '3']],
  ['cannot be reached', new Error('ECONNREFUSED'), ['1', '2', '3']],
])('records are sent again if the function %s, before later ones', async (_what, outcome, again) => {
  const { take, batches } = start(outcome, done)
  take(['1', '2', '3'].map((id) => insertion(id)))
  take([insertion('4')])
  await expect
    .poll(() => batches)
    .toEqual([
      ['1', '2', '3'],
      [...again, '4'],
    ])
})

test('a batch has at most 100 records', async () => {
  const { take, batches } = start(done, done, done)
  take(Array.from({ length: 201 }, (_, index) => insertion(String(index))))
  await expect.poll(() => batches.map(({ length }) => length)).toEqual([100, 100, 1])
})

/** Starts a stream whose function has these outcomes in turn. */
function start(...outcomes: (Invocation | Error)[]) {
  const events: object[] = []
  const batches: string[][] = []
  const take = createStream({
    region: 'eu-central-1',
    table: TABLE,
    pauseMs: 1,
    async invoke(event) {
      events.push(event)
      batches.push(Object(event).Records.map((one: object) => Object(one).dynamodb.Keys.sk.S))
      const outcome = outcomes.shift()
      if (outcome === undefined || outcome instanceof Error) throw outcome ?? new Error('invoked too often')
      return outcome
    },
  })
  return { take, batches, events }
}
