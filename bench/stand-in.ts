import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Attribute, Item, Key } from '../lib/aws/dynamodb.ts'
import { createKms } from '../local/kms/kms.ts'

// Stands in for AWS, in its own process so that it takes no time from the function's thread. KMS is that of the local
// service, because tokens verify only with real signatures. DynamoDB stores items until the bench begins. From then on
// it accepts every write without storing it: a refresh token and a link stay valid, and every request costs the same. SES and
// Lambda accept everything.
const [region = '', ...keyAliases] = process.argv.slice(2)

const items = new Map<string, Item>()
const idOf = ({ pk, sk }: Item | Key) => JSON.stringify([pk, sk])
const textOf = (attribute: Attribute | undefined): string => Object(attribute).S ?? ''
let isFilling = true

interface Input {
  TableName: string
  Item: Item
  Key: Key
  RequestItems: Record<string, { Keys: Key[] }>
  TransactItems: { Put?: { Item: Item } }[]
  ExpressionAttributeValues: Record<string, { S: string }>
}

const operations: Record<string, (input: Input) => object> = {
  PutItem({ Item }) {
    if (isFilling) items.set(idOf(Item), Item)
    return {}
  },
  GetItem: ({ Key }) => ({ Item: items.get(idOf(Key)) }),
  BatchGetItem({ RequestItems }) {
    const found = Object.entries(RequestItems).map(([table, { Keys }]) => [
      table,
      Keys.map((key) => items.get(idOf(key))).filter((item) => item !== undefined),
    ])
    return { Responses: Object.fromEntries(found) }
  },
  Query({ ExpressionAttributeValues: { ':pk': wanted, ...prefixes } }) {
    const prefix = textOf(Object.values(prefixes)[0])
    const isWanted = ({ pk, sk }: Item) => textOf(pk) === textOf(wanted) && textOf(sk).startsWith(prefix)
    return { Items: [...items.values()].filter(isWanted) }
  },
  TransactWriteItems({ TransactItems }) {
    for (const { Put } of TransactItems) {
      if (isFilling && Put !== undefined) items.set(idOf(Put.Item), Put.Item)
    }
    return {}
  },
  UpdateItem: () => ({}),
  DeleteItem: () => ({}),
}

const dynamodb = createServer(async (request, response) => {
  const input = JSON.parse(await text(request))
  const operation = String(request.headers['x-amz-target']).replace(/^.*\./, '')
  const output = operations[operation]?.(input)
  response.statusCode = output === undefined ? 400 : 200
  response.end(JSON.stringify(output ?? { __type: 'UnknownOperationException' }))
})

const ses = createServer((_request, response) => response.end('{"MessageId":"1"}'))
const lambda = createServer((_request, response) => response.writeHead(202).end())

const listen = (server: typeof dynamodb) =>
  new Promise<string>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    })
  })

process.on('message', () => {
  isFilling = false
})
process.on('disconnect', () => process.exit())
process.send?.({
  dynamodb: await listen(dynamodb),
  kms: await listen(await createKms(keyAliases, region, [`${keyAliases[0]?.replace(/-[ab]$/, '')}-factors`])),
  lambda: await listen(lambda),
  ses: await listen(ses),
})
