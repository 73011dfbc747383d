import type { Table } from '../../../lib/aws/dynamodb.ts'
import { addUser, findUser } from '../../../lib/users/store.ts'
import { newUser } from '../../../lib/users/user.ts'
import { inParallel } from '../../cli/in-parallel.ts'
import { type Hashers, startHashers } from './hashers.ts'
import type { Place } from './lines.ts'
import { type NewAccount, readAccount } from './new-account.ts'
import type { Progress } from './progress.ts'
import type { UserRecord } from './records.ts'

/** What became of the rows of a file. */
export interface Tally {
  added: number
  present: number
  bad: number
}

const IN_FLIGHT = 32

/** An account that may be added, or what is wrong with its line. */
type Row = Place & ({ account: NewAccount } | { fault: string })

/**
 * Adds the users of a file. Each is one conditional write, and a user who is there stays as it is, so that an
 * import which was interrupted anywhere can be run again.
 *
 * @param tally - Counts while the import goes on, so that it is right however the import ends.
 * @param ending - Once aborted, no more rows are taken; those begun are finished. A failure aborts it.
 * @throws ServiceError `unavailable`.
 */
export async function importUsers(
  table: Table,
  records: AsyncGenerator<UserRecord>,
  progress: Progress,
  tally: Tally,
  ending: AbortController,
): Promise<void> {
  const hashers = startHashers()
  const settle = async (row: Row) => {
    if ('account' in row) {
      const added = await addAccount(table, row.account, hashers)
      tally[added ? 'added' : 'present'] += 1
    } else {
      tally.bad += 1
      progress.tell(`line ${row.line}: ${row.fault}`)
    }
    progress.advance(row.end)
  }
  try {
    await inParallel(IN_FLIGHT, rowsOf(records, ending.signal), (row) =>
      settle(row).catch((error: unknown) => {
        // Who waits for the next row, of standard input for one, must not wait on.
        ending.abort()
        throw error
      }),
    )
  } finally {
    await hashers.stop()
  }
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
    else yield { line, end, fault: `This is the user of line ${earlier} again.` }
  }
}

/** Returns whether the user was not there before. */
async function addAccount(table: Table, account: NewAccount, hashers: Hashers): Promise<boolean> {
  const { username, role, disabled } = account
  // A hash takes long; what an earlier run has added need not wait for one again.
  if ('password' in account && (await findUser(table, username))) return false
  const hash = 'password' in account ? await hashers.hash(account.password) : account.passwordHash
  const user = newUser(username, role, hash, new Date())
  return await addUser(table, { ...user, disabled, createdAt: account.createdAt ?? user.createdAt })
}
