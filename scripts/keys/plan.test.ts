import { expect, test } from 'vitest'
import { type KeyState, nextStep, otherKey, type Slot, type Step, targetOf } from './plan.ts'

const SETTLED = Date.UTC(2027, 0, 15, 12)
const after = (seconds: number) => new Date(SETTLED + seconds * 1000)
const day = (count: number) => new Date(SETTLED - count * 86_400_000)

const state = (signing: Slot, madeAt: KeyState['madeAt']): KeyState => ({
  signing,
  madeAt,
  tokenTtlSeconds: 1800,
  settledAt: after(0),
})

const first = day(30)
const deploy = (signingKey: Slot, publishedKeys: 'a' | 'b' | 'a,b'): Step => ({
  do: 'deploy',
  signingKey,
  publishedKeys,
})
const goingWait = (slot: Slot): Step => ({
  do: 'wait',
  until: after(1800 + 360),
  why: `Until then, tokens that key ${slot} signed may be valid.`,
})
const comingWait = (slot: Slot): Step => ({
  do: 'wait',
  until: after(7800),
  why: `Until then, caches may not have key ${slot}.`,
})

const TABLE: [what: string, KeyState, target: Slot, seconds: number, Step][] = [
  ['just deployed for the first time', state('a', { a: first, b: first }), 'b', 0, comingWait('b')],
  ['a second too early', state('a', { a: first, b: first }), 'b', 7799, comingWait('b')],
  ['once all caches have the coming key', state('a', { a: first, b: first }), 'b', 7800, deploy('b', 'a,b')],
  ['b has just begun to sign', state('b', { a: first, b: first }), 'b', 0, goingWait('a')],
  ['a token of a may be valid', state('b', { a: first, b: first }), 'b', 2159, goingWait('a')],
  ['no token of a is valid', state('b', { a: first, b: first }), 'b', 2160, deploy('b', 'b')],
  ['a is deleted', state('b', { b: first }), 'b', 0, deploy('b', 'a,b')],
  ['a new a is published', state('b', { a: day(1), b: first }), 'b', 0, { do: 'done' }],
  ['a day later, on the way back', state('b', { a: day(1), b: first }), 'a', 86_400, deploy('a', 'a,b')],
  ['on the way back, too early', state('b', { a: day(1), b: first }), 'a', 7799, comingWait('a')],
  ['a signs again', state('a', { a: day(1), b: first }), 'a', 2159, goingWait('b')],
  ['no token of b is valid', state('a', { a: day(1), b: first }), 'a', 2160, deploy('a', 'a')],
  ['b is deleted', state('a', { a: day(1) }), 'a', 0, deploy('a', 'a,b')],
  ['a new b is published', state('a', { a: day(1), b: day(0) }), 'a', 0, { do: 'done' }],
]

test.each(TABLE)('nextStep: %s', (_, keys, target, seconds, step) => {
  expect(nextStep(keys, target, after(seconds))).toEqual(step)
})

test.each(TABLE)('nextStep at once does not wait: %s', (_, keys, target, seconds) => {
  expect(nextStep(keys, target, after(seconds), true).do).not.toBe('wait')
})

test('targetOf finishes a turnover under way before it begins the next', () => {
  const [a, b] = [first, day(1)]
  expect(targetOf(state('a', { a, b }))).toBe('b')
  expect(targetOf(state('b', { a, b }))).toBe('b')
  expect(targetOf(state('b', { b }))).toBe('b')
  expect(targetOf(state('b', { a: day(0), b }))).toBe('a')
})

test('otherKey is going when the older key does not sign, also after a change by hand', () => {
  expect(otherKey(state('b', { a: first, b: day(1) }))).toBe('going')
  expect(otherKey(state('a', { a: first, b: day(1) }))).toBe('coming')
})

test('nextStep waits again after another deployment while a key is going', () => {
  const deployed = { ...state('b', { a: first, b: first }), settledAt: after(2000) }
  expect(nextStep(deployed, 'b', after(2160))).toEqual({ ...goingWait('a'), until: after(2000 + 2160) })
})

test('nextStep waits longer for longer-lived tokens', () => {
  const long = { ...state('b', { a: first, b: first }), tokenTtlSeconds: 86_400 }
  expect(nextStep(long, 'b', after(86_759))).toEqual({ ...goingWait('a'), until: after(86_760) })
  expect(nextStep(long, 'b', after(86_760))).toEqual(deploy('b', 'b'))
})
