import { isDeepStrictEqual } from 'node:util'
import { type Item, type Table, text } from '../../../lib/aws/dynamodb.ts'
import { allItems } from '../../../scripts/cli/pages.ts'

/** Reads a table. Returns a function that gives it the same items again, by two calls: at most 25 items may differ. */
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
    if (writes.length > 0) {
      await table.aws('dynamodb', 'BatchWriteItem', { RequestItems: { [table.name]: writes } })
    }
  }
}

const itemsOf = async (table: Table): Promise<Map<string, Item>> =>
  new Map(
    (await allItems(table, 'Scan', {})).map((item) => [`${text(item, 'pk')} ${text(item, 'sk')}`, item]),
  )
