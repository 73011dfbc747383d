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
      logFailure(error)
      return problem(error instanceof ServiceError ? error : new ServiceError('internal', 'unforeseen'))
    }
  }
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

/** The RFC 9457 problem a client sees for a failure. */
function problem({ code, fields }: ServiceError): APIGatewayProxyResult {
  const { status, title, detail, ...more } = PROBLEMS[code]
  const headers: Headers = { 'Content-Type': 'application/problem+json' }
  if ('retryAfterSeconds' in more) headers['Retry-After'] = String(more.retryAfterSeconds)
  return json(
    status,
    { type: 'about:blank', title, status, detail, ...(fields && { errors: fields }) },
    headers,
  )
}

/**
 * Logs a failure as one structured record (Lambda's JSON log format keeps objects as they are).
 *
 * `dependency.failed` and `request.crashed` are ours to mend; `request.refused` is the client's.
 */
export function logFailure(error: unknown): void {
  if (!(error instanceof ServiceError)) {
    console.error({ event: 'request.crashed', error: describe(error) })
  } else if (error.code === 'unavailable') {
    console.error({ event: 'dependency.failed', detail: error.message, cause: describe(error.cause) })
  } else {
    console.info({
      event: 'request.refused',
      code: error.code,
      detail: error.message,
      cause: describe(error.cause),
    })
  }
}

function describe(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if (error instanceof TypeError || error instanceof RangeError) return error.stack
  // Libraries' class names do not outlive minifying; their codes do.
  return `${(error as NodeJS.ErrnoException).code ?? error.name}: ${error.message}`
}
