import type { Table } from '../../../lib/aws/dynamodb.ts'
import { findById, findByName } from '../store.ts'
import type { AccountValues } from './new-account.ts'

/**
 * Returns why an account cannot be added: `present`, if the user exists and the line can be skipped, or the fault of a
 * line whose names or id belong to another user.
 */
export async function findObstacle(
  table: Table,
  { id, username, email }: AccountValues,
): Promise<'present' | { fault: string } | undefined> {
  const named = await findByName(table, username)
  if (named !== undefined && named.username !== username) {
    return { fault: 'username: Is the address of another user.' }
  }
  if (named !== undefined) {
    return id === undefined || id === named.id
      ? 'present'
      : { fault: 'id: The user of this name has another id.' }
  }
  if (id !== undefined && (await findById(table, id)) !== undefined) {
    return { fault: 'id: The user with this id has another name.' }
  }
  if (email !== undefined && email !== username && (await findByName(table, email)) !== undefined) {
    return { fault: 'email: Another user exists with this login name.' }
  }
  return undefined
}
