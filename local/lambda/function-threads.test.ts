import { EventEmitter } from 'node:events'
import type { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { limitFunctions } from './function-threads.ts'

const load = (file: string) => import(new URL(file, import.meta.resolve('serverless-offline')).href)
const { default: Pool } = await load('lambda/LambdaFunctionPool.js')
const { default: Runner } = await load('lambda/handler-runner/worker-thread-runner/WorkerThreadRunner.js')
const { LambdaTimeoutError } = await load('errors/index.js')

const { get } = Pool.prototype
const { run } = Runner.prototype
beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  Pool.prototype.get = get
  Runner.prototype.run = run
})

const THREAD_ID = 4711

test('a thread loads its handler first, then the function has all of its time', async () => {
  const { runs, invoke } = await start(
    true,
    () => new Promise((resolve) => setTimeout(resolve, 4_900, 'done')),
  )
  const invocation = invoke('event')
  await vi.advanceTimersByTimeAsync(4_000)
  expect(runs).toEqual([
    [undefined, 'load-only'],
    ['event', 'context'],
  ])
  await vi.advanceTimersByTimeAsync(4_900)
  expect(await invocation).toBe('done')
})

test('a function that takes longer fails as in serverless-offline', async () => {
  const { invoke } = await start(true, () => new Promise(() => {}))
  const failure = invoke('event').catch((error: unknown) => error)
  await vi.advanceTimersByTimeAsync(9_000)
  const error = await failure
  expect(error).toBeInstanceOf(LambdaTimeoutError)
  expect(Object(error).message).toBe('timed out after 5 s')
})

test.each([
  [
    'for want of memory',
    (thread: Worker) => thread.emit('error', new Error('Worker terminated due to reaching memory limit')),
    'lost its thread: Worker terminated due to reaching memory limit',
  ],
  ['with a status', (thread: Worker) => thread.emit('exit', 3), 'lost its thread, which ended with status 3'],
])('a function whose thread ends %s fails at once, and the service runs on', async (_, end, reason) => {
  const { invoke } = await start(true, () => new Promise(() => {}))
  const thread = Object.assign(new EventEmitter(), { threadId: THREAD_ID }) as unknown as Worker
  ;(process as EventEmitter).emit('worker', thread)
  const failure = invoke('event').catch((error: unknown) => error)
  await vi.advanceTimersByTimeAsync(4_000)
  end(thread)
  const error = await failure
  expect(error).toBeInstanceOf(LambdaTimeoutError)
  expect(Object(error).message).toBe(reason)
})

test('a function without a timeout runs on, and a start without an end is a timeout', async () => {
  const { invoke } = await start(false, () => new Promise((resolve) => setTimeout(resolve, 60_000, 'done')))
  const invocation = invoke('event')
  await vi.advanceTimersByTimeAsync(64_000)
  expect(await invocation).toBe('done')
  Runner.prototype.run = () => new Promise(() => {})
  await limitFunctions(false)
  const failure = expect(invoke('event')).rejects.toThrow('timed out after 60 s')
  await vi.advanceTimersByTimeAsync(60_000)
  await failure
})

/** Replaces threads by a result, after a start of four seconds. */
async function start(isTimed: boolean, result: () => unknown) {
  const runs: unknown[][] = []
  Runner.prototype.run = async (...values: unknown[]) => {
    runs.push(values)
    if (values[1] !== 'load-only') return result()
    await new Promise((resolve) => setTimeout(resolve, 4_000))
    return { threadId: THREAD_ID, timeoutMs: 5_000 }
  }
  // Stands for a function of serverless-offline: it passes its event on to its runner.
  Pool.prototype.get = () => {
    const runner = {}
    let event: unknown
    return {
      setEvent(value: unknown) {
        event = value
      },
      setClientContext() {},
      runHandler: () => Runner.prototype.run.call(runner, event, 'context'),
    }
  }
  await limitFunctions(isTimed)
  const invoke = (event: unknown) => {
    const one = Pool.prototype.get.call({}, 'f', {})
    one.setEvent(event)
    return one.runHandler()
  }
  return { runs, invoke }
}
