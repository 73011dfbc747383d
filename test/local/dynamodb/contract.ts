import { signed } from '../aws-service.ts'

/** Attributes of an item. */
export type Attributes = Record<string, object>

/** What a call returned: nothing, attributes, or an error. */
export type Outcome =
  | 'done'
  | { attributes: Attributes }
  | { type: string; message?: unknown; reasons?: unknown[] }

/** A call on a few items of one partition, what AWS documents for it, and the items after it. */
export interface Case {
  what: string
  before?: Attributes[]
  operation?: 'UpdateItem'
  /** Input without `TableName`. */
  input: object
  outcome: Outcome
  after: Attributes[]
  /** What moto 5.1.1 does, if it differs from AWS. */
  moto?: string | undefined
}

/** Returns rows for `test.each` that begin with the name of the test. */
export const byName = (cases: readonly Case[]) => cases.map((row) => [row.what, row] as const)

export const TABLE = 'transactions'
const PARTITION = { S: 'contract' }

export const key = (sk: string) => ({ pk: PARTITION, sk: { S: sk } })
export const item = (sk: string, more: Attributes = {}): Attributes => ({ ...key(sk), ...more })

/** Calls DynamoDB without a client library, and returns status and body. */
export type Ask = (operation: string, input: object) => Promise<{ status: number; output: Output }>

interface Output {
  __type?: string
  message?: string
  Message?: string
  CancellationReasons?: unknown[]
  Items?: Attributes[]
  Attributes?: Attributes
  Table?: { TableStatus: string }
}

/** @param url - Where DynamoDB listens. It must not verify signatures. */
export const askAt =
  (url: string | URL): Ask =>
  async (operation, input) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/x-amz-json-1.0',
        'X-Amz-Target': `DynamoDB_20120810.${operation}`,
        ...signed('dynamodb'),
      },
      body: JSON.stringify(input),
    })
    const body = await response.text()
    return { status: response.status, output: body.startsWith('{') ? (JSON.parse(body) as Output) : {} }
  }

/** Creates a table, with keys like the table of `serverless.yml`. */
export async function createTable(ask: Ask, TableName = TABLE): Promise<void> {
  await ask('CreateTable', {
    TableName,
    AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    BillingMode: 'PAY_PER_REQUEST',
  })
  for (let status: unknown; status !== 'ACTIVE'; ) {
    status = (await ask('DescribeTable', { TableName })).output.Table?.TableStatus
  }
}

/** Returns the items of the partition in the order of their sort keys, and sets in the order of their elements. */
export async function readItems(ask: Ask): Promise<Attributes[]> {
  const { output } = await ask('Query', {
    TableName: TABLE,
    ConsistentRead: true,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': PARTITION },
  })
  return (output.Items ?? []).map(withSortedSets)
}

const withSortedSets = (attributes: Attributes): Attributes =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      'SS' in value ? { SS: (value.SS as string[]).toSorted() } : value,
    ]),
  )

/** Runs a case on an otherwise empty partition, and returns the outcome and the items after it. */
export async function runCase(ask: Ask, { before = [], operation, input }: Case) {
  for (const { pk, sk } of await readItems(ask)) {
    await ask('DeleteItem', { TableName: TABLE, Key: { pk, sk } })
  }
  for (const Item of before) await ask('PutItem', { TableName: TABLE, Item })
  const { status, output } = operation
    ? await ask(operation, { TableName: TABLE, ...input })
    : await ask('TransactWriteItems', input)
  return { outcome: outcomeOf(status, output), after: await readItems(ask) }
}

function outcomeOf(status: number, output: Output): Outcome {
  // moto adds empty attributes that were not requested.
  const attributes = withSortedSets(output.Attributes ?? {})
  if (status === 200) return Object.keys(attributes).length > 0 ? { attributes } : 'done'
  const { __type = 'UnknownError', CancellationReasons: reasons } = output
  const message = output.message ?? output.Message
  return { type: __type.replace(/^.*#/, ''), message, ...(reasons && { reasons }) }
}
