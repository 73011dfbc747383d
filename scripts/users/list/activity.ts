import { type Table, texts } from '../../../lib/aws/dynamodb.ts'
import { allItems } from '../../../lib/aws/pages.ts'
import { type AuditEvent, partitionOf } from '../../../lib/events/event.ts'
import { secondOf } from '../../../lib/time.ts'
import { nameKey } from '../../../lib/users/store.ts'
import { loginNamesOf, type User } from '../../../lib/users/user.ts'
import { eventsIn } from '../../cli/events/find.ts'

/** Finds the last sign-in of a user that is still kept. */
export async function lastSignIn(table: Table, userId: string): Promise<AuditEvent | undefined> {
  const all = { since: '', until: '~' }
  // What is older belongs to an earlier account with this id. The first session of a registration begins in the same instant.
  let created = ''
  for await (const event of eventsIn(table, partitionOf(userId), all)) {
    if (event.at < created) return undefined
    if (event.type === 'session.created' || event.type === 'session.renewed') return event
    if (event.type === 'user.created') created = event.at
  }
  return undefined
}

/** Counts the wrong passwords that the limits of a user count now, from all sources. */
export async function wrongPasswords(
  table: Table,
  user: Pick<User, 'username' | 'email'>,
  now: Date,
): Promise<number> {
  const counters = await Promise.all(
    loginNamesOf(user).map((name) =>
      allItems(table, 'Query', {
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :attempts)',
        FilterExpression: 'expiresAt > :now',
        ExpressionAttributeValues: {
          ':pk': nameKey(name).pk,
          ':attempts': { S: 'attempts#' },
          ':now': { N: String(secondOf(now)) },
        },
      }),
    ),
  )
  // An attempt is in the counter of its source and in another one.
  return new Set(counters.flat().flatMap((item) => texts(item, 'ids'))).size
}
