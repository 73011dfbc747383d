import {
  attribute,
  attributesOf,
  getItems,
  type Item,
  type Key,
  queryProjectionOf,
  type Table,
  type TransactWrite,
  text,
  transact,
  updateOf,
  writeIf,
} from '../aws/dynamodb.ts'
import { namesOf, valuesOf } from '../aws/item.ts'
import { type Act, eventOf, type Happening, partitionOf } from '../events/event.ts'
import { secondOf } from '../time.ts'
import { profileKey, userOf } from '../users/store.ts'
import { USER_STATE, type UserState } from '../users/user.ts'
import { SESSION, type Session } from './session.ts'

/** How many sessions one page is chosen from. A page of them stays far below DynamoDB's limit of 1 MB. */
const SESSIONS_PER_READ = 1_000

/** Returns the key of a session's item. */
export const sessionKey = ({ userId, id }: Pick<Session, 'userId' | 'id'>) => ({
  pk: { S: `user#${userId}` },
  sk: { S: `session#${id}` },
})

/** The values of a session, and `endedAt`, which a tombstone has. */
export const STORED_SESSION = /* @__PURE__ */ storedNames()

// In a bundle that reads no whole session, a spread at the top level would keep the list.
function storedNames() {
  return ['endedAt', ...namesOf(SESSION)]
}

/**
 * Finds a session and the state of its user with one consistent read, which contains no password hash.
 *
 * @returns Either may be missing. The session may have expired. If the session has been ended, it is missing and `isEnded` is true.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findSession(
  table: Table,
  userId: string,
  id: string,
): Promise<{ session?: Session | undefined; isEnded?: boolean; user?: UserState | undefined }> {
  const keys = [sessionKey({ userId, id }), profileKey(userId)]
  const [session, user] = await getItems(table, keys, [...STORED_SESSION, ...USER_STATE])
  return {
    session: session && sessionOf(session),
    isEnded: session?.endedAt !== undefined,
    user: user && userOf(user, USER_STATE),
  }
}

/**
 * Finds sessions of a user with one consistent read, the newest first, including expired and revoked ones.
 *
 * @param before - Id of the session before which to begin; it need not exist.
 * @returns The sessions, and the id at which the next page begins, if there may be more.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findSessions(
  { aws, name }: Table,
  userId: string,
  before?: string,
): Promise<{ sessions: Session[]; next?: string | undefined }> {
  const { Items, LastEvaluatedKey } = await aws('dynamodb', 'Query', {
    TableName: name,
    ConsistentRead: true,
    KeyConditionExpression: '#pk = :pk AND begins_with(#sk, :session)',
    ...queryProjectionOf(STORED_SESSION),
    ExpressionAttributeValues: { ':pk': profileKey(userId).pk, ':session': { S: 'session#' } },
    ScanIndexForward: false,
    Limit: SESSIONS_PER_READ,
    ...(before !== undefined && { ExclusiveStartKey: sessionKey({ userId, id: before }) }),
  })
  const items = (Items as Item[] | undefined) ?? []
  return {
    sessions: items.map(sessionOf).filter((session) => session !== undefined),
    next: LastEvaluatedKey === undefined ? undefined : sessionIdIn(Object(LastEvaluatedKey)),
  }
}

/**
 * Returns the write of the session of a sign-in, whether or not its user exists.
 *
 * A new one is refused, if the session is already there. One that renews another is refused, if that session has been ended, or has
 * another secret than was read. The same write may arrive twice: it finds its own secret.
 *
 * @param renewed - The session before, as read; its id is the same.
 */
export function storedSession(session: Session, renewed?: Pick<Session, 'secretHash'>): TransactWrite {
  const { userId, id, ...values } = session
  const key = sessionKey(session)
  return renewed
    ? {
        Update: {
          Key: key,
          ConditionExpression: 'attribute_not_exists(endedAt) AND #secretHash IN (:readHash, :secretHash)',
          ...updateOf(values, { ':readHash': attribute(renewed.secretHash) }),
        },
      }
    : {
        Put: { Item: { ...key, ...attributesOf(values) }, ConditionExpression: 'attribute_not_exists(pk)' },
      }
}

