import { createHash, createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { ServiceError } from '../errors.ts'
import { awsClient, awsErrorType, awsSettings, cancellationCodes, withTimeout } from './client.ts'

interface Received {
  method: string | undefined
  url: string | undefined
  headers: IncomingHttpHeaders
  body: string
}
type Reply = (response: ServerResponse) => unknown

let server: Server | undefined

afterEach(() => {
  vi.unstubAllEnvs()
  server?.closeAllConnections()
  server?.close()
})

const say =
  (status: number, body: unknown): Reply =>
  (response) =>
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body))
const fail = (status: number, type: string) => say(status, { __type: type, message: 'said AWS' })
const cancel = (...codes: string[]) =>
  say(400, {
    __type: 'com.amazonaws.dynamodb.v20120810#TransactionCanceledException',
    Message: 'said AWS',
    CancellationReasons: codes.map((Code) => ({ Code })),
  })
const breakOff: Reply = (response) => response.socket?.destroy()
const breakOffMidway: Reply = (response) => {
  response.writeHead(200, { 'Content-Length': 100 }).write('{')
  setImmediate(() => response.socket?.destroy())
}
const stayMute: Reply = () => {}

/** Starts a fake AWS with one reply for each request. The last reply is repeated. */
async function startAws(...replies: [Reply, ...Reply[]]) {
  const received: Received[] = []
  let connections = 0
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { method, url, headers } = request
    received.push({ method, url, headers, body: Buffer.concat(chunks).toString() })
    const reply = replies[Math.min(received.length, replies.length) - 1]
    reply?.(response)
  })
  server.on('connection', () => {
    connections += 1
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'session' }
  const settings = { region: 'eu-central-1', credentials, endpoints: { dynamodb: url, kms: url } }
  const client = awsClient(settings)
  return { url, settings, call: withTimeout(client, 4_500), client, received, connections: () => connections }
}

const unavailable = (causeName: unknown, causeMessage: unknown = expect.any(String)) =>
  expect.objectContaining({
    name: 'ServiceError',
    code: 'unavailable',
    cause: expect.objectContaining({ name: causeName, message: causeMessage }),
  })

/** Computes Signature Version 4 of a received request. */
function signatureOf({ method, url, headers, body }: Received, signedHeaders: string, scope: string) {
  const hash = (text: string) => createHash('sha256').update(text).digest('hex')
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
  const lines = signedHeaders.split(';').map((name) => `${name}:${headers[name]}\n`)
  const request = [method, url, '', lines.join(''), signedHeaders, hash(body)].join('\n')
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, hash(request)].join('\n')
  const key = scope.split('/').reduce<string | Buffer>(hmac, 'AWS4secret')
  return hmac(key, toSign).toString('hex')
}

describe('a call is signed', () => {
  test.each([
    ['dynamodb', 'GetItem', 'DynamoDB_20120810.GetItem', 'application/x-amz-json-1.0'],
    ['kms', 'Sign', 'TrentService.Sign', 'application/x-amz-json-1.1'],
  ] as const)('for %s, over everything in the request', async (service, operation, target, contentType) => {
    const aws = await startAws(say(200, { Result: 1 }))
    expect(await aws.call(service, operation, { KeyId: 'k\u00e9y' })).toEqual({ Result: 1 })

    const [received] = aws.received as [Received]
    expect(received).toMatchObject({
      method: 'POST',
      url: '/',
      body: '{"KeyId":"k\u00e9y"}',
      headers: {
        host: aws.url.host,
        'content-type': contentType,
        'x-amz-target': target,
        'x-amz-security-token': 'session',
      },
    })
    const { authorization = '', 'x-amz-date': date } = received.headers
    const [, scope = '', signedHeaders = '', signature] =
      /^AWS4-HMAC-SHA256 Credential=AKID\/(\S+), SignedHeaders=(\S+), Signature=(\w+)$/.exec(authorization) ??
      []
    expect(scope).toBe(`${String(date).slice(0, 8)}/eu-central-1/${service}/aws4_request`)
    expect(signedHeaders.split(';')).toEqual(
      expect.arrayContaining(['content-type', 'host', 'x-amz-date', 'x-amz-security-token', 'x-amz-target']),
    )
    expect(signature).toBe(signatureOf(received, signedHeaders, scope))
  })
})

test('one connection serves consecutive calls', async () => {
  const aws = await startAws(say(200, {}))
  for (let time = 1; time <= 3; time += 1) await aws.call('kms', 'Sign', {})
  expect(aws.received).toHaveLength(3)
  expect(aws.connections()).toBe(1)
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
    const aws = await startAws(reply, say(200, { Result: 2 }))
    expect(await aws.call('kms', 'Sign', { KeyId: 'a' })).toEqual({ Result: 2 })
    expect(aws.received.map(({ body }) => body)).toEqual(['{"KeyId":"a"}', '{"KeyId":"a"}'])
  })

  test('no response within a second', async () => {
    const aws = await startAws(stayMute, say(200, { Result: 2 }))
    const startedAtMs = performance.now()
    expect(await aws.call('kms', 'Sign', {})).toEqual({ Result: 2 })
    const tookMs = performance.now() - startedAtMs
    expect(tookMs).toBeGreaterThan(990)
    expect(tookMs).toBeLessThan(2_500)
  })
})

