import { afterEach, expect, test } from 'vitest'
import { invokeWithNotes, type Notes } from '../request-log.ts'
import { quietServerlessOffline, setCookieOf } from './serverless-offline.ts'

const RUNNER = 'lambda/handler-runner/worker-thread-runner/WorkerThreadRunner.js'
const { default: Runner } = await import(new URL(RUNNER, import.meta.resolve('serverless-offline')).href)
const { run, cleanup } = Runner.prototype
afterEach(() => {
  Object.assign(Runner.prototype, { run, cleanup })
})

test('a function gets the request id of its event in its context, and not in its event', async () => {
  // Stands for the thread that runs the function.
  Runner.prototype.run = async (event: unknown, context: unknown) => ({
    notes: ['a note'],
    returned: { event, context },
  })
  await quietServerlessOffline('/', 0)
  const run = (event: unknown) =>
    Runner.prototype.run.call({}, event, { awsRequestId: 'own', functionName: 'f' })
  const notes: Notes = []
  expect(await invokeWithNotes({ kind: 'reset' }, notes, run, 'given')).toEqual({
    event: { kind: 'reset' },
    context: { awsRequestId: 'given', functionName: 'f' },
  })
  expect(notes).toEqual(['a note'])
  expect(await run({ kind: 'reset' })).toMatchObject({ context: { awsRequestId: 'own' } })
})

test.each([
  ['begins with the name of the stage', 'ice/start', '/device/start', '/device/start'],
  ['takes the rest of a path', '/files/{path+}', '/files/{path*}', '/files/{path+}'],
])('an event has the path of its route, which %s', async (_, resource, resourcePath, expected) => {
  Runner.prototype.run = async (event: unknown) => ({ notes: [], returned: { event } })
  await quietServerlessOffline('/', 0)
  const requestContext = { resourcePath, stage: 'dev' }
  const { event } = await Runner.prototype.run.call({}, { resource, requestContext }, {})
  expect(event.resource).toBe(expected)
  const ofHttpApi = { resource: 'GET /x', requestContext: { resourcePath: '/x', stage: '$default' } }
  const sent = await Runner.prototype.run.call({}, ofHttpApi, {})
  expect(sent.event.resource).toBe('GET /x')
})

test('a response has the headers that a REST API sends, and keeps Set-Cookie in the notes', async () => {
  const headers = { 'WWW-Authenticate': 'Bearer', 'Set-Cookie': 'a=b', 'Retry-After': '5' }
  Runner.prototype.run = async () => ({ notes: [], returned: { statusCode: 401, headers, body: '' } })
  await quietServerlessOffline('/', 0)
  const notes: Notes = []
  const run = (event: unknown) => Runner.prototype.run.call({}, event, {})
  expect(await invokeWithNotes({}, notes, run)).toEqual({
    statusCode: 401,
    headers: { 'x-amzn-Remapped-WWW-Authenticate': 'Bearer', 'Retry-After': '5' },
    body: '',
  })
  expect(setCookieOf(notes)).toBe('a=b')
})

test.each([
  [
    'has no outcome',
    () => Promise.reject(new Error('timed out after 5 s')),
    'hello timed out after 5 s',
    'timed out after 5 s',
  ],
  ['throws', async () => ({ notes: [], thrown: 'a text' }), /^hello threw Error: a text/, 'a text'],
])('a function that %s leaves a note with its name, and the error', async (_, run, note, message) => {
  Runner.prototype.run = run
  await quietServerlessOffline('/', 0, (name) => name.replace('app-dev-', ''))
  const notes: Notes = []
  const invocation = invokeWithNotes({}, notes, (event) =>
    Runner.prototype.run.call({}, event, { functionName: 'app-dev-hello' }),
  )
  await expect(invocation).rejects.toThrow(message)
  expect(notes).toEqual([expect.stringMatching(note)])
})

test('a malformed response of a proxy is dropped, and a note says why', async () => {
  Runner.prototype.run = async () => ({ notes: [], returned: { statusCode: 200, body: {} } })
  await quietServerlessOffline('/', 0)
  const notes: Notes = []
  const run = (event: unknown) => Runner.prototype.run.call({}, event, { functionName: 'hello' })
  expect(await invokeWithNotes({ httpMethod: 'GET' }, notes, run)).toBeUndefined()
  expect(notes).toEqual(['hello returned a body that is no text: use JSON.stringify'])
})
