import { isDeepStrictEqual } from 'node:util'
import type { Key, TransactWrite } from '../../lib/aws/dynamodb.ts'
import { findByName } from '../../lib/operators/accounts.ts'
import {
  attachedTo,
  attachedToNames,
  deleteItems,
  findRemoval,
  removeAccount,
} from '../../lib/operators/removal.ts'
import type { Io } from '../cli/io.ts'
import type { OperatorTable, Subcommand } from '../cli/operator.ts'
import { confirmOrRefuse } from '../cli/terminal/prompts.ts'
import { ofUser } from './arguments.ts'
import { changeExisting, noSuchUser } from './store.ts'

/**
 * Removes a user and everything stored about the user, also what an interrupted removal left under the name.
 *
 * Profile, names and second factors go first, in one transaction. From then on all sessions and tokens are invalid. If the
 * rest is not deleted, it does no harm, and leaves the table when it expires.
 */
export async function remove(table: OperatorTable, loginName: string, yes: boolean, io: Io): Promise<string> {
  const found = await findByName(table, loginName)
  if (found === undefined) {
    const left = await attachedToNames(table, [loginName])
    if (left.length === 0) throw noSuchUser(loginName)
    await deleteItems(table, left)
    return `User ${loginName} does not exist. Deleted what was left under the name.\n`
  }
  if (!yes) await confirmOrRefuse(`Remove ${loginName}? This cannot be undone.`, io)
  let attached: Key[] = []
  await changeExisting(table, loginName, found, async (user) => {
    const all = await attachedTo(table, user)
    const removal = await findRemoval(table, user.id)
    // An import may have brought the id back when the rest is deleted. The user may have factors again then, under the same keys.
    attached = all.filter((key) => !removal.writes.some((write) => isDeepStrictEqual(keyOf(write), key)))
    return (await removeAccount(table, user, removal, table.act())) === 'done'
  })
  await deleteItems(table, attached)
  return `Removed ${loginName}.\n`
}

const keyOf = (write: TransactWrite): Key | undefined => Object(Object.values(write)[0]).Key

/** `npm run users -- remove` */
export const removeCommand: Subcommand = (program) => {
  ofUser(program, 'remove', 'removes a user and everything stored about the user')
    .option('--yes', 'do not ask for confirmation')
    .action(async (name: string, { yes = false }: { yes?: boolean }) =>
      program.print(await remove(await program.operator('remove'), name, yes, program.io)),
    )
}
