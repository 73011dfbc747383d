import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import {
  breakOff,
  breakOffMidway,
  fail,
  type Reply,
  say,
  startFakeAws,
  stayMute,
} from '../../test/support/aws/fake-aws.ts'
import { ServiceError } from '../errors.ts'
import { awsErrorType, cancellationCodes, isRefused } from './client.ts'

// No pause between attempts.
beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0))

test('one connection serves consecutive calls', async () => {
  const aws = await startFakeAws(say(200, {}))
  for (let time = 1; time <= 3; time += 1) await aws.call('kms', 'Sign', {})
  expect(aws.received).toHaveLength(3)
  expect(aws.connections()).toBe(1)
})

const cancel = (...codes: string[]) =>
  say(400, {
    __type: 'com.amazonaws.dynamodb.v20120810#TransactionCanceledException',
    Message: 'said AWS',
    CancellationReasons: codes.map((Code) => ({ Code })),
  })

describe('a call is retried after', () => {
  test.each<[string, Reply]>([
    ['ThrottlingException', fail(400, 'ThrottlingException')],
    ['ThrottledException', fail(400, 'ThrottledException')],
    ['ProvisionedThroughputExceededException', fail(400, 'ProvisionedThroughputExceededException')],
    ['RequestLimitExceeded', fail(400, 'RequestLimitExceeded')],
    ['a throttling type with its namespace', fail(400, 'com.amazonaws.kms#LimitExceededException')],
    ['TransactionConflictException', fail(400, 'TransactionConflictException')],
    ['TransactionInProgressException', fail(400, 'TransactionInProgressException')],
    ['a transaction that met a conflict', cancel('None', 'TransactionConflict')],
    ['a transaction that was throttled', cancel('ThrottlingError', 'None')],
    ['a transaction without throughput', cancel('ProvisionedThroughputExceeded')],
    ['status 429', fail(429, 'SlowDown')],
    ['status 500', fail(500, 'InternalServerError')],
    ['status 503 with a page', say(503, '<html>')],
    ['status 200 with garbage', say(200, '{"Item":')],
    ['status 200 with a list', say(200, [])],
    ['a broken connection', breakOff],
    ['a connection that breaks within the response', breakOffMidway],
  ])('%s', async (_what, reply) => {
    const aws = await startFakeAws(reply, say(200, { Result: 2 }))
    expect(await aws.call('kms', 'Sign', { KeyId: 'a' })).toEqual({ Result: 2 })
    expect(aws.received.map(({ body }) => body)).toEqual(['{"KeyId":"a"}', '{"KeyId":"a"}'])
  })

  test('no response within a second', async () => {
    const { promise: arrived, resolve } = Promise.withResolvers<void>()
    const aws = await startFakeAws(() => resolve(), say(200, { Result: 2 }))
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const call = aws.call('kms', 'Sign', {})
    await arrived
    await vi.advanceTimersByTimeAsync(999)
    expect(vi.getTimerCount()).toBe(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(await call).toEqual({ Result: 2 })
  })
})

const unavailable = (causeName: unknown, causeMessage: unknown = expect.any(String)) =>
  expect.objectContaining({
    name: 'ServiceError',
    code: 'unavailable',
    cause: expect.objectContaining({ name: causeName, message: causeMessage }),
  })

test('a call is attempted three times, then the service is unavailable', async () => {
  const aws = await startFakeAws(fail(400, 'ThrottlingException'))
  await expect(aws.call('kms', 'Sign', {})).rejects.toEqual(unavailable('ThrottlingException', 'said AWS'))
  expect(aws.received).toHaveLength(3)
})

describe('a call is not retried after', () => {
  test.each<[string, Reply, string]>([
    ['AccessDeniedException', fail(400, 'AccessDeniedException'), 'AccessDeniedException'],
    ['an error type with its namespace', fail(400, 'x.y.v1#NotFoundException'), 'NotFoundException'],
    ['a failed condition', cancel('None', 'ConditionalCheckFailed'), 'TransactionCanceledException'],
    [
      'a failed condition beside a conflict',
      cancel('TransactionConflict', 'ConditionalCheckFailed'),
      'TransactionCanceledException',
    ],
    ['an invalid write', cancel('None', 'ValidationError'), 'TransactionCanceledException'],
    ['status 403', fail(403, 'InvalidSignatureException'), 'InvalidSignatureException'],
    ['status 400 without a type', say(400, { Message: 'no' }), 'UnknownError'],
    ['status 400 with a page', say(400, '<html>'), 'UnreadableResponse'],
  ])('%s', async (_what, reply, causeName) => {
    const aws = await startFakeAws(reply)
    await expect(aws.call('kms', 'Sign', {})).rejects.toEqual(unavailable(causeName))
    expect(aws.received).toHaveLength(1)
  })
})

test.each<[string, Reply, string]>([
  ['a broken connection', breakOff, 'ECONNRESET'],
  ['garbage', say(200, 'garbage'), 'UnreadableResponse'],
  ['an error of its own', fail(500, 'InternalServerError'), 'InternalServerError'],
])('a service that always responds with %s is unavailable', async (_what, reply, causeName) => {
  const aws = await startFakeAws(reply)
  await expect(aws.call('kms', 'Sign', {})).rejects.toEqual(unavailable(causeName))
  expect(aws.received).toHaveLength(3)
})

test('a service that never responds is unavailable at the deadline', async () => {
  const aws = await startFakeAws(stayMute)
  const startedAtMs = performance.now()
  await expect(aws.client.within(Date.now() + 500)('kms', 'Sign', {})).rejects.toEqual(
    unavailable('TimeoutError'),
  )
  // Without a deadline, three attempts take three seconds.
  expect(performance.now() - startedAtMs).toBeLessThan(2_900)
})

test('a service that cannot be reached is unavailable', async () => {
  const aws = await startFakeAws(stayMute)
  aws.close()
  await expect(aws.client.within(Date.now() + 300)('dynamodb', 'GetItem', {})).rejects.toEqual(
    unavailable('ECONNREFUSED'),
  )
})

test('no retry follows if its pause would outlast the deadline', async () => {
  const aws = await startFakeAws(fail(500, 'InternalServerError'))
  const random = vi.spyOn(Math, 'random').mockReturnValue(1_000)
  await expect(aws.call('kms', 'Sign', {})).rejects.toEqual(unavailable('InternalServerError'))
  random.mockRestore()
  expect(aws.received).toHaveLength(1)
})

test('a pause that ends after the deadline leaves the failure before it', async () => {
  const aws = await startFakeAws(fail(500, 'InternalServerError'))
  const clock = vi.spyOn(Date, 'now').mockReturnValueOnce(0).mockReturnValueOnce(999).mockReturnValue(1_000)
  onTestFinished(() => clock.mockRestore())
  const call = aws.client.within(1_000)('kms', 'Sign', {})
  await expect(call).rejects.toEqual(unavailable('InternalServerError'))
  expect(aws.received).toHaveLength(1)
})

test('nothing is sent after the deadline', async () => {
  const aws = await startFakeAws(say(200, {}))
  await expect(aws.client.within(Date.now())('kms', 'Sign', {})).rejects.toEqual(
    unavailable('DeadlineExceeded'),
  )
  expect(aws.received).toHaveLength(0)
})

test('a call succeeds after an earlier failure', async () => {
  const aws = await startFakeAws(breakOff, breakOff, breakOff, say(200, { Result: 4 }))
  await expect(aws.call('kms', 'Sign', {})).rejects.toThrow(ServiceError)
  expect(await aws.call('kms', 'Sign', {})).toEqual({ Result: 4 })
})

test('the error type is that of AWS', async () => {
  const aws = await startFakeAws(fail(400, 'ConditionalCheckFailedException'))
  const error = await aws.call('dynamodb', 'PutItem', {}).catch((thrown) => thrown)
  expect(awsErrorType(error)).toBe('ConditionalCheckFailedException')
  expect(awsErrorType(error.cause)).toBeUndefined()
  expect(awsErrorType(new ServiceError('unavailable', 'no cause'))).toBeUndefined()
  expect(awsErrorType(undefined)).toBeUndefined()
})

test('the cancellation codes are those of the writes, in their order', async () => {
  const aws = await startFakeAws(cancel('None', 'ConditionalCheckFailed'))
  const error = await aws.call('dynamodb', 'TransactWriteItems', {}).catch((thrown) => thrown)
  expect(error).toEqual(unavailable('TransactionCanceledException', 'said AWS'))
  expect(cancellationCodes(error)).toEqual(['None', 'ConditionalCheckFailed'])
  expect(cancellationCodes(error.cause)).toEqual([])
  expect(cancellationCodes(new ServiceError('unavailable', 'no cause'))).toEqual([])
})

describe('services whose operations are paths', () => {
  const refuse =
    (status: number, type: string): Reply =>
    (response) =>
      response
        .writeHead(status, { 'x-amzn-ErrorType': `${type}:http://internal.amazon.com/coral/` })
        .end('{"message":"said AWS"}')

  test('the empty 202 response to an asynchronous invocation is its output', async () => {
    const aws = await startFakeAws(say(202, ''))
    expect(await aws.call('lambda', '/2015-03-31/functions/mailer/invocations', { id: 'a' })).toEqual({})
    expect(aws.received).toMatchObject([{ headers: { 'x-amz-invocation-type': 'Event' } }])
  })

  test('an invocation whose response was lost is sent again', async () => {
    const aws = await startFakeAws(breakOff, say(202, ''))
    await aws.call('lambda', '/2015-03-31/functions/mailer/invocations', { id: 'a' })
    expect(aws.received.map(({ body }) => body)).toEqual(['{"id":"a"}', '{"id":"a"}'])
  })

  test.each<[string, Reply, string, boolean]>([
    ['throttling', refuse(429, 'TooManyRequestsException'), 'TooManyRequestsException', true],
    ['an unverified sender', refuse(400, 'MessageRejected'), 'MessageRejected', true],
    [
      'an error in XML',
      (response) => response.writeHead(400, { 'x-amzn-ErrorType': 'MessageRejected' }).end('<e/>'),
      'MessageRejected',
      true,
    ],
    ['status 503', say(503, '<html>'), 'UnreadableResponse', true],
    ['status 500', refuse(500, 'InternalFailure'), 'InternalFailure', false],
    ['status 502', say(502, '<html>'), 'UnreadableResponse', false],
    ['status 504', say(504, '<html>'), 'UnreadableResponse', false],
    ['a broken connection', breakOff, 'ECONNRESET', false],
    ['a response that breaks off', breakOffMidway, 'ECONNRESET', false],
    ['status 200 with garbage', say(200, '{'), 'UnreadableResponse', false],
  ])('a mail is sent once: %s', async (_what, reply, type, refused) => {
    const aws = await startFakeAws(say(200, { MessageId: 'first' }), reply)
    await aws.call('ses', '/v2/email/outbound-emails', { to: 'a' })
    const error = await aws.call('ses', '/v2/email/outbound-emails', { to: 'b' }).catch((thrown) => thrown)
    expect([awsErrorType(error), isRefused(error)]).toEqual([type, refused])
    // Each on a connection of its own: on a kept one, the client would not know whether the request arrived.
    expect([aws.received.length, aws.connections()]).toEqual([2, 2])
  })

  test.each([
    ['DeadlineExceeded', true],
    ['ECONNREFUSED', true],
    ['ENOTFOUND', true],
    ['EAI_AGAIN', true],
    ['ECONNRESET', false],
    ['ETIMEDOUT', false],
  ])('a call that failed by %s is refused: %s', (name, refused) => {
    const cause = Object.assign(new Error('failed'), { name })
    expect(isRefused(new ServiceError('unavailable', 'failed', { cause }))).toBe(refused)
    // Only calls of AWS have a cause that says what became of them.
    expect(isRefused(cause)).toBe(false)
  })

  test('a response to a mail is awaited for longer than a second', async () => {
    const aws = await startFakeAws((response) =>
      setTimeout(() => say(200, { MessageId: 'a' })(response), 1_200),
    )
    expect(await aws.call('ses', '/v2/email/outbound-emails', {})).toEqual({ MessageId: 'a' })
    expect(aws.received).toHaveLength(1)
  })

  test('a mail that no connection was made for is certainly not sent', async () => {
    const aws = await startFakeAws(stayMute)
    aws.close()
    const error = await aws.call('ses', '/v2/email/outbound-emails', {}).catch((thrown) => thrown)
    expect([awsErrorType(error), isRefused(error)]).toEqual(['ECONNREFUSED', true])
  })
})
