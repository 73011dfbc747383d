import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda'
import { readAllowedOrigins } from '../config.ts'
import { PROBLEMS, ServiceError, TITLES } from '../errors.ts'

/** Kept back from a function's own time, so that there is time to answer when a call has used the rest. */
const ANSWER_RESERVE_MS = 500

type Headers = Record<string, string>

const allowedOrigins = readAllowedOrigins()

/**
 * Instant by which a function's outgoing calls must be done.
 *
 * @returns Epoch milliseconds.
 */
export const deadlineOf = (context: Pick<Context, 'getRemainingTimeInMillis'>): number =>
  Date.now() + context.getRemainingTimeInMillis() - ANSWER_RESERVE_MS

/**
 * Makes a Lambda handler for one route of the REST API out of what the route does.
 *
 * @param route - Gets the event and a deadline in epoch milliseconds. What it throws becomes a problem:
 *   a {@link ServiceError} the one of its code, anything else a 500 that says nothing.
 */
export function apiHandler(
  route: (event: APIGatewayProxyEvent, deadlineMs: number) => Promise<APIGatewayProxyResult>,
) {
  return async (event: APIGatewayProxyEvent, context: Context): Promise<APIGatewayProxyResult> => {
    const answer = await route(event, deadlineOf(context)).catch((error) => problem(logFailure(error)))
    // REST API Gateway hands headers on as they are written: in lower case over HTTP/2, with a capital before.
    const origin = event.headers?.origin ?? event.headers?.Origin
    return { ...answer, headers: { ...corsHeaders(allowedOrigins, origin), ...answer.headers } }
  }
}

/**
 * What tells a browser whether a page of another origin may read an answer (Fetch standard, section 3.3.3).
 *
 * @param allowed - Origins whose pages may; `*` for all of them; none, and nothing is said.
 * @param origin - Of the page that asks, where the browser named one.
 */
export function corsHeaders(allowed: readonly string[], origin: string | undefined): Headers {
  const match = allowed.find((one) => one === '*' || one === origin)
  return {
    // A cache must not give one origin's answer to another.
    ...(allowed[0] && match !== '*' && { Vary: 'Origin' }),
    ...(match && { 'Access-Control-Allow-Origin': match, 'Access-Control-Expose-Headers': 'Retry-After' }),
  }
}

/**
 * Where a request comes from: as the gateway saw it, and as the client calls itself.
 */
export function originOf({ requestContext, headers }: APIGatewayProxyEvent) {
  return {
    sourceIp: String(requestContext?.identity?.sourceIp ?? ''),
    userAgent: headerOf(headers, 'user-agent'),
  }
}

/** The value of a header, its name in lower case; empty if there is none, or none that is text. */
export function headerOf(headers: APIGatewayProxyEvent['headers'] | null, name: string): string {
  const header = Object.entries(headers ?? {}).find(([written]) => written.toLowerCase() === name)
  return typeof header?.[1] === 'string' ? header[1] : ''
}

/**
 * A JSON answer that nobody may keep (RFC 9111 section 5.2.2.5), unless `headers` say otherwise.
 *
 * @param status - HTTP status.
 * @param body - Value to serialise.
 * @param headers - More headers, by canonical name; they win.
 */
export function json(status: number, body: object, headers?: Headers): APIGatewayProxyResult {
  return {
    statusCode: status,
    headers: {
      'Content-Type': 'application/json',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      ...headers,
    },
    body: JSON.stringify(body),
  }
}

/** An answer that there is nothing to say (RFC 9110 section 15.3.5). */
export const noContent = (): APIGatewayProxyResult => ({
  statusCode: 204,
  headers: { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' },
  body: '',
})

/** The RFC 9457 problem a client sees for a failure. */
function problem({ code, fields, retryAfterSeconds }: ServiceError): APIGatewayProxyResult {
  const [status, detail] = PROBLEMS[code]
  return json(
    status,
    { type: 'about:blank', title: TITLES[status], status, detail, ...(fields && { errors: fields }) },
    {
      'Content-Type': 'application/problem+json',
      ...(retryAfterSeconds !== undefined && { 'Retry-After': String(retryAfterSeconds) }),
    },
  )
}

/**
 * Logs a failure as one structured record (Lambda's JSON log format keeps objects as they are), under the event
 * name of its code. `dependency.failed` and `request.crashed` are ours to mend; the rest is the client's.
 *
 * @returns The failure, as one we foresaw: `internal` if we did not.
 */
export function logFailure(error: unknown): ServiceError {
  const failure =
    error instanceof ServiceError ? error : new ServiceError('internal', 'unforeseen', { cause: error })
  const { event, code, message: detail, cause } = failure
  const log = PROBLEMS[code][0] >= 500 ? console.error : console.info
  log({ event, code, detail, ...(cause !== undefined && { cause: describe(cause) }) })
  return failure
}

function describe(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if (error instanceof TypeError || error instanceof RangeError) return error.stack
  // Libraries' class names do not outlive minifying; their codes do.
  return `${(error as NodeJS.ErrnoException).code ?? error.name}: ${error.message}`
}
