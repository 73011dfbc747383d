import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  isUnchanged,
  newKey,
  readState,
  spendTry,
  startTry,
  TRY_RANDOM_BYTES,
  TRY_SECONDS,
  tryOfState,
} from './try.ts'

const now = new Date('2026-12-01T09:00:00.400Z')
const after = (seconds: number) => new Date(now.getTime() + seconds * 1_000)
const provider = { id: 'demo', changeId: 'a-change' }
const key = newKey()
const bound = { provider, userId: '' }

test('a state has its try again, in the browser with the key', () => {
  const own = start()
  expect(tryOfState(key, own.state, bound)).toEqual(own)
  expect(new Set([own.state.slice(-43), own.nonce, own.verifier]).size).toBe(3)
  // RFC 7636 section 4.1 demands 43 to 128 of these characters.
  expect(own.verifier).toMatch(/^[\w-]{43}$/)
})

describe('a state does not count', () => {
  const { state } = start()
  const other = (at: number) => state.slice(0, at) + (state[at] === 'a' ? 'b' : 'a') + state.slice(at + 1)
  test.each([
    ['with another key', newKey(), state, bound],
    ['without a key', '', state, bound],
    ['with a key of another form', 'a'.repeat(42), state, bound],
    ['at another provider', key, state, { provider: { id: 'other' }, userId: '' }],
    ['for a user', key, state, { provider, userId: 'ada' }],
    ['with another purpose', key, state.replace('s', 'l'), bound],
    ['with another second', key, other(8), bound],
    ['with another version of the provider', key, other(12), bound],
    ['with other random bytes', key, other(20), bound],
    ['with another MAC', key, other(45), bound],
    ['with more characters', key, `${state}a`, bound],
    ['with fewer characters', key, state.slice(0, -1), bound],
    ['without any', key, '', bound],
  ])('%s', (_, given, text, of) => {
    expect(tryOfState(given, text, of)).toBeUndefined()
  })

  test('of a link for another user', () => {
    const { state: link } = start('link', 'ada')
    expect(tryOfState(key, link, { provider, userId: 'ada' })).toBeDefined()
    expect(tryOfState(key, link, { provider, userId: 'bob' })).toBeUndefined()
    expect(tryOfState(key, link, bound)).toBeUndefined()
  })
})

test('a state is valid for 30 minutes, and a minute before its second', () => {
  const { state } = start('link', 'ada')
  const isExpired = (seconds: number) => readState(state, after(seconds))?.isExpired
  expect(readState(state, now)).toEqual({ purpose: 'link', isExpired: false })
  expect([-61, -60, TRY_SECONDS, TRY_SECONDS + 1].map(isExpired)).toEqual([true, false, false, true])
  expect(readState('no state', now)).toBeUndefined()
})

test('a state shows whether its provider has changed', () => {
  const { state } = start()
  expect(isUnchanged(state, provider)).toBe(true)
  expect(isUnchanged(state, { changeId: 'another' })).toBe(false)
})

test('a try is spent once, under the hash of its state', () => {
  const own = start()
  const { Put } = spendTry(own, now) as { Put: { Item: Record<string, object>; ConditionExpression: string } }
  expect(Put.ConditionExpression).toBe('attribute_not_exists(pk)')
  expect(JSON.stringify(Put.Item)).not.toContain(own.state)
})

const start = (purpose: 'sign-in' | 'link' = 'sign-in', userId = '') =>
  startTry(key, { purpose, provider, userId }, now, randomBytes(TRY_RANDOM_BYTES))
