import { isDeepStrictEqual } from 'node:util'
import { type Key, type Table, type TransactWrite, text } from '../../lib/aws/dynamodb.ts'
import { allItems } from '../../lib/aws/pages.ts'
import { grantsOf } from '../../lib/oauth/grants/app.ts'
import { findByName } from '../../lib/operators/accounts.ts'
import { findRemoval, removeAccount } from '../../lib/operators/removal.ts'
import { eachOf, inParallel } from '../../lib/sequences.ts'
import { nameKey, profileKey } from '../../lib/users/store.ts'
import { loginNamesOf, type User } from '../../lib/users/user.ts'
import type { Io } from '../cli/io.ts'
import type { OperatorTable, Subcommand } from '../cli/operator.ts'
import { confirmOrRefuse } from '../cli/terminal/prompts.ts'
import { ofUser } from './arguments.ts'
import { changeExisting, noSuchUser } from './store.ts'

const DELETIONS_IN_FLIGHT = 8

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

/**
 * Finds the sessions, counters and marks of a user, and what the user allows apps, before the user is removed. After that, an import may have brought
 * the same id back, and the sessions would be those of the new user.
 */
export function attachedTo(table: Table, user: Pick<User, 'id' | 'username' | 'email'>): Promise<Key[]> {
  const names = loginNamesOf(user).map((name) => nameKey(name).pk.S)
  return attachedIn(table, [profileKey(user.id).pk.S, grantsOf(user.id).S, ...names])
}

/** Finds the counters and marks of login names. */
export const attachedToNames = (table: Table, loginNames: readonly string[]): Promise<Key[]> =>
  attachedIn(
    table,
    loginNames.map((name) => nameKey(name).pk.S),
  )

/**
 * Finds sessions, counters and marks, but no profile and no name: a new user may claim the name.
 *
 * @param partitions - Partition keys of users and names.
 */
async function attachedIn(table: Table, partitions: readonly string[]): Promise<Key[]> {
  const attached: Key[] = []
  for (const partition of partitions) {
    const items = await allItems(table, 'Query', {
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: partition } },
      ProjectionExpression: 'pk, sk',
    })
    const keys = items.map((item): Key => ({ pk: { S: text(item, 'pk') }, sk: { S: text(item, 'sk') } }))
    attached.push(...keys.filter(({ sk }) => sk.S !== 'profile' && sk.S !== 'name'))
  }
  return attached
}

/** Deletes items, several at a time. */
export async function deleteItems({ aws, name }: Table, keys: readonly Key[]): Promise<void> {
  await inParallel(DELETIONS_IN_FLIGHT, eachOf(keys), async (Key) => {
    await aws('dynamodb', 'DeleteItem', { TableName: name, Key })
  })
}

/** `npm run users -- remove` */
export const removeCommand: Subcommand = (program) => {
  ofUser(program, 'remove', 'removes a user and everything stored about the user')
    .option('--yes', 'do not ask for confirmation')
    .action(async (name: string, { yes = false }: { yes?: boolean }) =>
      program.print(await remove(await program.operator('remove'), name, yes, program.io)),
    )
}
