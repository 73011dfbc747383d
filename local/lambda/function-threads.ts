import { availableParallelism } from 'node:os'
import type { Worker } from 'node:worker_threads'
import type { LoadOnly, Ready } from './function-thread.ts'
import { createLimit } from './limit.ts'

/** What is used here of a function of serverless-offline. From its first run on, it has a thread. */
interface PooledFunction {
  setEvent(event: unknown): void
  setClientContext(clientContext: unknown): void
  runHandler(): Promise<unknown>
}

interface Pool {
  /** Returns an idle function, or else a new one. */
  get(key: string, definition: object): PooledFunction
}

interface Runner {
  run(event: unknown, context: unknown): Promise<unknown>
}

const LOAD_ONLY: LoadOnly = 'load-only'

/** With more on a core, the calls of AWS that each function makes take longer than its attempts may. */
const FUNCTIONS_OF_A_CORE = 4

/** Lambda gives the start of a function ten seconds, on a core that nothing else uses. */
const START_TIMEOUT_MS = 60_000

const load = (file: string) => import(new URL(file, import.meta.resolve('serverless-offline')).href)

/**
 * Makes a burst of requests wait instead of timing out. On Lambda each function has a processor for itself.
 * serverless-offline starts a thread for each request that finds none idle, and counts the start as time of
 * the function. So 50 requests at once share the cores until all of them time out.
 *
 * Here a few functions run at once. The time of a function begins when its thread has loaded the handler, as on Lambda.
 *
 * Requires `function-thread.ts` in each thread. Call it before the runner of threads is changed in any other way.
 *
 * @param isTimed - Whether functions have a timeout. serverless-offline's own must be off (`noTimeout`).
 */
export async function limitFunctions(isTimed: boolean): Promise<void> {
  const { default: Pool }: { default: { prototype: Pool } } = await load('lambda/LambdaFunctionPool.js')
  const { default: Runner }: { default: { prototype: Runner } } = await load(
    'lambda/handler-runner/worker-thread-runner/WorkerThreadRunner.js',
  )
  // By this error serverless-offline learns that the thread is useless: the next invocation starts another one.
  const { LambdaTimeoutError: ThreadError } = await load('errors/index.js')
  const limit = createLimit(FUNCTIONS_OF_A_CORE * availableParallelism())

  const { get } = Pool.prototype
  Pool.prototype.get = function (key, definition) {
    let [event, clientContext]: unknown[] = []
    return {
      setEvent(value) {
        event = value
      },
      setClientContext(value) {
        clientContext = value
      },
      runHandler: () =>
        limit(() => {
          const taken = get.call(this, key, definition)
          taken.setEvent(event)
          taken.setClientContext(clientContext)
          return taken.runHandler()
        }),
    }
  }

  const within = async <T>(timeoutMs: number, work: Promise<T>): Promise<T> => {
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<never>((_, reject) => {
      const reason = `timed out after ${timeoutMs / 1000} s`
      timer = setTimeout(() => reject(new ThreadError(reason)), timeoutMs)
    })
    return Promise.race([work, timeout]).finally(() => clearTimeout(timer))
  }
  const ends = watchThreads()
  /** Fails work whose thread ends, as for want of memory. serverless-offline waits for such a thread. */
  const whileRunning = async <T>(threadId: number, work: Promise<T>): Promise<T> => {
    const end = new Promise<never>((_, reject) => {
      ends.set(threadId, (reason) => reject(new ThreadError(reason)))
    })
    return Promise.race([work, end]).finally(() => ends.delete(threadId))
  }
  const { run } = Runner.prototype
  const threads = new WeakMap<Runner, Ready>()
  Runner.prototype.run = async function (event, context) {
    const thread =
      threads.get(this) ?? ((await within(START_TIMEOUT_MS, run.call(this, undefined, LOAD_ONLY))) as Ready)
    threads.set(this, thread)
    const invocation = whileRunning(thread.threadId, run.call(this, event, context))
    return isTimed ? within(thread.timeoutMs, invocation) : invocation
  }
}

/** Returns what to call when a thread ends, by its id. Without a listener, an error of a thread would end the service. */
function watchThreads(): Map<number, (reason: string) => void> {
  const ends = new Map<number, (reason: string) => void>()
  process.on('worker', (worker: Worker) => {
    // It has none later.
    const { threadId } = worker
    worker.on('error', ({ message }: Error) => ends.get(threadId)?.(`lost its thread: ${message}`))
    worker.on('exit', (code) => ends.get(threadId)?.(`lost its thread, which ended with status ${code}`))
  })
  return ends
}
