import { expect } from 'vitest'
import { SAME_ORIGIN } from '../../../lib/oauth/authorize/cookie.ts'
import { type Route, statusOf } from '../../../lib/openapi/route.ts'
import { API_ROUTES as ROUTES } from '../../../lib/openapi/routes/rows.ts'
import { describeService } from '../process/service-description.ts'
import { userStatements } from './authorizer-policy.ts'
import { COMMON_HEADERS, sampleEvent, sampleNames } from './lambda.ts'
import { codeOf, fieldError } from './problems.ts'

/** The outcome of a sample event: what the function returns, with a JSON body parsed, or what it throws. */
type Outcome = { returns: object | undefined } | { throws: string }

const headers = {
  'Content-Type': 'application/json',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  ...COMMON_HEADERS,
}

const response = (statusCode: number, body: object, more: Record<string, unknown> = {}): Outcome => ({
  returns: { statusCode, headers: { ...headers, ...more }, body },
})

const problem = (status: number, title: string, detail: string, more = {}): Outcome =>
  response(
    status,
    { type: 'about:blank', title, status, detail, code: codeOf(status, detail, more), ...more },
    { 'Content-Type': 'application/problem+json' },
  )

const tokens = response(200, {
  authToken: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
  tokenType: 'Bearer',
  expiresIn: 1800,
  refreshToken: expect.stringMatching(/^[\w-]{22}\.[0-9a-f]{8}[\w-]{22}\.[0-9a-f]{8}\.[\w-]{43}$/),
  refreshExpiresIn: expect.any(Number),
})

const SET_COOKIE =
  /^__Host-refresh=[\w-]{22}\.[0-9a-f]{8}[\w-]{22}\.[0-9a-f]{8}\.[\w-]{43}; Max-Age=\d+; Path=\/; Secure; HttpOnly; SameSite=Strict$/
const DELETED = '__Host-refresh=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict'

const TOKENS_IN_COOKIE = {
  authToken: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
  tokenType: 'Bearer',
  expiresIn: 1800,
  refreshExpiresIn: expect.any(Number),
}
const tokensInCookie = response(200, TOKENS_IN_COOKIE, { 'Set-Cookie': expect.stringMatching(SET_COOKIE) })

/** A sign-in also asks the browser to bind the session. */
const signedInCookie = response(200, TOKENS_IN_COOKIE, {
  'Set-Cookie': expect.stringMatching(SET_COOKIE),
  'Secure-Session-Registration': expect.stringMatching(
    /^\(ES256 RS256\);path="\/sessions\/bind";challenge="[\w-]{22}"$/,
  ),
})

const noContent = (more: Record<string, string> = {}): Outcome => ({
  returns: {
    statusCode: 204,
    headers: { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff', ...COMMON_HEADERS, ...more },
    body: '',
  },
})

const invalid = (pointer: string, detail: string, more = {}) =>
  problem(422, 'Unprocessable Content', 'One or more fields are invalid.', {
    errors: [fieldError(pointer, detail, more)],
  })

const stage = 'arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/dev'
const USER_ID = expect.stringMatching(/^[\w-]{22}$/)
const policy = (username: string, role: string, Statement: object[]): Outcome => ({
  returns: {
    principalId: USER_ID,
    policyDocument: { Version: '2012-10-17', Statement },
    context: {
      userId: USER_ID,
      username,
      role,
      expiresAt: expect.stringMatching(/^\d+$/),
      generation: expect.stringMatching(/^\d+$/),
      sessionId: 'sample-session',
      acr: 'aal1',
      authTime: expect.stringMatching(/^\d+$/),
    },
  },
})

const publicKey = {
  kty: 'RSA',
  use: 'sig',
  alg: 'RS256',
  kid: expect.stringMatching(/^[\w-]{43}$/),
  n: expect.stringMatching(/^[\w-]{342}$/),
  e: 'AQAB',
}

const PUBLIC = { 'Cache-Control': 'public, max-age=300', 'Access-Control-Allow-Origin': '*' }

const metadata = response(
  200,
  expect.objectContaining({
    issuer: 'http://localhost:3000',
    jwks_uri: 'http://localhost:3000/.well-known/jwks.json',
    userinfo_endpoint: 'http://localhost:3000/userinfo',
    id_token_signing_alg_values_supported: ['RS256'],
    authorization_endpoint: 'http://localhost:3000/oauth2/authorize',
    token_endpoint: 'http://localhost:3000/oauth2/token',
    end_session_endpoint: 'http://localhost:3000/oauth2/logout',
    revocation_endpoint: 'http://localhost:3000/oauth2/revoke',
  }),
  PUBLIC,
)

const page = (title: string): Outcome => ({
  returns: {
    statusCode: 200,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'no-cache',
      'Content-Security-Policy': expect.stringMatching(/^default-src 'none'; /),
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
      Vary: 'Accept-Encoding, Accept-Language, Origin',
      ...COMMON_HEADERS,
    },
    body: expect.stringContaining(`<title>${title}</title>`),
  },
})

