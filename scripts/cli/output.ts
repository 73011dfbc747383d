import Table from 'cli-table3'
import type { SessionSummary } from '../../lib/sessions/session.ts'
import type { Account } from '../users/store.ts'

/** One object or array, for other programs. */
export const asJson = (value: object) => `${JSON.stringify(value, null, 2)}\n`

/** Users as a table. */
export const accountTable = (accounts: readonly Account[]) =>
  table(
    ['username', 'role', 'state', 'created', 'changed'],
    accounts.map((account) => [
      account.username,
      account.role,
      stateOf(account),
      account.createdAt,
      account.changedAt,
    ]),
  )

/** One user, a line for each thing known. */
export const accountText = (account: Account) =>
  [
    `username  ${account.username}`,
    `role      ${account.role}`,
    `state     ${stateOf(account)}`,
    `created   ${account.createdAt}`,
    `changed   ${account.changedAt}`,
    '',
  ].join('\n')

/** Sessions as a table. */
export const sessionTable = (sessions: readonly SessionSummary[]) =>
  table(
    ['id', 'created', 'last used', 'expires', 'source', 'user agent'],
    sessions.map((session) =>
      [
        session.id,
        session.createdAt,
        session.lastUsedAt,
        session.expiresAt,
        session.sourceIp,
        session.userAgent,
      ].map(printable),
    ),
  )

const stateOf = ({ disabled }: Account) => (disabled ? 'disabled' : 'enabled')

function table(head: string[], rows: string[][]): string {
  const printed = new Table({ head, style: { head: [], border: [], compact: true } })
  printed.push(...rows)
  return `${printed}\n`
}

/** A user agent is what the client says it is, and must not steer the operator's terminal. */
const printable = (text: string) => text.replace(/\p{C}/gu, '\u{FFFD}')
