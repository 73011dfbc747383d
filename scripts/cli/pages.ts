import { getItems, type Item, type Key, type Table } from '../../lib/aws/dynamodb.ts'
import { ServiceError } from '../../lib/errors.ts'
import { Refusal } from './refusal.ts'
import { inParallel } from './sequences/in-parallel.ts'

/** The most that `BatchGetItem` takes. */
const KEYS_PER_CALL = 100

const CALLS_IN_FLIGHT = 16

const MAX_LIMIT = 10_000

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
  async function* starts() {
    for (let start = 0; start < keys.length; start += KEYS_PER_CALL) yield start
  }
  await inParallel(CALLS_IN_FLIGHT, starts(), async (start) => {
    pages[start] = await getItems(table, keys.slice(start, start + KEYS_PER_CALL), attributes)
  })
  return Object.values(pages)
    .flat()
    .filter((item) => item !== undefined)
}

/**
 * Reads `--limit`.
 *
 * @throws {@link Refusal} `usage`
 */
export function readLimit(given: string): number {
  const limit = Number(given)
  if (!/^\d+$/.test(given) || limit < 1 || limit > MAX_LIMIT) {
    throw new Refusal('usage', `Invalid --limit. Use a whole number from 1 to ${MAX_LIMIT}.`)
  }
  return limit
}
