import { expect, test } from 'vitest'
import type { AttributeDefinitions } from '../../project/attribute.ts'
import { attributeClaims, claimedAttributes, mayBe, userAttributesOf } from './attributes.ts'

const DEFINITIONS = {
  plan: { type: 'string', values: ['free', 'pro'], default: 'free', claim: 'n:plan' },
  team: { type: 'string', maxLength: 3, claim: 'n:team' },
  seats: { type: 'number', default: 1 },
  beta: { type: 'boolean', claim: 'n:beta' },
} satisfies AttributeDefinitions

/** Its name is that of a member of every object. */
const INHERITED: AttributeDefinitions = Object.fromEntries([['constructor', { type: 'string' }]])

test.each<[keyof typeof DEFINITIONS, unknown[], unknown[]]>([
  ['plan', ['free', 'pro'], ['', 'gold', 1, null, undefined, ['pro']]],
  ['team', ['a', 'abc', '"\\/', '😀'], ['', 'abcd', 'a\n', '\u007f', '\ud83d', 1, true, undefined]],
  [
    'seats',
    [0, -1.5, -1e-130, Number.MAX_SAFE_INTEGER],
    [9e-131, Number.NaN, Infinity, 2 ** 53, '1', undefined],
  ],
  ['beta', [true, false], ['true', 1, undefined]],
])('%s may be %j, and not %j', (name, allowed, others) => {
  expect(allowed.map((value) => mayBe(DEFINITIONS[name], value))).toEqual(allowed.map(() => true))
  expect(others.map((value) => mayBe(DEFINITIONS[name], value))).toEqual(others.map(() => false))
})

test('a value that is missing or no longer fits is the default, and one that is not defined is left out', () => {
  expect(userAttributesOf({ plan: 'gold', team: 'long', former: 7 }, DEFINITIONS)).toEqual({
    plan: 'free',
    seats: 1,
  })
  expect(userAttributesOf(undefined, DEFINITIONS)).toEqual({ plan: 'free', seats: 1 })
  expect(userAttributesOf({ plan: 'pro', beta: false }, DEFINITIONS)).toEqual({
    plan: 'pro',
    seats: 1,
    beta: false,
  })
  expect(userAttributesOf({}, INHERITED)).toEqual({})
})

test('claims have the values of attributes with a claim, and a token gives them back', () => {
  const claims = attributeClaims({ plan: 'pro', team: 'red', seats: 5 }, DEFINITIONS)
  expect(claims).toEqual({ 'n:plan': 'pro', 'n:team': 'red' })
  expect(claimedAttributes({ ...claims, sub: 'ada', seats: 5 }, DEFINITIONS)).toEqual({
    plan: 'pro',
    team: 'red',
  })
  expect(claimedAttributes({}, DEFINITIONS)).toEqual({ plan: 'free' })
})
