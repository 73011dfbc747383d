import { expect, test } from 'vitest'
import type { Statement } from '../../lib/aws/access.ts'
import { statementsOf } from './roles.ts'

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
  ['a topic for failures', { onError: topic }, [allow(['sns:Publish'], [topic])]],
])('a function with %s gets the statements for it, and none of other functions', (_, more, expected) => {
  expect(statementsOf({ ...definition, ...more }, ALL)).toEqual(expected)
})
