/** The most that a function may cost. */
export interface Budget {
  /** Of its bundle. */
  bytes: number
  /** Milliseconds that its cold start may take over that of an empty handler. */
  coldMs?: number
}

const budgets = {
  // Its reading of the keys and of the user go out together.
  authorizer: { bytes: 36_000, coldMs: 36 },
  // The one password hash of a login is inside its time.
  login: { bytes: 68_000, coldMs: 65 },
  refresh: { bytes: 48_000 },
  logout: { bytes: 48_000 },
  sessions: { bytes: 24_000 },
  'end-session': { bytes: 24_000 },
  password: { bytes: 52_000 },
  'user-content': { bytes: 4_000, coldMs: 3 },
  'admin-content': { bytes: 4_000, coldMs: 3 },
  jwks: { bytes: 20_000, coldMs: 30 },
  openapi: { bytes: 62_000, coldMs: 30 },
  // Swagger UI itself is 1.92 MB of it.
  docs: { bytes: 1_950_000, coldMs: 60 },
  signin: { bytes: 30_000 },
} satisfies Record<string, Budget>

export type FunctionName = keyof typeof budgets

/** A function that is not listed here is not measured. */
export const FUNCTIONS: Record<FunctionName, Budget> = budgets

export const FUNCTION_NAMES = Object.keys(budgets) as FunctionName[]

/** Microseconds that a warm authorizer may take to verify a token it has not seen before. */
export const VERIFICATION_US = 120

/** What a warm login may take, as a multiple of the password hash inside it. */
export const LOGIN_PER_HASH = 1.15

/** Users in the stores that login is measured with. */
export const STORE_SIZES = [10, 10_000, 100_000]

/** What login may take with any of these stores, as a multiple of what it takes with the one that is fastest. */
export const LOGIN_PER_FASTEST_STORE = 1.2
