import { hash } from 'node:crypto'
import { awsErrorType } from '../aws/client.ts'
import { attribute, type Table, writeIf } from '../aws/dynamodb.ts'
import { together } from '../aws/together.ts'
import { PROBLEMS, ServiceError } from '../errors.ts'
import { logEvent } from '../log.ts'
import { secondOf } from '../time.ts'
import type { Counter } from './counter.ts'

/** The outcome of a reservation. */
export interface Reservation {
  /** The attempts in each counter, with this one. */
  attempts: string[][]
  /** Seconds until the last full window ends, or 0 if the attempt is reserved. */
  refusedForSeconds: number
}

const ATTEMPT_ID_CHARACTERS = 11

/**
 * Returns a short attempt id for a longer id. A counter is one item of DynamoDB, of at most 400 KB. It has
 * room for the 10,000 attempts that a limit may allow, and is written whole for each of them.
 */
export const attemptIdOf = (id: string): string =>
  hash('sha256', id, 'base64url').slice(0, ATTEMPT_ID_CHARACTERS)

/** An attempt that a request has reserved in a counter and not given back. */
export interface Reserved {
  counter: Pick<Counter, 'key'>
  attemptId: string
  /** Whether a failure of the request is the verdict on the attempt. If so, the attempt stays counted. */
  isVerdict: (failure: ServiceError) => boolean
}

/** The table of a request that reserves attempts; see `reservingTable` in `lib/throttling/reservations.ts`. */
export interface ReservingTable extends Table {
  readonly reserved: Reserved[]
}

/**
 * Returns whether a failure is a verdict, if {@link judgeAttempt} has set no other rule: a response below 500. The
 * response to an outage does not depend on the guess.
 */
export const isResponse = ({ code }: ServiceError): boolean => PROBLEMS[code][0] < 500

/**
 * Changes which failures of the request are the verdict on an attempt, after more is known about it.
 *
 * @param isVerdict - The attempt stays counted after these failures, and is given back after the others.
 */
export function judgeAttempt(
  { reserved }: ReservingTable,
  attemptId: string,
  isVerdict: Reserved['isVerdict'],
): void {
  for (const attempt of reserved) if (attempt.attemptId === attemptId) attempt.isVerdict = isVerdict
}

/**
 * Reserves an attempt in counters, before anything is verified. If the request fails without a verdict, the
 * attempt is given back.
 *
 * A counter is a set of attempt ids, not a number. So the same reservation may be sent twice and counts once.
 * An attempt that one counter refuses is given back in the others of the call (docs/decisions/0062).
 *
 * @param attemptId - Random id of the attempt.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function reserveAttempt(
  table: ReservingTable,
  counters: readonly Counter[],
  attemptId: string,
  now: Date,
): Promise<Reservation> {
  // Recorded before the calls: a call that fails may have had an effect.
  table.reserved.push(...counters.map((counter) => ({ counter, attemptId, isVerdict: isResponse })))
  const attempts = await together(counters.map((counter) => addAttempt(table, counter, attemptId)))
  const full = counters.filter((_, index) => attempts[index] === undefined)
  for (const counter of full) forget(table, counter, [attemptId])
  if (full.length > 0) {
    const others = counters.filter((counter) => !full.includes(counter))
    await together(others.map((counter) => giveBack(table, counter, [attemptId])))
  }
  return {
    attempts: attempts.map((ids) => ids ?? []),
    refusedForSeconds: Math.max(0, ...full.map(({ endsAt }) => endsAt - secondOf(now))),
  }
}

/**
 * Reserves an attempt like {@link reserveAttempt}, but in one counter after the other.
 *
 * If one counter refuses an attempt, the next ones do not get it, and it is given back in the ones before. So
 * a client over its own limit cannot fill a counter that it shares with others, even if giving back is late
 * or fails.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function reserveInTurn(
  table: ReservingTable,
  counters: readonly Counter[],
  attemptId: string,
  now: Date,
): Promise<Pick<Reservation, 'refusedForSeconds'>> {
  for (const [index, counter] of counters.entries()) {
    const { refusedForSeconds } = await reserveAttempt(table, [counter], attemptId, now)
    if (refusedForSeconds > 0) {
      await together(counters.slice(0, index).map((earlier) => giveBack(table, earlier, [attemptId])))
      return { refusedForSeconds }
    }
  }
  return { refusedForSeconds: 0 }
}

/**
 * Rejects a request whose reservation was refused.
 *
 * @param details - Values for the log, and an `event` that replaces that of the code.
 * @throws {@link ServiceError} `code`, with the seconds until a retry may succeed.
 */
export function rejectIfRefused(
  { refusedForSeconds }: Pick<Reservation, 'refusedForSeconds'>,
  code: 'too_many_attempts' | 'too_many_mails',
  reason: string,
  details: { log: object; event?: string },
): void {
  if (refusedForSeconds === 0) return
  throw new ServiceError(code, reason, { retryAfterSeconds: refusedForSeconds, ...details })
}

async function addAttempt(
  { aws, name }: Table,
  { key, maxAttempts, endsAt }: Counter,
  attemptId: string,
): Promise<string[] | undefined> {
  try {
    const { Attributes } = await aws('dynamodb', 'UpdateItem', {
      TableName: name,
      Key: key,
      UpdateExpression: 'ADD ids :ids SET expiresAt = :endsAt',
      ConditionExpression: 'attribute_not_exists(ids) OR size(ids) < :max OR contains(ids, :id)',
      ExpressionAttributeValues: {
        ':ids': { SS: [attemptId] },
        ':id': attribute(attemptId),
        ':max': attribute(maxAttempts),
        ':endsAt': attribute(endsAt),
      },
      ReturnValues: 'UPDATED_NEW',
    })
    const { ids }: { ids?: { SS?: string[] } } = Object(Attributes)
    return ids?.SS ?? [attemptId]
  } catch (error) {
    if (awsErrorType(error) === 'ConditionalCheckFailedException') return undefined
    throw error
  }
}

/**
 * Removes attempts from a counter. The same removal may be sent twice, and late: it removes no other attempt.
 * A failure is only logged: the attempts stay counted until the window ends.
 *
 * @returns Whether the removal is stored.
 */
export async function giveBack(
  table: Table & Partial<ReservingTable>,
  { key }: Pick<Counter, 'key'>,
  attemptIds: readonly string[],
): Promise<boolean> {
  forget(table, { key }, attemptIds)
  return writeIf(table, 'UpdateItem', {
    Key: key,
    UpdateExpression: 'DELETE ids :ids',
    ConditionExpression: 'attribute_exists(pk)',
    ExpressionAttributeValues: { ':ids': { SS: attemptIds } },
  }).then(() => true, logUnwritten)
}

/**
 * Removes attempts from the reservations of a request: the counter refused them, or they are being given
 * back.
 */
function forget(
  { reserved = [] }: Partial<ReservingTable>,
  { key }: Pick<Counter, 'key'>,
  attemptIds: readonly string[],
): void {
  const isForgotten = ({ counter, attemptId }: Reserved) =>
    counter.key.pk.S === key.pk.S && counter.key.sk.S === key.sk.S && attemptIds.includes(attemptId)
  const rest = reserved.filter((attempt) => !isForgotten(attempt))
  reserved.splice(0, reserved.length, ...rest)
}

export function logUnwritten(error: unknown): false {
  logEvent('warn', { event: 'attempt.kept', reason: awsErrorType(error) })
  return false
}
