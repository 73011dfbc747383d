import { type Table, type TransactWrite, transact, writeIf } from '../aws/dynamodb.ts'
import { ServiceError } from '../errors.ts'

/**
 * Stores the item that begins a change of factors, in one transaction with the writes that spend its proof. A password needs none. It may
 * be called twice without them.
 *
 * @throws {@link ServiceError} `conflict`, if another request has spent the proof; `unavailable`.
 */
export async function putWith(
  table: Table,
  spends: readonly TransactWrite[] | undefined,
  put: object,
): Promise<void> {
  if (!spends?.length) await writeIf(table, 'PutItem', put)
  else if (await transact(table, [{ Put: put }, ...spends])) {
    throw new ServiceError('conflict', 'the proof is spent')
  }
}
