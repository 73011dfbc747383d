import { within } from '../aws/client.ts'
import type { ServiceError } from '../errors.ts'
import { giveBack, type ReservingTable } from './store.ts'

/** What a table needs to know of the request that it belongs to. */
export interface Invocation {
  /** Epoch milliseconds by which calls to AWS must end; see `within` in `lib/aws/client.ts`. */
  deadlineMs: number
  /** Steps that follow a failure of the request, before the response. */
  afterFailure: ((failure: ServiceError) => Promise<unknown>)[]
}

/** Time for giving attempts back, between the deadline of the other calls and that of the request. */
const GIVE_BACK_MS = 500

/**
 * Returns the table of a request that reserves attempts. Only with such a table can an attempt be reserved.
 *
 * If the request fails and the failure is no verdict, it gives all of its attempts back before the response: those that are
 * reserved, and those whose reservation has an unknown outcome. Giving back is best effort, and logged if it fails. So that it has
 * time, all other calls of the request end earlier. If Lambda ends the function meanwhile, the attempts stay counted.
 *
 * @example
 * const table = reservingTable(request, config.TABLE_NAME)
 */
export function reservingTable({ deadlineMs, afterFailure }: Invocation, name: string): ReservingTable {
  const table = { aws: within(deadlineMs - GIVE_BACK_MS), name, reserved: [] }
  afterFailure.push((failure) =>
    returnUnjudged({ ...table, aws: (...call) => within(deadlineMs)(...call) }, failure),
  )
  return table
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
