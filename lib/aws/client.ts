import { setTimeout as sleep } from 'node:timers/promises'
import { ServiceError } from '../errors.ts'
import { connectionTo } from './connection.ts'
import { type Failure, failure, isRetryable, readOutput } from './failure.ts'
import { type AwsSettings, awsSettings, protocolOf, type Service } from './settings.ts'
import { requestSigner } from './sign.ts'

/**
 * Calls one AWS operation and returns its output. AWS may execute the call more than once, except for SES.
 *
 * @param operation - Name of the operation. For Lambda and SES it is the path.
 * @throws {@link ServiceError} `unavailable`. The `name` of its `cause` is AWS's error type, or
 *   node's error code.
 */
export type AwsCall = (service: Service, operation: string, input: object) => Promise<Record<string, unknown>>

/** A client of AWS; see {@link awsClient}. */
export interface AwsClient {
  /**
   * Returns the caller for one request.
   *
   * @param deadlineMs - Epoch milliseconds. No attempt starts that could end after it.
   */
  within(deadlineMs: number): AwsCall
}

const ATTEMPT_TIMEOUT_MS = 1_000
const MAX_ATTEMPTS = 3
const BACKOFF_BASE_MS = 50

/**
 * Creates a client of AWS's JSON protocols. It signs with Signature Version 4 and keeps connections alive.
 *
 * Retries at most twice, each time after a pause with full jitter (AWS Architecture Blog, "Exponential
 * Backoff And Jitter"). It retries throttling, unprocessed keys, conflicts of transactions, 5xx, unreadable
 * responses, and broken or slow connections. A connection that was closed while it was idle costs no attempt;
 * see `connection.ts`.
 *
 * @param attemptTimeoutMs - Time for one attempt. Services with `timeoutMs` have that time instead.
 */
export function awsClient(settings: AwsSettings, attemptTimeoutMs = ATTEMPT_TIMEOUT_MS): AwsClient {
  // Most functions call one or two services.
  const services: { [S in Service]?: ReturnType<typeof connect> } = {}
  return {
    within: (deadlineMs) => async (service, operation, input) => {
      const { target, isOnce, timeoutMs: longestMs = attemptTimeoutMs } = protocolOf(service)
      services[service] ??= connect(settings, service)
      const { sign, send } = services[service]
      const path = target === undefined ? operation : '/'
      const body = JSON.stringify(input)
      const attempts = isOnce ? 1 : MAX_ATTEMPTS
      let cause: unknown = failure('DeadlineExceeded', 'no time left for the call')
      for (let attempt = 1; ; attempt += 1) {
        const nowMs = Date.now()
        const timeoutMs = Math.min(longestMs, deadlineMs - nowMs)
        // A call may begin after the deadline, and a pause may end after it.
        if (timeoutMs <= 0) break
        try {
          return readOutput(await send(path, sign(operation, body, new Date(nowMs)), body, timeoutMs))
        } catch (error) {
          cause = error
        }
        const pauseMs = Math.random() * BACKOFF_BASE_MS * 2 ** attempt
        if (attempt === attempts || !isRetryable(cause) || Date.now() + pauseMs >= deadlineMs) break
        await sleep(pauseMs)
      }
      throw new ServiceError('unavailable', `${service} ${operation} failed`, { cause })
    },
  }
}

function connect(settings: AwsSettings, service: Service) {
  const protocol = protocolOf(service)
  const endpoint =
    settings.endpoints[protocol.partOf ?? service] ??
    new URL(`https://${protocol.host}.${settings.region}.amazonaws.com`)
  return { sign: requestSigner(settings, service, endpoint.host), send: connectionTo(endpoint, protocol) }
}

let ownClient: AwsClient | undefined

/**
 * Returns the AWS caller of one request, from the client that all requests of this function share.
 *
 * @param deadlineMs - Epoch milliseconds. A handler passes its own deadline.
 * @throws Error that names every missing or invalid variable of {@link awsSettings}.
 * @example
 * const table = { aws: within(deadlineMs), name: config.TABLE_NAME }
 */
export function within(deadlineMs: number): AwsCall {
  ownClient ??= awsClient(awsSettings())
  return ownClient.within(deadlineMs)
}

/**
 * Returns a caller that gives each call its own deadline, for programs that run longer than a request.
 *
 * @param timeoutMs - Time for each call, retries included.
 */
export const withTimeout =
  (client: AwsClient, timeoutMs: number): AwsCall =>
  (...call) =>
    client.within(Date.now() + timeoutMs)(...call)

/**
 * Returns the operation of an invocation of a function.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export const invocationOf = (functionName: string): string =>
  `/2015-03-31/functions/${functionName}/invocations`

/** Returns the AWS error type of a failed call, or node's error code, if it has one. */
export const awsErrorType = (error: unknown): string | undefined =>
  error instanceof ServiceError && error.cause instanceof Error ? error.cause.name : undefined

/**
 * Statuses of faults after which AWS may have executed the call. With 503, AWS states that it did not accept
 * the request.
 */
const UNCERTAIN: readonly number[] = [500, 502, 504]

/** Failures before a request is sent. */
const UNSENT: readonly unknown[] = ['DeadlineExceeded', 'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']

/**
 * Whether AWS certainly did not execute a failed call: AWS rejected the request, or the request was never
 * sent. Otherwise the outcome is unknown.
 */
export function isRefused(error: unknown): boolean {
  if (!(error instanceof ServiceError) || !(error.cause instanceof Error)) return false
  const { name, status = 0 } = error.cause as Failure
  return (status >= 400 && !UNCERTAIN.includes(status)) || UNSENT.includes(name)
}

/** Returns the code of each cancellation reason of a failed DynamoDB transaction, in the order of its writes. */
export const cancellationCodes = (error: unknown): readonly string[] =>
  (error instanceof ServiceError && (error.cause as Failure | undefined)?.reasons) || []
