import { randomBytes } from 'node:crypto'
import { getItems, type Item, type Table, text } from '../aws/dynamodb.ts'
import { together } from '../aws/together.ts'
import type { At } from '../context.ts'
import type { LimitSetting } from '../settings.ts'
import { findUser, nameKey } from '../users/store.ts'
import type { User } from '../users/user.ts'
import type { Counter, Subject } from './counter.ts'
import { isKnownSource } from './known-sources.ts'
import { furtherCounters, knownSourceKey, pairCounter } from './limits.ts'
import { sourceOf, truncatedSource } from './source.ts'
import { giveBack, type ReservingTable, rejectIfRefused, reserveAttempt } from './store.ts'

const ATTEMPT_ID_BYTES = 8
const USER_ID_BYTES = 16

/** An attempt that the limits allow. Nothing has been hashed for it yet. */
export interface Attempt {
  /** The user, or `undefined` if the login name is unknown. */
  user: User | undefined
  id: string
  source: string
  counters: readonly [pair: Counter, ...further: Counter[]]
  /** Ids of the attempts for this subject from this source, up to this one. */
  pairAttempts: readonly string[]
  /** The stored mark that the source is known. */
  mark: Item | undefined
  /** Subject and source of the attempt for the log. */
  log: object
}

/**
 * Admits an attempt at a password, within the limits. The password is verified afterwards.
 *
 * Attempts are reserved before they are verified. If many arrive at once, at most as many as the limit are
 * verified. A refused correct password looks the same as a refused wrong one, in bytes, time and load.
 *
 * The counter of subject and source comes first. It refuses a burst from one address before the counter of
 * all sources. An attempt that a later counter refuses stays in it. Otherwise, while the counter of the
 * source is full, attempts whose return is late or fails would fill that of the subject. An unknown name
 * causes the same calls as a known one.
 *
 * @param subject - The login name or user of the password. The source is the address of the request, from the
 *   gateway.
 * @throws {@link ServiceError} `too_many_attempts` or `unavailable`.
 */
export async function admitAttempt(
  { table, config, origin, now }: At<LimitSetting, ReservingTable>,
  subject: Subject,
): Promise<Attempt> {
  const source = sourceOf(origin.sourceIp)
  const id = randomBytes(ATTEMPT_ID_BYTES).toString('base64url')
  const pair = pairCounter(subject, source, config, now)
  const [{ userId, mark }, first] = await together([
    findSubject(table, subject, source),
    reserveAttempt(table, [pair], id, now),
  ])
  const log = { userId, source: truncatedSource(source) }
  rejectIfRefused(first, 'too_many_attempts', 'too many attempts', { log })

  const isKnown = isKnownSource(mark, userId, now)
  const further = furtherCounters(subject, { source, isKnown }, config, now)
  const [user, second] = await together([
    findUser(table, userId ?? randomBytes(USER_ID_BYTES).toString('base64url')),
    reserveAttempt(table, further, id, now),
  ])
  rejectIfRefused(second, 'too_many_attempts', 'too many attempts', { log })
  const pairAttempts = first.attempts.flat()
  return { user, id, source, counters: [pair, ...further], pairAttempts, mark, log }
}

/** Finds the user id of a subject, and whether the source is known to its login name. */
async function findSubject(
  table: Table,
  subject: Subject,
  source: string,
): Promise<{ userId?: string; mark?: Item | undefined }> {
  if ('userId' in subject) return subject
  const { loginName } = subject
  const [name, mark] = await getItems(table, [nameKey(loginName), knownSourceKey(loginName, source)])
  return { mark, ...(name && { userId: text(name, 'userId') }) }
}

/**
 * Gives an attempt back in all its counters, after a correct password without a complete sign-in. Does not
 * throw.
 */
export async function returnAttempt(table: ReservingTable, { counters, id }: Attempt): Promise<void> {
  await together(counters.map((counter) => giveBack(table, counter, [id])))
}

/**
 * Lets an attempt count only for its source, after a question to another place that gave no verdict. When the request fails, the attempt is
 * given back in the other counters, so the user keeps it. The source's counter limits the questions.
 */
export function countForSourceOnly({ reserved }: ReservingTable, { counters: [, ofSource] }: Attempt): void {
  for (const one of reserved) one.isVerdict = () => one.counter === ofSource
}

/**
 * Gives an attempt back after the correct password of a sign-in without another step. Earlier attempts for
 * the same login name from the same source are given back too. Does not throw.
 */
export async function completeAttempt(
  table: ReservingTable,
  { counters: [pair, ...further], pairAttempts, id }: Attempt,
): Promise<void> {
  await together([
    giveBack(table, pair, pairAttempts),
    ...further.map((counter) => giveBack(table, counter, [id])),
  ])
}
