/** The phrase of each status (RFC 9110 section 15). It is the title of a problem of type `about:blank`. */
export const TITLES = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
} as const

/**
 * Status and detail of each RFC 9457 problem, by code. Responses contain the code, and handlers of projects
 * throw errors by it: add codes freely, but never rename one. Several problems share a code. Those that need
 * another step of the client also have the member `error`. Rows are lists to keep bundles small, because
 * every function contains all of them.
 */
export const PROBLEMS = {
  malformed_body: [
    400,
    'The request body must be a single JSON object in UTF-8, without a byte order mark or repeated members.',
  ],
  invalid_link: [400, 'The link or code is invalid or expired.', 'link.refused'],
  invalid_credentials: [401, 'Incorrect username or password.', 'login.refused'],
  invalid_refresh_token: [401, 'The refresh token is invalid or expired.'],
  invalid_token: [401, 'Could not validate credentials.', 'token.refused'],
  forbidden: [403, 'You do not have permission to access this resource.'],
  not_found: [404, 'Resource not found.'],
  conflict: [409, 'The account was modified concurrently. Reload and try again.'],
  body_too_large: [413, 'The request body must not exceed 8 KiB.'],
  unsupported_media_type: [415, 'The Content-Type header must be application/json.'],
  invalid_fields: [422, 'One or more fields are invalid.'],
  too_many_attempts: [429, 'Too many failed attempts. Try again later.', 'login.throttled'],
  too_many_mails: [429, 'Too many requests. Try again later.', 'mail.throttled'],
  internal: [500, 'An unexpected error occurred.', 'request.crashed'],
  unavailable: [503, 'The service is temporarily unavailable. Try again shortly.', 'dependency.failed', 5],
} as const satisfies Record<string, ProblemRow>

/**
 * - `event`: name under which the failure is logged and counted, if not `request.refused`;
 * - `retryAfterSeconds`: value of the header `Retry-After`.
 */
type ProblemRow = readonly [
  status: keyof typeof TITLES,
  detail: string,
  event?: string,
  retryAfterSeconds?: number,
]

export type ProblemCode = keyof typeof PROBLEMS

/**
 * An invalid field: an RFC 6901 pointer into the body or to a query parameter, as a URI fragment, and the rule
 * that it breaks.
 */
export interface FieldError {
  pointer: string
  detail: string
  /** Short name of the rule, which clients compare. Never rename one. Only fields of a project may lack it. */
  rule?: string
  /** What the rule compares with: the numbers and names in `detail`. */
  values?: Readonly<Record<string, string | number | readonly string[]>> | undefined
}

/**
 * An expected failure. `reason` and `cause` go to the log. A client sees the text of the code, or `detail`.
 */
export class ServiceError extends Error {
  override readonly name = 'ServiceError'
  declare readonly code: ProblemCode
  declare readonly fields: readonly FieldError[] | undefined
  declare readonly retryAfterSeconds: number | undefined
  declare readonly detail: string | undefined
  declare readonly event: string
  declare readonly log: object | undefined
  declare readonly error: string | undefined
  declare readonly challenge: Challenge | undefined

  /**
   * @param code - Row of {@link PROBLEMS} with the client's text.
   * @param reason - For the log: what was wrong, without any submitted value.
   * @param options - For the log: `cause`, an `event` that replaces that of the code, and more members in
   *   `log`. For the client: an `error` to compare, a `challenge`, and a `detail` that replaces that of the
   *   code. `fields` belongs to `invalid_fields` only. `retryAfterSeconds` is for codes whose row has none.
   */
  constructor(code: ProblemCode, reason: string, options: ErrorOptions & Details = {}) {
    super(reason, options)
    const [, , event = 'request.refused', retryAfterSeconds]: ProblemRow = PROBLEMS[code]
    Object.assign(this, { code, event, retryAfterSeconds }, options)
  }
}

/**
 * The requirements for a client to be authorised (RFC 9470 section 3, RFC 6750 section 3.1), as members of a
 * problem. REST APIs rename the header `WWW-Authenticate` of a function, so clients read it in the body.
 */
export type Challenge =
  | {
      error: 'insufficient_user_authentication'
      acr_values: string
      /** Seconds since the sign-in. */
      max_age: number
    }
  | { error: 'insufficient_scope'; scope: string }

interface Details {
  error?: string
  challenge?: Challenge
  event?: string
  log?: object
  detail?: string
  fields?: FieldError[]
  retryAfterSeconds?: number
}
