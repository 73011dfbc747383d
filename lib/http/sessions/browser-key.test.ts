import { expect, test } from 'vitest'
import { withHeaders } from '../../../test/support/http/cookies.ts'
import { loginEvent } from '../../../test/support/http/lambda.ts'
import { newKey } from '../../federation/try.ts'
import { browserKeyOf, keyCookie } from './browser-key.ts'

const key = newKey()
const read = (...cookies: string[]) => browserKeyOf(loginEvent({ ...withHeaders({ Cookie: cookies }) }))

test('the key of a browser is the one in its cookie, for an hour and no script', () => {
  expect(read(`a=1; __Host-try=${key}; __Host-refresh=b`)).toBe(key)
  expect(keyCookie(key)).toEqual({
    'Set-Cookie': `__Host-try=${key}; Max-Age=3600; Path=/; Secure; HttpOnly; SameSite=Strict`,
  })
})

test.each([
  ['no cookie', []],
  ['two cookies', [`__Host-try=${key}; __Host-try=${newKey()}`]],
  ['two headers', [`__Host-try=${key}`, `__Host-try=${key}`]],
  ['a cookie of another form', ['__Host-try=a']],
  ['a cookie of another name', [`try=${key}`]],
])('%s: no key', (_, cookies) => {
  expect(read(...cookies)).toBe('')
})
