import { randomBytes } from 'node:crypto'
import { isRefused } from '../../../lib/aws/client.ts'
import { ServiceError } from '../../../lib/errors.ts'
import { linkWrites } from '../../../lib/federation/identity.ts'
import { inParallel } from '../../../lib/sequences.ts'
import { createUser } from '../../../lib/users/names.ts'
import { newUser, USER_RANDOM_BYTES } from '../../../lib/users/user.ts'
import type { Faults } from '../../cli/files/faults.ts'
import type { Place } from '../../cli/files/lines.ts'
import type { OperatorTable } from '../../cli/operator.ts'
import type { Progress } from '../../cli/terminal/progress.ts'
import { factorWrites, takenPasskey, withFactors } from './belongings/factors.ts'
import type { Hashers } from './hashes/hashers.ts'
import { type NewAccount, readAccount } from './new-account.ts'
import { findObstacle } from './obstacle.ts'
import type { UserRecord } from './records.ts'
import { findRepetitions } from './repetitions.ts'

/** How many lines of a file ended how. */
export interface Tally {
  added: number
  present: number
  /** Their `externalId` is that of a user with another name. Most have been renamed here. */
  renamed: number
  invalid: number
  /** The store did not say whether the user is added. */
  unknown: number
}

/** What an import shows of its lines. */
export interface Report {
  tally: Tally
  faults: Faults
  progress: Progress
}

/** Adds the user of a line, or checks whether it would. Returns what became of the line. */
export type Settle = (
  account: NewAccount,
  line: number,
) => Promise<'added' | 'present' | 'renamed' | { fault: string }>

const IN_FLIGHT = 32

/** A line with a valid account, or with its fault. */
type Row = Place & ({ account: NewAccount } | { fault: string })

/**
 * Takes the records of a file, several at a time.
 *
 * @param report - Counts and prints during the import, so that it is right however the import ends.
 * @param ending - Once aborted, no further line is taken, and those begun are finished. A failure aborts it.
 * @throws ServiceError `unavailable`.
 */
export async function takeRows(
  records: AsyncGenerator<UserRecord>,
  settle: Settle,
  report: Report,
  ending: AbortController,
): Promise<void> {
  const take = async (row: Row) => {
    const outcome = 'account' in row ? await settle(row.account, row.line) : row
    if (typeof outcome === 'string') {
      report.tally[outcome] += 1
    } else {
      report.tally.invalid += 1
      report.faults.add(row.line, outcome.fault)
    }
    report.progress.advance(row.end)
  }
  await inParallel(IN_FLIGHT, rowsOf(records, ending.signal), (row) =>
    take(row).catch((error: unknown) => {
      if (!isRefused(error)) report.tally.unknown += 1
      // The other lanes may wait for a next line, which standard input may never give.
      ending.abort()
      throw error
    }),
  )
}

/**
 * Creates the {@link Settle} of an import. Each user is one transaction with its identities and factors, and an existing user stays as it is, so an
 * import that was interrupted anywhere can be run again.
 *
 * A user that brings its id gets new generations, so that no token or session of an earlier user with this id is valid.
 *
 * @param moved - As {@link findObstacle} takes it.
 */
export const addRow =
  (table: OperatorTable, hashers: Hashers, now: () => Date, moved?: ReadonlySet<string>): Settle =>
  async (account) => {
    const { values, identities = [], factors = {} } = account
    // An import that is run again spends no hash and no transaction on the users that it added before.
    const findFault = async () =>
      (await findObstacle(table, values, identities, moved)) ?? (await takenPasskey(table, factors))
    const obstacle = await findFault()
    if (obstacle !== undefined) return obstacle
    const passwordHash = 'password' in account ? await hashers.hash(account.password) : account.passwordHash
    const profile = newUser({ ...values, passwordHash }, now(), randomBytes(USER_RANDOM_BYTES))
    const user = withFactors(profile, factors)
    const links = identities.flatMap((one) => linkWrites(user.id, one))
    const more = [...links, ...(await factorWrites(table, user.id, factors))]
    if ((await createUser(table, user, table.act(), ...more)) === 'done') return 'added'
    const found = await findFault()
    if (found === undefined) throw new ServiceError('unavailable', 'the names of a user kept changing')
    return found
  }

async function* rowsOf(records: AsyncGenerator<UserRecord>, stopped: AbortSignal): AsyncGenerator<Row> {
  const repetitions = findRepetitions()
  for await (const record of records) {
    if (stopped.aborted) return
    const { line, end } = record
    const read = 'fault' in record ? record : readAccount(record.values)
    if ('fault' in read) yield { line, end, fault: read.fault }
    else yield { line, end, ...(repetitions(read, line) ?? { account: read }) }
  }
}
