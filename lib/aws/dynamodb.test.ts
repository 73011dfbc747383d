import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { say, startFakeAws } from '../../test/support/aws/fake-aws.ts'
import { useTable } from '../../test/support/aws/table.ts'
import { ServiceError } from '../errors.ts'
import { type AwsCall, awsClient } from './client.ts'
import {
  attributesOf,
  flag,
  getItems,
  type Item,
  type Key,
  number,
  optionalText,
  text,
  transact,
  updateOf,
  writeIf,
} from './dynamodb.ts'

const { table, aws } = await useTable()

const keyOf = (name: string): Key => ({ pk: { S: name }, sk: { S: 'it' } })
const itemOf = (name: string): Item => ({ ...keyOf(name), name: { S: name } })
const put = (Item: Item) => table.aws('dynamodb', 'PutItem', { TableName: table.name, Item })
const get = async (name: string) => (await getItems(table, [keyOf(name)]))[0]

describe('values are stored', () => {
  test('as strings, numbers and booleans, and omitted if undefined', () => {
    const values = { name: 'ada', empty: '', count: 7, none: 0, on: true, off: false, gone: undefined }
    expect(attributesOf(values)).toStrictEqual({
      name: { S: 'ada' },
      empty: { S: '' },
      count: { N: '7' },
      none: { N: '0' },
      on: { BOOL: true },
      off: { BOOL: false },
    })
  })

  test('and read back with their types', () => {
    const item = attributesOf({ name: 'ada', count: -7, on: true, off: false })
    expect(text(item, 'name')).toBe('ada')
    expect(optionalText(item, 'name')).toBe('ada')
    expect(number(item, 'count')).toBe(-7)
    expect(flag(item, 'on')).toBe(true)
    expect(flag(item, 'off')).toBe(false)
    expect(optionalText(item, 'gone')).toBeUndefined()
  })

  test.each([
    ['text', text, { N: '7' }],
    ['text', text, { NULL: true }],
    ['text', text, { S: 7 }],
    ['text', text, undefined],
    ['a number', number, { S: '7' }],
    ['a number', number, { N: 7 }],
    ['a number', number, undefined],
    ['a truth value', flag, { S: 'true' }],
    ['a truth value', flag, { BOOL: 'false' }],
    ['a truth value', flag, undefined],
  ])('an attribute that must be %s is rejected otherwise', (_what, read, value) => {
    expect(() => read({ it: value } as Item, 'it')).toThrow(
      expect.objectContaining({ code: 'unavailable', message: 'the store holds an item without it' }),
    )
  })
})

describe('items are read', () => {
  test('in the order of their keys, as undefined if missing', async () => {
    await Promise.all(['a', 'b', 'c'].map((name) => put(itemOf(name))))
    const wanted = ['c', 'nothing', 'a', 'b'].map(keyOf)
    expect(await getItems(table, wanted)).toEqual([itemOf('c'), undefined, itemOf('a'), itemOf('b')])
  })

  test('in one consistent call', async () => {
    const calls: unknown[] = []
    const aws: AwsCall = (service, operation, input) => {
      calls.push({ service, operation, input })
      return table.aws(service, operation, input)
    }
    await getItems({ aws, name: table.name }, [keyOf('a'), keyOf('b')])
    expect(calls).toEqual([
      {
        service: 'dynamodb',
        operation: 'BatchGetItem',
        input: { RequestItems: { [table.name]: { Keys: [keyOf('a'), keyOf('b')], ConsistentRead: true } } },
      },
    ])
  })

  const keysOf = (...names: string[]) => ({ busy: { Keys: names.map(keyOf), ConsistentRead: true } })
  const responseWith = (items: string[], ...unprocessed: string[]) =>
    say(200, { Responses: { busy: items.map(itemOf) }, UnprocessedKeys: keysOf(...unprocessed) })
  const complete = say(200, { Responses: { busy: ['a', 'b'].map(itemOf) }, UnprocessedKeys: {} })

  test('again, all of them, while a busy store leaves keys unprocessed', async () => {
    const busy = await startFakeAws(responseWith([], 'a', 'b'), responseWith(['b'], 'a'), complete)
    const items = await getItems({ aws: busy.call, name: 'busy' }, ['a', 'b'].map(keyOf))
    expect(items).toEqual(['a', 'b'].map(itemOf))
    const whole = JSON.stringify({ RequestItems: keysOf('a', 'b') })
    expect(busy.received.map(({ body }) => body)).toEqual([whole, whole, whole])
  })

  test('three times at most while a busy store leaves keys unprocessed, after pauses', async () => {
    const random = vi.spyOn(Math, 'random')
    onTestFinished(() => random.mockRestore())
    const busy = await startFakeAws(responseWith(['b'], 'a'))
    await expect(getItems({ aws: busy.call, name: 'busy' }, ['a', 'b'].map(keyOf))).rejects.toMatchObject({
      code: 'unavailable',
      message: 'dynamodb BatchGetItem failed',
      cause: { name: 'UnprocessedKeys' },
    })
    expect(busy.received).toHaveLength(3)
    expect(random).toHaveBeenCalledTimes(3)
  })

  test('once if the pause would outlast the deadline', async () => {
    const random = vi.spyOn(Math, 'random').mockReturnValue(1_000)
    onTestFinished(() => random.mockRestore())
    const busy = await startFakeAws(responseWith([], 'a'), complete)
    await expect(getItems({ aws: busy.call, name: 'busy' }, [keyOf('a')])).rejects.toMatchObject({
      code: 'unavailable',
      cause: { name: 'UnprocessedKeys' },
    })
    expect(busy.received).toHaveLength(1)
  })

  test.each([
    ['nothing', {}],
    ['not a list', { Responses: { [table.name]: {} } }],
    ['another table', { Responses: { others: [] } }],
  ])('and a response with %s is unavailable, not an empty store', async (_what, response) => {
    const aws: AwsCall = async () => response
    await expect(getItems({ aws, name: table.name }, [keyOf('a')])).rejects.toMatchObject({
      code: 'unavailable',
      message: 'the store returned no items',
    })
  })
})

