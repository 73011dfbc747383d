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
  code: 'invalid_token',
}
const unauthorized: Seen = {
  ...content,
  status: 401,
  headers: { ...headers, 'Content-Type': 'application/problem+json', 'WWW-Authenticate': CHALLENGE },
  body: JSON.stringify(problem),
}
const forbidden: Seen = {
  ...unauthorized,
  url: '/admin',
  status: 403,
  headers: { ...unauthorized.headers, 'WWW-Authenticate': SCOPE_CHALLENGE },
  body: JSON.stringify({
    ...problem,
    title: 'Forbidden',
    status: 403,
    detail: 'You do not have permission to access this resource.',
    code: 'forbidden',
  }),
}
const notFound: Seen = {
  ...unauthorized,
  url: '/nowhere',
  status: 404,
  headers: { ...headers, 'Content-Type': 'application/problem+json' },
  body: JSON.stringify({
    ...problem,
    title: 'Not Found',
    status: 404,
    detail: 'Resource not found.',
    code: 'not_found',
  }),
}
const ended: Seen = { ...content, method: 'DELETE', url: '/sessions/x', status: 204, headers, body: '' }

test.each([
  ['content', content],
  ['a 401', unauthorized],
  ['a 403', forbidden],
  [
    'a 401 without the challenge, as functions send it',
    { ...notFound, ...unauthorized, headers: notFound.headers },
  ],
  ['a 404 of an unknown route', notFound],
  ['no body', ended],
  [
    'a charset, and CORS headers',
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
  ['a CORS preflight', { ...content, method: 'OPTIONS', status: 200, headers: {}, body: '' }],
])('describedAs accepts %s', (_, seen) => {
  expect(() => describedAs(seen)).not.toThrow()
})

const withHeaders = (seen: Seen, changes: Record<string, string>): Seen => ({
  ...seen,
  headers: { ...seen.headers, ...changes },
})
const withBody = (seen: Seen, body: object): Seen => ({ ...seen, body: JSON.stringify(body) })

test.each<[what: string, seen: Seen, fault: string]>([
  ['of an unknown route', { ...content, url: '/nowhere' }, 'has no such route'],
  ['of another method', { ...content, method: 'POST' }, 'has no such route'],
  ['of another status', { ...content, status: 201 }, 'is not described'],
  [
    'of another content type',
    { ...content, headers: { ...headers, 'Content-Type': 'text/html' } },
    'content type is text/html',
  ],
  ['without a content type', { ...content, headers }, 'content type is '],
  ['with an additional member', withBody(content, { ...body, id: 1 }), 'must NOT have additional properties'],
  ['with a missing member', { ...content, body: '{}' }, "must have required property 'message'"],
  ['with a member of another type', withBody(content, { ...body, username: 1 }), 'must be string'],
  ['with an unknown role', withBody(content, { ...body, role: 'root' }), 'must be equal to one of'],
  [
    'without a required header',
    { ...content, headers: { 'Content-Type': 'application/json' } },
    'x-content-type-options is missing',
  ],
  [
    'with another value of a header',
    withHeaders(content, { 'Cache-Control': 'public' }),
    'cache-control is public',
  ],
  [
    'with an additional header',
    withHeaders(content, { 'X-Powered-By': 'node' }),
    'x-powered-by is not described',
  ],
  ['with another problem', withBody(unauthorized, { ...problem, detail: 'No.' }), 'is not described'],
  [
    'with another challenge',
    withHeaders(unauthorized, { 'WWW-Authenticate': 'Basic' }),
    'www-authenticate is Basic',
  ],
  [
    'with the challenge of 403 on a 401',
    { ...unauthorized, headers: forbidden.headers },
    'www-authenticate is',
  ],
  [
    'with the challenge of 401 on a 403',
    { ...forbidden, headers: unauthorized.headers },
    'www-authenticate is',
  ],
  [
    'with an invalid allowed origin',
    withHeaders(content, { 'Access-Control-Allow-Origin': 'anyone' }),
    'access-control-allow-origin is anyone',
  ],
  [
    'with another CORS header',
    withHeaders(content, { 'Access-Control-Max-Age': '60' }),
    'access-control-max-age is not described',
  ],
  ['of a malformed path', { ...content, url: '/%zz' }, 'has no such route'],
  ['with a body on a 204', { ...ended, body: '{}' }, 'the body is not empty'],
  ['of an unknown route with another problem', { ...notFound, body: unauthorized.body }, 'is not described'],
])('describedAs rejects a response %s', (_, seen, fault) => {
  expect(() => describedAs(seen)).toThrow(fault)
})
