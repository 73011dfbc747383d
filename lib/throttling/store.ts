import { getItems, number, type Table, writeIf } from '../aws/dynamodb.ts'
import { ServiceError } from '../errors.ts'
import { secondOf } from '../time.ts'
import { profileKey, userOf } from '../users/store.ts'
import type { User } from '../users/user.ts'
import type { Counter } from './limits.ts'

/** How many times a failure is counted again when concurrent requests begin a window first. */
const MAX_ATTEMPTS = 5

/**
 * Finds a user and the failures counted so far, with one consistent read.
 *
 * @param counters - See `countersFor` in `lib/throttling/limits.ts`.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findUserAndCounters(
  table: Table,
  username: string,
  counters: readonly Counter[],
): Promise<{ user: User | undefined; counters: Counter[] }> {
  const keys = [profileKey(username), ...counters.map(({ key }) => key)]
  const [profile, ...items] = await getItems(table, keys)
  const counted = counters.map((counter, index) => {
    const item = items[index]
    return item
      ? { ...counter, failures: number(item, 'failures'), expiresAt: number(item, 'expiresAt') }
      : counter
  })
  return { user: profile && userOf(profile), counters: counted }
}

/**
 * Counts one failure, in one atomic update.
 *
 * DynamoDB deletes expired items late. The first failure after the end of a window therefore takes
 * a second update, which begins a new window. One of several concurrent requests succeeds with it.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function countFailure(table: Table, { key, limit }: Counter, now: Date): Promise<void> {
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
  const beginWindow = {
    Key: key,
    UpdateExpression: 'SET failures = :one, expiresAt = :end',
    ConditionExpression: 'expiresAt <= :now',
    ExpressionAttributeValues: values,
  }
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    if (await writeIf(table, 'UpdateItem', count)) return
    if (await writeIf(table, 'UpdateItem', beginWindow)) return
  }
  throw new ServiceError('unavailable', 'a failure could not be counted')
}

/**
 * Deletes the failures of a counter.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function clearFailures({ aws, name }: Table, { key }: Counter): Promise<void> {
  await aws('dynamodb', 'DeleteItem', { TableName: name, Key: key })
}