/** A module of the client is the same for pages of all origins. */
const clientModule = (exported: string): Outcome => ({
  returns: {
    statusCode: 200,
    headers: expect.objectContaining({
      'Content-Type': 'text/javascript; charset=utf-8',
      'Cache-Control': 'public, max-age=300',
      'Access-Control-Allow-Origin': '*',
    }),
    body: expect.stringContaining(exported),
  },
})

const requested = response(202, { mailId: expect.stringMatching(/^[\w-]{22}(\.[\w-]+)?$/) })

const loginExpired = problem(401, 'Unauthorized', 'The sign-in has expired. Sign in again.', {
  error: 'login_expired',
})

const passkeyRefused = problem(401, 'Unauthorized', 'The passkey was not accepted.', {
  error: 'passkey_refused',
})

const totpSetup = response(200, {
  secret: expect.stringMatching(/^[A-Z2-7]{32}$/),
  uri: expect.stringMatching(/^otpauth:\/\/totp\/serverless-jwt-auth:user\?secret=[A-Z2-7]{32}&/),
})

const setupExpired = problem(409, 'Conflict', 'The setup has expired. Start again.', {
  error: 'setup_expired',
})

const notFound = problem(404, 'Not Found', 'Resource not found.')

const invalidLink = problem(400, 'Bad Request', 'The link or code is invalid or expired.')

const otherBrowser = problem(
  401,
  'Unauthorized',
  'This mail was asked for in another browser. Use it there, or ask for a new one here.',
  { error: 'other_browser' },
)

const hasPassword = problem(409, 'Conflict', 'This account has a password. Confirm the change with it.', {
  error: 'has_password',
})

const otherSite = problem(403, 'Forbidden', SAME_ORIGIN)

/** Whether no function names scopes. Then the metadata of the API for clients does not exist. */
const hasNoScopes = describeService().functions.openapi?.environment?.API_SCOPES === ''

