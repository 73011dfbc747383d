import { expect } from 'vitest'
import { permissions } from '../../infrastructure/permissions.ts'
import { STACK } from '../deployment.ts'
import { SENDER } from '../stage.ts'

/** The API's own address. A test compares it with the stack's output. */
const ISSUER = expect.stringMatching(
  /^https:\/\/[a-z0-9]{10}\.execute-api\.eu-central-1\.amazonaws\.com\/[a-z]+$/,
)
const TOKENS = { TOKEN_ISSUER: ISSUER, TOKEN_AUDIENCE: `${STACK}-api` }
const PUBLISHED = { PUBLISHED_KEYS: `alias/${STACK}-a,alias/${STACK}-b` }
const SIGNING = { SIGNING_KEY: `alias/${STACK}-a`, TOKEN_TTL_SECONDS: '1800' }
const SESSIONS = { SESSION_TTL_SECONDS: '2592000', SESSION_IDLE_TTL_SECONDS: '604800' }
const COOKIES = { COOKIE_SESSIONS: 'off' }
const GRACE = { REFRESH_GRACE_SECONDS: '10' }
const LIMITS = {
  LIMIT_USER_AND_SOURCE: '10/900',
  LIMIT_SOURCE: '50/900',
  LIMIT_KNOWN_SOURCE: '500/900',
  LIMIT_USER: '100/86400',
  LIMIT_USER_AND_KNOWN_SOURCE: '100/86400',
}
const TABLE = { TABLE_NAME: STACK }
const NEW_PASSWORDS = { BREACHED_PASSWORDS: 'off' }
const MAILER = { MAILER: `${STACK}-mailer` }
const FACTOR_KEYS = { FACTOR_KEY: `alias/${STACK}-factors` }
const MAIL_REQUESTS = { ...MAILER, LIMIT_MAIL_SOURCE: '30/3600' }

const POLICY = { REQUIRE_SECOND_FACTOR: 'none' }

/** The variables of each function, in addition to those of all. A function that is not listed may have any. */
export const ENVIRONMENT: Record<string, object> = {
  authorizer: { ...TOKENS, ...PUBLISHED, ...TABLE, GUARDED_ROUTES: 'GET/admin=admin GET/admin/=admin' },
  login: {
    ...TOKENS,
    ...SIGNING,
    ...SESSIONS,
    ...COOKIES,
    ...LIMITS,
    ...MAILER,
    ...POLICY,
    ...TABLE,
    NOTIFY_NEW_SOURCE: 'on',
  },
  'login-factor': {
    ...TOKENS,
    ...SIGNING,
    ...SESSIONS,
    ...COOKIES,
    ...FACTOR_KEYS,
    ...MAILER,
    ...TABLE,
    NOTIFY_NEW_SOURCE: 'on',
  },
  refresh: { ...TOKENS, ...SIGNING, ...SESSIONS, ...COOKIES, ...GRACE, ...POLICY, ...TABLE },
  logout: { ...COOKIES, ...GRACE, ...TABLE },
  sessions: TABLE,
  'end-session': TABLE,
  password: { ...LIMITS, ...POLICY, ...NEW_PASSWORDS, ...MAILER, ...TABLE },
  forgot: { ...MAIL_REQUESTS, ...TABLE },
  reset: { ...MAILER, ...NEW_PASSWORDS, ...TABLE, SESSION_TTL_SECONDS: '2592000' },
  register: { ...MAIL_REQUESTS, ...TABLE, ALLOWED_EMAIL_DOMAINS: '' },
  'new-account': { ...TOKENS, ...SIGNING, ...SESSIONS, ...COOKIES, ...NEW_PASSWORDS, ...POLICY, ...TABLE },
  'change-email': { ...LIMITS, ...POLICY, ...MAIL_REQUESTS, ...TABLE },
  'confirm-email': { ...POLICY, ...MAILER, ...TABLE },
  mailer: {
    ...TABLE,
    FACTOR_RESET_DELAY_SECONDS: '86400',
    MAIL_FROM: SENDER,
    SERVICE_NAME: 'serverless-jwt-auth',
    PUBLIC_URL: 'https://app.example',
    LIMIT_MAIL_RECIPIENT: '3/3600',
  },
  'user-content': {},
  'admin-content': { ROLES: 'admin' },
  userinfo: TABLE,
  me: TABLE,
  'delete-me': { ...LIMITS, ...POLICY, ...MAILER, ...TABLE },
  jwks: PUBLISHED,
  metadata: { TOKEN_ISSUER: ISSUER },
  openapi: { ...MAILER, PAGES: 'off', REGISTRATION: 'open' },
}

/** The actions of each function, in addition to logging and tracing. A function that is not listed has none. */
export const ACTIONS: Record<string, string[]> = Object.fromEntries(
  Object.entries(permissions({ sender: SENDER })).map(([functionKey, statements]) => [
    functionKey,
    [...new Set(statements.flatMap(({ Action }) => Action))].sort(),
  ]),
)

/** Types that moto's CloudFormation ignores; see docs/decisions/0036-what-the-emulator-proves.md. */
export const IGNORED = [
  'AWS::ApiGateway::Authorizer',
  'AWS::ApiGateway::GatewayResponse',
  'AWS::ApiGateway::Stage',
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Logs::MetricFilter',
  'AWS::S3::BucketPolicy',
]
