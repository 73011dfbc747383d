import { isDeepStrictEqual } from 'node:util'
import { type Item, type Table, text } from '../../../lib/aws/dynamodb.ts'
import { allItems } from '../../../lib/aws/pages.ts'

/** Most items that one call of `BatchWriteItem` writes. */
const BATCH = 25

/** Reads a table. Returns a function that gives it the same items again, by two calls if at most 25 items differ. */
export async function restorerOf(table: Table): Promise<() => Promise<void>> {
  const first = await itemsOf(table)
  return async () => {
    const present = await itemsOf(table)
    const writes = [
      ...[...present].flatMap(([key, { pk, sk }]) =>
        first.has(key) ? [] : [{ DeleteRequest: { Key: { pk, sk } } }],
      ),
      ...[...first].flatMap(([key, Item]) =>
        isDeepStrictEqual(Item, present.get(key)) ? [] : [{ PutRequest: { Item } }],
      ),
    ]
    for (let index = 0; index < writes.length; index += BATCH) {
      const batch = writes.slice(index, index + BATCH)
      await table.aws('dynamodb', 'BatchWriteItem', { RequestItems: { [table.name]: batch } })
    }
  }
}

const itemsOf = async (table: Table): Promise<Map<string, Item>> =>
  new Map(
    (await allItems(table, 'Scan', {})).map((item) => [`${text(item, 'pk')} ${text(item, 'sk')}`, item]),
  )
