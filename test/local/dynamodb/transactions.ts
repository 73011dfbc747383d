import { expect } from 'vitest'
import { type Attributes, type Case, item, key, type Outcome, TABLE } from './contract.ts'

const text = (S: string) => ({ value: { S } })
const absent = { ConditionExpression: 'attribute_not_exists(pk)' }
const present = { ConditionExpression: 'attribute_exists(pk)' }
/** A condition that no item here meets. */
const never = {
  ConditionExpression: '#value = :other',
  ExpressionAttributeNames: { '#value': 'value' },
  ExpressionAttributeValues: { ':other': { S: 'another value' } },
}

type Condition = { ConditionExpression?: string; ExpressionAttributeValues?: Attributes }
const put = (sk: string, more: Attributes = {}, condition: object = {}) => ({
  Put: { TableName: TABLE, Item: item(sk, more), ...condition },
})
const set = (sk: string, S: string, { ExpressionAttributeValues = {}, ...condition }: Condition = {}) => ({
  Update: {
    TableName: TABLE,
    Key: key(sk),
    UpdateExpression: 'SET #value = :value',
    ExpressionAttributeNames: { '#value': 'value' },
    ...condition,
    ExpressionAttributeValues: { ':value': { S }, ...ExpressionAttributeValues },
  },
})
const remove = (sk: string, condition: object = {}) => ({
  Delete: { TableName: TABLE, Key: key(sk), ...condition },
})
const check = (sk: string, condition: object) => ({
  ConditionCheck: { TableName: TABLE, Key: key(sk), ...condition },
})
const input = (...TransactItems: object[]) => ({ TransactItems })

