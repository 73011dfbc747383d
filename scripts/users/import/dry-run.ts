import type { Table } from '../../../lib/aws/dynamodb.ts'
import { stateOf } from '../account.ts'
import { takenPasskey } from './belongings/factors.ts'
import type { Settle } from './import-users.ts'
import { findObstacle } from './obstacle.ts'

/**
 * Creates the {@link Settle} of a dry run, which only reads.
 *
 * @param plan - Takes what an import would do, one text for each line of the file, in the order of the file.
 * @param moved - As {@link findObstacle} takes it.
 */
export function checkRow(table: Table, plan: string[], moved?: ReadonlySet<string>): Settle {
  return async ({ values, identities, factors = {} }, line) => {
    const { username, role } = values
    const obstacle =
      (await findObstacle(table, values, identities, moved)) ?? (await takenPasskey(table, factors))
    if (typeof obstacle === 'object') return obstacle
    const isNew = obstacle === undefined
    const outcome = isNew
      ? `add ${username}, ${role}, ${stateOf(values)}`
      : `skip ${username}, which exists${obstacle === 'renamed' ? ' under another name' : ''}`
    // Lines settle out of order. Those without a text leave gaps, which `join` ignores.
    plan[line] = `${plan[line] ?? ''}line ${line}: ${outcome}\n`
    return obstacle ?? 'added'
  }
}
