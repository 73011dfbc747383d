import type { Table } from '../../../lib/aws/dynamodb.ts'
import { findUser } from '../../../lib/users/store.ts'
import { stateOf } from '../account.ts'
import type { Settle } from './import-users.ts'

/**
 * Creates the {@link Settle} of a dry run, which only reads.
 *
 * @param plan - Takes what an import would do, one text for each line of the file, in the order of the file.
 */
export function checkRow(table: Table, plan: string[]): Settle {
  return async ({ username, role, disabled }, line) => {
    const exists = (await findUser(table, username)) !== undefined
    const outcome = exists
      ? `skip ${username}, which exists`
      : `add ${username}, ${role}, ${stateOf({ disabled })}`
    // Lines settle out of order. Those without a text leave gaps, which `join` ignores.
    plan[line] = `line ${line}: ${outcome}\n`
    return !exists
  }
}
