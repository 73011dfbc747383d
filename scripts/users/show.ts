import type { Table } from '../../lib/aws/dynamodb.ts'
import { asJson } from '../cli/table.ts'
import { accountOf, stateOf } from './account.ts'
import { findExisting } from './store.ts'

/** How a command prints what it reads. */
export interface ReadOptions {
  json?: boolean
}

/** Formats one user, one line for each value. */
export async function show(table: Table, loginName: string, { json }: ReadOptions): Promise<string> {
  const account = accountOf(await findExisting(table, loginName))
  if (json) return asJson(account)
  const { email, emailVerified } = account
  return [
    `username  ${account.username}`,
    ...(email === undefined ? [] : [`address   ${email}, ${emailVerified ? 'verified' : 'not verified'}`]),
    `id        ${account.id}`,
    `role      ${account.role}`,
    `state     ${stateOf(account)}`,
    `created   ${account.createdAt}`,
    `changed   ${account.changedAt}`,
    '',
  ].join('\n')
}
