// Groups of settings that several handlers read, for the list of a handler. They are in a separate file, so
// that bundles without them contain nothing of it.

/** Settings of a function that begins sessions, or continues them. */
export const SIGN_INS = [
  'COOKIE_SESSIONS',
  'SESSION_TTL_SECONDS',
  'SESSION_IDLE_TTL_SECONDS',
  'REFRESH_GRACE_SECONDS',
  'SIGNING_KEY',
  'TOKEN_ISSUER',
  'TOKEN_AUDIENCE',
  'TOKEN_TTL_SECONDS',
] as const

/** Name of one of {@link SIGN_INS}. */
export type SignInSetting = (typeof SIGN_INS)[number]

/** Settings of a function that verifies passwords. */
export const PASSWORD_LIMITS = [
  'LIMIT_USER_AND_SOURCE',
  'LIMIT_SOURCE',
  'LIMIT_KNOWN_SOURCE',
  'LIMIT_USER',
  'LIMIT_USER_AND_KNOWN_SOURCE',
] as const

/** Name of one of {@link PASSWORD_LIMITS}. */
export type LimitSetting = (typeof PASSWORD_LIMITS)[number]

/** Settings of the API description. */
export const DESCRIBED = [
  'PAGES',
  'MAILER',
  'REGISTRATION',
  'MAIL_SIGN_IN',
  'OAUTH',
  'API_SCOPES',
  'OWN_ROUTES',
  'SERVICE_NAME',
  'DEMO',
] as const
