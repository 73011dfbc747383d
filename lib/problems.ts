/**
 * What each failure looks like from outside: an RFC 9457 problem of type `about:blank`, whose title
 * is the status's own phrase (RFC 9110 section 15). A code is public API: add freely, rename never.
 */
export const PROBLEMS = {
  malformed_body: {
    status: 400,
    title: 'Bad Request',
    detail: 'The body must be one JSON object in UTF-8, without a byte order mark or repeated members.',
  },
  invalid_credentials: {
    status: 401,
    title: 'Unauthorized',
    detail: 'Incorrect username or password.',
    event: 'login.refused',
  },
  invalid_refresh_token: {
    status: 401,
    title: 'Unauthorized',
    detail: 'This refresh token is not good any more. Sign in again.',
  },
  invalid_token: {
    status: 401,
    title: 'Unauthorized',
    detail: 'Could not validate credentials.',
    event: 'token.refused',
  },
  forbidden: { status: 403, title: 'Forbidden', detail: 'Your role does not allow this.' },
  not_found: { status: 404, title: 'Not Found', detail: 'There is nothing here.' },
  conflict: {
    status: 409,
    title: 'Conflict',
    detail: 'Something else changed this at the same moment. Look, and try again.',
  },
  body_too_large: { status: 413, title: 'Content Too Large', detail: 'The body may be at most 8 KiB.' },
  unsupported_media_type: {
    status: 415,
    title: 'Unsupported Media Type',
    detail: 'Send the body as Content-Type: application/json.',
  },
  invalid_fields: { status: 422, title: 'Unprocessable Content', detail: 'Some fields are not valid.' },
  too_many_attempts: {
    status: 429,
    title: 'Too Many Requests',
    detail: 'Too many failed attempts. Try again later.',
    event: 'login.throttled',
  },
  internal: {
    status: 500,
    title: 'Internal Server Error',
    detail: 'Something went wrong here.',
    event: 'request.crashed',
  },
  unavailable: {
    status: 503,
    title: 'Service Unavailable',
    detail: 'Try again shortly.',
    retryAfterSeconds: 5,
    event: 'dependency.failed',
  },
} as const satisfies Record<string, ProblemText>

interface ProblemText {
  status: number
  title: string
  detail: string
  retryAfterSeconds?: number
  /** Name that such a failure is logged and counted under, if not `request.refused`. */
  event?: string
}

export type ProblemCode = keyof typeof PROBLEMS

/** One invalid field: an RFC 6901 pointer into the body, as a URI fragment, and what would be valid. */
export interface FieldError {
  pointer: string
  detail: string
}

/** A failure we foresaw. `detail` and `cause` go to the log; a client sees the code's text only. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError'
  readonly code: ProblemCode
  readonly fields: readonly FieldError[] | undefined
  readonly retryAfterSeconds: number | undefined
  readonly event: string

  /**
   * @param code - Row of {@link PROBLEMS} that the client sees.
   * @param detail - For the log: what was wrong, without any submitted value.
   * @param options - For the log: `cause`, and `event`, where the code's own name says too little. For the client: `fields`, with `invalid_fields` only, and
   *   `retryAfterSeconds`, where the code's own row has none.
   */
  constructor(code: ProblemCode, detail: string, options: ErrorOptions & Details = {}) {
    super(detail, options)
    this.code = code
    this.fields = options.fields
    const row: ProblemText = PROBLEMS[code]
    this.retryAfterSeconds = options.retryAfterSeconds ?? row.retryAfterSeconds
    this.event = options.event ?? row.event ?? 'request.refused'
  }
}

interface Details {
  event?: string
  fields?: FieldError[]
  retryAfterSeconds?: number
}
