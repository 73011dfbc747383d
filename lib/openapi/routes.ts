import type { ZodMiniType } from 'zod/mini'
import { LoginRequest, LogoutRequest, PasswordChangeRequest, RefreshRequest } from '../http/schemas.ts'
import { MAX_CODE_POINTS, MIN_CODE_POINTS } from '../passwords/rules.ts'
import type { HeaderName } from './headers.ts'
import type { ProblemName } from './responses.ts'
import { schemaRef } from './schemas.ts'

/** Groups of routes, in the order that readers meet them. */
export const TAGS = {
  Sessions: 'Signing in, staying signed in, signing out.',
  Content: 'What access tokens open.',
  Account: 'One’s own account.',
  Service: 'What clients need to know of the service.',
}

/** The same, of the pages. */
export const PAGE_TAGS = { Pages: 'For people, in a browser.' }

/** One route as the API description has it. */
export interface Route {
  method: 'get' | 'post' | 'put' | 'delete'
  path: string
  operationId: string
  tag: keyof typeof TAGS | keyof typeof PAGE_TAGS
  summary: string
  description?: string
  /** Needs an access token. */
  isProtected?: boolean
  body?: { schema: ZodMiniType; examples: Record<string, { summary: string; value: object }> }
  parameters?: object[]
  answer: {
    status: 200 | 204
    description: string
    /** By name, besides those that every answer has, or in their place. */
    headers?: Record<string, HeaderName>
    content?: Record<string, { schema: object; example?: unknown }>
  }
  /** What may go wrong, besides what may on every such route; see `lib/openapi/responses.ts`. */
  problems: ProblemName[]
}

const json = (schema: object, example: unknown) => ({ 'application/json': { schema, example } })

const tokens = {
  authToken: 'header.payload.signature',
  tokenType: 'Bearer',
  expiresIn: 1800,
  refreshToken: 'session.secret.user',
  refreshExpiresIn: 604800,
}
const refreshExample = {
  summary: 'A token that a login or a refresh gave',
  value: { refreshToken: tokens.refreshToken },
}
const demoUser = (name: string) => ({
  summary: `The demo ${name}`,
  value: { username: name, password: name },
})
const content = (message: string, username: string) =>
  json(schemaRef('Content'), { message, username, role: username })

