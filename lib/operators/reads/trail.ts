import { attributesOf, getItems, type Table, transact } from '../../aws/dynamodb.ts'
import { type Act, eventOf, partitionOf, SERVICE, withoutDemands } from '../../events/event.ts'
import { secondOf } from '../../time.ts'

const DAY_SECONDS = 86_400

/**
 * Returns the key of the mark that an operator has seen a user on a day. It is in another partition than
 * the user, so this function writes nothing else of the user.
 */
const viewKey = (operatorId: string, userId: string, now: Date) => ({
  pk: { S: `admin#${operatorId}` },
  sk: { S: `view#${now.toISOString().slice(0, 10)}#${userId}` },
})

/**
 * Records that an operator has seen a user, with one event a day (UTC). Without the event, the operator must
 * not see the user.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function recordView(table: Table, act: Act, userId: string): Promise<void> {
  const key = viewKey(String(act.actorId), userId, act.now)
  const [seen] = await getItems(table, [key], ['expiresAt'])
  if (seen) return
  const mark = { ...key, ...attributesOf({ expiresAt: secondOf(act.now) + 2 * DAY_SECONDS }) }
  // If the condition fails, another read of this day has recorded it.
  await transact(table, [
    { Put: { Item: mark, ConditionExpression: 'attribute_not_exists(pk)' } },
    eventOf(table, withoutDemands(act), { type: 'user.viewed', subject: partitionOf(userId) }),
  ])
}

/**
 * Records that an operator has searched, with the ids of the users whom the response shows. The event has no
 * word of the search: words may be a person's name.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function recordSearch(table: Table, act: Act, seen: readonly string[]): Promise<void> {
  const searched = {
    type: 'users.searched',
    subject: SERVICE,
    seen: seen.length > 0 ? seen : undefined,
  } as const
  await transact(table, [eventOf(table, withoutDemands(act), searched)])
}
