import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda'
import { PROBLEMS, ServiceError } from './problems.ts'

/** Kept back from a function's own time, so that there is time to answer when a call has used the rest. */
const ANSWER_RESERVE_MS = 500

type Headers = Record<string, string>

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
    try {
      return await route(event, deadlineOf(context))
    } catch (error) {
      return problem(logFailure(error))
    }
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
export function json(status: number, body: object, headers: Headers = {}): APIGatewayProxyResult {
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
  const { status, title, detail } = PROBLEMS[code]
  const headers: Headers = { 'Content-Type': 'application/problem+json' }
  if (retryAfterSeconds !== undefined) headers['Retry-After'] = String(retryAfterSeconds)
  return json(
    status,
    { type: 'about:blank', title, status, detail, ...(fields && { errors: fields }) },
    headers,
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
  const log = PROBLEMS[code].status >= 500 ? console.error : console.info
  log({ event, code, detail, ...(cause !== undefined && { cause: describe(cause) }) })
  return failure
}

function describe(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if (error instanceof TypeError || error instanceof RangeError) return error.stack
  // Libraries' class names do not outlive minifying; their codes do.
  return `${(error as NodeJS.ErrnoException).code ?? error.name}: ${error.message}`
}
