import { expect, test } from 'vitest'
import { describedAs, type Seen } from './check.ts'

const headers = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' }
const body = { message: 'x', username: 'user', role: 'user' }
const CHALLENGE = 'Bearer realm="a"'
const SCOPE_CHALLENGE = `${CHALLENGE}, error="insufficient_scope"`
const content: Seen = {
  method: 'GET',
  url: '/',
  status: 200,
  headers: { ...headers, 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
}
const problem = {
  type: 'about:blank',
  title: 'Unauthorized',
  status: 401,
  detail: 'Could not validate credentials.',
}
const refusal: Seen = {
  ...content,
  status: 401,
  headers: { ...headers, 'Content-Type': 'application/problem+json', 'WWW-Authenticate': CHALLENGE },
  body: JSON.stringify(problem),
}
const forbidden: Seen = {
  ...refusal,
  url: '/admin',
  status: 403,
  headers: { ...refusal.headers, 'WWW-Authenticate': SCOPE_CHALLENGE },
  body: JSON.stringify({
    ...problem,
    title: 'Forbidden',
    status: 403,
    detail: 'You do not have permission to access this resource.',
  }),
}
const nowhere: Seen = {
  ...refusal,
  url: '/nowhere',
  status: 404,
  headers: { ...headers, 'Content-Type': 'application/problem+json' },
  body: JSON.stringify({ ...problem, title: 'Not Found', status: 404, detail: 'Resource not found.' }),
}
const ended: Seen = { ...content, method: 'DELETE', url: '/sessions/x', status: 204, headers, body: '' }

test.each([
  ['content', content],
  ['a refusal', refusal],
  ['a refusal of a role', forbidden],
  [
    'a refusal without the challenge, as functions make it',
    { ...nowhere, ...refusal, headers: nowhere.headers },
  ],
  ['a route that there is not', nowhere],
  ['nothing', ended],
  [
    'a charset, and headers for other origins',
    {
      ...content,
      headers: {
        ...content.headers,
        'content-type': undefined,
        'Content-Type': 'application/json; charset=utf-8',
        'Access-Control-Allow-Origin': '*',
        Vary: 'Origin',
      },
    },
  ],
  [
    'a question that browsers ask by themselves',
    { ...content, method: 'OPTIONS', status: 200, headers: {}, body: '' },
  ],
])('an answer with %s is described', (_, seen) => {
  expect(() => describedAs(seen)).not.toThrow()
})

test.each<[what: string, seen: Seen, fault: string]>([
  ['on another route', { ...content, url: '/nowhere' }, 'has no such route'],
  ['by another method', { ...content, method: 'POST' }, 'has no such route'],
  ['of another status', { ...content, status: 201 }, 'does not have'],
  [
    'of another type',
    { ...content, headers: { ...headers, 'Content-Type': 'text/html' } },
    'content type is text/html',
  ],
  ['without a type', { ...content, headers }, 'content type is '],
  [
    'with a member more',
    { ...content, body: JSON.stringify({ ...body, id: 1 }) },
    'must NOT have additional properties',
  ],
  ['with a member less', { ...content, body: '{}' }, "must have required property 'message'"],
  [
    'with another kind of member',
    { ...content, body: JSON.stringify({ ...body, username: 1 }) },
    'must be string',
  ],
  [
    'with a role that there is not',
    { ...content, body: JSON.stringify({ ...body, role: 'root' }) },
    'must be equal to one of',
  ],
  [
    'without a header',
    { ...content, headers: { 'Content-Type': 'application/json' } },
    'x-content-type-options is missing',
  ],
  [
    'with another value of a header',
    { ...content, headers: { ...content.headers, 'Cache-Control': 'public' } },
    'cache-control is public',
  ],
  [
    'with a header more',
    { ...content, headers: { ...content.headers, 'X-Powered-By': 'us' } },
    'x-powered-by is not described',
  ],
  [
    'with another problem',
    { ...refusal, body: JSON.stringify({ ...problem, detail: 'No.' }) },
    'no such problem',
  ],
  [
    'with another challenge',
    { ...refusal, headers: { ...refusal.headers, 'WWW-Authenticate': 'Basic' } },
    'www-authenticate is Basic',
  ],
  [
    'with the challenge of a role that is not enough, where there is no token',
    { ...refusal, headers: forbidden.headers },
    'www-authenticate is',
  ],
  [
    'with the challenge of no token, where a role is not enough',
    { ...forbidden, headers: refusal.headers },
    'www-authenticate is',
  ],
  [
    'for an origin that cannot be one',
    { ...content, headers: { ...content.headers, 'Access-Control-Allow-Origin': 'everybody' } },
    'access-control-allow-origin is everybody',
  ],
  [
    'with another header for other origins',
    { ...content, headers: { ...content.headers, 'Access-Control-Allow-Credentials': 'true' } },
    'access-control-allow-credentials is not described',
  ],
  ['at a path that is not well-formed', { ...content, url: '/%zz' }, 'has no such route'],
  ['with a body where there is none', { ...ended, body: '{}' }, 'there is a body'],
  ['nowhere, but another', { ...nowhere, body: refusal.body }, 'no such problem'],
])('an answer %s is not described', (_, seen, fault) => {
  expect(() => describedAs(seen)).toThrow(fault)
})
