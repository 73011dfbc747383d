/** The limits for the cost of a function. */
export interface Budget {
  /** Size of its bundle. */
  bytes: number
  /** Milliseconds that its cold start may take in addition to that of an empty handler. */
  coldMs?: number
}

const BUDGETS: Record<string, Budget> = {
  // It reads the keys and the user at the same time.
  authorizer: { bytes: 36_000, coldMs: 36 },
  // The time includes the one password hash of a login.
  login: { bytes: 68_000, coldMs: 70 },
  'login-factor': { bytes: 51_000 },
  refresh: { bytes: 48_000 },
  logout: { bytes: 48_000 },
  sessions: { bytes: 24_000 },
  // Functions that count attempts give them back after an outage.
  password: { bytes: 51_000 },
  reset: { bytes: 48_000 },
  'mail-requests': { bytes: 34_000, coldMs: 40 },
  // Under the policy it begins the enrolment of a second factor.
  'new-account': { bytes: 55_000 },
  'change-email': { bytes: 48_000 },
  'confirm-email': { bytes: 43_000, coldMs: 40 },
  // A third of it is the texts of 16 mails.
  mailer: { bytes: 33_000, coldMs: 40 },
  // Half of it is the texts of all problems, which every function has.
  'user-content': { bytes: 5_300, coldMs: 3 },
  'admin-content': { bytes: 5_300, coldMs: 3 },
  metadata: { bytes: 20_000, coldMs: 30 },
  enrolment: { bytes: 50_000, coldMs: 40 },
  userinfo: { bytes: 20_000 },
  me: { bytes: 20_000 },
  'delete-me': { bytes: 48_000 },
  'login-passkey': { bytes: 60_000, coldMs: 40 },
  'add-passkey': { bytes: 63_000, coldMs: 40 },
  // Half of it reads the body with a new name.
  passkeys: { bytes: 32_500 },
  // It serves authenticator apps, recovery codes and passkeys, and hashes passwords.
  factors: { bytes: 56_000 },
  'confirm-totp': { bytes: 48_000 },
  'enrol-totp': { bytes: 52_000 },
  // It grows by about 700 bytes with each route that it describes.
  openapi: { bytes: 104_000, coldMs: 30 },
  // Swagger UI takes 1.92 MB of it.
  docs: { bytes: 1_950_000, coldMs: 60 },
  // Two pages with their dialogs for second factors, 7 KB of the client for browsers, and 11 KB that draw QR codes. Each of the three
  // scripts has all that it needs, 19 to 28 KB. That of the demo contains that of the sign-in page.
  signin: { bytes: 126_000 },
  // Three pages, with one style. The scripts of two of them contain the client for browsers, by which other tabs learn of a
  // registration. The pages have the name of the service, so the parsers of settings are in the bundle too.
  'account-pages': { bytes: 56_000 },
}

/** Enough for a function that uses the table and KMS. */
const DEFAULT: Budget = { bytes: 64_000 }

/** Returns the budget of a function. A function without a listed budget has the default one. */
export const budgetOf = (functionKey: string): Budget => BUDGETS[functionKey] ?? DEFAULT

/** Microseconds that a warm authorizer may take to verify a token that it has not seen before. */
export const VERIFICATION_US = 120

/** Microseconds of a whole call of a warm authorizer: that verification, and one read of the user from the stand-in. */
export const AUTHORIZATION_US = 350

/** Limit for the time of a warm login, as a multiple of the time of its password hash. */
export const LOGIN_PER_HASH = 1.25