/** Outcomes of sample events, by name. An event that is not listed has the status of its route's response. */
export const OUTCOMES: Record<string, Outcome> = {
  ...(hasNoScopes && { 'GET /.well-known/oauth-protected-resource': notFound }),
  login: tokens,
  device: problem(
    403,
    'Forbidden',
    'The session cookie needs the header Sec-Fetch-Site: same-origin or same-site.',
  ),
  'POST /login admin': tokens,
  'POST /login replaces': tokens,
  'POST /login cookie': signedInCookie,
  refresh: tokens,
  'POST /refresh cookie': tokensInCookie,
  logout: noContent(),
  'POST /logout cookie': noContent({ 'Set-Cookie': DELETED }),
  'POST /logout everywhere': noContent(),
  // The other samples create sessions too.
  sessions: response(200, { sessions: expect.any(Array) }),
  'DELETE /sessions/{id}': noContent(),
  'GET /apps': response(200, { apps: [] }),
  // The demo user has not signed in to it.
  'DELETE /apps/{id}': notFound,
  password: noContent(),
  authorizer: policy('user', 'user', userStatements(stage)),
  'authorizer-forged-token': { throws: 'Unauthorized' },
  'user-content': response(200, {
    message: 'This content for authorised users only.',
    username: 'user',
    role: 'user',
  }),
  'user-content-expired': problem(401, 'Unauthorized', 'Could not validate credentials.'),
  'admin-content': response(200, { message: 'Admin only content.', username: 'admin', role: 'admin' }),
  'admin-content-as-user': problem(403, 'Forbidden', 'You do not have permission to access this resource.'),
  metadata: response(200, { keys: [publicKey, publicKey] }, PUBLIC),
  'GET /.well-known/openid-configuration': metadata,
  'GET /.well-known/oauth-authorization-server': metadata,
  me: response(200, {
    sub: expect.any(String),
    username: 'user',
    role: 'user',
    createdAt: expect.any(String),
    changedAt: expect.any(String),
    factors: [],
  }),
  'login-factor': loginExpired,
  'POST /login/recovery-code': loginExpired,
  factors: totpSetup,
  'confirm-totp': setupExpired,
  'DELETE /factors/totp': notFound,
  'POST /factors/recovery-codes': problem(
    409,
    'Conflict',
    'Recovery codes need a second factor. Add one first.',
    { error: 'no_factor' },
  ),
  'delete-me': noContent(),
  'mail-requests': response(202, {
    mailId: expect.stringMatching(/^[\w-]{22}\.YWRhQGV4YW1wbGUub3Jn$/),
    browserKey: expect.stringMatching(/^[\w-]{43}$/),
  }),
  'POST /password/forgot': requested,
  'POST /register': requested,
  'change-email': requested,
  enrolment: response(200, {
    rp: { id: 'localhost', name: 'serverless-jwt-auth' },
    user: expect.any(Object),
    challenge: expect.stringMatching(/^[\w-]{43}$/),
    pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: 'public-key', alg })),
    timeout: 300_000,
    attestation: 'none',
    excludeCredentials: [],
    authenticatorSelection: {
      requireResidentKey: true,
      residentKey: 'required',
      userVerification: 'required',
    },
  }),
  'POST /register/passkey code': invalidLink,
  'POST /enrolment/mail': requested,
  // Events contain no keys of browsers.
  'login-mail': otherBrowser,
  'POST /login/mail/confirm cookie': otherBrowser,
  'POST /login/mail/confirm token': otherBrowser,
  // The demo users have passwords.
  'POST /proof/confirm': invalidLink,
  'POST /proof/confirm passkey': hasPassword,
  'POST /proof/mail': hasPassword,
  'POST /proof/passkey': hasPassword,
  'new-account': tokens,
  // Events contain no identities.
  'new-identity': { returns: expect.objectContaining({ statusCode: 401 }) },
  'POST /register/provider code': { returns: expect.objectContaining({ statusCode: 403 }) },
  identities: response(200, { identities: [], hasPassword: true }),
  'POST /identities': otherSite,
  'DELETE /identities/{id}': notFound,
  'POST /register/confirm code': invalidLink,
  'POST /password/reset code': invalidLink,
  'POST /email/confirm code': invalidLink,
  'POST /enrolment/proof code': invalidLink,
  reset: noContent(),
  'confirm-email': noContent(),
  'POST /enrolment/proof': noContent(),
  'POST /factors/cancel-reset': noContent(),
  'POST /enrolment/proof operatorCode': invalid('#/operatorCode', 'Incorrect code.'),
  'POST /enrolment/totp': totpSetup,
  'enrol-totp': setupExpired,
  // The mail is sent, and the function returns nothing.
  mailer: { returns: undefined },
  // Its item was copied back.
  'publish-event': { returns: { batchItemFailures: [] } },
  // No name server knows its host.
  'fetch-client': { returns: { isUnreachable: true } },
  'login-passkey': response(200, {
    rpId: 'localhost',
    challenge: expect.stringMatching(/^[\w-]{43}$/),
    timeout: 300_000,
    userVerification: 'required',
  }),
  // Events contain no challenges and no login tokens.
  'POST /login/passkey': passkeyRefused,
  'add-passkey': passkeyRefused,
  'POST /enrolment/passkey': passkeyRefused,
  'POST /login/passkey/options second': loginExpired,
  'POST /login/passkey second': loginExpired,
  passkeys: response(200, { rpId: 'localhost', passkeys: [] }),
  // Events contain no codes of acts.
  'POST /act-as/token': { returns: expect.objectContaining({ statusCode: 401 }) },
  'PATCH /passkeys/{id}': notFound,
  'DELETE /passkeys/{id}': notFound,
  // Events contain no clients.
  token: { returns: expect.objectContaining({ statusCode: 401 }) },
  'POST /oauth2/revoke': { returns: expect.objectContaining({ statusCode: 401 }) },
  'token-revoke': { returns: expect.objectContaining({ statusCode: 200, body: {} }) },
  'token-machine': {
    returns: expect.objectContaining({
      statusCode: 200,
      body: {
        access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
        token_type: 'Bearer',
        expires_in: 1800,
        scope: 'orders:read',
      },
    }),
  },
  'POST /oauth2/signout': { returns: expect.objectContaining({ statusCode: 400 }) },
  'logout-oauth': {
    returns: expect.objectContaining({
      statusCode: 200,
      body: {
        next: 'question',
        user: { sub: expect.any(String), username: 'user' },
        client: { name: 'Demo shop' },
      },
    }),
  },
  approve: { returns: expect.objectContaining({ statusCode: 400 }) },
  userinfo: response(200, { sub: expect.any(String), username: 'user', role: 'user' }),
  openapi: response(
    200,
    expect.objectContaining({
      openapi: '3.1.0',
      servers: [
        expect.objectContaining({ url: 'https://abcdef1234.execute-api.eu-central-1.amazonaws.com/dev' }),
      ],
    }),
  ),
  docs: page('API documentation · serverless-jwt-auth'),
  signin: page('Sign in · serverless-jwt-auth'),
  'GET /client.js': clientModule('createAuth'),
  'GET /passkeys.js': clientModule('createPasskey'),
  'GET /docs/{file}': notFound,
  console: page('Console · serverless-jwt-auth'),
  'GET /admin-console/{file}': notFound,
  // The page of a provider of that name.
  'GET /signin/{file}': { returns: expect.objectContaining({ statusCode: 200 }) },
  'POST /signin/{file}': { returns: expect.objectContaining({ statusCode: 200 }) },
  'POST /login/provider/options': { returns: expect.objectContaining({ statusCode: 403 }) },
  'POST /login/provider': { returns: expect.objectContaining({ statusCode: 403 }) },
  'GET /oauth2/authorize/{file}': notFound,
  'GET /confirm/{file}': notFound,
  'GET /account': page('Your account · serverless-jwt-auth'),
  'GET /.well-known/change-password': {
    returns: {
      statusCode: 302,
      headers: {
        Location: '../account#change-password',
        'Cache-Control': 'no-store',
        'X-Content-Type-Options': 'nosniff',
        ...COMMON_HEADERS,
      },
      body: '',
    },
  },
  authorize: page('Sign in to an app · serverless-jwt-auth'),
  'POST /oauth2/logout': {
    returns: expect.objectContaining({
      statusCode: 200,
      headers: expect.objectContaining({ 'Cache-Control': 'no-store' }),
      body: expect.stringContaining('data-form="?client_id=shop&amp;post_logout_redirect_uri=https%3A'),
    }),
  },
  'POST /oauth2/authorize': {
    returns: expect.objectContaining({
      statusCode: 303,
      headers: expect.objectContaining({
        Location: expect.stringMatching(/^authorize\?response_type=code&/),
      }),
    }),
  },
  'account-pages': page('Create an account · serverless-jwt-auth'),
  'GET /forgot': page('Choose a new password · serverless-jwt-auth'),
  'GET /confirm': page('Confirm · serverless-jwt-auth'),
}

