import { isDeepStrictEqual } from 'node:util'
import type { Item } from '../../lib/aws/dynamodb.ts'

/** Calls another operation of DynamoDB. It throws a {@link DynamoDbError}. */
export type Call = (operation: string, input: object) => Promise<Record<string, unknown>>

interface Reason {
  Code: string
  Message?: string
  Item?: unknown
}

/** An error of DynamoDB. */
export class DynamoDbError extends Error {
  readonly type: string
  readonly reasons: readonly Reason[] | undefined
  /** @param type - Error type, with or without a namespace. */
  constructor(type: string, message = '', reasons?: readonly Reason[]) {
    super(message)
    this.type = type.replace(/^.*#/, '')
    this.reasons = reasons
  }

  /** The body of the response. AWS capitalizes `Message` in this place. */
  get output(): object {
    const __type = `com.amazonaws.dynamodb.v20120810#${this.type}`
    return this.reasons === undefined
      ? { __type, message: this.message }
      : { __type, Message: this.message, CancellationReasons: this.reasons }
  }
}

/** For each write of a transaction: the operation that makes it, and the members that it must have. */
const KINDS: Record<string, { operation: string; required: string[] }> = {
  Put: { operation: 'PutItem', required: ['TableName', 'Item'] },
  Update: { operation: 'UpdateItem', required: ['TableName', 'Key', 'UpdateExpression'] },
  Delete: { operation: 'DeleteItem', required: ['TableName', 'Key'] },
  // Without an UpdateExpression, it changes no item. It creates a missing one, which is deleted again.
  ConditionCheck: { operation: 'UpdateItem', required: ['TableName', 'Key', 'ConditionExpression'] },
}

const OPTIONAL = ['ConditionExpression', 'ExpressionAttributeNames', 'ExpressionAttributeValues']
const RETURN_OLD = 'ReturnValuesOnConditionCheckFailure'

const MAX_WRITES = 100
const MAX_TOKEN_LENGTH = 36
const TOKEN_LIFETIME_MS = 10 * 60_000

/** A table that does not exist. dynalite looks for the table after it has validated the rest. */
const NO_TABLE = 'a-table-that-does-not-exist'

interface Write {
  kind: string
  operation: string
  table: string
  input: Record<string, unknown>
  returnsOld: boolean
}

/** An item that a transaction created. */
export interface Insertion {
  table: string
  item: Item
}

interface Done {
  at: number
  items: unknown
}

/**
 * Returns the operation `TransactWriteItems`, which makes its writes by DynamoDB's other operations.
 *
 * No other operation may run at the same time: it makes all writes whose conditions hold, and takes them back
 * if another condition fails. It keeps the request tokens of successful transactions.
 *
 * Unlike AWS, it rejects unknown members, so that a misspelled one is found. It does not limit the size to 4 MB.
 *
 * @param now - Returns epoch milliseconds.
 * @param onInsertions - Gets the items that a transaction created with `Put`, when it is done.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
 */
export function transactions(
  now: () => number,
  onInsertions: (insertions: readonly Insertion[]) => void,
): (call: Call, input: unknown) => Promise<object> {
  const tokens = new Map<string, Done>()
  return async (call, input) => {
    const { TransactItems: items, ClientRequestToken: token } = Object(input)
    const writes = readWrites(items, token)
    const earlier = tokens.get(token)
    if (earlier !== undefined && now() < earlier.at + TOKEN_LIFETIME_MS) {
      if (isDeepStrictEqual(earlier.items, items)) return {}
      throw new DynamoDbError(
        'IdempotentParameterMismatchException',
        'DynamoDB rejected the request because you retried a request with a different payload but with an idempotent token that was already used.',
      )
    }
    await checkExpressions(call, writes)
    const created = await makeAll(call, writes, await readKeys(call, writes))
    if (token !== undefined) tokens.set(token, { at: now(), items })
    onInsertions(created)
    return {}
  }
}

const invalid = (message: string) => new DynamoDbError('ValidationException', message)
const constraint = (where: string, what: string) =>
  invalid(`1 validation error detected: Value ${where} failed to satisfy constraint: Member must ${what}`)

function readWrites(items: unknown, token: unknown): Write[] {
  if (token !== undefined && String(token).length > MAX_TOKEN_LENGTH) {
    throw constraint(
      `'${token}' at 'clientRequestToken'`,
      `have length less than or equal to ${MAX_TOKEN_LENGTH}`,
    )
  }
  if (!Array.isArray(items)) throw constraint(`null at 'transactItems'`, 'not be null')
  if (items.length === 0)
    throw constraint(`'[]' at 'transactItems'`, 'have length greater than or equal to 1')
  if (items.length > MAX_WRITES) {
    throw constraint(`at 'TransactItems'`, `have length less than or equal to ${MAX_WRITES}`)
  }
  return items.map(readWrite)
}

function readWrite(item: unknown, index: number): Write {
  const [entry, ...others] = Object.entries(Object(item))
  if (others.length > 0) throw invalid('TransactItems can only contain one of Check, Put, Update or Delete')
  const [kind = '', value] = entry ?? []
  const rules = KINDS[kind]
  if (rules === undefined) {
    throw invalid('Invalid Request: TransactWriteRequest should contain Delete or Put or Update request')
  }
  const { TableName, [RETURN_OLD]: returnOld, ...input } = Object(value)
  const path = `transactItems.${index + 1}.member.${lowerFirst(kind)}`
  const missing = rules.required.find((name) => Object(value)[name] === undefined)
  if (missing !== undefined) throw constraint(`null at '${path}.${lowerFirst(missing)}'`, 'not be null')
  const unknown = Object.keys(input).find((name) => ![...rules.required, ...OPTIONAL].includes(name))
  if (unknown !== undefined) throw invalid(`Unknown member '${path}.${unknown}'`)
  return {
    kind,
    operation: rules.operation,
    table: String(TableName),
    input,
    returnsOld: returnOld === 'ALL_OLD',
  }
}

const lowerFirst = (name: string) => name.charAt(0).toLowerCase() + name.slice(1)

/** Rejects the first invalid write. AWS reads all expressions before it reads tables and items. */
async function checkExpressions(call: Call, writes: readonly Write[]): Promise<void> {
  const calls = writes.map(({ operation, input }) => call(operation, { ...input, TableName: NO_TABLE }))
  const outcomes = await Promise.allSettled(calls)
  const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
  const fault = errors.find(({ type }) => type !== 'ResourceNotFoundException')
  if (fault !== undefined) throw fault
}

/**
 * Returns the key of each write.
 *
 * @throws If a table is missing, or two writes are of one item.
 */
async function readKeys(call: Call, writes: readonly Write[]): Promise<object[]> {
  const keyNames = new Map<string, string[]>()
  for (const TableName of new Set(writes.map(({ table }) => table))) {
    const { Table } = await call('DescribeTable', { TableName }).catch(() => {
      throw new DynamoDbError('ResourceNotFoundException', 'Requested resource not found')
    })
    const { KeySchema } = Table as { KeySchema: { AttributeName: string }[] }
    const names = KeySchema.map(({ AttributeName }) => AttributeName)
    keyNames.set(TableName, names)
  }
  const keys = writes.map(({ table, input }) => {
    const attributes = Object(input.Key ?? input.Item)
    return Object.fromEntries((keyNames.get(table) ?? []).map((name) => [name, attributes[name]]))
  })
  if (new Set(keys.map((key, index) => JSON.stringify([writes[index]?.table, key]))).size < keys.length) {
    throw invalid('Transaction request cannot include multiple operations on one item')
  }
  return keys
}

interface Attempt {
  reason: Reason
  /** Whether there was no item before. */
  isNew: boolean
  undo(): Promise<unknown>
}

/** Makes all writes, or takes back those that succeeded. Returns the new items. */
async function makeAll(call: Call, writes: readonly Write[], keys: readonly object[]): Promise<Insertion[]> {
  const attempts = await Promise.all(writes.map((write, index) => attempt(call, write, Object(keys[index]))))
  const reasons = attempts.map(({ reason }) => reason)
  const failed = reasons.some(({ Code }) => Code !== 'None')
  const taken = attempts.filter((_, index) => failed || writes[index]?.kind === 'ConditionCheck')
  await Promise.all(taken.map(({ undo }) => undo()))
  if (!failed) {
    return writes
      .filter(({ kind }, index) => kind === 'Put' && attempts[index]?.isNew)
      .map(({ table, input }) => ({ table, item: input.Item as Item }))
  }
  const empty = reasons.find(({ Message }) =>
    Message?.startsWith('One or more parameter values are not valid.'),
  )
  if (empty !== undefined) throw invalid(String(empty.Message))
  const codes = reasons.map(({ Code }) => Code).join(', ')
  throw new DynamoDbError(
    'TransactionCanceledException',
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    reasons,
  )
}

async function attempt(
  call: Call,
  { operation, table, input, returnsOld }: Write,
  key: object,
): Promise<Attempt> {
  const TableName = table
  try {
    const { Attributes: Item } = await call(operation, { ...input, TableName, ReturnValues: 'ALL_OLD' })
    const undo = () =>
      Item === undefined ? call('DeleteItem', { TableName, Key: key }) : call('PutItem', { TableName, Item })
    return { reason: { Code: 'None' }, isNew: Item === undefined, undo }
  } catch (error) {
    if (!(error instanceof DynamoDbError)) throw error
    const isCondition = error.type === 'ConditionalCheckFailedException'
    const Code = isCondition ? 'ConditionalCheckFailed' : 'ValidationError'
    const { Item } = isCondition && returnsOld ? await call('GetItem', { TableName, Key: key }) : {}
    return {
      reason: { Code, Message: error.message, ...(Item !== undefined && { Item }) },
      isNew: false,
      undo: async () => undefined,
    }
  }
}
