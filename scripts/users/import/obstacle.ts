import type { Table } from '../../../lib/aws/dynamodb.ts'
import type { User } from '../../../lib/users/user.ts'
import { findById, findByName } from '../store.ts'
import { type ImportedIdentity, takenIdentity } from './identities.ts'
import type { AccountValues } from './new-account.ts'

/**
 * Returns why an account cannot be added: `present`, if the user exists and the line can be skipped, or the fault of a
 * line whose names, id or identities belong to another user.
 *
 * Another import may add the user of the line between the reads. So the user of each id and address counts by its username.
 */
export async function findObstacle(
  table: Table,
  { id, username, email }: AccountValues,
  identities: readonly ImportedIdentity[] = [],
): Promise<'present' | { fault: string } | undefined> {
  const present = (user: User | undefined) =>
    user?.username === username && (id === undefined || id === user.id) ? ('present' as const) : undefined
  const named = await findByName(table, username)
  if (named !== undefined) {
    const fault =
      named.username === username
        ? 'id: The user of this name has another id.'
        : 'username: Is the address of another user.'
    return present(named) ?? { fault }
  }
  const owner = id === undefined ? undefined : await findById(table, id)
  if (owner !== undefined) return present(owner) ?? { fault: 'id: The user with this id has another name.' }
  const addressee = email === undefined || email === username ? undefined : await findByName(table, email)
  if (addressee === undefined) return await takenIdentity(table, identities)
  return present(addressee) ?? { fault: 'email: Another user exists with this login name.' }
}
