import { expect, test } from 'vitest'
import { type Authorization, authorizationCache } from './gateway-rules.ts'

const now = new Date('2026-11-24T15:00:00.400Z')
const later = (ms: number) => new Date(now.getTime() + ms)
const authorization: Authorization = {
  principalId: 'ada',
  context: { username: 'ada', role: 'user', expiresAt: '4102444800' },
  statements: [],
}

test('the cache returns an authorization until the last millisecond of its lifetime', () => {
  const cache = authorizationCache(60)
  cache.store('Bearer a', authorization, now)
  expect(cache.find('Bearer a', now)).toBe(authorization)
  expect(cache.find('Bearer a', later(59_999))).toBe(authorization)
  expect(cache.find('Bearer a', later(60_000))).toBeUndefined()
})

test('a read does not extend the lifetime of an authorization', () => {
  const cache = authorizationCache(60)
  cache.store('Bearer a', authorization, now)
  for (let ms = 0; ms < 60_000; ms += 10_000) expect(cache.find('Bearer a', later(ms))).toBe(authorization)
  expect(cache.find('Bearer a', later(60_000))).toBeUndefined()
})

test('the key of an authorization is the exact header', () => {
  const cache = authorizationCache(60)
  cache.store('Bearer a', authorization, now)
  for (const other of ['Bearer b', 'Bearer A', 'bearer a', 'Bearer  a', 'a', '']) {
    expect(cache.find(other, now)).toBeUndefined()
  }
})

test('a later authorization replaces the one before, with a lifetime of its own', () => {
  const cache = authorizationCache(60)
  const newer = { ...authorization, principalId: 'grace' }
  cache.store('Bearer a', authorization, now)
  cache.store('Bearer a', newer, later(60_000))
  expect(cache.find('Bearer a', later(119_999))).toBe(newer)
  expect(cache.find('Bearer a', later(120_000))).toBeUndefined()
})

test('the cache stores nothing if the lifetime is 0', () => {
  const cache = authorizationCache(0)
  cache.store('Bearer a', authorization, now)
  expect(cache.find('Bearer a', now)).toBeUndefined()
})

test('two caches share nothing', () => {
  authorizationCache(60).store('Bearer a', authorization, now)
  expect(authorizationCache(60).find('Bearer a', now)).toBeUndefined()
})
