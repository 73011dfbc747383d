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
 * Returns the table of a request that reserves attempts. A reservation needs such a table.
 *
 * If the request fails and the failure is no verdict, `release` gives all of its attempts back, also those
 * whose reservation has an unknown outcome. It is best effort: a failure is logged. All other calls of the
 * request have an earlier deadline, so that `release` has time. If Lambda ends the function before, the
 * attempts stay counted.
 *
 * @param whole - The table with calls until the deadline, for giving back.
 * @param deadlineMs - Epoch milliseconds.
 */
export function reservingTable(whole: Table, deadlineMs: number): Reservations {
  const table = { ...whole, aws: within(deadlineMs - GIVE_BACK_MS), reserved: [] }
  return { table, release: (failure) => returnUnjudged({ ...table, ...whole }, failure) }
}

/**
 * Gives back all attempts of a request for which its failure is no verdict. Does not throw.
 *
 * Each attempt is given back in the reverse order of its reservations. If that fails in a counter, the
 * attempt also stays in the counters before it. So a client over its own limit cannot fill a counter that it
 * shares with others.
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
