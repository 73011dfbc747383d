/**
 * The most that each function may cost: bytes of its bundle, and milliseconds that its cold start may take over
 * that of an empty handler. A function that is not listed here is not measured.
 */
export const FUNCTIONS = {
  authorizer: { bytes: 32_000, coldMs: 30 },
  // The one password hash of a login is inside its time.
  login: { bytes: 60_000, coldMs: 65 },
  'user-content': { bytes: 4_000, coldMs: 3 },
  'admin-content': { bytes: 4_000, coldMs: 3 },
  jwks: { bytes: 20_000, coldMs: 30 },
} as const

export type FunctionName = keyof typeof FUNCTIONS

export const FUNCTION_NAMES = Object.keys(FUNCTIONS) as FunctionName[]

/** Microseconds per call of a warm authorizer, on a token it has not seen before. */
export const WARM_AUTHORIZER_US = 120

/** What a warm login may take, as a multiple of the password hash inside it. */
export const LOGIN_PER_HASH = 1.15
