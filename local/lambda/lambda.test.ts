import { expect, onTestFinished, test, vi } from 'vitest'
import { listen, signed } from '../../test/local/aws-service.ts'
import { createLambda, type DeadLetter, type LambdaSettings } from './lambda.ts'
import type { Invocation } from './lambda-socket.ts'

const REGION = 'eu-central-1'
const NAME = 'service-dev-mailer'
const PAUSES_MS = [20, 40]

const returned: Invocation = { isReturned: true, payload: 'null' }
const thrown = (errorMessage: string): Invocation => ({
  isReturned: false,
  payload: JSON.stringify({ errorMessage, errorType: 'Error' }),
})

test('an event gets an empty 202 while the function is still running', async () => {
  const { promise, resolve } = Promise.withResolvers<Invocation>()
  const invocation = vi.fn(() => promise)
  const port = await startLambda({ pausesMs: [], invoke: invocation, onDeadLetter: () => expect.fail() })
  expect(await invoke(port)).toEqual({ status: 202, type: null, body: '' })
  expect(invocation).toHaveBeenCalledExactlyOnceWith(NAME, { id: '1' }, expect.any(String))
  resolve(returned)
})

test('a function that returns is invoked once', async () => {
  const { port, invocations, letters } = await start(returned, returned)
  await invoke(port)
  await invoke(port, { body: '{"id":"2"}' })
  await expect.poll(() => invocations).toHaveLength(2)
  expect(invocations.map(({ event }) => event)).toEqual([{ id: '1' }, { id: '2' }])
  expect(invocations[1]?.awsRequestId).not.toBe(invocations[0]?.awsRequestId)
  expect(letters).toEqual([])
})

test('a function that throws is invoked again with the same event, after the pauses', async () => {
  const { port, invocations, letters } = await start(thrown('first'), new Error('no socket'), returned)
  await invoke(port)
  await expect.poll(() => invocations).toHaveLength(3)
  const [first, second, third] = invocations
  expect(invocations.map(({ event }) => event)).toEqual([{ id: '1' }, { id: '1' }, { id: '1' }])
  expect(new Set(invocations.map(({ awsRequestId }) => awsRequestId)).size).toBe(1)
  // A timer may end up to a millisecond early.
  expect(Number(second?.atMs) - Number(first?.atMs)).toBeGreaterThan(19)
  expect(Number(third?.atMs) - Number(second?.atMs)).toBeGreaterThan(39)
  expect(letters).toEqual([])
})

test.each<[string, Invocation | Error, string]>([
  ['an error message', thrown('SES is down'), 'SES is down'],
  ['another payload', { isReturned: false, payload: '"crashed"' }, '"crashed"'],
  ['a payload that is not JSON', { isReturned: false, payload: 'crashed' }, 'crashed'],
  ['no response', new Error('ECONNREFUSED'), 'Error: ECONNREFUSED'],
])('after three failures the event is a dead letter, with %s', async (_what, last, errorMessage) => {
  const { port, invocations, letters } = await start(thrown('first'), thrown('second'), last)
  await invoke(port)
  await expect.poll(() => letters).toHaveLength(1)
  expect(invocations).toHaveLength(3)
  expect(letters).toEqual([{ functionName: NAME, event: { id: '1' }, attempts: 3, errorMessage }])
})

test('an unknown function causes ResourceNotFoundException', async () => {
  const { port } = await start()
  const { body, ...rest } = await invoke(port, { name: 'other' })
  expect({ ...rest, output: JSON.parse(body) }).toEqual({
    status: 404,
    type: 'ResourceNotFoundException',
    output: {
      Type: 'User',
      Message: `Function not found: arn:aws:lambda:${REGION}:123456789012:function:other`,
    },
  })
})

test.each(['RequestResponse', ''])('the invocation type %j gets what the function returns', async (type) => {
  const { port, invocations } = await start({ isReturned: true, payload: '{"a":1}' }, thrown('no'))
  expect(await invoke(port, { type })).toEqual({ status: 200, type: null, body: '{"a":1}' })
  // It is not tried again.
  expect(await invoke(port, { type })).toEqual({ status: 200, type: null, body: thrown('no').payload })
  expect(invocations.map(({ event }) => event)).toEqual([{ id: '1' }, { id: '1' }])
})

test('another invocation type is rejected', async () => {
  const { port, invocations } = await start()
  const { body, ...rest } = await invoke(port, { type: 'DryRun' })
  expect({ ...rest, output: JSON.parse(body) }).toEqual({
    status: 400,
    type: 'InvalidParameterValueException',
    output: {
      Type: 'User',
      message: `The local Lambda supports the invocation types Event and RequestResponse, not DryRun.`,
    },
  })
  expect(invocations).toEqual([])
})

test('a body that is not JSON causes InvalidRequestContentException', async () => {
  const { port, invocations } = await start()
  expect(await invoke(port, { body: '{' })).toMatchObject({
    status: 400,
    type: 'InvalidRequestContentException',
  })
  expect(invocations).toEqual([])
})

test.each(['/', `/2015-03-31/functions/${NAME}`, `/2014-11-13/functions/${NAME}/invoke-async/`])(
  'an unknown path %s causes UnknownOperationException',
  async (path) => {
    const { port, invocations } = await start()
    expect(await invoke(port, { path })).toMatchObject({ status: 404, type: 'UnknownOperationException' })
    expect(invocations).toEqual([])
  },
)

/** Starts a Lambda for a test. @returns Its port. */
async function startLambda(settings: Pick<LambdaSettings, 'pausesMs' | 'invoke' | 'onDeadLetter'>) {
  const { port, stop } = await listen(createLambda({ region: REGION, functionNames: [NAME], ...settings }))
  onTestFinished(stop)
  return port
}

/** Starts a Lambda whose function has these outcomes in turn. */
async function start(...outcomes: (Invocation | Error)[]) {
  const invocations: { event: object; awsRequestId: string; atMs: number }[] = []
  const letters: DeadLetter[] = []
  const port = await startLambda({
    pausesMs: PAUSES_MS,
    async invoke(functionName, event, awsRequestId) {
      expect(functionName).toBe(NAME)
      invocations.push({ event, awsRequestId, atMs: performance.now() })
      const outcome = outcomes.shift()
      if (outcome === undefined || outcome instanceof Error) throw outcome ?? new Error('invoked too often')
      return outcome
    },
    onDeadLetter: (letter) => letters.push(letter),
  })
  return { port, invocations, letters }
}

async function invoke(port: number, changes: Record<string, string> = {}) {
  const { name = NAME, body = '{"id":"1"}', type = 'Event' } = changes
  const { path = `/2015-03-31/functions/${name}/invocations` } = changes
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: {
      ...signed('lambda'),
      ...(type && { 'X-Amz-Invocation-Type': type }),
    },
    body,
  })
  const { status, headers } = response
  return { status, type: headers.get('x-amzn-errortype'), body: await response.text() }
}
