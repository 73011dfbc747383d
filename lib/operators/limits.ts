import { randomBytes } from 'node:crypto'
import type { At } from '../context.ts'
import { type OperatorRequest, operatorCounter } from '../throttling/operator-counters.ts'
import { type ReservingTable, rejectIfRefused, reserveAttempt } from '../throttling/store.ts'
import type { Limit } from '../values.ts'

const REQUEST_ID_BYTES = 8

/** Searches of one operator. A person does not search once a minute for an hour. */
export const SEARCHES: Limit = { attempts: 60, windowSeconds: 3_600 }

/** Acts of one operator as other users. A stolen session of an operator shows the content of that many users a day. */
export const ACTS: Limit = { attempts: 20, windowSeconds: 86_400 }

/** Resets of second factors by one operator. Each weakens the sign-in of a user. */
export const FACTOR_RESETS: Limit = { attempts: 20, windowSeconds: 86_400 }

/**
 * Counts a request of an operator. The limit is that of one operator, because strangers and other operators
 * must not use it up. More requests look like a stolen session that copies the directory.
 *
 * @throws {@link ServiceError} `too_many_mails`, whose text says nothing of mails, or `unavailable`.
 */
export async function countRequest(
  { table, now }: Pick<At<never, ReservingTable>, 'table' | 'now'>,
  userId: string,
  kind: OperatorRequest,
  limit: Limit,
): Promise<void> {
  const id = randomBytes(REQUEST_ID_BYTES).toString('base64url')
  const reservation = await reserveAttempt(table, [operatorCounter(userId, kind, limit, now)], id, now)
  const details = { log: { userId, limit: kind }, event: 'admin.limited' }
  rejectIfRefused(reservation, 'too_many_mails', `too many ${kind} of an operator`, details)
}
