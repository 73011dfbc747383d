import { join } from 'node:path'
import { inspect } from 'node:util'
import { threadId, workerData } from 'node:worker_threads'
import type { Notes } from '../request-log.ts'

// Preloaded into each thread that runs a function. It sends what the function logs as an event back with the result, so
// that the log has one line for a request. Everything else that a function prints is printed at once.

interface Runner {
  run(event: unknown, context: unknown): Promise<unknown>
}

/** In place of the context of an invocation: the thread loads its handler only, and says that it is ready. */
export type LoadOnly = 'load-only'

/** What a thread says when it has loaded its handler. */
export interface Ready {
  threadId: number
  /** Of the function. */
  timeoutMs: number
}

/** What a thread sends back instead of the function's own result. */
export interface Outcome {
  notes: Notes
  returned?: unknown
  /** What the function threw. */
  thrown?: unknown
}

const IN_PROCESS_RUNNER = 'lambda/handler-runner/in-process-runner/InProcessRunner.js'
const load = (file: string) => import(new URL(file, import.meta.resolve('serverless-offline')).href)
const { default: InProcessRunner }: { default: { prototype: Runner } } = await load(IN_PROCESS_RUNNER)
const { load: loadHandler } = await load(
  'lambda/handler-runner/in-process-runner/aws-lambda-ric/UserFunction.js',
)

/** Notes of the event that the function works on; a thread works on one at a time. */
let current: Notes | undefined

/** Fails the invocation that runs. */
let fail: ((error: Error) => void) | undefined

const { run } = InProcessRunner.prototype
InProcessRunner.prototype.run = async function (event, context): Promise<Outcome | Ready> {
  if (context === ('load-only' satisfies LoadOnly)) return await loadAhead()
  const notes: Notes = []
  current = notes
  try {
    const ended = new Promise<never>((_, reject) => {
      fail = reject
    })
    return { notes, returned: await Promise.race([run.call(this, event, context), ended]) }
  } catch (thrown) {
    return { notes, thrown }
  } finally {
    current = undefined
    fail = undefined
  }
}

// On Lambda each of the two ends the function's process, and the request fails. Here it would end the whole service, or leave the
// request without a response until its timeout.
process.on('uncaughtException', (error) => {
  if (fail === undefined) console.error(`${workerData.functionKey} failed after its response:`, error)
  else fail(error)
})
process.exit = (code) => {
  const error = new Error(`process.exit(${code ?? ''}) ended the function`)
  fail?.(error)
  throw error
}

/** Loads the handler. If that fails, the invocation after it fails in the same way. */
async function loadAhead(): Promise<Ready> {
  const { codeDir, handler, servicePath, timeout } = workerData
  try {
    await loadHandler(servicePath, join(codeDir, handler))
  } catch {}
  return { threadId, timeoutMs: timeout }
}

for (const method of ['log', 'info', 'warn', 'error'] as const) {
  const print = console[method].bind(console)
  console[method] = (...values: unknown[]) => {
    const [record] = values
    if (current === undefined || values.length !== 1 || !isEvent(record)) return print(...values)
    current.push(noteOf(record))
  }
}

type EventRecord = { event: string } & Record<string, unknown>

const isEvent = (value: unknown): value is EventRecord => typeof Object(value).event === 'string'

/**
 * Returns an event as one line, its reason first, followed by a stack if its cause has one. The function is that of the route, so its
 * name is left out.
 */
function noteOf({ event, code: _, function: __, reason, cause, ...members }: EventRecord): string {
  const [message, ...stack] = String(cause ?? '').split('\n')
  // As in Lambda's logs, which are JSON, a member without a value is missing.
  const more = Object.entries(members)
    .filter(([, value]) => value !== undefined)
    .map(
      ([name, value]) =>
        `${name}=${typeof value === 'string' ? value : inspect(value, { breakLength: Infinity })}`,
    )
  const first = [
    reason === undefined ? `${event}` : `${event}: ${String(reason).replace(/^token rejected: /, '')}`,
    ...(message ? [`(${message})`] : []),
    ...more,
  ]
  return [first.join(' ').replaceAll('\n', ' '), ...stack].join('\n')
}
