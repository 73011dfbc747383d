import { within } from '../aws/client.ts'
import type { Table } from '../aws/dynamodb.ts'
import type { ServiceError } from '../errors.ts'
import { giveBack, type ReservingTable } from './store.ts'

/** Time for giving attempts back, between the deadline of the other calls and that of the request. */
const GIVE_BACK_MS = 500

/** The table of a request that reserves attempts, and the step that follows a failure of the request. */
interface Reservations {
  table: ReservingTable
  release: (failure: ServiceError) => Promise<void>
}

/**
 * Returns the table of a request that reserves attempts. Only with such a table can an attempt be reserved.
 *
 * If the request fails and the failure is no verdict, `release` gives all of its attempts back: those that are reserved, and those
 * whose reservation has an unknown outcome. It is best effort, and logged if it fails. So that it has time, all other calls of the
 * request end earlier. If Lambda ends the function meanwhile, the attempts stay counted.
 *
 * @param whole - The table with calls that may take until the deadline, for giving back.
 * @param deadlineMs - Epoch milliseconds.
 */
export function reservingTable(whole: Table, deadlineMs: number): Reservations {
  const table = { ...whole, aws: within(deadlineMs - GIVE_BACK_MS), reserved: [] }
  return { table, release: (failure) => returnUnjudged({ ...table, ...whole }, failure) }
}

/**
 * Gives all attempts of a request back for which its failure is no verdict. Does not throw.
 *
 * Each in the reverse order of its reservations. Where giving back fails, the attempt stays in the counters before too: a client
 * that is over its own limit cannot fill a counter that it shares with others.
 */
export async function returnUnjudged(table: ReservingTable, failure: ServiceError): Promise<void> {
  const unjudged = table.reserved.filter(({ isVerdict }) => !isVerdict(failure)).reverse()
  const attemptIds = [...new Set(unjudged.map(({ attemptId }) => attemptId))]
  await Promise.all(
    attemptIds.map(async (id) => {
      for (const { counter } of unjudged.filter(({ attemptId }) => attemptId === id)) {
        if (!(await giveBack(table, counter, [id]))) return
      }
    }),
  )
}
