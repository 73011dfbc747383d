import { expect } from 'vitest'
import { usualAudience } from '../../project/names.ts'

const TOKENS = ['TOKEN_ISSUER', 'TOKEN_AUDIENCE']
const SESSIONS = [
  'SESSION_TTL_SECONDS',
  'SESSION_IDLE_TTL_SECONDS',
  'REFRESH_GRACE_SECONDS',
  'COOKIE_SESSIONS',
  'TABLE_NAME',
]
const SIGN_IN = [...TOKENS, 'SIGNING_KEY', 'TOKEN_TTL_SECONDS', ...SESSIONS]
const POLICY = 'REQUIRE_SECOND_FACTOR'

/** Limits of attempts, with their defaults. */
const LIMITS = {
  LIMIT_USER_AND_SOURCE: '10/900',
  LIMIT_SOURCE: '50/900',
  LIMIT_KNOWN_SOURCE: '500/900',
  LIMIT_USER: '100/86400',
  LIMIT_USER_AND_KNOWN_SOURCE: '100/86400',
}
/** What a change needs that verifies the password. */
const CHANGE = [...Object.keys(LIMITS), POLICY, 'MAILER', 'TABLE_NAME']
const FACE = ['DEMO', 'SERVICE_NAME']

/**
 * The variables of each function, in addition to those of all. A function that is not listed may have any.
 */
const VARIABLES: Record<string, string[]> = {
  authorizer: [...TOKENS, 'PUBLISHED_KEYS', 'TABLE_NAME', 'GUARDED_ROUTES', 'SCOPED_ROUTES'],
  login: [...SIGN_IN, ...CHANGE, 'NOTIFY_NEW_SOURCE'],
  'login-factor': [...SIGN_IN, 'FACTOR_KEY', 'MAILER', 'NOTIFY_NEW_SOURCE'],
  refresh: [...SIGN_IN, POLICY],

  token: [
    'SIGNING_KEY',
    'TOKEN_TTL_SECONDS',
    'REFRESH_GRACE_SECONDS',
    POLICY,
    'TABLE_NAME',
    'TOKEN_ISSUER',
    'PUBLISHED_KEYS',
    'PUBLIC_URL',
    'SESSION_TTL_SECONDS',
  ],
  approve: [
    'CLIENT_FETCHER',
    'CLIENT_METADATA_HOSTS',
    ...SESSIONS,
    POLICY,
    'REFRESH_GRACE_SECONDS',
    'TOKEN_AUDIENCE',
    'TOKEN_ISSUER',
    'PUBLISHED_KEYS',
    'MAILER',
    'AUTH_ALLOWED_ORIGINS',
  ],
  logout: ['COOKIE_SESSIONS', 'REFRESH_GRACE_SECONDS', 'TABLE_NAME', 'TOKEN_ISSUER', 'PUBLISHED_KEYS'],
  device: ['COOKIE_SESSIONS', 'TABLE_NAME', 'TOKEN_ISSUER'],
  sessions: ['TABLE_NAME'],
  password: [...CHANGE, 'BREACHED_PASSWORDS', 'MAIL_SIGN_IN'],
  reset: ['MAILER', 'BREACHED_PASSWORDS', 'TABLE_NAME', 'SESSION_TTL_SECONDS', 'FEDERATION'],
  'mail-requests': [
    'MAILER',
    'LIMIT_MAIL_SOURCE',
    'TABLE_NAME',
    'ALLOWED_EMAIL_DOMAINS',
    'LIMIT_MAIL_SIGN_INS',
    'COOKIE_SESSIONS',
  ],
  'new-account': [...SIGN_IN, POLICY, 'BREACHED_PASSWORDS', 'RP_ID', 'RP_ORIGINS'],
  'change-email': [...CHANGE, 'LIMIT_MAIL_SOURCE', 'MAIL_SIGN_IN'],
  'confirm-email': [POLICY, 'MAILER', 'TABLE_NAME', 'MAIL_SIGN_IN'],
  mailer: [
    'TABLE_NAME',
    'FEDERATION',
    'MAIL_FROM',
    'SERVICE_NAME',
    'PUBLIC_URL',
    'LIMIT_MAIL_RECIPIENT',
    'FACTOR_RESET_DELAY_SECONDS',
    'REGISTRATION',
    'ALLOWED_EMAIL_DOMAINS',
  ],
  userinfo: [...TOKENS, 'PUBLISHED_KEYS', 'TABLE_NAME', 'OAUTH'],
  me: ['TABLE_NAME'],
  'delete-me': [...CHANGE, 'MAIL_SIGN_IN'],
  'user-content': [],
  'admin-content': ['AUTH_ROLES'],
  metadata: [
    'TOKEN_ISSUER',
    'PUBLISHED_KEYS',
    'OAUTH',
    'CLIENT_METADATA_HOSTS',
    'PUBLIC_URL',
    'SERVICE_NAME',
    'API_SCOPES',
  ],
  'publish-event': ['EVENT_BUS', 'EVENT_TYPES', 'TOKEN_ISSUER'],
  'fetch-client': ['CLIENT_METADATA_HOSTS', 'TABLE_NAME'],
  signin: [...FACE, 'MAILER', 'REGISTRATION', 'OAUTH', 'OWN_ROUTES'],
  'account-pages': FACE,
  authorize: FACE,
  console: [...FACE, 'MAILER', 'REGISTRATION', 'ACT_AS'],
  openapi: [
    'MAILER',
    'PAGES',
    'REGISTRATION',
    'OAUTH',
    'MAIL_SIGN_IN',
    'FEDERATION',
    'ACT_AS',
    'API_SCOPES',
    'OWN_ROUTES',
    ...FACE,
  ],
}

