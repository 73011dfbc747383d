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
import type { ReadsDevice } from '../context.ts'
import { type Act, eventOf, partitionOf } from '../events/event.ts'
import type { DetailOf } from '../events/types.ts'
import { logEvent } from '../log.ts'
import { secondOf } from '../time.ts'
import { profileKey, userOf } from '../users/store.ts'
import { USER_STATE, type UserState } from '../users/user.ts'
import { GRANT_TTL_SECONDS } from './grant-lifetimes.ts'
import { SESSION, type Session } from './session.ts'

/** Sessions that one read returns for one page. They stay far below DynamoDB's limit of 1 MB. */
const SESSIONS_PER_READ = 1_000

/** Returns the key of a session's item. */
export const sessionKey = ({ userId, id }: Pick<Session, 'userId' | 'id'>) => ({
  pk: { S: `user#${userId}` },
  sk: { S: `session#${id}` },
})

/** The values of a session, and those of a tombstone: `endedAt`, and `grantsEndedAt` if it {@link endsGrants}. */
export const STORED_SESSION = /* @__PURE__ */ storedNames()

// In a bundle that reads no whole session, a spread at the top level would keep the list.
function storedNames() {
  return ['endedAt', 'grantsEndedAt', ...namesOf(SESSION)]
}

/**
 * Finds a session and the state of its user with one consistent read, which contains no password hash.
 *
 * @param device - With it, the values of a device are read too.
 * @returns Either may be missing. The session may have expired. If the session has been ended, it is missing and `isEnded` is true.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findSession(
  table: Table,
  userId: string,
  id: string,
  device?: ReadsDevice,
): Promise<{ session?: Session | undefined; isEnded?: boolean; user?: UserState | undefined }> {
  const keys = [sessionKey({ userId, id }), profileKey(userId)]
  const names = [...STORED_SESSION, ...(device?.names ?? []), ...USER_STATE]
  const [session, user] = await getItems(table, keys, names)
  return {
    session: session && boundSessionOf(session, device),
    isEnded: session?.endedAt !== undefined,
    user: user && userOf(user, USER_STATE),
  }
}

/**
 * Finds sessions of a user with one consistent read, the newest first, including expired and revoked ones.
 *
 * @param before - Id of the session before which to begin; it need not exist.
 * @returns The sessions, the ids of those whose tombstone {@link endsGrants}, and the id at which the next page begins, if there may be more.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findSessions(
  { aws, name }: Table,
  userId: string,
  before?: string,
  device?: ReadsDevice,
): Promise<{ sessions: Session[]; withoutGrants: string[]; next?: string | undefined }> {
  const { Items, LastEvaluatedKey } = await aws('dynamodb', 'Query', {
    TableName: name,
    ConsistentRead: true,
    KeyConditionExpression: '#pk = :pk AND begins_with(#sk, :session)',
    ...queryProjectionOf([...STORED_SESSION, ...(device?.names ?? [])]),
    ExpressionAttributeValues: { ':pk': profileKey(userId).pk, ':session': { S: 'session#' } },
    ScanIndexForward: false,
    Limit: SESSIONS_PER_READ,
    ...(before !== undefined && { ExclusiveStartKey: sessionKey({ userId, id: before }) }),
  })
  const items = (Items as Item[] | undefined) ?? []
  return {
    sessions: items.map((item) => boundSessionOf(item, device)).filter((session) => session !== undefined),
    withoutGrants: items.filter(endsGrants).map(sessionIdIn),
    next: LastEvaluatedKey === undefined ? undefined : sessionIdIn(Object(LastEvaluatedKey)),
  }
}

/**
 * Returns the write of the session of a sign-in, whether or not its user exists.
 *
 * The write of a new session is refused if the session already exists. The write of a renewed one is refused
 * if that session has ended, or its secret has changed since it was read. The same write may arrive twice: it
 * finds its own secret.
 *
 * @param renewed - The stored session before, with the same id.
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

/**
 * The condition of a write that replaces a secret. The session has not ended, and its secret is the one that
 * was read, or the one of this very write.
 */