interface Request {
  /** `TOKEN` in the events of the authorizer. */
  type?: string
  httpMethod: string
  /** The path of the route, `/sessions/{id}` for example. Missing in events of functions without a route. */
  resource?: string
  /** The path of the request. */
  path?: string
}

const routeOf = ({ httpMethod, resource }: Request) => `${httpMethod} ${resource}`

function functionOf(name: string, event: Request): string {
  if (event.type === 'TOKEN') return 'authorizer'
  if ('Records' in event) return 'publish-event'
  if (event.resource === undefined) return 'url' in event ? 'fetch-client' : 'mailer'
  const found = Object.entries(describeService().functions).find(([, { events = [] }]) =>
    events.some(
      ({ http }) => routeOf(event) === `${http.method.toUpperCase()} /${http.path.replace(/^\//, '')}`,
    ),
  )
  if (found === undefined)
    throw new Error(`sample event ${name}: serverless.yml has no route ${routeOf(event)}`)
  return found[0]
}

function defaultOutcome({ httpMethod, path = '' }: Request): Outcome {
  const route = ROUTES.filter(({ method }) => method.toUpperCase() === httpMethod).find((row) =>
    new RegExp(`^${row.path.replace(/\{\w+\}/g, '[^/]+')}$`).test(path),
  )
  // Events contain no versions of users: nothing changes.
  const statusCode = route === undefined ? 200 : isOfVersion(route) ? 409 : statusOf(route)
  return { returns: expect.objectContaining({ statusCode }) }
}

const isOfVersion = ({ parameters = [] }: Route) =>
  parameters.some((parameter) => Object(parameter).name === 'If-Match')

/** They run first: they show a user whom others change. */
const FIRST = ['me', 'userinfo']

/** They run last: one gives a user an address, the other deletes the administrator. */
const LAST = ['confirm-email', 'delete-me']

/** The sample event of a function that comes first: its own, unless another one does what the function is for. */
const firstOf = (functionKey: string) => (functionKey === 'token' ? 'token-machine' : functionKey)

type Sample = Outcome & { functionKey: string }

/** Returns what two sample events are ordered by: their functions, then the first one of a function, then the name. */
const rankOf = ([name, { functionKey }]: [string, Sample]) =>
  [
    FIRST.includes(functionKey) ? 0 : LAST.indexOf(functionKey) + 2,
    functionKey,
    name === firstOf(functionKey) ? 0 : 1,
    name,
  ].join(' ')

/** Every sample event in the order to run them in: the function that it is for, and the outcome. */
export const SAMPLES: Record<string, Sample> = Object.fromEntries(
  sampleNames()
    .map((name): [string, Sample] => {
      const event = sampleEvent(name)
      return [name, { functionKey: functionOf(name, event), ...(OUTCOMES[name] ?? defaultOutcome(event)) }]
    })
    .sort((one, other) => (rankOf(one) < rankOf(other) ? -1 : 1)),
)