/**
 * Returns the variables of the functions of a stage, by their keys.
 *
 * @param slots - Of the published keys. The first one signs.
 * @param changes - Values that are not those of the defaults.
 */
export function environments(
  stage: string,
  slots: string[],
  changes: Record<string, unknown>,
): Record<string, Record<string, unknown>> {
  const name = `serverless-jwt-auth-${stage}-auth`
  const [signs, ...others] = slots.map((slot) => `alias/${name}-${slot}`)
  const values: Record<string, unknown> = {
    TOKEN_AUDIENCE: usualAudience(name),
    PUBLISHED_KEYS: [signs, ...others].join(','),
    GUARDED_ROUTES: expect.stringContaining('GET/admin=admin GET/admin/=admin'),
    SCOPED_ROUTES: 'none',
    API_SCOPES: '',
    OWN_ROUTES: expect.stringMatching(/(^|,)GET\/,(.*,)?GET\/admin!(,|$)/),
    AUTH_ROLES: 'admin',
    SIGNING_KEY: signs,
    FACTOR_KEY: `alias/${name}-factors`,
    TABLE_NAME: name,
    MAILER: `${name}-mailer`,
    TOKEN_TTL_SECONDS: '1800',
    SESSION_TTL_SECONDS: '2592000',
    SESSION_IDLE_TTL_SECONDS: '604800',
    COOKIE_SESSIONS: 'off',
    REFRESH_GRACE_SECONDS: '10',
    ...LIMITS,
    REQUIRE_SECOND_FACTOR: 'none',
    BREACHED_PASSWORDS: 'on',
    NOTIFY_NEW_SOURCE: 'on',
    LIMIT_MAIL_SOURCE: '30/3600',
    LIMIT_MAIL_RECIPIENT: '3/3600',
    FACTOR_RESET_DELAY_SECONDS: '86400',
    ALLOWED_EMAIL_DOMAINS: '',
    SERVICE_NAME: 'serverless-jwt-auth',
    DEMO: 'off',
    PAGES: 'off',
    REGISTRATION: 'off',
    OAUTH: 'off',
    CLIENT_FETCHER: `${name}-fetch-client`,
    CLIENT_METADATA_HOSTS: '',
    EVENT_BUS: name,
    EVENT_TYPES: 'changes',
    AUTH_ALLOWED_ORIGINS: '',
    ...changes,
  }
  // Some exist only if another one has a value.
  const pick = (names: string[]) =>
    Object.fromEntries(names.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]])))
  return Object.fromEntries(Object.entries(VARIABLES).map(([key, names]) => [key, pick(names)]))
}