/** The condition of a write that replaces a secret: it has not been ended, and is as read or has the values of this very write. */
export const SECRET_AS_READ =
  'attribute_not_exists(endedAt) AND (#secretHash = :readHash OR (#secretHash = :secretHash AND #rotatedAtMs = :rotatedAtMs))'

/**
 * Replaces a session's secret, on condition that it is still as read and the session has not been ended.
 * The same write may be sent twice: it finds its own values and writes them again.
 *
 * @param before - As read.
 * @param after - See `rotated` in `lib/sessions/session.ts`.
 * @returns Whether the session has these values now.
 * @throws {@link ServiceError} `unavailable`.
 */
export function replaceSecret(table: Table, before: Session, after: Session): Promise<boolean> {
  const { secretHash, rotatedAtMs, lastUsedAt, expiresAt, shownUsedAt, shownExpiresAt } = after
  const changes = { secretHash, rotatedAtMs, lastUsedAt, expiresAt, shownUsedAt, shownExpiresAt }
  return writeIf(table, 'UpdateItem', {
    Key: sessionKey(before),
    ConditionExpression: SECRET_AS_READ,
    ...updateOf(changes, { ':readHash': attribute(before.secretHash) }),
  })
}

/** Why a session ends: its user signs out, or ends it in the list; or its token was used again. A sign-in may replace it, too. */
type Ending = 'signed-out' | 'ended' | 'reused'

/**
 * Ends a session, with its event. Leaves a tombstone until the session would have expired, so that a write that arrives
 * late cannot revive it. Succeeds if there is no such session, or if it has been ended already.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function endSession(
  table: Table,
  session: Pick<Session, 'userId' | 'id'>,
  why: Ending,
  act: Act,
): Promise<void> {
  const what = why === 'reused' ? { type: 'session.reused' as const } : endedBy(why)
  await transact(table, endingOf(table, session, what, act))
}

const endedBy = (detail: Ending) => ({ type: 'session.ended' as const, detail })

/** Returns the writes of {@link endSession}. They are refused if there is no such session, or if it has been ended already. */
export const endingOf = (
  table: Table,
  session: Pick<Session, 'userId' | 'id'>,
  what: Pick<Happening, 'type' | 'detail'>,
  act: Act,
): TransactWrite[] => [
  tombstoneOf(sessionKey(session), act.now),
  eventOf(table, act, {
    ...what,
    subject: partitionOf(session.userId),
    session: session.id,
  }),
]

/** Returns the write that makes a tombstone of a session or a grant. It is refused without one, or if it has been ended already. */
export const tombstoneOf = (Key: Key, now: Date): TransactWrite => ({
  Update: {
    Key,
    ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(endedAt)',
    UpdateExpression: 'SET endedAt = :now REMOVE secretHash, salt',
    ExpressionAttributeValues: { ':now': attribute(secondOf(now)) },
  },
})

/**
 * Ends a session of a sign-in that failed, whose own write may not have arrived yet.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function abandonSession({ aws, name }: Table, session: Session, now: Date): Promise<void> {
  await aws('dynamodb', 'UpdateItem', {
    TableName: name,
    Key: sessionKey(session),
    UpdateExpression: 'SET endedAt = :now, expiresAt = :end REMOVE secretHash, salt',
    ExpressionAttributeValues: {
      ':now': attribute(secondOf(now)),
      ':end': attribute(session.expiresAt),
    },
  })
}

const sessionIdIn = (item: Item): string => text(item, 'sk').replace(/^session#/, '')

/** Returns the session of an item, or `undefined` if the item is a tombstone. */
export function sessionOf(item: Item): Session | undefined {
  if (item.endedAt !== undefined) return undefined
  return {
    userId: text(item, 'pk').replace(/^user#/, ''),
    id: sessionIdIn(item),
    ...valuesOf(SESSION, item),
  }
}
