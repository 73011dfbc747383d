import type { Table } from '../../../lib/aws/dynamodb.ts'
import { addUser, findUser } from '../../../lib/users/store.ts'
import { newUser } from '../../../lib/users/user.ts'
import { inParallel } from '../../cli/in-parallel.ts'
import type { Hashers } from './hashers.ts'
import type { Place } from './lines.ts'
import { type NewAccount, readAccount } from './new-account.ts'
import type { Progress } from './progress.ts'
import type { UserRecord } from './records.ts'

/** How many lines of a file ended how. */
export interface Tally {
  added: number
  present: number
  invalid: number
}

/** Adds the user of a line, or checks whether it would. Returns `true` if the user did not exist. */
export type Settle = (account: NewAccount, line: number) => Promise<boolean>

const IN_FLIGHT = 32

/** A line with a valid account, or with its fault. */
type Row = Place & ({ account: NewAccount } | { fault: string })

/**
 * Takes the records of a file, several at a time.
 *
 * @param tally - Counts during the import, so that it is right however the import ends.
 * @param ending - Once aborted, no further line is taken, and those begun are finished. A failure aborts it.
 * @throws ServiceError `unavailable`.
 */
export async function takeRows(
  records: AsyncGenerator<UserRecord>,
  settle: Settle,
  progress: Progress,
  tally: Tally,
  ending: AbortController,
): Promise<void> {
  const take = async (row: Row) => {
    if ('account' in row) {
      const isNew = await settle(row.account, row.line)
      tally[isNew ? 'added' : 'present'] += 1
    } else {
      tally.invalid += 1
      progress.print(`line ${row.line}: ${row.fault}`)
    }
    progress.advance(row.end)
  }
  await inParallel(IN_FLIGHT, rowsOf(records, ending.signal), (row) =>
    take(row).catch((error: unknown) => {
      // The other lanes may wait for a next line, which standard input may never give.
      ending.abort()
      throw error
    }),
  )
}

/**
 * Creates the {@link Settle} of an import. Each user is one conditional write, and an existing user stays as it is, so an
 * import that was interrupted anywhere can be run again.
 */
export const addRow =
  (table: Table, hashers: Hashers, now: () => Date): Settle =>
  async (account) => {
    const { username, role, disabled } = account
    // A hash takes long. An import that is run again skips the hashes of the users it added before.
    if ('password' in account && (await findUser(table, username))) return false
    const hash = 'password' in account ? await hashers.hash(account.password) : account.passwordHash
    const user = newUser(username, role, hash, now())
    return await addUser(table, { ...user, disabled, createdAt: account.createdAt ?? user.createdAt })
  }

async function* rowsOf(records: AsyncGenerator<UserRecord>, stopped: AbortSignal): AsyncGenerator<Row> {
  const lineOf = new Map<string, number>()
  for await (const record of records) {
    if (stopped.aborted) return
    const { line, end } = record
    const read = 'fault' in record ? record : readAccount(record.values)
    if ('fault' in read) {
      yield { line, end, fault: read.fault }
      continue
    }
    const earlier = lineOf.get(read.username)
    lineOf.set(read.username, earlier ?? line)
    if (earlier === undefined) yield { line, end, account: read }
    else yield { line, end, fault: `Same username as line ${earlier}.` }
  }
}
