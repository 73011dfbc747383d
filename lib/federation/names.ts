import type { Table } from '../aws/dynamodb.ts'
import { findIdentityProviders } from './identity.ts'
import { findProviderNames } from './provider.ts'

/**
 * Finds the names of the providers that a user signs in with, for mails. A removed provider has its id.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findProvidersOf(table: Table, userId: string): Promise<string[]> {
  const ids = await findIdentityProviders(table, userId)
  const names = await findProviderNames(table, ids)
  return ids.map((id) => names.get(id) ?? id)
}
