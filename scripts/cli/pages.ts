import type { Item, Table } from '../../lib/aws/dynamodb.ts'
import { ServiceError } from '../../lib/errors.ts'

/** One page of items. */
export interface Page {
  items: Item[]
  isLast: boolean
}

/**
 * Reads items page by page, as of this moment. It reads a page only when the caller asks for it.
 *
 * @param request - Members of the operation's input, without the table's name.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function* pagesOf(
  { aws, name }: Table,
  operation: 'Scan' | 'Query',
  request: object,
): AsyncGenerator<Page> {
  for (let from: object | undefined = {}; from !== undefined; ) {
    const input = { TableName: name, ConsistentRead: true, ...request, ...from }
    const { Items, LastEvaluatedKey } = await aws('dynamodb', operation, input)
    if (!Array.isArray(Items)) throw new ServiceError('unavailable', 'the store returned no items')
    yield { items: Items, isLast: LastEvaluatedKey === undefined }
    from = LastEvaluatedKey === undefined ? undefined : { ExclusiveStartKey: LastEvaluatedKey }
  }
}

/** Reads the items of all pages; see {@link pagesOf}. */
export async function allItems(table: Table, operation: 'Scan' | 'Query', request: object): Promise<Item[]> {
  const pages = await Array.fromAsync(pagesOf(table, operation, request))
  return pages.flatMap(({ items }) => items)
}
