import type { TransactWrite } from '../aws/dynamodb.ts'
import type { At } from '../context.ts'
import { bySystem, eventOf, partitionOf } from '../events/event.ts'
import type { Attempt } from '../throttling/attempt.ts'
import { partitionOf as countedPartition, counter } from '../throttling/counter.ts'
import { isKnownSource } from '../throttling/known-sources.ts'
import { type ReservingTable, reserveAttempt } from '../throttling/store.ts'
import type { User } from '../users/user.ts'
import type { LoginToken } from './login-token.ts'

/**
 * Events of correct passwords without the second factor, of one user and one list. The last event states that
 * there may be others.
 */
const LISTED = { attempts: 17, windowSeconds: 3_600 }

/**
 * Returns the place of a correct password in the list of its hour, from 1 on. Returns `undefined` if the list
 * is full.
 *
 * A thief of a password could fill the table of events, so a list is limited. Each source that the user has
 * signed in from has its own list, and all other sources share one. So any number of other sources cannot
 * suppress the event of a known one. If the shared list is full, it still shows the source of at least one
 * stranger.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function placeOf(
  { table, now }: At<never, ReservingTable>,
  { id, source, mark }: Pick<Attempt, 'id' | 'source' | 'mark'>,
  user: User,
): Promise<number | undefined> {
  const list = isKnownSource(mark, user.id, now) ? `passwords#${source}` : 'passwords'
  const places = counter(countedPartition({ loginName: user.username }), list, LISTED, now)
  const { attempts } = await reserveAttempt(table, [places], id, now)
  return attempts[0]?.length || undefined
}

/**
 * Returns the event of a correct password without the second factor. It has the id of the login token. If the
 * sign-in is completed, the event of the session has the same id, and the user's page leaves this event out.
 *
 * @param place - See {@link placeOf}.
 * @param ref - Id of the identity provider of the first step.
 */
export function passwordEvent(
  at: At,
  { id: loginId, userId, purpose }: LoginToken,
  place: number | undefined,
  ref?: string,
): TransactWrite | undefined {
  if (place === undefined) return undefined
  const detail = place < LISTED.attempts ? purpose : 'more'
  const what = { type: 'factor.required', subject: partitionOf(userId), loginId, detail, ref } as const
  return eventOf(at.table, bySystem(at), what)
}
