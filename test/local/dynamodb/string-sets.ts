import { expect } from 'vitest'
import { type Attributes, type Case, item, key, type Outcome } from './contract.ts'

const ids = (...SS: string[]) => ({ ids: { SS } })

/** Reserves one of at most three attempts, as `reserveAttempt` does. */
export const add = (id: string) => ({
  Key: key('set'),
  UpdateExpression: 'ADD ids :ids SET expiresAt = :endsAt',
  ConditionExpression: 'attribute_not_exists(ids) OR size(ids) < :max OR contains(ids, :id)',
  ExpressionAttributeValues: {
    ':ids': { SS: [id] },
    ':id': { S: id },
    ':max': { N: '3' },
    ':endsAt': { N: '60' },
  },
})

/** {@link add}, with the attempts in the response. */
const addAndReturn = (id: string) => ({ ...add(id), ReturnValues: 'UPDATED_NEW' })
const returned = (...SS: string[]): Outcome => ({ attributes: { ids: { SS }, expiresAt: { N: '60' } } })

/** Adds ids without a condition. */
const addAll = (...SS: string[]) => ({
  Key: key('set'),
  UpdateExpression: 'ADD ids :ids',
  ExpressionAttributeValues: { ':ids': { SS } },
})

/** Gives attempts back, as `giveBack` does. */
const giveBack = (...SS: string[]) => ({
  Key: key('set'),
  UpdateExpression: 'DELETE ids :ids',
  ConditionExpression: 'attribute_exists(pk)',
  ExpressionAttributeValues: { ':ids': { SS } },
})

const expiry = { expiresAt: { N: '60' } }
/** Ids of an item, with spaces between them. An empty text is an item without a set, and `undefined` is no item. */
type Ids = string | undefined
const itemsOf = (text: Ids): Attributes[] =>
  text === undefined ? [] : [item('set', { ...expiry, ...(text && ids(...text.split(' '))) })]

const refused: Outcome = {
  type: 'ConditionalCheckFailedException',
  message: 'The conditional request failed',
}
const invalid = (message: unknown): Outcome => ({ type: 'ValidationException', message })

/** Calls, with the ids before and after each, and what moto does if it differs from AWS. */
const ROWS: [what: string, before: Ids, input: object, outcome: Outcome, after: Ids, moto?: string][] = [
  ['a first id creates the item', undefined, add('a'), 'done', 'a'],
  ['a first id is added to an item without a set', '', add('a'), 'done', 'a'],
  ['an id is added below the limit', 'a b', add('c'), 'done', 'a b c'],
  ['an id is refused at the limit', 'a b c', add('d'), refused, 'a b c'],
  ['an id is refused above the limit', 'a b c d', add('e'), refused, 'a b c d'],
  ['an id that is in the set is added again without effect', 'a b c', add('b'), 'done', 'a b c'],
  ['a part of an id is not in the set', 'abc b c', add('ab'), refused, 'abc b c'],
  ['two ids are added at once', 'a', addAll('a', 'b'), 'done', 'a b'],
  [
    'UPDATED_NEW returns a new set without the key',
    undefined,
    addAndReturn('a'),
    returned('a'),
    'a',
    'it returns the key too',
  ],
  [
    'UPDATED_NEW returns the whole set, not only what was added',
    'a b',
    addAndReturn('c'),
    returned('a', 'b', 'c'),
    'a b c',
    'it returns only the attributes that changed',
  ],
  [
    'UPDATED_NEW returns the set when nothing was added',
    'a b',
    addAndReturn('b'),
    returned('a', 'b'),
    'a b',
    'it returns nothing',
  ],
  ['an id is taken out', 'a b c', giveBack('b'), 'done', 'a c'],
  ['an id that is not in the set is taken out without effect', 'a', giveBack('b'), 'done', 'a'],
  ['with its last id, the attribute is removed and the item stays', 'a', giveBack('a'), 'done', ''],
  ['an id is taken out of a missing set without effect', '', giveBack('a'), 'done', ''],
  [
    'an id is not taken out of a missing item, and none is created',
    undefined,
    giveBack('a'),
    refused,
    undefined,
  ],
  [
    'an empty set is rejected',
    undefined,
    addAll(),
    invalid(expect.stringContaining('An string set  may not be empty')),
    undefined,
    'it creates the item nevertheless',
  ],
  [
    'a set with an element twice is rejected',
    undefined,
    addAll('a', 'a'),
    invalid(expect.stringContaining('contains duplicates')),
    undefined,
    'it succeeds',
  ],
]

/** An item whose attribute is no set. */
const noSet = item('set', { ...expiry, ids: { S: 'a' } })

const cases: Omit<Case, 'operation'>[] = [
  ...ROWS.map(([what, before, input, outcome, after, moto]) => ({
    ...{ what, input, outcome, moto },
    before: itemsOf(before),
    after: itemsOf(after),
  })),
  {
    what: 'an item without other attributes stays too',
    before: [item('set', ids('a', 'b'))],
    input: giveBack('a', 'b'),
    outcome: 'done',
    after: [item('set')],
  },
  {
    what: 'an id is not added to an attribute that is no set',
    before: [noSet],
    input: add('a'),
    outcome: invalid('An operand in the update expression has an incorrect data type'),
    after: [noSet],
  },
]

/** What `UpdateItem` does with string sets, by AWS's developer guide. */
export const STRING_SETS: readonly Case[] = cases.map((row) => ({ ...row, operation: 'UpdateItem' }))
