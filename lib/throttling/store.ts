import { getItems, number, type Table, writeIf } from '../aws/dynamodb.ts'
import { ServiceError } from '../errors.ts'
import { profileKey, userOf } from '../users/store.ts'
import { secondOf, type User } from '../users/user.ts'
import type { Counter } from './limits.ts'

/** How often two requests that both begin a new window may get in each other's way before we give up. */
const MAX_RACES = 5

/**
 * Reads what judging a password takes, in one call: the user and the failures counted so far.
 *
 * @param counters - See `countersFor` in `lib/throttling/limits.ts`.
 * @param deadlineMs - Epoch milliseconds.
 */
export async function findForLogin(
  table: Table,
  username: string,
  counters: readonly Counter[],
  deadlineMs: number,
): Promise<{ user: User | undefined; counters: Counter[] }> {
  const keys = [profileKey(username), ...counters.map(({ key }) => key)]
  const [profile, ...items] = await getItems(table, keys, deadlineMs)
  const counted = counters.map((counter, index) => {
    const item = items[index]
    return item
      ? { ...counter, failures: number(item, 'failures'), expiresAt: number(item, 'expiresAt') }
      : counter
  })
  return { user: profile && userOf(profile), counters: counted }
}

/**
 * Counts one failure, in one atomic update. Only the first failure after a window is over takes two: a window
 * that DynamoDB has not deleted yet is begun anew, by one of those who find it so.
 *
 * @param deadlineMs - Epoch milliseconds.
 */
export async function countFailure(
  table: Table,
  { key, limit }: Counter,
  now: Date,
  deadlineMs: number,
): Promise<void> {
  const values = {
    ':one': { N: '1' },
    ':now': { N: String(secondOf(now)) },
    ':end': { N: String(secondOf(now) + limit.windowSeconds) },
  }
  const count = {
    Key: key,
    UpdateExpression: 'ADD failures :one SET expiresAt = if_not_exists(expiresAt, :end)',
    ConditionExpression: 'attribute_not_exists(expiresAt) OR expiresAt > :now',
    ExpressionAttributeValues: values,
  }
  const beginAnew = {
    Key: key,
    UpdateExpression: 'SET failures = :one, expiresAt = :end',
    ConditionExpression: 'expiresAt <= :now',
    ExpressionAttributeValues: values,
  }
  for (let race = 0; race < MAX_RACES; race += 1) {
    if (await writeIf(table, 'UpdateItem', count, deadlineMs)) return
    if (await writeIf(table, 'UpdateItem', beginAnew, deadlineMs)) return
  }
  throw new ServiceError('unavailable', 'a failure could not be counted')
}

/** Forgets the failures counted for something. */
export async function clearFailures(
  { aws, name }: Table,
  { key }: Counter,
  deadlineMs: number,
): Promise<void> {
  await aws('dynamodb', 'DeleteItem', { TableName: name, Key: key }, deadlineMs)
}
