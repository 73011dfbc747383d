import type { Table } from '../../../lib/aws/dynamodb.ts'
import { liveSessions } from '../../../lib/sessions/list.ts'
import type { SessionSummary } from '../../../lib/sessions/session.ts'
import { type Io, widthOf } from '../../cli/io.ts'
import { jsonOption, type Subcommand } from '../../cli/operator.ts'
import { asJson, dateOf, minuteOf, printable, table as tableOf, wrap } from '../../cli/terminal/table.ts'
import { ofUser } from '../arguments.ts'
import type { ReadOptions } from '../show.ts'
import { findExisting } from '../store.ts'

/** Formats all live sessions of a user, the newest first. */
async function sessions(table: Table, loginName: string, { json }: ReadOptions, io: Io): Promise<string> {
  const { id } = await findExisting(table, loginName)
  const live: SessionSummary[] = []
  for (let page = await liveSessions({ table, now: io.now() }, id); ; ) {
    live.push(...page.sessions)
    if (page.next === undefined) break
    page = await liveSessions({ table, now: io.now() }, id, page.next)
  }
  if (json) return asJson(live)
  return live.length === 0 ? `${loginName} has no sessions.\n` : shown(live, widthOf(io.stdout))
}

/** Each session takes a row, and below it where the client signed in from. A user agent is too long for a column. */
function shown(live: readonly SessionSummary[], width: number): string {
  const rows = live.map(({ id, createdAt, lastUsedAt, expiresAt }) => [
    id,
    minuteOf(createdAt),
    minuteOf(lastUsedAt),
    dateOf(expiresAt),
  ])
  // No column is wrapped, so each session has one line.
  const [head, ...lines] = tableOf(['id', 'created (UTC)', 'last used', 'expires'], rows, Infinity)
    .trimEnd()
    .split('\n')
  const blocks = live.map(
    ({ sourceIp, userAgent }, index) =>
      `${lines[index]}\n  ${wrap(printable(`${sourceIp}  ${userAgent}`), width, '  ')}\n`,
  )
  return `${head}\n${blocks.join('')}`
}

/** `npm run users -- sessions` */
export const sessionsCommand: Subcommand = (program) => {
  ofUser(program, 'sessions', 'lists the sessions of a user')
    .addOption(jsonOption())
    .action(async (name: string, options: ReadOptions) =>
      program.print(await sessions(await program.table(), name, options, program.io)),
    )
}
