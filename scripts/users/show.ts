import type { Table } from '../../lib/aws/dynamodb.ts'
import { asJson } from '../cli/table.ts'
import { accountOf, stateOf } from './account.ts'
import { findExisting } from './store.ts'

/** How a command prints what it reads. */
export interface ReadOptions {
  json?: boolean
}

/** Formats one user, one line for each value. */
export async function show(table: Table, username: string, { json }: ReadOptions): Promise<string> {
  const account = accountOf(await findExisting(table, username))
  if (json) return asJson(account)
  return [
    `username  ${account.username}`,
    `role      ${account.role}`,
    `state     ${stateOf(account)}`,
    `created   ${account.createdAt}`,
    `changed   ${account.changedAt}`,
    '',
  ].join('\n')
}