/** Every route of the service but the pages, and browsers' own questions (`OPTIONS`). */
export const ROUTES: Route[] = [
  {
    method: 'post',
    path: '/login',
    operationId: 'login',
    tag: 'Sessions',
    summary: 'Sign in',
    description:
      'Trades a username and a password for an access token and a refresh token. Too many wrong passwords are answered 429, and the right one too, until the time in `Retry-After` is over.',
    body: { schema: LoginRequest, examples: { user: demoUser('user'), admin: demoUser('admin') } },
    answer: {
      status: 200,
      description: 'Signed in.',
      content: json(schemaRef('Tokens'), tokens),
    },
    problems: ['invalid_credentials', 'too_many_attempts', 'unavailable'],
  },
  {
    method: 'post',
    path: '/refresh',
    operationId: 'refresh',
    tag: 'Sessions',
    summary: 'Get the next tokens',
    description:
      'Trades a refresh token for a fresh access token and the next refresh token. Each refresh token is good once; for 10 seconds it gets the very same next one again. Whoever presents it later ends the session.',
    body: { schema: RefreshRequest, examples: { token: refreshExample } },
    answer: {
      status: 200,
      description: 'The next tokens.',
      content: json(schemaRef('Tokens'), tokens),
    },
    problems: ['invalid_refresh_token', 'unavailable'],
  },
  {
    method: 'post',
    path: '/logout',
    operationId: 'logout',
    tag: 'Sessions',
    summary: 'Sign out',
    description:
      'Ends the session of a refresh token, or with `everywhere` all sessions of its user, whose access tokens die with them. The answer is the same whether the token was good or not.',
    body: {
      schema: LogoutRequest,
      examples: {
        here: refreshExample,
        everywhere: {
          summary: 'All sessions of the user',
          value: { refreshToken: tokens.refreshToken, everywhere: true },
        },
      },
    },
    answer: { status: 204, description: 'Signed out.' },
    problems: ['unavailable'],
  },
  {
    method: 'get',
    path: '/sessions',
    operationId: 'listSessions',
    tag: 'Sessions',
    summary: 'List one’s own sessions',
    isProtected: true,
    answer: {
      status: 200,
      description: 'The sessions that are going on.',
      content: json(schemaRef('Sessions'), {
        sessions: [
          {
            id: 'AbCdEfGhIjKlMnOpQrStUv',
            createdAt: '2026-11-24T15:00:00.000Z',
            lastUsedAt: '2026-11-24T15:00:00.000Z',
            expiresAt: '2026-12-01T15:00:00.000Z',
            sourceIp: '203.0.113.7',
            userAgent: 'curl/8.14.1',
            current: true,
          },
        ],
      }),
    },
    problems: [],
  },
  {
    method: 'delete',
    path: '/sessions/{id}',
    operationId: 'endSession',
    tag: 'Sessions',
    summary: 'End one of one’s own sessions',
    description: 'Its refresh token is refused at once; its access token lives until it expires.',
    isProtected: true,
    parameters: [
      {
        name: 'id',
        in: 'path',
        required: true,
        description: 'The session’s `id`, from the list of sessions.',
        schema: { type: 'string' },
        example: 'AbCdEfGhIjKlMnOpQrStUv',
      },
    ],
    answer: { status: 204, description: 'Ended.' },
    problems: ['not_found'],
  },
  {
    method: 'put',
    path: '/password',
    operationId: 'changePassword',
    tag: 'Account',
    summary: 'Change one’s own password',
    description: `Ends all other sessions and kills every access token: refresh for a new one. A new password has ${MIN_CODE_POINTS} to ${MAX_CODE_POINTS} characters, and is neither the username nor one that many people use. A wrong current password counts as one at login does.`,
    isProtected: true,
    body: {
      schema: PasswordChangeRequest,
      examples: {
        user: {
          summary: 'The demo user',
          value: { currentPassword: 'user', newPassword: 'a sentence that nobody else says' },
        },
      },
    },
    answer: { status: 204, description: 'Changed.' },
    problems: ['conflict', 'too_many_attempts'],
  },
  {
    method: 'get',
    path: '/',
    operationId: 'getUserContent',
    tag: 'Content',
    summary: 'Content for everybody who is signed in',
    isProtected: true,
    answer: {
      status: 200,
      description: 'The content.',
      content: content('This content for authorised users only.', 'user'),
    },
    problems: [],
  },
  {
    method: 'get',
    path: '/admin',
    operationId: 'getAdminContent',
    tag: 'Content',
    summary: 'Content for administrators',
    isProtected: true,
    answer: { status: 200, description: 'The content.', content: content('Admin only content.', 'admin') },
    problems: ['forbidden'],
  },
  {
    method: 'get',
    path: '/.well-known/jwks.json',
    operationId: 'getPublicKeys',
    tag: 'Service',
    summary: 'The public keys that access tokens are verified with',
    answer: {
      status: 200,
      description: 'The keys.',
      headers: { 'Cache-Control': 'MaxAge' },
      content: json(schemaRef('KeySet'), {
        keys: [{ kty: 'RSA', use: 'sig', alg: 'RS256', kid: 'thumbprint', n: 'modulus', e: 'AQAB' }],
      }),
    },
    problems: ['unavailable'],
  },
  {
    method: 'get',
    path: '/openapi.json',
    operationId: 'getDescription',
    tag: 'Service',
    summary: 'This description',
    answer: {
      status: 200,
      description: 'An OpenAPI 3.1 document.',
      content: { 'application/json': { schema: { type: 'object', description: 'See spec.openapis.org.' } } },
    },
    problems: [],
  },
]
