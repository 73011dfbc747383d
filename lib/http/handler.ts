import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda'
import type { ApiEvent } from '../authorization/event.ts'
import { readAllowedOrigins, takesCookies } from '../config.ts'
import { logFailure } from '../log.ts'
import { corsHeaders } from './cors.ts'
import { headerOf, isEncrypted } from './headers.ts'
import { problem } from './responses.ts'

/** Time that is reserved for the response after a timeout of a call to AWS. */
const RESPONSE_RESERVE_MS = 500

/**
 * For a year, browsers use only HTTPS for the host of the request, but not for other hosts (RFC 6797 section
 * 6.1).
 */
const STRICT_TRANSPORT = { 'Strict-Transport-Security': 'max-age=31536000' }

/** The argument of a route after its event. */
export interface Request {
  /** Instant at which the request began. */
  now: Date
  /** Epoch milliseconds by which calls to AWS must end; see `within` in `lib/aws/client.ts`. */
  deadlineMs: number
  /** Origins whose pages may call the service; `*` allows all. */
  allowedOrigins: readonly string[]
}

/** A route of the REST API. With another `E` it is one of an HTTP API. */
export type ApiRoute<R = Request, E extends ApiEvent = APIGatewayProxyEvent> = (
  event: E,
  request: R,
) => Promise<APIGatewayProxyResult>

/** Returns the instant by which an invocation's calls to AWS must end, in epoch milliseconds. */
export const deadlineOf = (context: Pick<Context, 'getRemainingTimeInMillis'>): number =>
  Date.now() + context.getRemainingTimeInMillis() - RESPONSE_RESERVE_MS

/**
 * Creates the Lambda handler of a route of the REST API. For one of an HTTP API, give the event its type, `HttpApiEvent`, or `ApiEvent` for
 * both.
 *
 * Adds CORS headers to every response, and over HTTPS `Strict-Transport-Security`. Logs an error of the
 * route, and responds with a problem. A `ServiceError` becomes the problem of its code. Any other error
 * becomes a 500 without details.
 *
 * @example
 * export const handler = apiHandler(async (event, { now }) => {
 *   const { username } = principalOf(event, now)
 *   return json(200, { message: `Hello, ${username}.` })
 * })
 */
export function apiHandler<E extends ApiEvent = APIGatewayProxyEvent>(route: ApiRoute<Request, E>) {
  return async (event: E, context: Context): Promise<APIGatewayProxyResult> => {
    const allowedOrigins = readAllowedOrigins()
    const withCookies = takesCookies()
    const request = { now: new Date(), deadlineMs: deadlineOf(context), allowedOrigins }
    const response = await route(event, request).catch((error) => problem(logFailure(error)))
    return {
      ...response,
      headers: {
        ...(isEncrypted(event.headers) && STRICT_TRANSPORT),
        ...corsHeaders(allowedOrigins, headerOf(event.headers, 'origin'), withCookies),
        ...response.headers,
      },
    }
  }
}
