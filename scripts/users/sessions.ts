import type { Table } from '../../lib/aws/dynamodb.ts'
import { type SessionSummary, summarizeLive } from '../../lib/sessions/session.ts'
import { findSessions } from '../../lib/sessions/store.ts'
import { type Io, widthOf } from '../cli/io.ts'
import { asJson, minuteOf, printable, table as tableOf, wrap } from '../cli/table.ts'
import type { ReadOptions } from './show.ts'
import { noSuchUser } from './store.ts'

/** Formats the live sessions of a user, the last used one first. */
export async function sessions(
  table: Table,
  username: string,
  { json }: ReadOptions,
  io: Io,
): Promise<string> {
  const found = await findSessions(table, username)
  if (found.user === undefined) throw noSuchUser(username)
  const live = summarizeLive(found.sessions, found.user, io.now())
  if (json) return asJson(live)
  return live.length === 0 ? `${username} has no sessions.\n` : shown(live, widthOf(io.stdout))
}

/** Each session takes a row, and below it where the client signed in from. A user agent is too long for a column. */
function shown(live: readonly SessionSummary[], width: number): string {
  const rows = live.map(({ id, createdAt, lastUsedAt, expiresAt }) => [
    id,
    ...[createdAt, lastUsedAt, expiresAt].map(minuteOf),
  ])
  const [head, ...lines] = tableOf(['id', 'created (UTC)', 'last used', 'expires'], rows, width)
    .trimEnd()
    .split('\n')
  const blocks = live.map(
    ({ sourceIp, userAgent }, index) =>
      `${lines[index]}\n  ${wrap(printable(`${sourceIp}  ${userAgent}`), width, '  ')}\n`,
  )
  return `${head}\n${blocks.join('')}`
}
