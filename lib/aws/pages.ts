import { ServiceError } from '../errors.ts'
import { eachOf, inParallel } from '../sequences.ts'
import { batchesOf } from './batches.ts'
import { getItems, type Item, type Key, type Table } from './dynamodb.ts'

const CALLS_IN_FLIGHT = 16

/** One page of items. */
export interface ItemPage {
  items: Item[]
  /** Key of the last item that was read for the page, if there may be more. */
  lastKey?: Item
}

/**
 * Reads items page by page, as of this moment. It reads a page only when the caller asks for it.
 *
 * @param members - Members of the operation's input, without the table's name.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function* pagesOf(
  { aws, name }: Table,
  operation: 'Scan' | 'Query',
  members: object,
): AsyncGenerator<ItemPage> {
  for (let from: object | undefined = {}; from !== undefined; ) {
    const input = { TableName: name, ConsistentRead: true, ...members, ...from }
    const { Items, LastEvaluatedKey } = await aws('dynamodb', operation, input)
    if (!Array.isArray(Items)) throw new ServiceError('unavailable', 'the store returned no items')
    yield { items: Items, ...(LastEvaluatedKey !== undefined && { lastKey: Object(LastEvaluatedKey) }) }
    from = LastEvaluatedKey === undefined ? undefined : { ExclusiveStartKey: LastEvaluatedKey }
  }
}

/** Reads the items of all pages; see {@link pagesOf}. */
export async function allItems(table: Table, operation: 'Scan' | 'Query', members: object): Promise<Item[]> {
  const all: Item[] = []
  for await (const { items } of pagesOf(table, operation, members)) all.push(...items)
  return all
}

/** Reads those of many items that exist, several calls at a time. No key is in the list twice. */
export async function readItems(
  table: Table,
  keys: readonly Key[],
  attributes?: readonly string[],
): Promise<Item[]> {
  const pages: (Item | undefined)[][] = []
  await inParallel(CALLS_IN_FLIGHT, eachOf([...batchesOf(keys).entries()]), async ([index, batch]) => {
    pages[index] = await getItems(table, batch, attributes)
  })
  return pages.flat().filter((item) => item !== undefined)
}