test('a call is attempted three times, then the service is unavailable', async () => {
  const aws = await startAws(fail(400, 'ThrottlingException'))
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
    const aws = await startAws(reply)
    await expect(aws.call('kms', 'Sign', {})).rejects.toEqual(unavailable(causeName))
    expect(aws.received).toHaveLength(1)
  })
})

test.each<[string, Reply, string]>([
  ['a broken connection', breakOff, 'ECONNRESET'],
  ['garbage', say(200, 'garbage'), 'UnreadableResponse'],
  ['an error of its own', fail(500, 'InternalServerError'), 'InternalServerError'],
])('a service that always responds with %s is unavailable', async (_what, reply, causeName) => {
  const aws = await startAws(reply)
  await expect(aws.call('kms', 'Sign', {})).rejects.toEqual(unavailable(causeName))
  expect(aws.received).toHaveLength(3)
})

test('a service that never responds is unavailable at the deadline', async () => {
  const aws = await startAws(stayMute)
  const startedAtMs = performance.now()
  await expect(aws.client.within(Date.now() + 200)('kms', 'Sign', {})).rejects.toEqual(
    unavailable(expect.stringMatching(/^(TimeoutError|DeadlineExceeded)$/)),
  )
  expect(performance.now() - startedAtMs).toBeLessThan(1_000)
})

test('a service that cannot be reached is unavailable', async () => {
  const aws = await startAws(stayMute)
  server?.close()
  await expect(aws.client.within(Date.now() + 300)('dynamodb', 'GetItem', {})).rejects.toEqual(
    unavailable('ECONNREFUSED'),
  )
})

test('no retry follows if its pause would outlast the deadline', async () => {
  const aws = await startAws(fail(500, 'InternalServerError'))
  const random = vi.spyOn(Math, 'random').mockReturnValue(1_000)
  await expect(aws.call('kms', 'Sign', {})).rejects.toEqual(unavailable('InternalServerError'))
  random.mockRestore()
  expect(aws.received).toHaveLength(1)
})

test('nothing is sent after the deadline', async () => {
  const aws = await startAws(say(200, {}))
  await expect(aws.client.within(Date.now())('kms', 'Sign', {})).rejects.toEqual(
    unavailable('DeadlineExceeded'),
  )
  expect(aws.received).toHaveLength(0)
})

test('a call succeeds after an earlier failure', async () => {
  const aws = await startAws(breakOff, breakOff, breakOff, say(200, { Result: 4 }))
  await expect(aws.call('kms', 'Sign', {})).rejects.toThrow(ServiceError)
  expect(await aws.call('kms', 'Sign', {})).toEqual({ Result: 4 })
})

test('the error type is that of AWS', async () => {
  const aws = await startAws(fail(400, 'ConditionalCheckFailedException'))
  const error = await aws.call('dynamodb', 'PutItem', {}).catch((thrown) => thrown)
  expect(awsErrorType(error)).toBe('ConditionalCheckFailedException')
  expect(awsErrorType(error.cause)).toBeUndefined()
  expect(awsErrorType(new ServiceError('unavailable', 'no cause'))).toBeUndefined()
  expect(awsErrorType(undefined)).toBeUndefined()
})

test('the cancellation codes are those of the writes, in their order', async () => {
  const aws = await startAws(cancel('None', 'ConditionalCheckFailed'))
  const error = await aws.call('dynamodb', 'TransactWriteItems', {}).catch((thrown) => thrown)
  expect(error).toEqual(unavailable('TransactionCanceledException', 'said AWS'))
  expect(cancellationCodes(error)).toEqual(['None', 'ConditionalCheckFailed'])
  expect(cancellationCodes(error.cause)).toEqual([])
  expect(cancellationCodes(new ServiceError('unavailable', 'no cause'))).toEqual([])
})

describe('the settings', () => {
  const lambda = { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'secret' }
  const settingsWith = (env: Record<string, string>) => {
    const none = { AWS_ENDPOINT_URL: '', AWS_ENDPOINT_URL_DYNAMODB: '', AWS_ENDPOINT_URL_KMS: '' }
    const all = { ...none, AWS_SESSION_TOKEN: '', ...lambda, ...env }
    for (const [name, value] of Object.entries(all)) vi.stubEnv(name, value)
    return awsSettings()
  }

  test('are those that Lambda sets', () => {
    expect(settingsWith({ AWS_SESSION_TOKEN: 'session' })).toEqual({
      region: 'eu-west-1',
      credentials: { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'session' },
      endpoints: { dynamodb: undefined, kms: undefined },
    })
  })

  test('contain an endpoint for all services, or for one service, which takes precedence', () => {
    const all = 'http://127.0.0.1:4566'
    const one = 'http://127.0.0.1:8000'
    const urls = { dynamodb: new URL(all), kms: new URL(all) }
    expect(settingsWith({ AWS_ENDPOINT_URL: all }).endpoints).toEqual(urls)
    expect(settingsWith({ AWS_ENDPOINT_URL: all, AWS_ENDPOINT_URL_KMS: one }).endpoints).toEqual({
      ...urls,
      kms: new URL(one),
    })
    expect(settingsWith({ AWS_ENDPOINT_URL: all, AWS_ENDPOINT_URL_DYNAMODB: one }).endpoints).toEqual({
      ...urls,
      dynamodb: new URL(one),
    })
  })
})
