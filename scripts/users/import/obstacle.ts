import type { Table } from '../../../lib/aws/dynamodb.ts'
import { type Administered, findAdministered, findByName } from '../../../lib/operators/accounts.ts'
import { type ImportedIdentity, takenIdentity } from './belongings/identities.ts'
import type { AccountValues } from './new-account.ts'

/**
 * Returns why an account cannot be added: `present`, if the user exists and the line can be skipped, `renamed`, if a user of another name has its `externalId`, or the fault of a
 * line whose names, id or identities belong to another user.
 *
 * Another import may add the user of the line between the reads. So the user of each id and address counts by its username.
 *
 * @param moved - Values of `externalId` that users here have, for users who move with their passwords. Such a user is the same under
 *   another name, and another one under the same name.
 */
export async function findObstacle(
  table: Table,
  { id, username, email, externalId }: AccountValues,
  identities: readonly ImportedIdentity[] = [],
  moved?: ReadonlySet<string>,
): Promise<'present' | 'renamed' | { fault: string } | undefined> {
  const present = (user: Administered | undefined) =>
    user?.username === username &&
    (id === undefined || id === user.id) &&
    (moved === undefined || externalId === user.externalId)
      ? ('present' as const)
      : undefined
  const named = await findByName(table, username)
  if (externalId !== undefined && moved?.has(externalId)) {
    return named?.externalId === externalId ? 'present' : 'renamed'
  }
  if (named !== undefined) {
    if (named.username !== username) return { fault: 'username: Is the address of another user.' }
    const other = moved !== undefined && externalId !== named.externalId ? 'externalId' : 'id'
    return present(named) ?? { fault: `${other}: The user of this name has another ${other}.` }
  }
  const owner = id === undefined ? undefined : await findAdministered(table, id)
  if (owner !== undefined) return present(owner) ?? { fault: 'id: The user with this id has another name.' }
  const addressee = email === undefined || email === username ? undefined : await findByName(table, email)
  if (addressee === undefined) return await takenIdentity(table, identities)
  return present(addressee) ?? { fault: 'email: Another user exists with this login name.' }
}
