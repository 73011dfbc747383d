import { type Key, type Table, text } from '../../lib/aws/dynamodb.ts'
import { removeUser } from '../../lib/users/names.ts'
import { findUserByName, nameKey, profileKey } from '../../lib/users/store.ts'
import { loginNamesOf, type User } from '../../lib/users/user.ts'
import { inParallel } from '../cli/in-parallel.ts'
import type { Io } from '../cli/io.ts'
import { allItems } from '../cli/pages.ts'
import { confirmOrRefuse } from '../cli/prompts.ts'
import { changeExisting, noSuchUser } from './store.ts'

const DELETIONS_IN_FLIGHT = 8

/**
 * Removes a user and everything stored about the user, also what an interrupted removal left under the name.
 *
 * Profile and names go first, in one transaction. From then on all sessions and tokens are invalid. If the
 * rest is not deleted, it does no harm, and leaves the table when it expires.
 */
export async function remove(table: Table, loginName: string, yes: boolean, io: Io): Promise<string> {
  const found = await findUserByName(table, loginName)
  if (found === undefined) {
    if ((await deleteIn(table, [nameKey(loginName).pk.S])) === 0) throw noSuchUser(loginName)
    return `User ${loginName} does not exist. Deleted what was left under the name.\n`
  }
  if (!yes) await confirmOrRefuse(`Remove ${loginName}? This cannot be undone.`, io)
  let removed: User = found
  await changeExisting(table, loginName, found, async (user) => {
    removed = user
    return (await removeUser(table, user)) === 'done'
  })
  await deleteAttached(table, removed)
  return `Removed ${loginName}.\n`
}

/** Deletes the sessions, counters and marks of a removed user. */
export async function deleteAttached(table: Table, user: User): Promise<void> {
  const names = loginNamesOf(user).map((name) => nameKey(name).pk.S)
  await deleteIn(table, [profileKey(user.id).pk.S, ...names])
}

/**
 * Deletes sessions, counters and marks, but no profile and no name: a new user may have claimed the name since.
 *
 * @param partitions - Partition keys of users and names.
 * @returns How many items were deleted.
 */
async function deleteIn({ aws, name }: Table, partitions: readonly string[]): Promise<number> {
  let deleted = 0
  for (const partition of partitions) {
    const items = await allItems({ aws, name }, 'Query', {
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: partition } },
      ProjectionExpression: 'pk, sk',
    })
    const keys = items.map((item): Key => ({ pk: { S: text(item, 'pk') }, sk: { S: text(item, 'sk') } }))
    const attached = keys.filter(({ sk }) => sk.S !== 'profile' && sk.S !== 'name')
    await inParallel(DELETIONS_IN_FLIGHT, eachOf(attached), async (Key) => {
      await aws('dynamodb', 'DeleteItem', { TableName: name, Key })
    })
    deleted += attached.length
  }
  return deleted
}

async function* eachOf<T>(values: readonly T[]): AsyncGenerator<T> {
  yield* values
}
