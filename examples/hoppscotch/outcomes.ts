import type { ProblemName } from '../../lib/openapi/problems/problems.ts'

/** What a test of a request demands of the response. */
export interface Outcome {
  /** What the test shows. Before it stands the role of a user who is signed in. */
  title: string
  /** Problem that the response is, with more members. Without it, the response has the status of its row. */
  problem?: ProblemName
  members?: object
  /** Expected values by expression of JavaScript. `<<…>>` is a variable of the environment. */
  checks?: Record<string, unknown>
}

/** A request of the collection: a row, what differs from its example, and what the response must be. */
export interface Step {
  name: string
  /** Method and path of the row. */
  row: string
  /** Stands after the description of the row. */
  description?: string
  /** Values of `{…}` in the path. Default: the examples of the row. */
  parameters?: Record<string, string>
  headers?: Record<string, string>
  /** Name of the row's example that is the body. Default: the first one. */
  example?: string
  /** Members of the body that differ from the example. For a row with a form, the whole form. */
  body?: Record<string, string>
  /** Expressions for variables that the response sets. */
  sets?: Record<string, string>
  /** The outcome for a user who is signed in, and that of an administrator if it differs. */
  accepted?: Outcome
  asAdmin?: Outcome
  /** The outcome without a token. Default: the 401 of a protected route. */
  refused?: Outcome
  /** The outcome with and without a token, in place of the others. */
  always?: Outcome
}

/** Returns the outcome of a response with the status of its row. */
export const succeeds = (title: string, checks: Record<string, unknown> = {}): Outcome => ({ title, checks })

/** Returns the outcome of a problem. */
export const fails = (title: string, problem: ProblemName, members: object = {}): Outcome => ({
  title,
  problem,
  members,
})

/** Returns the outcome of a field that breaks a rule. @param error - Its `detail`, `rule` and `values`. */
export const invalid = (title: string, pointer: string, error: object): Outcome =>
  fails(title, 'invalid_fields', { errors: [{ pointer, ...error }] })

/** Variables that a sign-in sets. After a failed one, the tokens of before must not be used. */
export const NEW_TOKENS = { authToken: "authToken ?? ''", refreshToken: "refreshToken ?? ''" }

export const FAILED_LOGIN = fails('a failed login gets no token', 'invalid_credentials')

const OF_TOKENS = {
  '/^[\\w-]+\\.[\\w-]+\\.[\\w-]+$/.test(authToken)': true,
  'Object.keys(json).sort()': ['expiresIn', 'refreshExpiresIn', 'tokenType'],
  'json.tokenType': 'Bearer',
  'json.expiresIn > 0 && json.refreshExpiresIn > 0': true,
}
const REFRESH_TOKEN = '[\\w-]{22}\\.[0-9a-f]{8}[\\w-]{22}\\.[0-9a-f]{8}\\.[\\w-]{43}'

/** Checks of a response with both tokens. */
export const TOKENS = { ...OF_TOKENS, [`/^${REFRESH_TOKEN}$/.test(refreshToken)`]: true }

/** Checks of a response with the refresh token in a cookie. */
export const IN_COOKIE = {
  ...OF_TOKENS,
  'typeof refreshToken': 'undefined',
  [`/^__Host-refresh=${REFRESH_TOKEN}$/.test(cookie)`]: true,
  'attributes.slice(1)': ['Path=/', 'Secure', 'HttpOnly', 'SameSite=Strict'],
}

/** Check of a response with a challenge for a passkey. */
export const CHALLENGE = { '/^[\\w-]{43}$/.test(json.challenge)': true }
