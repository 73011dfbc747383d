import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda'
import { readAllowedOrigins, takesCookies } from '../config.ts'
import { PROBLEMS, ServiceError } from '../errors.ts'
import { logEvent } from '../log.ts'
import { corsHeaders } from './cors.ts'
import { isEncrypted } from './headers.ts'
import { problem } from './responses.ts'

/** Time that calls to AWS leave unused, so that the function can still respond after a timeout. */
const RESPONSE_RESERVE_MS = 500

/** For a year, browsers use HTTPS only for the host of the request, and not for others (RFC 6797 section 6.1). */
const STRICT_TRANSPORT = { 'Strict-Transport-Security': 'max-age=31536000' }

/** What a route gets beside its event. */
export interface Request {
  /** Instant at which the request began. */
  now: Date
  /** Epoch milliseconds by which calls to AWS must end; see `within` in `lib/aws/client.ts`. */
  deadlineMs: number
  /** Origins whose pages may call the service; `*` allows all. */
  allowedOrigins: readonly string[]
  /** What the route wants done after its failure, before the response; see `reservingTable` in `lib/throttling/reservations.ts`. */
  afterFailure: ((failure: ServiceError) => Promise<unknown>)[]
}

/** Returns the instant by which an invocation's calls to AWS must end, in epoch milliseconds. */
export const deadlineOf = (context: Pick<Context, 'getRemainingTimeInMillis'>): number =>
  Date.now() + context.getRemainingTimeInMillis() - RESPONSE_RESERVE_MS

/**
 * Creates the Lambda handler of a route of the REST API.
 *
 * Adds CORS headers to every response, and over HTTPS `Strict-Transport-Security`. Logs what the route throws, and responds with a problem: a
 * {@link ServiceError} becomes the problem of its code, anything else a 500 without details.
 *
 * @example
 * export const handler = apiHandler(async (event, { now }) => {
 *   const { username } = principalOf(event, now)
 *   return json(200, { message: `Hello, ${username}.` })
 * })
 */
export function apiHandler(
  route: (event: APIGatewayProxyEvent, request: Request) => Promise<APIGatewayProxyResult>,
) {
  return async (event: APIGatewayProxyEvent, context: Context): Promise<APIGatewayProxyResult> => {
    const allowedOrigins = readAllowedOrigins()
    const withCookies = takesCookies()
    const request: Request = {
      now: new Date(),
      deadlineMs: deadlineOf(context),
      allowedOrigins,
      afterFailure: [],
    }
    const response = await route(event, request).catch(async (error) => {
      const failure = logFailure(error)
      await Promise.allSettled(request.afterFailure.map((step) => step(failure)))
      return problem(failure)
    })
    // REST APIs pass header names on as the client writes them: `origin` over HTTP/2, `Origin` over HTTP/1.1.
    const origin = event.headers?.origin ?? event.headers?.Origin
    const cors = corsHeaders(allowedOrigins, origin, withCookies)
    return {
      ...response,
      headers: { ...(isEncrypted(event.headers) && STRICT_TRANSPORT), ...cors, ...response.headers },
    }
  }
}

/**
 * Logs a failure as one structured record, under the event name of its code. Lambda's JSON log
 * format writes the record's members as they are.
 *
 * Failures with a status of 500 and more are logged as errors, the others as information.
 *
 * @returns The failure itself if it is a {@link ServiceError}, otherwise one with code `internal`.
 */
export function logFailure(error: unknown): ServiceError {
  const failure =
    error instanceof ServiceError ? error : new ServiceError('internal', 'unexpected error', { cause: error })
  const { event, code, message: reason, cause, log: more } = failure
  logEvent(PROBLEMS[code][0] >= 500 ? 'error' : 'info', {
    event,
    code,
    reason,
    ...more,
    ...(cause !== undefined && { cause: describe(cause, code === 'internal') }),
  })
  return failure
}

function describe(error: unknown, isUnexpected: boolean): string | undefined {
  if (!(error instanceof Error)) return undefined
  if (isUnexpected || error instanceof TypeError || error instanceof RangeError) return error.stack
  // Minification changes the class names of libraries' errors, but not their codes.
  return `${(error as NodeJS.ErrnoException).code ?? error.name}: ${error.message}`
}
