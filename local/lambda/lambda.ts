import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { invokeWithNotes, type Notes, printable, requestLines } from '../request-log.ts'
import { ACCOUNT, RestError, restServer, unknownOperation } from '../rest-json.ts'
import { type Invocation, invokeFunction } from './lambda-socket.ts'

/** An event that every attempt failed for. */
export interface DeadLetter {
  functionName: string
  event: object
  attempts: number
  /** What the function threw at the last attempt. */
  errorMessage: string
}

/** What the local Lambda needs of the functions behind it. */
export interface LambdaSettings {
  region: string
  /** Deployed names of the functions that may be invoked. */
  functionNames: readonly string[]
  /** Pauses between the attempts. Lambda waits 60 and 120 seconds. */
  pausesMs: readonly number[]
  /**
   * Runs a function once.
   *
   * @param awsRequestId - For its context. All attempts of an event have the same.
   */
  invoke(functionName: string, event: object, awsRequestId: string): Promise<Invocation>
  onDeadLetter(letter: DeadLetter): void
}

/**
 * Creates a Lambda with the operation `Invoke`, over the real protocol. For an asynchronous invocation it responds at once,
 * then invokes the function. After a failure it waits and tries again; after the last one the event is a dead letter. For another
 * one it waits for what the function returns.
 *
 * serverless-offline also accepts asynchronous invocations, but does not retry them, and a function that throws ends its
 * process.
 *
 * @returns A server that does not listen yet.
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 * @see https://repost.aws/knowledge-center/lambda-function-duplicate-invocations for request ids
 */
export function createLambda(settings: LambdaSettings): Server {
  return restServer('lambda', settings.region, ({ method, path, headers, body }) => {
    const [, name] = /^\/2015-03-31\/functions\/([^/?]+)\/invocations$/.exec(path) ?? []
    if (method !== 'POST' || name === undefined) throw unknownOperation()
    if (!settings.functionNames.includes(name)) throw notFound(name, settings.region)
    const type = headers['x-amz-invocation-type'] ?? 'RequestResponse'
    const event = readEvent(body)
    if (type === 'RequestResponse') return respond(settings, name, event)
    if (type !== 'Event') {
      throw userError(
        'InvalidParameterValueException',
        400,
        `The local Lambda supports the invocation types Event and RequestResponse, not ${type}.`,
      )
    }
    void deliver(settings, name, event)
    return { status: 202 }
  })
}

const userError = (type: string, status: number, message: string) =>
  new RestError(type, status, message, { Type: 'User', message })

function notFound(name: string, region: string): RestError {
  const message = `Function not found: arn:aws:lambda:${region}:${ACCOUNT}:function:${name}`
  // Only this error has a capital letter, in the API reference and in what AWS sends.
  return new RestError('ResourceNotFoundException', 404, message, { Type: 'User', Message: message })
}

function readEvent(body: string): object {
  try {
    return Object(JSON.parse(body))
  } catch {
    const message = 'Could not parse request body into json.'
    throw userError('InvalidRequestContentException', 400, message)
  }
}

/** Invokes a function once, and responds with what it returns. */
async function respond(settings: LambdaSettings, functionName: string, event: object) {
  const { isReturned, payload } = await settings
    .invoke(functionName, event, randomUUID())
    .catch(failedInvocation)
  const headers: Record<string, string> = isReturned ? {} : { 'X-Amz-Function-Error': 'Unhandled' }
  return { status: 200, headers, body: JSON.parse(payload) }
}

async function deliver(settings: LambdaSettings, functionName: string, event: object): Promise<void> {
  const { pausesMs, invoke, onDeadLetter } = settings
  const awsRequestId = randomUUID()
  const { attempts, last } = await invokeUntilReturned(pausesMs, () =>
    invoke(functionName, event, awsRequestId),
  )
  if (!last.isReturned) onDeadLetter({ functionName, event, attempts, errorMessage: messageOf(last.payload) })
}

/**
 * Invokes a function until it returns, as Lambda does with an event: at most once more than there are pauses.
 *
 * @returns The number of attempts, and what the last one did.
 */
export async function invokeUntilReturned(
  pausesMs: readonly number[],
  invoke: () => Promise<Invocation>,
): Promise<{ attempts: number; last: Invocation }> {
  for (let attempts = 1; ; attempts += 1) {
    const last = await invoke().catch(failedInvocation)
    const pauseMs = pausesMs[attempts - 1]
    if (last.isReturned || pauseMs === undefined) return { attempts, last }
    // Events that wait do not keep the process running.
    await sleep(pauseMs, undefined, { ref: false })
  }
}

const failedInvocation = (error: unknown): Invocation => ({
  isReturned: false,
  payload: JSON.stringify({ errorMessage: String(error) }),
})

function messageOf(payload: string): string {
  try {
    return String(Object(JSON.parse(payload)).errorMessage ?? payload)
  } catch {
    return payload
  }
}

/** Returns what `npm start` prints of a dead letter: one line, without tokens. */
export const deadLetterLine = ({ functionName, event, attempts, errorMessage }: DeadLetter): string =>
  printable(`Dead letter: ${functionName} failed ${attempts} times: ${errorMessage} ${JSON.stringify(event)}`)

/** Runs a function once, and adds what it logged to the notes; see {@link LambdaSettings.invoke}. */
export type NotedInvoke = (
  functionName: string,
  event: object,
  options: { awsRequestId: string; notes: Notes },
) => Promise<Invocation>

/**
 * Returns a function that invokes another one by the Lambda API.
 *
 * @param socketPath - Returns the path of the Lambda API's socket.
 */
export const notedInvokerOf =
  (socketPath: () => string): NotedInvoke =>
  (functionName, event, { awsRequestId, notes }) =>
    invokeWithNotes(
      event,
      notes,
      (withId) => invokeFunction(socketPath(), functionName, withId),
      awsRequestId,
    )

/**
 * Returns an invoker for {@link LambdaSettings}.
 *
 * @param log - Prints the lines of an invocation that failed or logged something.
 */
export const invokerOf =
  (invoke: NotedInvoke, log: (lines: string) => void): LambdaSettings['invoke'] =>
  async (functionName, event, awsRequestId) => {
    const notes: Notes = []
    const startMs = Date.now()
    const invocation = await invoke(functionName, event, { awsRequestId, notes })
    const status = invocation.isReturned ? 'returned' : 'failed'
    if (notes.length > 0 || !invocation.isReturned) {
      log(requestLines({ method: 'EVENT', path: functionName, status, ms: Date.now() - startMs }, notes))
    }
    return invocation
  }
