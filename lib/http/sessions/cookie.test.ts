import type { APIGatewayProxyEvent } from 'aws-lambda'
import { expect, test } from 'vitest'
import { loginEvent } from '../../../test/support/http/lambda.ts'
import { cookiesOf, deleted, onlyOf, storedIn } from './cookie.ts'

type Sent = Partial<Pick<APIGatewayProxyEvent, 'headers' | 'multiValueHeaders'>>
const requestWith = (sent: Sent) => ({ ...loginEvent({}), headers: {}, multiValueHeaders: {}, ...sent })

test.each<[string, Sent, string[]]>([
  ['no header', {}, []],
  ['no headers at all', Object({ headers: null, multiValueHeaders: null }), []],
  ['a header without a value', { headers: { Cookie: undefined } }, []],
  ['the cookie', { headers: { cookie: '__Host-refresh=a' } }, ['a']],
  ['a header in upper case', { headers: { COOKIE: '__Host-refresh=a' } }, ['a']],
  ['an empty cookie', { headers: { Cookie: '__Host-refresh=' } }, ['']],
  ['a value with an equals sign', { headers: { Cookie: '__Host-refresh=a=b' } }, ['a=b']],
  ['others around it', { headers: { Cookie: 'x=1; __Host-refresh=a ;y=2' } }, ['a']],
  ['two', { headers: { Cookie: '__Host-refresh=a; __Host-refresh=b' } }, ['a', 'b']],
  [
    'two headers',
    { multiValueHeaders: { Cookie: ['x=1; __Host-refresh=a', '__Host-refresh=b'] } },
    ['a', 'b'],
  ],
  [
    'one header in both forms of the gateway',
    {
      headers: { Cookie: '__Host-refresh=b' },
      multiValueHeaders: { Cookie: ['__Host-refresh=a', '__Host-refresh=b'] },
    },
    ['a', 'b'],
  ],
  [
    'other names',
    { headers: { Cookie: 'refresh=a; __host-refresh=b; __Host-refreshed=c; x__Host-refresh=d' } },
    [],
  ],
  ['other headers', { headers: { 'X-Cookie': '__Host-refresh=a', Cookies: '__Host-refresh=b' } }, []],
])('a request with %s has the cookies of its session', (_what, sent, expected) => {
  expect(cookiesOf(requestWith(sent))).toEqual(expected)
  expect(onlyOf(cookiesOf(requestWith(sent)))).toBe(expected.length === 1 ? expected[0] : '')
})

test('a refresh token is stored for its lifetime, and deleted at once', () => {
  const attributes = 'Path=/; Secure; HttpOnly; SameSite=Strict'
  expect(storedIn('token', 7_200)).toEqual({
    'Set-Cookie': `__Host-refresh=token; Max-Age=7200; ${attributes}`,
  })
  expect(deleted()).toEqual({ 'Set-Cookie': `__Host-refresh=; Max-Age=0; ${attributes}` })
})
