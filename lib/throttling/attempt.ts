import { randomBytes } from 'node:crypto'
import { getItems, type Item, type Table, text } from '../aws/dynamodb.ts'
import { together } from '../aws/together.ts'
import type { At } from '../context.ts'
import type { LimitSetting } from '../settings.ts'
import { findUser, nameKey } from '../users/store.ts'
import type { User } from '../users/user.ts'
import type { Counter, Subject } from './counter.ts'
import { isKnownSource, markKnownSources } from './known-sources.ts'
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
  subject: Subject
  source: string
  counters: readonly [pair: Counter, ...further: Counter[]]
  /** Ids of the attempts for this subject from this source, up to this one. */
  pairAttempts: readonly string[]
  /** Mark that the source is known, as read. */
  mark: Item | undefined
  /** What the log says about who tried and from where. */
  log: object
}

/**
 * Admits an attempt at a password, within the limits. Its password is verified after it.
 *
 * Attempts are reserved before they are verified. However many arrive at once, at most the limit are
 * verified. A refused correct password looks the same as a refused wrong one: in bytes, time and load.
 *
 * The counter of subject and source comes first. A burst from one address is refused by it, and does
 * not reach the counter of all sources. An attempt that a later counter refuses stays in it. Otherwise, while
 * the counter of the source is full, attempts whose return is late or fails would fill that of the subject. An
 * unknown name causes the same calls as a known one.
 *
 * @param subject - What the password is guessed for. The source is the address that the gateway saw the request come from.
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
  return { user, id, subject, source, counters: [pair, ...further], pairAttempts, mark, log }
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

/** Gives an attempt back in all its counters, after a correct password that completes no sign-in. Does not throw. */
export async function returnAttempt(table: ReservingTable, { counters, id }: Attempt): Promise<void> {
  await together(counters.map((counter) => giveBack(table, counter, [id])))
}

/**
 * Gives an attempt back after the correct password of a sign-in that has no other step, together with the earlier ones for the
 * same login name from the same source. Does not throw.
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

/**
 * Marks the source of a complete sign-in as known to all login names of its user. Does not throw.
 *
 * @param attempt - Its mark is that of one login name, and those of all are written with it.
 * @param sessionTtlSeconds - Longest life of a session.
 */
export async function markAttempt(
  table: Table,
  { user, subject, source, mark }: Attempt,
  sessionTtlSeconds: number,
  now: Date,
): Promise<void> {
  if ('loginName' in subject && user) {
    await markKnownSources(table, user, { source, mark, sessionTtlSeconds }, now)
  }
}
