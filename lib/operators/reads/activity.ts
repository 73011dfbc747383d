import { type Item, number, queryBeginning, type Table, texts } from '../../aws/dynamodb.ts'
import { together } from '../../aws/together.ts'
import type { AuditEvent } from '../../events/event.ts'
import { eventsOfUser } from '../../events/store.ts'
import { secondOf } from '../../time.ts'
import { nameKey } from '../../users/store.ts'
import { loginNamesOf, type User } from '../../users/user.ts'

const EVENTS_PER_READ = 50

/** Attributes of counters that {@link wrongPasswords} reads. */
export const COUNTED = ['ids', 'expiresAt']

/**
 * Finds the last sign-in of a user that is still kept.
 *
 * @param pages - How many pages of 50 events to read at most. A user with an app can cause many events without a sign-in.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function lastSignIn(
  table: Table,
  userId: string,
  pages = Infinity,
): Promise<AuditEvent | undefined> {
  // What is older belongs to an earlier account with this id. The first session of a registration begins in the same instant.
  let created = ''
  let before: string | undefined
  for (let page = 0; page < pages; page += 1) {
    const { events, next } = await eventsOfUser(table, userId, { limit: EVENTS_PER_READ, before })
    for (const event of events) {
      if (event.at < created) return undefined
      if (event.type === 'session.created' || event.type === 'session.renewed') return event
      if (event.type === 'user.created') created = event.at
    }
    if (next === undefined) return undefined
    before = next
  }
  return undefined
}

/**
 * Counts the wrong passwords that the limits of a user count now, from all sources. Attackers with many
 * addresses cause many counters, so it reads one page of 1 MB of them for each login name.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function wrongPasswords(
  table: Table,
  user: Pick<User, 'username' | 'email'>,
  now: Date,
): Promise<number> {
  const counters = await together(
    loginNamesOf(user).map((name) => queryBeginning(table, nameKey(name).pk.S, 'attempts#', COUNTED)),
  )
  const isOpen = (item: Item) => number(item, 'expiresAt') > secondOf(now)
  // An attempt is in the counter of its source and in another one.
  return new Set(
    counters
      .flat()
      .filter(isOpen)
      .flatMap((item) => texts(item, 'ids')),
  ).size
}