describe('an update', () => {
  test('sets values and removes undefined ones, also under reserved words', async () => {
    await put({
      ...keyOf('update'),
      role: { S: 'user' },
      name: { S: 'a' },
      count: { N: '1' },
      status: { S: 'x' },
    })
    const changes = { role: 'admin', count: 2, disabled: true, name: undefined, status: undefined }
    const input = {
      Key: keyOf('update'),
      ConditionExpression: '#role = :before',
      ...updateOf(changes, { ':before': { S: 'user' } }),
    }
    expect(await writeIf(table, 'UpdateItem', input)).toBe(true)
    expect(await get('update')).toEqual({
      ...keyOf('update'),
      role: { S: 'admin' },
      count: { N: '2' },
      disabled: { BOOL: true },
    })
  })

  test('that removes nothing has no REMOVE', () => {
    expect(updateOf({ role: 'admin' }, { ':before': { N: '1' } })).toEqual({
      UpdateExpression: 'SET #role = :role',
      ExpressionAttributeNames: { '#role': 'role' },
      ExpressionAttributeValues: { ':role': { S: 'admin' }, ':before': { N: '1' } },
    })
  })
})

describe('a conditional write', () => {
  const input = (Item: Item) => ({ Item, ConditionExpression: 'attribute_not_exists(pk)' })

  test('returns whether its condition held, and changes nothing otherwise', async () => {
    expect(await writeIf(table, 'PutItem', input(itemOf('once')))).toBe(true)
    const second = { ...itemOf('once'), name: { S: 'another' } }
    expect(await writeIf(table, 'PutItem', input(second))).toBe(false)
    expect(await get('once')).toEqual(itemOf('once'))
  })

  test('that fails for another reason throws', async () => {
    const gone = { aws: table.aws, name: 'missing' }
    const failure = await writeIf(gone, 'PutItem', input(itemOf('once'))).catch((error) => error)
    expect(failure).toBeInstanceOf(ServiceError)
    expect(failure).toMatchObject({ code: 'unavailable', cause: { name: 'ResourceNotFoundException' } })
    const late = writeIf(
      { ...table, aws: awsClient(aws.settings).within(Date.now() - 1) },
      'PutItem',
      input(itemOf('late')),
    )
    await expect(late).rejects.toMatchObject({ code: 'unavailable', cause: { name: 'DeadlineExceeded' } })
    expect(await get('late')).toBeUndefined()
  })
})

describe('a transaction', () => {
  const create = (name: string) => ({
    Put: { Item: itemOf(name), ConditionExpression: 'attribute_not_exists(pk)' },
  })
  const exists = (name: string) => ({
    ConditionCheck: { Key: keyOf(name), ConditionExpression: 'attribute_exists(pk)' },
  })

  test('makes all writes', async () => {
    expect(await transact(table, [create('one'), create('two')])).toBeUndefined()
    expect(await getItems(table, [keyOf('one'), keyOf('two')])).toEqual([itemOf('one'), itemOf('two')])
  })

  test('makes none if a condition fails, and returns which ones failed', async () => {
    await put(itemOf('taken'))
    const writes = [create('free'), create('taken'), exists('missing')]
    expect(await transact(table, writes)).toEqual([false, true, true])
    expect(await get('free')).toBeUndefined()
  })

  test('that fails for another reason throws', async () => {
    await expect(transact(table, [create('same'), exists('same')])).rejects.toMatchObject({
      code: 'unavailable',
      cause: { name: 'ValidationException' },
    })
    const gone = { aws: table.aws, name: 'missing' }
    await expect(transact(gone, [create('same')])).rejects.toMatchObject({
      code: 'unavailable',
      cause: { name: 'ResourceNotFoundException' },
    })
  })

  test('has a request token of its own', async () => {
    const tokens: unknown[] = []
    const aws: AwsCall = async (_service, _operation, input) => {
      tokens.push(Object(input).ClientRequestToken)
      return {}
    }
    await transact({ aws, name: table.name }, [create('any')])
    await transact({ aws, name: table.name }, [create('any')])
    expect(tokens).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), expect.any(String)])
    expect(tokens[0]).not.toBe(tokens[1])
  })
})
