import { expect } from 'vitest'
import { CORS_HEADERS } from './lambda.ts'

/** What a function does with a sample event: what it returns, any JSON body parsed, or what it throws. */
type Outcome = { returns: object } | { throws: string }

const headers = {
  'Content-Type': 'application/json',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  ...CORS_HEADERS,
}

const answer = (statusCode: number, body: object, more: Partial<typeof headers> = {}): Outcome => ({
  returns: { statusCode, headers: { ...headers, ...more }, body },
})

const problem = (status: number, title: string, detail: string, more = {}): Outcome =>
  answer(
    status,
    { type: 'about:blank', title, status, detail, ...more },
    { 'Content-Type': 'application/problem+json' },
  )

const token = answer(200, {
  authToken: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
  tokenType: 'Bearer',
  expiresIn: 1800,
  refreshToken: expect.stringMatching(/^[\w-]{22}\.[\w-]{43}\.(user|admin)$/),
  refreshExpiresIn: expect.any(Number),
})

const gone = problem(401, 'Unauthorized', 'The refresh token is invalid or expired.')

const nothing: Outcome = {
  returns: {
    statusCode: 204,
    headers: { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff', ...CORS_HEADERS },
    body: '',
  },
}

const invalid = (pointer: string, detail: string) =>
  problem(422, 'Unprocessable Content', 'One or more fields are invalid.', { errors: [{ pointer, detail }] })

const wrong = problem(401, 'Unauthorized', 'Incorrect username or password.')

const stage = 'arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/dev'
const statement = (Effect: string, Resource: string) => ({ Action: 'execute-api:Invoke', Effect, Resource })
const policy = (username: string, role: string, Statement: object[]): Outcome => ({
  returns: {
    principalId: username,
    policyDocument: { Version: '2012-10-17', Statement },
    context: { username, role, expiresAt: expect.any(Number), sessionId: 'sample-session' },
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

const page = (title: string): Outcome => ({
  returns: {
    statusCode: 200,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'no-cache',
      'Content-Security-Policy': expect.stringMatching(/^default-src 'none'; /),
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
      Vary: 'Accept-Encoding, Origin',
      ...CORS_HEADERS,
    },
    body: expect.stringContaining(`<title>${title}</title>`),
  },
})

const nothingHere = problem(404, 'Not Found', 'Resource not found.')

/** Every file in `events/`: the function it is for, and what comes of it. */
export const SAMPLES: Record<string, Outcome & { functionKey: string }> = {
  'login.json': { functionKey: 'login', ...token },
  'login-admin.json': { functionKey: 'login', ...token },
  'login-wrong-password.json': { functionKey: 'login', ...wrong },
  'login-unknown-user.json': { functionKey: 'login', ...wrong },
  'login-malformed-body.json': {
    functionKey: 'login',
    ...problem(
      400,
      'Bad Request',
      'The request body must be a single JSON object in UTF-8, without a byte order mark or repeated members.',
    ),
  },
  'login-invalid-fields.json': {
    functionKey: 'login',
    ...problem(422, 'Unprocessable Content', 'One or more fields are invalid.', {
      errors: [
        {
          pointer: '#/username',
          detail: '1 to 64 characters of a-z, 0-9, dot, underscore and hyphen.',
        },
        { pointer: '#/password', detail: 'A string is needed.' },
        { pointer: '#', detail: 'Unknown fields are not accepted.' },
      ],
    }),
  },
  'refresh.json': { functionKey: 'refresh', ...token },
  'refresh-unknown-token.json': { functionKey: 'refresh', ...gone },
  'logout.json': { functionKey: 'logout', ...nothing },
  'logout-everywhere.json': { functionKey: 'logout', ...nothing },
  'sessions.json': {
    functionKey: 'sessions',
    // Whatever sessions the other samples have begun meanwhile.
    ...answer(200, { sessions: expect.any(Array) }),
  },
  'end-session.json': { functionKey: 'end-session', ...nothing },
  'end-session-unknown.json': {
    functionKey: 'end-session',
    ...nothingHere,
  },
  'password.json': { functionKey: 'password', ...nothing },
  'password-too-short.json': {
    functionKey: 'password',
    ...invalid('#/newPassword', 'At least 15 characters.'),
  },
  'password-wrong-current.json': {
    functionKey: 'password',
    ...invalid('#/currentPassword', 'This is not the current password.'),
  },
  'authorizer.json': {
    functionKey: 'authorizer',
    ...policy('user', 'user', [statement('Allow', `${stage}/*`), statement('Deny', `${stage}/*/admin*`)]),
  },
  'authorizer-admin.json': {
    functionKey: 'authorizer',
    ...policy('admin', 'admin', [statement('Allow', `${stage}/*`)]),
  },
  'authorizer-missing-token.json': { functionKey: 'authorizer', throws: 'Unauthorized' },
  'authorizer-expired-token.json': { functionKey: 'authorizer', throws: 'Unauthorized' },
  'authorizer-forged-token.json': { functionKey: 'authorizer', throws: 'Unauthorized' },
  'user-content.json': {
    functionKey: 'user-content',
    ...answer(200, {
      message: 'This content for authorised users only.',
      username: 'user',
      role: 'user',
    }),
  },
  'user-content-expired.json': {
    functionKey: 'user-content',
    ...problem(401, 'Unauthorized', 'Could not validate credentials.'),
  },
  'admin-content.json': {
    functionKey: 'admin-content',
    ...answer(200, { message: 'Admin only content.', username: 'admin', role: 'admin' }),
  },
  'admin-content-as-user.json': {
    functionKey: 'admin-content',
    ...problem(403, 'Forbidden', 'You do not have permission to access this resource.'),
  },
  'jwks.json': {
    functionKey: 'jwks',
    ...answer(200, { keys: [publicKey, publicKey] }, { 'Cache-Control': 'public, max-age=300' }),
  },
  'openapi.json': {
    functionKey: 'openapi',
    ...answer(
      200,
      expect.objectContaining({
        openapi: '3.1.0',
        servers: [
          expect.objectContaining({ url: 'https://abcdef1234.execute-api.eu-central-1.amazonaws.com/dev' }),
        ],
      }),
    ),
  },
  'docs.json': { functionKey: 'docs', ...page('API documentation') },
  'docs-unknown-file.json': { functionKey: 'docs', ...nothingHere },
  'signin.json': { functionKey: 'signin', ...page('Sign in') },
  'signin-unknown-file.json': { functionKey: 'signin', ...nothingHere },
}
