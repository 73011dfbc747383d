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
const update = (sk: string, more: object = {}) => ({ Update: { TableName: TABLE, Key: key(sk), ...more } })
const remove = (sk: string, condition: object = {}) => ({
  Delete: { TableName: TABLE, Key: key(sk), ...condition },
})
const check = (sk: string, condition: object) => ({
  ConditionCheck: { TableName: TABLE, Key: key(sk), ...condition },
})
const input = (...TransactItems: object[]) => ({ TransactItems })

interface Reason {
  Code: string
  Message?: string
  Item?: Attributes
}

const none: Reason = { Code: 'None' }
const conditionFailed: Reason = { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' }
const canceled = (reasons: Reason[]): Outcome => ({
  type: 'TransactionCanceledException',
  message: `Transaction cancelled, please refer cancellation reasons for specific reasons [${reasons.map(({ Code }) => Code).join(', ')}]`,
  reasons,
})
const wrong = (Message: string): Reason => ({ Code: 'ValidationError', Message })

/** An item with each type that the service stores. */
const rich = item('b', {
  value: { S: 'old' },
  count: { N: '7' },
  on: { BOOL: false },
  ids: { SS: ['x', 'y'] },
})
const hundred = Array.from({ length: 100 }, (_, index) => `n${String(index).padStart(3, '0')}`)

const ofUser = (S: string) => ({ userId: { S } })
const claim = put('a', ofUser('1'), {
  ConditionExpression: 'attribute_not_exists(pk) OR userId = :id',
  ExpressionAttributeValues: { ':id': { S: '1' } },
})

/** Writes that are made: the items before, the writes, and the items after them. */
const MADE: [what: string, before: Attributes[], writes: object[], after: Attributes[]][] = [
  ['a put creates an item', [], [put('a', text('new'))], [item('a', text('new'))]],
  ['a put replaces a whole item', [rich], [put('b', text('new'))], [item('b', text('new'))]],
  ['a put is made if its condition holds', [], [put('a', text('new'), absent)], [item('a', text('new'))]],
  ['an update changes an item', [rich], [set('b', 'new', present)], [{ ...rich, value: { S: 'new' } }]],
  ['an update creates a missing item', [], [set('a', 'new')], [item('a', text('new'))]],
  ['a delete removes an item', [rich], [remove('b', present)], []],
  ['a delete of a missing item is no error', [], [remove('a')], []],
  ['a condition that holds changes nothing', [rich], [check('b', present)], [rich]],
  ['a condition on a missing item creates none', [], [check('a', absent)], []],
  [
    'all four kinds are made together',
    [item('c', text('c')), item('d', text('d')), item('e', text('e'))],
    [put('a', text('a'), absent), check('b', absent), set('c', 'new'), remove('d'), check('e', present)],
    [item('a', text('a')), item('c', text('new')), item('e', text('e'))],
  ],
  ['a name is claimed by the user who has it', [item('a', ofUser('1'))], [claim], [item('a', ofUser('1'))]],
  ['100 writes are made', [], hundred.map((sk) => put(sk)), hundred.map((sk) => item(sk))],
]

/**
 * Writes that are canceled, and do not change {@link rich}: the reasons, and what moto does if it differs
 * from AWS.
 */
const CANCELED: [what: string, writes: object[], reasons: Reason[], moto?: string][] = [
  [
    'nothing changes if the first condition fails',
    [put('a', {}, present), set('b', 'new'), remove('c')],
    [conditionFailed, none, none],
  ],
  [
    'nothing changes if a condition in the middle fails',
    [put('a'), set('b', 'new', never), put('c')],
    [none, conditionFailed, none],
  ],
  [
    'nothing changes if the last condition fails',
    [put('a'), set('b', 'new'), check('c', present)],
    [none, none, conditionFailed],
  ],
  [
    'every failed condition is reported',
    [put('b', {}, absent), put('a'), remove('c', present)],
    [conditionFailed, none, conditionFailed],
  ],
  [
    'a replaced item is the same after another condition fails',
    [put('b'), check('a', present)],
    [none, conditionFailed],
  ],
  [
    'a deleted item is the same after another condition fails',
    [remove('b'), check('a', present)],
    [none, conditionFailed],
  ],
  [
    'an update of a missing item creates none if its condition fails',
    [set('a', 'new', present)],
    [conditionFailed],
  ],
  [
    'a taken name is not claimed',
    [put('a', text('profile'), absent), put('b', ofUser('2'), absent)],
    [none, conditionFailed],
  ],
  [
    'ALL_OLD returns the item whose condition failed',
    [put('a'), put('b', {}, { ...absent, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' })],
    [none, { ...conditionFailed, Item: rich }],
  ],
  [
    'ALL_OLD returns nothing for a missing item',
    [check('a', { ...present, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' })],
    [conditionFailed],
  ],
  [
    'an update of an attribute of another type cancels the transaction',
    [
      put('a'),
      update('b', { UpdateExpression: 'ADD ids :one', ExpressionAttributeValues: { ':one': { N: '1' } } }),
    ],
    [none, wrong('An operand in the update expression has an incorrect data type')],
    'it names the reason IncorrectDataType',
  ],
  [
    'a key of another type cancels the transaction',
    [put('a'), put('b', { sk: { N: '5' } })],
    [
      none,
      wrong('One or more parameter values were invalid: Type mismatch for key sk expected: S actual: N'),
    ],
    'it names the reason InvalidAttributeTypeError',
  ],
  [
    'a key that does not match the schema cancels the transaction',
    [put('a'), { Delete: { TableName: TABLE, Key: { ...key('b'), sk: { N: '5' } } } }],
    [none, wrong('The provided key element does not match the schema')],
    'it succeeds',
  ],
]

/** The message about a member of the request. */
const unfit = (member: string, constraint: string) =>
  `1 validation error detected: Value ${member} failed to satisfy constraint: Member must ${constraint}`
const WRITE_MISSING = 'Invalid Request: TransactWriteRequest should contain Delete or Put or Update request'
const TWICE = 'Transaction request cannot include multiple operations on one item'
const LONG_TOKEN = 'x'.repeat(37)

/**
 * Requests that are invalid, and do not change {@link rich}: the message, and what moto does if it differs
 * from AWS.
 */
const INVALID: [what: string, input: object, message: unknown, moto?: string][] = [
  ['two puts of one item are rejected', input(put('a'), put('a')), TWICE],
  [
    'a condition and an update of one item are rejected',
    input(check('b', present), put('a'), set('b', 'new')),
    TWICE,
  ],
  ['a delete and a put of one item are rejected', input(remove('b'), put('b')), TWICE],
  [
    'an empty list is rejected',
    input(),
    unfit("'[]' at 'transactItems'", 'have length greater than or equal to 1'),
    'it succeeds',
  ],
  ['no list is rejected', {}, unfit("null at 'transactItems'", 'not be null'), 'it fails with status 500'],
  [
    '101 writes are rejected',
    input(put('a'), ...hundred.map((sk) => put(sk))),
    unfit("at 'TransactItems'", 'have length less than or equal to 100'),
    'its message differs',
  ],
  [
    'two writes in one entry are rejected',
    input({ ...put('a'), ...remove('b') }),
    'TransactItems can only contain one of Check, Put, Update or Delete',
  ],
  [
    'an entry of another kind is rejected',
    input(put('a'), { Get: { TableName: TABLE, Key: key('b') } }),
    WRITE_MISSING,
    'it cancels the transaction with the reason ValueError',
  ],
  [
    'an entry without a write is rejected',
    input(put('a'), {}),
    WRITE_MISSING,
    'it cancels the transaction with the reason StopIteration',
  ],
  [
    'an update without an expression is rejected',
    input(put('a'), update('b')),
    unfit("null at 'transactItems.2.member.update.updateExpression'", 'not be null'),
    'it fails with status 500',
  ],
  [
    'a condition without an expression is rejected',
    input(put('a'), check('b', {})),
    unfit("null at 'transactItems.2.member.conditionCheck.conditionExpression'", 'not be null'),
    'it succeeds',
  ],
  [
    'an unreadable condition is rejected',
    input(put('a'), remove('b', { ConditionExpression: 'attribute_exists(' })),
    expect.stringMatching(/^Invalid ConditionExpression: Syntax error; /),
    'it cancels the transaction with the reason ValueError',
  ],
  [
    'an unreadable update is rejected, before a condition fails',
    input(put('b', {}, absent), update('a', { UpdateExpression: 'SET' })),
    expect.stringMatching(/^Invalid UpdateExpression: Syntax error; /),
  ],
  [
    'a value that no expression uses is rejected',
    input(put('a'), put('b', {}, { ...absent, ExpressionAttributeValues: { ':v': { S: 'x' } } })),
    'Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}',
    'it succeeds',
  ],
  [
    'an empty key is rejected',
    input(put('a'), put('')),
    'One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: sk',
    'its message is that of an empty value',
  ],
  [
    'a request token of more than 36 characters is rejected',
    { ...input(put('a')), ClientRequestToken: LONG_TOKEN },
    unfit(`'${LONG_TOKEN}' at 'clientRequestToken'`, 'have length less than or equal to 36'),
    'it ignores tokens',
  ],
]

/** A case that does not change {@link rich}. */
const unchanged = (what: string, input: object, outcome: Outcome, moto?: string): Case => ({
  what,
  before: [rich],
  input,
  outcome,
  after: [rich],
  moto,
})

/** What `TransactWriteItems` does, by AWS's API reference and error messages. */
export const TRANSACTIONS: readonly Case[] = [
  ...MADE.map(
    ([what, before, writes, after]): Case => ({
      what,
      before,
      input: input(...writes),
      outcome: 'done',
      after,
    }),
  ),
  ...CANCELED.map(([what, writes, reasons, moto]) =>
    unchanged(what, input(...writes), canceled(reasons), moto),
  ),
  ...INVALID.map(([what, input, message, moto]) =>
    unchanged(what, input, { type: 'ValidationException', message }, moto),
  ),
  unchanged(
    'a missing table is reported',
    input(put('a'), { Delete: { TableName: 'nothing', Key: key('b') } }),
    { type: 'ResourceNotFoundException', message: 'Requested resource not found' },
    'it cancels the transaction with the reason ResourceNotFoundException',
  ),
]
