import { expect } from 'vitest'
import { statusOf } from '../../../lib/openapi/route.ts'
import { ROUTES } from '../../../lib/openapi/routes.ts'
import { describeService } from '../process/service-description.ts'
import { adminStatements, userStatements } from './authorizer-policy.ts'
import { COMMON_HEADERS, sampleEvent, sampleFiles } from './lambda.ts'

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
    { type: 'about:blank', title, status, detail, ...more },
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

const tokensInCookie = response(
  200,
  {
    authToken: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
    tokenType: 'Bearer',
    expiresIn: 1800,
    refreshExpiresIn: expect.any(Number),
  },
  { 'Set-Cookie': expect.stringMatching(SET_COOKIE) },
)

const invalidRefreshToken = problem(401, 'Unauthorized', 'The refresh token is invalid or expired.')

const noContent = (more: Record<string, string> = {}): Outcome => ({
  returns: {
    statusCode: 204,
    headers: { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff', ...COMMON_HEADERS, ...more },
    body: '',
  },
})

const invalid = (pointer: string, detail: string) =>
  problem(422, 'Unprocessable Content', 'One or more fields are invalid.', { errors: [{ pointer, detail }] })

const wrongCredentials = problem(401, 'Unauthorized', 'Incorrect username or password.')

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
      Vary: 'Accept-Encoding, Origin',
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

/** Outcomes of sample events, by file. An event that is not listed has the status of its route's response. */
export const OUTCOMES: Record<string, Outcome> = {
  'login.json': tokens,
  'login-admin.json': tokens,
  'login-cookie.json': tokensInCookie,
  'login-wrong-password.json': wrongCredentials,
  'login-unknown-user.json': wrongCredentials,
  'login-malformed-body.json': problem(
    400,
    'Bad Request',
    'The request body must be a single JSON object in UTF-8, without a byte order mark or repeated members.',
  ),
  'login-invalid-fields.json': problem(422, 'Unprocessable Content', 'One or more fields are invalid.', {
    errors: [
      {
        pointer: '#/username',
        detail: 'Must be 1 to 64 characters (a-z, 0-9, dot, underscore or hyphen), or an e-mail address.',
      },
      { pointer: '#/password', detail: 'Must be a string.' },
      { pointer: '#', detail: 'Unknown fields are not allowed.' },
    ],
  }),
  'refresh.json': tokens,
  'refresh-cookie.json': tokensInCookie,
  'refresh-cookie-cross-site.json': problem(
    403,
    'Forbidden',
    'The session cookie needs the header Sec-Fetch-Site: same-origin or same-site.',
  ),
  'refresh-unknown-token.json': invalidRefreshToken,
  'logout.json': noContent(),
  'logout-cookie.json': noContent({ 'Set-Cookie': DELETED }),
  'logout-everywhere.json': noContent(),
  // The other samples create sessions too.
  'sessions.json': response(200, { sessions: expect.any(Array) }),
  'sessions-end.json': noContent(),
  'sessions-end-unknown.json': notFound,
  'sessions-apps.json': response(200, { apps: [] }),
  // The demo user has not signed in to it.
  'sessions-revoke-app.json': notFound,
  'password.json': noContent(),
  'password-too-short.json': invalid('#/newPassword', 'Must be at least 15 characters.'),
  'password-wrong-current.json': invalid('#/currentPassword', 'Incorrect password.'),
  'authorizer.json': policy('user', 'user', userStatements(stage)),
  'authorizer-admin.json': policy('admin', 'admin', adminStatements(stage)),
  'authorizer-missing-token.json': { throws: 'Unauthorized' },
  'authorizer-expired-token.json': { throws: 'Unauthorized' },
  'authorizer-forged-token.json': { throws: 'Unauthorized' },
  'user-content.json': response(200, {
    message: 'This content for authorised users only.',
    username: 'user',
    role: 'user',
  }),
  'user-content-expired.json': problem(401, 'Unauthorized', 'Could not validate credentials.'),
  'admin-content.json': response(200, { message: 'Admin only content.', username: 'admin', role: 'admin' }),
  'admin-content-as-user.json': problem(
    403,
    'Forbidden',
    'You do not have permission to access this resource.',
  ),
  'metadata-jwks.json': response(200, { keys: [publicKey, publicKey] }, PUBLIC),
  'metadata.json': metadata,
  'metadata-oauth.json': metadata,
  'me.json': response(200, {
    sub: expect.any(String),
    username: 'user',
    role: 'user',
    createdAt: expect.any(String),
    changedAt: expect.any(String),
    factors: [],
  }),
  'login-factor.json': loginExpired,
  'login-factor-recovery-code.json': loginExpired,
  'factors.json': totpSetup,
  'confirm-totp.json': setupExpired,
  'factors-totp-remove.json': notFound,
  'factors-recovery-codes.json': problem(
    409,
    'Conflict',
    'Recovery codes need a second factor. Add one first.',
    { error: 'no_factor' },
  ),
  'delete-me.json': noContent(),
  'mail-requests-register.json': requested,
  'mail-requests.json': requested,
  'change-email.json': requested,
  'new-account.json': tokens,
  'new-account-invalid-link.json': problem(400, 'Bad Request', 'The link or code is invalid or expired.'),
  'reset.json': noContent(),
  'confirm-email.json': noContent(),
  'enrolment.json': requested,
  'enrolment-proof.json': noContent(),
  'enrolment-unproved.json': invalid('#/operatorCode', 'Incorrect code.'),
  'enrolment-cancel-reset.json': noContent(),
  'enrolment-totp.json': totpSetup,
  'enrol-totp.json': setupExpired,
  // The mail is sent, and the function returns nothing.
  'mailer.json': { returns: undefined },
  // No name server knows its host.
  'fetch-client.json': { returns: { isUnreachable: true } },
  'delete-me-wrong-password.json': invalid('#/currentPassword', 'Incorrect password.'),
  'login-passkey-options.json': response(200, {
    rpId: 'localhost',
    challenge: expect.stringMatching(/^[\w-]{43}$/),
    timeout: 300_000,
    userVerification: 'required',
  }),
  // Events contain no challenges.
  'login-passkey.json': passkeyRefused,
  'add-passkey.json': passkeyRefused,
  'add-passkey-enrolment.json': passkeyRefused,
  'passkeys.json': response(200, { passkeys: [] }),
  'passkeys-rename.json': notFound,
  'factors-passkey-remove.json': notFound,
  // Events contain no clients.
  'token.json': { returns: expect.objectContaining({ statusCode: 401 }) },
  'token-revoke.json': { returns: expect.objectContaining({ statusCode: 200, body: {} }) },
  'token-machine.json': {
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
  'logout-oauth.json': {
    returns: expect.objectContaining({
      statusCode: 200,
      body: {
        next: 'question',
        user: { sub: expect.any(String), username: 'user' },
        client: { name: 'Demo shop' },
      },
    }),
  },
  'approve.json': { returns: expect.objectContaining({ statusCode: 400 }) },
  'userinfo.json': response(200, { sub: expect.any(String), username: 'user', role: 'user' }),
  'openapi.json': response(
    200,
    expect.objectContaining({
      openapi: '3.1.0',
      servers: [
        expect.objectContaining({ url: 'https://abcdef1234.execute-api.eu-central-1.amazonaws.com/dev' }),
      ],
    }),
  ),
  'docs.json': page('API documentation · serverless-jwt-auth'),
  'docs-unknown-file.json': notFound,
  'signin.json': page('Sign in · serverless-jwt-auth'),
  'signin-client.json': clientModule('createAuth'),
  'signin-passkeys.json': clientModule('createPasskey'),
  'signin-unknown-file.json': notFound,
  'signin-account.json': page('Your account · serverless-jwt-auth'),
  'signin-change-password.json': {
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
  'authorize.json': page('Sign in to an app · serverless-jwt-auth'),
  'authorize-logout.json': {
    returns: expect.objectContaining({
      statusCode: 200,
      headers: expect.objectContaining({ 'Cache-Control': 'no-store' }),
      body: expect.stringContaining('data-form="?client_id=shop&amp;post_logout_redirect_uri=https%3A'),
    }),
  },
  'authorize-form.json': {
    returns: expect.objectContaining({
      statusCode: 303,
      headers: expect.objectContaining({
        Location: expect.stringMatching(/^authorize\?response_type=code&/),
      }),
    }),
  },
  'account-pages.json': page('Create an account · serverless-jwt-auth'),
  'account-pages-forgot.json': page('Choose a new password · serverless-jwt-auth'),
  'account-pages-confirm.json': page('Confirm · serverless-jwt-auth'),
  'account-pages-unknown-file.json': notFound,
}

interface Request {
  /** `TOKEN` in the events of the authorizer. */
  type?: string
  httpMethod: string
  /** The path of the route, `/sessions/{id}` for example. Missing in events of functions without a route. */
  resource?: string
}

const routeOf = ({ httpMethod, resource }: Request) => `${httpMethod} ${resource}`

function functionOf(file: string, event: Request): string {
  if (event.type === 'TOKEN') return 'authorizer'
  if (event.resource === undefined) return 'url' in event ? 'fetch-client' : 'mailer'
  const found = Object.entries(describeService().functions).find(([, { events = [] }]) =>
    events.some(
      ({ http }) => routeOf(event) === `${http.method.toUpperCase()} /${http.path.replace(/^\//, '')}`,
    ),
  )
  if (found === undefined) throw new Error(`events/${file}: serverless.yml has no route ${routeOf(event)}`)
  return found[0]
}

function defaultOutcome(event: Request): Outcome {
  const route = ROUTES.find(({ method, path }) => routeOf(event) === `${method.toUpperCase()} ${path}`)
  return { returns: expect.objectContaining({ statusCode: route ? statusOf(route) : 200 }) }
}

/** Deletes the demo administrator, whom other samples need. */
const LAST = 'delete-me.json'

/** Every sample event in the order to run them in: the function that it is for, and the outcome. */
export const SAMPLES: Record<string, Outcome & { functionKey: string }> = Object.fromEntries(
  [...sampleFiles().filter((file) => file !== LAST), LAST].map((file) => {
    const event = sampleEvent(file)
    return [file, { functionKey: functionOf(file, event), ...(OUTCOMES[file] ?? defaultOutcome(event)) }]
  }),
)
