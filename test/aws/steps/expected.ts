import { expect } from 'vitest'
import { permissions } from '../../infrastructure/permissions.ts'
import { STACK } from '../deployment.ts'

/** The API's own address. A test compares it with the stack's output. */
const ISSUER = expect.stringMatching(
  /^https:\/\/[a-z0-9]{10}\.execute-api\.eu-central-1\.amazonaws\.com\/[a-z]+$/,
)
const TOKENS = { TOKEN_ISSUER: ISSUER, TOKEN_AUDIENCE: `${STACK}-api` }
const PUBLISHED = { PUBLISHED_KEYS: `alias/${STACK}-a,alias/${STACK}-b` }
const SIGNING = { SIGNING_KEY: `alias/${STACK}-a`, TOKEN_TTL_SECONDS: '1800' }
const SESSIONS = { SESSION_TTL_SECONDS: '2592000', SESSION_IDLE_TTL_SECONDS: '604800' }
const GRACE = { REFRESH_GRACE_SECONDS: '10' }
const LIMITS = {
  LIMIT_USER_AND_SOURCE: '10/900',
  LIMIT_SOURCE: '50/900',
  LIMIT_KNOWN_SOURCE: '500/900',
  LIMIT_USER: '100/86400',
  LIMIT_USER_AND_KNOWN_SOURCE: '100/86400',
}
const TABLE = { TABLE_NAME: STACK }

/** The variables of each function, in addition to those of all. A function that is not listed may have any. */
export const ENVIRONMENT: Record<string, object> = {
  authorizer: { ...TOKENS, ...PUBLISHED, ...TABLE },
  login: { ...TOKENS, ...SIGNING, ...SESSIONS, ...LIMITS, ...TABLE },
  refresh: { ...TOKENS, ...SIGNING, ...SESSIONS, ...GRACE, ...TABLE },
  logout: { ...GRACE, ...TABLE },
  sessions: TABLE,
  'end-session': TABLE,
  password: { ...LIMITS, BREACHED_PASSWORDS: 'off', ...TABLE },
  'user-content': {},
  'admin-content': {},
  userinfo: TABLE,
  me: TABLE,
  'delete-me': { ...LIMITS, ...TABLE },
  jwks: PUBLISHED,
  metadata: { TOKEN_ISSUER: ISSUER },
  openapi: { PAGES: 'off' },
}

/** The actions of each function, in addition to logging and tracing. A function that is not listed has none. */
export const ACTIONS: Record<string, string[]> = Object.fromEntries(
  Object.entries(permissions([])).map(([functionKey, statements]) => [
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
  'AWS::Logs::MetricFilter',
  'AWS::S3::BucketPolicy',
]
