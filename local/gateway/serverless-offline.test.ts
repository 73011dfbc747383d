import { afterEach, expect, test } from 'vitest'
import { invokeWithNotes, type Notes } from './request-log.ts'
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
