import { FIRST_ROLE, ROLES } from '../../application/roles.ts'
import { LoginRequest, LogoutRequest, RefreshRequest } from '../../http/schemas/sessions.ts'
import { json } from '../json-schema.ts'
import type { Route } from '../route.ts'
import { schemaRef } from '../schemas.ts'
import { afterPage, inPath, tokens } from './examples.ts'

const refreshExample = {
  summary: 'A refresh token',
  value: { refreshToken: tokens.refreshToken },
}

const demoUser = (name: string) => ({
  isDemo: true as const,
  summary: `The demo ${name}`,
  value: { username: name, password: name },
})
const inCookie = { summary: 'The refresh token in the cookie', value: {} }

/** The routes of sessions. */
export const SESSION_ROUTES: Route[] = [
  {
    method: 'post',
    path: '/login',
    function: 'login',
    operationId: 'login',
    tag: 'Sessions',
    summary: 'Sign in',
    description:
      'Exchanges a username and a password for an access token and a refresh token. With `session`, the refresh token is in a cookie and not in the response. Without it, `replaces` may contain the refresh token of the session before. If that token, or the one in an earlier cookie, is the current one of a session of the same user, the sign-in renews that session: its id stays. Otherwise the session before ends, with a token that was replaced earlier also the access of apps that began in it. If the user has second factors, or must have one, the response has `next` and no tokens. After too many failed attempts it returns 429, also for the correct password, until the time in `Retry-After` has passed.',
    cookie: 'sets',
    body: {
      name: 'LoginRequest',
      description: 'Username and password. With `session`, the refresh token is kept in a cookie.',
      schema: LoginRequest,
      examples: {
        ...Object.fromEntries(ROLES.map((role) => [role, demoUser(role)])),
        replaces: {
          isDemo: true,
          summary: 'The demo user, who signs in again',
          value: { ...demoUser(FIRST_ROLE).value, replaces: tokens.refreshToken },
        },
        cookie: {
          isDemo: true,
          summary: 'The demo user, with the refresh token in a cookie',
          value: { ...demoUser(FIRST_ROLE).value, session: 'cookie' },
        },
      },
    },
    response: {
      description: 'Signed in. Or: the sign-in needs another step, which `next` names.',
      content: json(
        { anyOf: [schemaRef('Tokens'), schemaRef('SecondFactor'), schemaRef('Enrolment')] },
        tokens,
      ),
    },
    problems: ['invalid_credentials', 'too_many_attempts'],
  },
  {
    method: 'post',
    path: '/refresh',
    function: 'refresh',
    operationId: 'refresh',
    tag: 'Sessions',
    summary: 'Refresh the tokens',
    description:
      'Exchanges a refresh token for a new access token and the next refresh token. A retry within the grace period (10 seconds by default) returns the same next refresh token. During that period the next token is returned unchanged too. A replaced token that is used later ends the session. A token of before another sign-in in the session gets 409 and ends nothing: repeat the request once with the latest token. A refresh changes neither the time nor the factors of the sign-in, and is refused if the service now demands a second factor. Without `refreshToken`, the token in the cookie is used, and the next one is put there.',
    cookie: 'takes',
    body: {
      name: 'RefreshRequest',
      description: 'The latest refresh token of a session. Without it, the one in the cookie is used.',
      schema: RefreshRequest,
      examples: { token: refreshExample, cookie: inCookie },
    },
    response: { description: 'The next tokens.', content: json(schemaRef('Tokens'), tokens) },
    problems: ['invalid_refresh_token', 'session_changed'],
  },
  {
    method: 'post',
    path: '/logout',
    function: 'logout',
    operationId: 'logout',
    tag: 'Sessions',
    summary: 'Sign out',
    description:
      'Ends the session of a refresh token. With `everywhere` it ends all sessions of the user and revokes their access tokens. The response is the same for valid and invalid refresh tokens. Without `refreshToken`, the token in the cookie is used, and the cookie is deleted. With `sub`, only a session of that user is ended: with another one, the response is 409.',
    cookie: 'takes',
    body: {
      name: 'LogoutRequest',
      description:
        'A refresh token of the session to end. Without it, the one in the cookie is used. With `everywhere`, all sessions of the user end. `sub` is the user whom the client shows: with the session of another user, nothing ends.',
      schema: LogoutRequest,
      examples: {
        here: refreshExample,
        cookie: inCookie,
        everywhere: {
          summary: 'All sessions of the user',
          value: { refreshToken: tokens.refreshToken, everywhere: true },
        },
      },
    },
    response: { description: 'Signed out.' },
    problems: ['other_session'],
  },
  {
    method: 'get',
    path: '/sessions',
    function: 'sessions',
    operationId: 'listSessions',
    tag: 'Sessions',
    summary: 'List the caller’s sessions',
    description:
      'Returns sessions that have not ended, the newest first, at most 100 in one response. If the response has `next`, there may be more.',
    isProtected: true,
    parameters: [afterPage('6924c4c0AbCdEfGhIjKlMnOpQrStUw')],
    problems: ['invalid_fields'],
    response: {
      description: 'The sessions that have not ended.',
      content: json(schemaRef('Sessions'), {
        sessions: [
          {
            id: '6924c4c0AbCdEfGhIjKlMnOpQrStUw',
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
  },
  {
    method: 'delete',
    path: '/sessions/{id}',
    function: 'sessions',
    operationId: 'endSession',
    tag: 'Sessions',
    summary: 'End one of the caller’s sessions',
    description:
      'The refresh token is invalid at once, and so are those of apps that the user signed in to in the session. Access tokens are valid until they expire. A repetition succeeds.',
    isProtected: true,
    parameters: [inPath('id', 'The session id, from `GET /sessions`.', '6924c4c0AbCdEfGhIjKlMnOpQrStUw')],
    response: { description: 'The session has ended.' },
    problems: ['not_found'],
  },
]