const none = { Code: 'None' }
const conditionFailed = { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' }
const canceled = (...reasons: { Code: string; Message?: string; Item?: Attributes }[]): Outcome => ({
  type: 'TransactionCanceledException',
  message: `Transaction cancelled, please refer cancellation reasons for specific reasons [${reasons.map(({ Code }) => Code).join(', ')}]`,
  reasons,
})
const invalid = (message: unknown): Outcome => ({ type: 'ValidationException', message })
const duplicate = invalid('Transaction request cannot include multiple operations on one item')

/** An item with each type that the service stores. */
const rich = item('b', {
  value: { S: 'old' },
  count: { N: '7' },
  on: { BOOL: false },
  ids: { SS: ['x', 'y'] },
})
const hundred = Array.from({ length: 100 }, (_, index) => `n${String(index).padStart(3, '0')}`)

const MADE: Case[] = [
  {
    what: 'a put creates an item',
    input: input(put('a', text('new'))),
    outcome: 'done',
    after: [item('a', text('new'))],
  },
  {
    what: 'a put replaces a whole item',
    before: [rich],
    input: input(put('b', text('new'))),
    outcome: 'done',
    after: [item('b', text('new'))],
  },
  {
    what: 'a put is made if its condition holds',
    input: input(put('a', text('new'), absent)),
    outcome: 'done',
    after: [item('a', text('new'))],
  },
  {
    what: 'an update changes an item',
    before: [rich],
    input: input(set('b', 'new', present)),
    outcome: 'done',
    after: [{ ...rich, value: { S: 'new' } }],
  },
  {
    what: 'an update creates a missing item',
    input: input(set('a', 'new')),
    outcome: 'done',
    after: [item('a', text('new'))],
  },
  {
    what: 'a delete removes an item',
    before: [rich],
    input: input(remove('b', present)),
    outcome: 'done',
    after: [],
  },
  { what: 'a delete of a missing item is no error', input: input(remove('a')), outcome: 'done', after: [] },
  {
    what: 'a condition that holds changes nothing',
    before: [rich],
    input: input(check('b', present)),
    outcome: 'done',
    after: [rich],
  },
  {
    what: 'a condition on a missing item creates none',
    input: input(check('a', absent)),
    outcome: 'done',
    after: [],
  },
  {
    what: 'all four kinds are made together',
    before: [item('c', text('c')), item('d', text('d')), item('e', text('e'))],
    input: input(
      put('a', text('a'), absent),
      check('b', absent),
      set('c', 'new'),
      remove('d'),
      check('e', present),
    ),
    outcome: 'done',
    after: [item('a', text('a')), item('c', text('new')), item('e', text('e'))],
  },
  {
    what: 'a name is claimed by the user who has it',
    before: [item('a', { userId: { S: '1' } })],
    input: input(
      put(
        'a',
        { userId: { S: '1' } },
        {
          ConditionExpression: 'attribute_not_exists(pk) OR userId = :id',
          ExpressionAttributeValues: { ':id': { S: '1' } },
        },
      ),
    ),
    outcome: 'done',
    after: [item('a', { userId: { S: '1' } })],
  },
  {
    what: '100 writes are made',
    input: input(...hundred.map((sk) => put(sk))),
    outcome: 'done',
    after: hundred.map((sk) => item(sk)),
  },
]

const UNCHANGED: Case[] = [
  {
    what: 'nothing changes if the first condition fails',
    before: [rich],
    input: input(put('a', {}, present), set('b', 'new'), remove('c')),
    outcome: canceled(conditionFailed, none, none),
    after: [rich],
  },
  {
    what: 'nothing changes if a condition in the middle fails',
    before: [rich],
    input: input(put('a'), set('b', 'new', never), put('c')),
    outcome: canceled(none, conditionFailed, none),
    after: [rich],
  },
  {
    what: 'nothing changes if the last condition fails',
    before: [rich],
    input: input(put('a'), set('b', 'new'), check('c', present)),
    outcome: canceled(none, none, conditionFailed),
    after: [rich],
  },
  {
    what: 'every failed condition is reported',
    before: [rich],
    input: input(put('b', {}, absent), put('a'), remove('c', present)),
    outcome: canceled(conditionFailed, none, conditionFailed),
    after: [rich],
  },
  {
    what: 'a replaced item is the same after another condition fails',
    before: [rich],
    input: input(put('b'), check('a', present)),
    outcome: canceled(none, conditionFailed),
    after: [rich],
  },
  {
    what: 'a deleted item is the same after another condition fails',
    before: [rich],
    input: input(remove('b'), check('a', present)),
    outcome: canceled(none, conditionFailed),
    after: [rich],
  },
  {
    what: 'an update of a missing item creates none if its condition fails',
    input: input(set('a', 'new', present)),
    outcome: canceled(conditionFailed),
    after: [],
  },
  {
    what: 'a taken name is not claimed',
    before: [item('a', { userId: { S: '1' } })],
    input: input(put('b', text('profile'), absent), put('a', { userId: { S: '2' } }, absent)),
    outcome: canceled(none, conditionFailed),
    after: [item('a', { userId: { S: '1' } })],
  },
  {
    what: 'ALL_OLD returns the item whose condition failed',
    before: [rich],
    input: input(put('a'), put('b', {}, { ...absent, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' })),
    outcome: canceled(none, { ...conditionFailed, Item: rich }),
    after: [rich],
  },
  {
    what: 'ALL_OLD returns nothing for a missing item',
    input: input(check('a', { ...present, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' })),
    outcome: canceled(conditionFailed),
    after: [],
  },
  {
    what: 'an update of an attribute of another type cancels the transaction',
    before: [rich],
    input: input(put('a'), {
      Update: {
        TableName: TABLE,
        Key: key('b'),
        UpdateExpression: 'ADD ids :one',
        ExpressionAttributeValues: { ':one': { N: '1' } },
      },
    }),
    outcome: canceled(none, {
      Code: 'ValidationError',
      Message: 'An operand in the update expression has an incorrect data type',
    }),
    after: [rich],
    moto: 'it names the reason IncorrectDataType',
  },
  {
    what: 'a key of another type cancels the transaction',
    input: input(put('a'), { Put: { TableName: TABLE, Item: { ...key('b'), sk: { N: '5' } } } }),
    outcome: canceled(none, {
      Code: 'ValidationError',
      Message: 'One or more parameter values were invalid: Type mismatch for key sk expected: S actual: N',
    }),
    after: [],
    moto: 'it names the reason InvalidAttributeTypeError',
  },
  {
    what: 'a key that does not match the schema cancels the transaction',
    input: input(put('a'), { Delete: { TableName: TABLE, Key: { ...key('b'), sk: { N: '5' } } } }),
    outcome: canceled(none, {
      Code: 'ValidationError',
      Message: 'The provided key element does not match the schema',
    }),
    after: [],
    moto: 'it succeeds',
  },
]

const REJECTED: Case[] = [
  {
    what: 'two puts of one item are rejected',
    input: input(put('a'), put('a')),
    outcome: duplicate,
    after: [],
  },
  {
    what: 'a condition and an update of one item are rejected',
    before: [rich],
    input: input(check('b', present), put('a'), set('b', 'new')),
    outcome: duplicate,
    after: [rich],
  },
  {
    what: 'a delete and a put of one item are rejected',
    before: [rich],
    input: input(remove('b'), put('b')),
    outcome: duplicate,
    after: [rich],
  },
  {
    what: 'an empty list is rejected',
    input: input(),
    outcome: invalid(
      "1 validation error detected: Value '[]' at 'transactItems' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ),
    after: [],
    moto: 'it succeeds',
  },
  {
    what: 'no list is rejected',
    input: {},
    outcome: invalid(
      "1 validation error detected: Value null at 'transactItems' failed to satisfy constraint: Member must not be null",
    ),
    after: [],
    moto: 'it fails with status 500',
  },
  {
    what: '101 writes are rejected',
    input: input(put('a'), ...hundred.map((sk) => put(sk))),
    outcome: invalid(
      "1 validation error detected: Value at 'TransactItems' failed to satisfy constraint: Member must have length less than or equal to 100",
    ),
    after: [],
    moto: 'its message differs',
  },
  {
    what: 'two writes in one entry are rejected',
    input: input({ ...put('a'), ...remove('b') }),
    outcome: invalid('TransactItems can only contain one of Check, Put, Update or Delete'),
    after: [],
  },
  {
    what: 'an entry of another kind is rejected',
    before: [rich],
    input: input(put('a'), { Get: { TableName: TABLE, Key: key('b') } }),
    outcome: invalid('Invalid Request: TransactWriteRequest should contain Delete or Put or Update request'),
    after: [rich],
    moto: 'it cancels the transaction with the reason ValueError',
  },
  {
    what: 'an entry without a write is rejected',
    input: input(put('a'), {}),
    outcome: invalid('Invalid Request: TransactWriteRequest should contain Delete or Put or Update request'),
    after: [],
    moto: 'it cancels the transaction with the reason StopIteration',
  },
  {
    what: 'an update without an expression is rejected',
    before: [rich],
    input: input(put('a'), { Update: { TableName: TABLE, Key: key('b') } }),
    outcome: invalid(
      "1 validation error detected: Value null at 'transactItems.2.member.update.updateExpression' failed to satisfy constraint: Member must not be null",
    ),
    after: [rich],
    moto: 'it fails with status 500',
  },
  {
    what: 'a condition without an expression is rejected',
    before: [rich],
    input: input(put('a'), check('b', {})),
    outcome: invalid(
      "1 validation error detected: Value null at 'transactItems.2.member.conditionCheck.conditionExpression' failed to satisfy constraint: Member must not be null",
    ),
    after: [rich],
    moto: 'it succeeds',
  },
  {
    what: 'an unreadable condition is rejected',
    before: [rich],
    input: input(put('a'), remove('b', { ConditionExpression: 'attribute_exists(' })),
    outcome: invalid(expect.stringMatching(/^Invalid ConditionExpression: Syntax error; /)),
    after: [rich],
    moto: 'it cancels the transaction with the reason ValueError',
  },
  {
    what: 'an unreadable update is rejected, before a condition fails',
    before: [rich],
    input: input(put('b', {}, absent), {
      Update: { TableName: TABLE, Key: key('a'), UpdateExpression: 'SET' },
    }),
    outcome: invalid(expect.stringMatching(/^Invalid UpdateExpression: Syntax error; /)),
    after: [rich],
  },
  {
    what: 'a value that no expression uses is rejected',
    input: input(put('a'), put('b', {}, { ...absent, ExpressionAttributeValues: { ':v': { S: 'x' } } })),
    outcome: invalid('Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}'),
    after: [],
    moto: 'it succeeds',
  },
  {
    what: 'an empty key is rejected',
    input: input(put('a'), put('')),
    outcome: invalid(
      'One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: sk',
    ),
    after: [],
    moto: 'its message is that of an empty value',
  },
  {
    what: 'a missing table is reported',
    input: input(put('a'), { Delete: { TableName: 'nothing', Key: key('b') } }),
    outcome: { type: 'ResourceNotFoundException', message: 'Requested resource not found' },
    after: [],
    moto: 'it cancels the transaction with the reason ResourceNotFoundException',
  },
  {
    what: 'a request token of more than 36 characters is rejected',
    input: { ...input(put('a')), ClientRequestToken: 'x'.repeat(37) },
    outcome: invalid(
      `1 validation error detected: Value '${'x'.repeat(37)}' at 'clientRequestToken' failed to satisfy constraint: Member must have length less than or equal to 36`,
    ),
    after: [],
    moto: 'it ignores tokens',
  },
]

/** What `TransactWriteItems` does, by AWS's API reference and error messages. */
export const TRANSACTIONS: readonly Case[] = [...MADE, ...UNCHANGED, ...REJECTED]
