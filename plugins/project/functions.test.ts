import { expect, test } from 'vitest'
import { withOrigins } from './functions.ts'

const ORIGIN = 'https://app.example.com'
const hello = { handler: 'hello.handler' }

test('a protected function gets the allowed origins, and keeps its own', () => {
  expect(withOrigins(hello, true, {}, ORIGIN).environment).toEqual({ AUTH_ALLOWED_ORIGINS: ORIGIN })
  const own = { ...hello, environment: { AUTH_ALLOWED_ORIGINS: '*' } }
  expect(withOrigins(own, true, {}, ORIGIN)).toBe(own)
  expect(withOrigins(hello, true, { environment: { AUTH_ALLOWED_ORIGINS: '*' } }, ORIGIN)).toBe(hello)
})

test.each([
  ['without a protected route', hello, false, {}, ORIGIN],
  ['without allowed origins', hello, true, {}, ''],
  ['in Python', { ...hello, runtime: 'python3.13' }, true, { runtime: 'nodejs24.x' }, ORIGIN],
  ['of a project in Python', hello, true, { runtime: 'python3.13' }, ORIGIN],
])('a function %s gets no variable', (_, definition, isProtected, provider, origins) => {
  expect(withOrigins(definition, isProtected, provider, origins)).toBe(definition)
})
