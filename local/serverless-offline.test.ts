import { expect, test } from 'vitest'
import { invokeWithNotes, type Notes } from './request-log.ts'
import { quietServerlessOffline } from './serverless-offline.ts'

const RUNNER = 'lambda/handler-runner/worker-thread-runner/WorkerThreadRunner.js'
const { default: Runner } = await import(new URL(RUNNER, import.meta.resolve('serverless-offline')).href)

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
