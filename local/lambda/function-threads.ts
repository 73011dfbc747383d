import { availableParallelism } from 'node:os'
import type { LoadOnly } from './function-thread.ts'
import { createLimit } from './limit.ts'

/** What is used here of a function of serverless-offline. It has a thread of its own from its first run on. */
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

/** Lambda gives the start of a function ten seconds of its own, on a core that nothing else uses. */
const START_TIMEOUT_MS = 60_000

const TIMEOUT_MESSAGE = '[504] - Lambda timeout.'

/** Whether a value that serverless-offline logs is the timeout of a function: the error or its message. */
export const isTimeout = (value: unknown): boolean =>
  (value instanceof Error ? value.message : value) === TIMEOUT_MESSAGE

const load = (file: string) => import(new URL(file, import.meta.resolve('serverless-offline')).href)

/**
 * Makes a burst of requests wait instead of timing out. On Lambda each function has a processor of its own. serverless-offline
 * starts a thread for each request that finds none idle, and counts the start as time of the function, so 50 requests at
 * once share the cores until all of them time out.
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
  const { LambdaTimeoutError } = await load('errors/index.js')
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
      timer = setTimeout(() => reject(new LambdaTimeoutError(TIMEOUT_MESSAGE)), timeoutMs)
    })
    return Promise.race([work, timeout]).finally(() => clearTimeout(timer))
  }
  const { run } = Runner.prototype
  const timeouts = new WeakMap<Runner, number>()
  Runner.prototype.run = async function (event, context) {
    const timeoutMs =
      timeouts.get(this) ?? Number(await within(START_TIMEOUT_MS, run.call(this, undefined, LOAD_ONLY)))
    timeouts.set(this, timeoutMs)
    const invocation = run.call(this, event, context)
    return isTimed ? within(timeoutMs, invocation) : invocation
  }
}