export const SECRET_AS_READ =
  'attribute_not_exists(endedAt) AND (#secretHash = :readHash OR (#secretHash = :secretHash AND #rotatedAtMs = :rotatedAtMs))'

/**
 * Replaces a session's secret, on condition that the secret has not changed since it was read and the session
 * has not ended. The same write may be sent twice: it finds its own values and writes them again.
 *
 * @param before - The stored session.
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

/** Why a session ends: its user signs out or ends it in the list, a sign-in replaces it, or a replaced token was used. */
type Ending = DetailOf<'session.ended'> | 'reused'

/**
 * Ends a session, with its event. Leaves a tombstone until the session would have expired, so that a late
 * write cannot revive it. Succeeds also if the session does not exist, or has already ended.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function endSession(
  table: Table,
  session: Pick<Session, 'userId' | 'id'>,
  why: Ending,
  act: Act,
): Promise<void> {
  await transact(table, endingOf(table, session, why, act))
}

/**
 * Returns the writes of {@link endSession}. They are refused if the session does not exist, or has already
 * ended.
 *
 * Reuse is logged before the writes: the log must show the theft even if they fail.
 */
export function endingOf(
  table: Table,
  session: Pick<Session, 'userId' | 'id'>,
  why: Ending,
  act: Act,
): TransactWrite[] {
  const { userId, id } = session
  const isReuse = why === 'reused'
  if (isReuse) logEvent('warn', { event: 'session.reuse', userId, sessionId: id })
  return [
    // A thief who had the token may have given an app lasting access. So the tombstone stays as long as any
    // grant that began in the session.
    tombstoneOf(sessionKey(session), act.now, isReuse ? secondOf(act.now) + GRANT_TTL_SECONDS : undefined),
    eventOf(table, act, {
      ...(isReuse ? { type: 'session.reused' } : { type: 'session.ended', detail: why }),
      subject: partitionOf(userId),
      session: id,
    }),
  ]
}

/**
 * Returns the write that makes a tombstone of a session or a grant. It is refused if the item does not exist,
 * or has already ended.
 */
export const tombstoneOf = (Key: Key, now: Date, end?: number): TransactWrite => ({
  Update: {
    Key,
    // Only an item that exists and has not ended has this attribute.
    ConditionExpression: 'attribute_exists(secretHash)',
    ...tombstone(now, end),
  },
})

/**
 * Returns the update that makes a tombstone.
 *
 * @param end - Second until which it stays. With it, the tombstone also ends the grants of the session, and
 *   drops where the sign-in came from. Without it, the tombstone stays until the item would have expired.
 */
const tombstone = (now: Date, end?: number) => ({
  UpdateExpression: `SET endedAt = :now${end ? ', grantsEndedAt = :now, expiresAt = :end REMOVE sourceIp, userAgent,' : ' REMOVE'} secretHash, salt`,
  ExpressionAttributeValues: { ':now': attribute(secondOf(now)), ...(end && { ':end': attribute(end) }) },
})

/** Whether the item of a session is a tombstone that ends all grants of the session, also those that outlive the session otherwise. */
export const endsGrants = (item: Item): boolean => item.grantsEndedAt !== undefined

/**
 * Ends the session of a sign-in that failed. The write of that session may arrive later.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function abandonSession({ aws, name }: Table, session: Session, now: Date): Promise<void> {
  await aws('dynamodb', 'UpdateItem', {
    TableName: name,
    Key: sessionKey(session),
    ...tombstone(now, session.expiresAt),
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

// Apart from `sessionOf`, which the authorizer has: its bundle has nothing of devices.
function boundSessionOf(item: Item, device?: ReadsDevice): Session | undefined {
  const session = sessionOf(item)
  return session && { ...session, ...device?.valuesOf(item) }
}
