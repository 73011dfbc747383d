import { expect, test } from 'vitest'
import { type Authorization, authorizationCache } from './gateway-rules.ts'

const now = new Date('2026-11-24T15:00:00.400Z')
const later = (ms: number) => new Date(now.getTime() + ms)
const authorization: Authorization = {
  principalId: 'ada',
  context: { username: 'ada', role: 'user', expiresAt: '4102444800' },
  statements: [],
}

test('an authorization is kept for its time to live, to the millisecond: so long a revoked token may pass', () => {
  const cache = authorizationCache(60)
  cache.store('Bearer a', authorization, now)
  expect(cache.find('Bearer a', now)).toBe(authorization)
  expect(cache.find('Bearer a', later(59_999))).toBe(authorization)
  expect(cache.find('Bearer a', later(60_000))).toBeUndefined()
})

test('looking an authorization up does not make it live longer', () => {
  const cache = authorizationCache(60)
  cache.store('Bearer a', authorization, now)
  for (let ms = 0; ms < 60_000; ms += 10_000) expect(cache.find('Bearer a', later(ms))).toBe(authorization)
  expect(cache.find('Bearer a', later(60_000))).toBeUndefined()
})

test('an authorization is that of its header alone, to the letter', () => {
  const cache = authorizationCache(60)
  cache.store('Bearer a', authorization, now)
  for (const other of ['Bearer b', 'Bearer A', 'bearer a', 'Bearer  a', 'a', '']) {
    expect(cache.find(other, now)).toBeUndefined()
  }
})

test('a later authorization takes the place of the one before, and its own time', () => {
  const cache = authorizationCache(60)
  const newer = { ...authorization, principalId: 'grace' }
  cache.store('Bearer a', authorization, now)
  cache.store('Bearer a', newer, later(60_000))
  expect(cache.find('Bearer a', later(119_999))).toBe(newer)
  expect(cache.find('Bearer a', later(120_000))).toBeUndefined()
})

test('with no time to live nothing is kept', () => {
  const cache = authorizationCache(0)
  cache.store('Bearer a', authorization, now)
  expect(cache.find('Bearer a', now)).toBeUndefined()
})

test('one cache knows nothing of another', () => {
  authorizationCache(60).store('Bearer a', authorization, now)
  expect(authorizationCache(60).find('Bearer a', now)).toBeUndefined()
})
