import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Attribute, Item, Key } from '../lib/aws/dynamodb.ts'
import { createKms } from '../local/kms.ts'

// AWS for the bench, in a process of its own so that it takes no time from the function's thread. KMS is the one
// that local development has: signatures must be real, or no token would verify. DynamoDB keeps what it is given
// until it is told that the bench begins; from then on it agrees to every write and makes none, so that a refresh
// token stays the one of the moment, and the same request costs the same however often it is made.
const [region = '', ...keyAliases] = process.argv.slice(2)

const items = new Map<string, Item>()
const idOf = ({ pk, sk }: Item | Key) => JSON.stringify([pk, sk])
let isFilling = true

interface Input {
  TableName: string
  Item: Item
  Key: Key
  RequestItems: Record<string, { Keys: Key[] }>
  ExpressionAttributeValues: { ':pk': { S: string } }
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
  Query({ ExpressionAttributeValues }) {
    const isWanted = (pk: Attribute | undefined) =>
      JSON.stringify(pk) === JSON.stringify(ExpressionAttributeValues[':pk'])
    return { Items: [...items.values()].filter(({ pk }) => isWanted(pk)) }
  },
  UpdateItem: () => ({}),
  DeleteItem: () => ({}),
}

const dynamodb = createServer(async (request, response) => {
  const input = JSON.parse(await text(request))
  const operation = String(request.headers['x-amz-target']).replace(/^.*\./, '')
  const answer = operations[operation]?.(input)
  response.statusCode = answer === undefined ? 400 : 200
  response.end(JSON.stringify(answer ?? { __type: 'UnknownOperationException' }))
})

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
process.send?.({ dynamodb: await listen(dynamodb), kms: await listen(await createKms(keyAliases, region)) })
