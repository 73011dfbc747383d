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

/** Gives attempts back, as `giveBack` does. */
const giveBack = (...SS: string[]) => ({
  Key: key('set'),
  UpdateExpression: 'DELETE ids :ids',
  ConditionExpression: 'attribute_exists(pk)',
  ExpressionAttributeValues: { ':ids': { SS } },
})

const stored = (more: Attributes = {}) => item('set', { expiresAt: { N: '60' }, ...more })
const refused: Outcome = {
  type: 'ConditionalCheckFailedException',
  message: 'The conditional request failed',
}
const invalid = (message: unknown): Outcome => ({ type: 'ValidationException', message })

const rows: Omit<Case, 'operation'>[] = [
  { what: 'a first id creates the item', input: add('a'), outcome: 'done', after: [stored(ids('a'))] },
  {
    what: 'a first id is added to an item without a set',
    before: [stored()],
    input: add('a'),
    outcome: 'done',
    after: [stored(ids('a'))],
  },
  {
    what: 'an id is added below the limit',
    before: [stored(ids('a', 'b'))],
    input: add('c'),
    outcome: 'done',
    after: [stored(ids('a', 'b', 'c'))],
  },
  {
    what: 'an id is refused at the limit',
    before: [stored(ids('a', 'b', 'c'))],
    input: add('d'),
    outcome: refused,
    after: [stored(ids('a', 'b', 'c'))],
  },
  {
    what: 'an id is refused above the limit',
    before: [stored(ids('a', 'b', 'c', 'd'))],
    input: add('e'),
    outcome: refused,
    after: [stored(ids('a', 'b', 'c', 'd'))],
  },
  {
    what: 'an id that is in the set is added again without effect',
    before: [stored(ids('a', 'b', 'c'))],
    input: add('b'),
    outcome: 'done',
    after: [stored(ids('a', 'b', 'c'))],
  },
  {
    what: 'a part of an id is not in the set',
    before: [stored(ids('abc', 'b', 'c'))],
    input: add('ab'),
    outcome: refused,
    after: [stored(ids('abc', 'b', 'c'))],
  },
  {
    what: 'two ids are added at once',
    before: [stored(ids('a'))],
    input: {
      Key: key('set'),
      UpdateExpression: 'ADD ids :ids',
      ExpressionAttributeValues: { ':ids': { SS: ['a', 'b'] } },
    },
    outcome: 'done',
    after: [stored(ids('a', 'b'))],
  },
  {
    what: 'UPDATED_NEW returns a new set without the key',
    input: addAndReturn('a'),
    outcome: returned('a'),
    after: [stored(ids('a'))],
    moto: 'it returns the key too',
  },
  {
    what: 'UPDATED_NEW returns the whole set, not only what was added',
    before: [stored(ids('a', 'b'))],
    input: addAndReturn('c'),
    outcome: returned('a', 'b', 'c'),
    after: [stored(ids('a', 'b', 'c'))],
    moto: 'it returns only the attributes that changed',
  },
  {
    what: 'UPDATED_NEW returns the set when nothing was added',
    before: [stored(ids('a', 'b'))],
    input: addAndReturn('b'),
    outcome: returned('a', 'b'),
    after: [stored(ids('a', 'b'))],
    moto: 'it returns nothing',
  },
  {
    what: 'an id is taken out',
    before: [stored(ids('a', 'b', 'c'))],
    input: giveBack('b'),
    outcome: 'done',
    after: [stored(ids('a', 'c'))],
  },
  {
    what: 'an id that is not in the set is taken out without effect',
    before: [stored(ids('a'))],
    input: giveBack('b'),
    outcome: 'done',
    after: [stored(ids('a'))],
  },
  {
    what: 'with its last id, the attribute is removed and the item stays',
    before: [stored(ids('a'))],
    input: giveBack('a'),
    outcome: 'done',
    after: [stored()],
  },
  {
    what: 'an item without other attributes stays too',
    before: [item('set', ids('a', 'b'))],
    input: giveBack('a', 'b'),
    outcome: 'done',
    after: [item('set')],
  },
  {
    what: 'an id is taken out of a missing set without effect',
    before: [stored()],
    input: giveBack('a'),
    outcome: 'done',
    after: [stored()],
  },
  {
    what: 'an id is not taken out of a missing item, and none is created',
    input: giveBack('a'),
    outcome: refused,
    after: [],
  },
  {
    what: 'an id is not added to an attribute that is no set',
    before: [stored({ ids: { S: 'a' } })],
    input: add('a'),
    outcome: invalid('An operand in the update expression has an incorrect data type'),
    after: [stored({ ids: { S: 'a' } })],
  },
  {
    what: 'an empty set is rejected',
    input: {
      Key: key('set'),
      UpdateExpression: 'ADD ids :ids',
      ExpressionAttributeValues: { ':ids': { SS: [] } },
    },
    outcome: invalid(expect.stringContaining('An string set  may not be empty')),
    after: [],
    moto: 'it creates the item nevertheless',
  },
  {
    what: 'a set with an element twice is rejected',
    input: {
      Key: key('set'),
      UpdateExpression: 'ADD ids :ids',
      ExpressionAttributeValues: { ':ids': { SS: ['a', 'a'] } },
    },
    outcome: invalid(expect.stringContaining('contains duplicates')),
    after: [],
    moto: 'it succeeds',
  },
]

/** What `UpdateItem` does with string sets, by AWS's developer guide. */
export const STRING_SETS: readonly Case[] = rows.map((row) => ({ ...row, operation: 'UpdateItem' }))
