import { expect, test } from 'vitest'
import type { Statement } from '../../lib/aws/access.ts'
import { statementsOf, withoutOwn } from './statements.ts'

const queue = { 'Fn::GetAtt': ['Jobs', 'Arn'] }
const otherQueue = { 'Fn::GetAtt': ['OtherJobs', 'Arn'] }
const topic = 'arn:aws:sns:eu-central-1:123456789012:failures'
const allow = (Action: string[], Resource: unknown[]): Statement => ({ Effect: 'Allow', Action, Resource })

/** As the framework adds them to the role of all functions. */
const ALL = [
  allow(['logs:PutLogEvents'], [{ 'Fn::Sub': 'arn:…:log-group:/aws/lambda/*' }]),
  allow(['sqs:ReceiveMessage'], [queue, otherQueue]),
  allow(['kinesis:GetRecords'], ['arn:aws:kinesis:eu-central-1:123456789012:stream/other']),
  allow(['sns:Publish'], [topic]),
  allow(['xray:PutTraceSegments'], ['*']),
]
const definition = { name: 'jobs', handler: 'jobs.handler' }

test.each([
  ['nothing', {}, []],
  ['a queue', { events: [{ sqs: { arn: queue } }] }, [allow(['sqs:ReceiveMessage'], [queue])]],
  [
    'a rule, which names a queue for failures,',
    { events: [{ eventBridge: { deadLetterQueueArn: queue } }] },
    [],
  ],
  ['a topic for failures', { onError: topic }, [allow(['sns:Publish'], [topic])]],
])('a function with %s gets the statements for it, and none of other functions', (_, more, expected) => {
  expect(statementsOf({ ...definition, ...more }, ALL)).toEqual(expected)
})

test('the common role loses what is for a function with a role of its own, and keeps what others need', () => {
  const jobs = { ...definition, events: [{ sqs: { arn: queue } }] }
  const both = { ...definition, events: [{ sqs: { arn: queue } }, { sqs: { arn: otherQueue } }] }
  const other = { ...definition, events: [{ sqs: { arn: otherQueue } }] }
  const without = (own: object, others: object) =>
    withoutOwn(ALL, [own as typeof jobs], [others as typeof jobs]).flatMap(({ Action, Resource }) =>
      Action.includes('sqs:ReceiveMessage') ? [Resource] : [],
    )
  expect(without(jobs, other)).toEqual([[otherQueue]])
  expect(without(both, definition)).toEqual([])
  expect(without(both, both)).toEqual([[queue, otherQueue]])
  // The framework adds a queue once for each function.
  const twice = [allow(['sqs:ReceiveMessage'], [queue, queue])]
  expect(withoutOwn(twice, [jobs], [jobs])).toEqual([allow(['sqs:ReceiveMessage'], [queue])])
})
