import {
  attributesOf,
  getItems,
  type Item,
  number,
  type Table,
  text,
  updateOf,
  writeIf,
} from '../aws/dynamodb.ts'
import { profileKey, userOf } from '../users/store.ts'
import type { User } from '../users/user.ts'
import type { Session } from './session.ts'

const sessionKey = ({ username, id }: Pick<Session, 'username' | 'id'>) => ({
  pk: { S: `user#${username}` },
  sk: { S: `session#${id}` },
})

/**
 * Finds a session and its user with one consistent read.
 *
 * @returns Either may be missing. The session may have expired.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findSession(
  table: Table,
  username: string,
  id: string,
): Promise<{ session?: Session | undefined; user?: User | undefined }> {
  const keys = [sessionKey({ username, id }), profileKey(username)]
  const [session, user] = await getItems(table, keys)
  return { session: session && sessionOf(session), user: user && userOf(user) }
}

/**
 * Finds a user and all its sessions, including expired and revoked ones.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findSessions(
  { aws, name }: Table,
  username: string,
): Promise<{ sessions: Session[]; user: User | undefined }> {
  const items: Item[] = []
  for (let from: unknown = {}; from !== undefined; ) {
    const { Items, LastEvaluatedKey } = await aws('dynamodb', 'Query', {
      TableName: name,
      ConsistentRead: true,
      // In the order of sort keys, "profile" comes right before every "session#…".
      KeyConditionExpression: 'pk = :pk AND sk >= :profile',
      ExpressionAttributeValues: { ':pk': { S: `user#${username}` }, ':profile': { S: 'profile' } },
      ...(from as object),
    })
    items.push(...((Items as Item[] | undefined) ?? []))
    from = LastEvaluatedKey && { ExclusiveStartKey: LastEvaluatedKey }
  }
  const profile = items.find((item) => text(item, 'sk') === 'profile')
  const sessions = items.filter((item) => text(item, 'sk').startsWith('session#'))
  return { sessions: sessions.map(sessionOf), user: profile && userOf(profile) }
}

/**
 * Stores a new session, whether or not its user exists.
 *
 * @throws {@link ServiceError} `unavailable`; the session may be stored all the same.
 */
export async function putSession({ aws, name }: Table, session: Session): Promise<void> {
  const { username, id, ...rest } = session
  const Item = { ...sessionKey(session), ...attributesOf(rest) }
  await aws('dynamodb', 'PutItem', { TableName: name, Item })
}

/**
 * Replaces a session's secret, on condition that it is still as read. Does not create a session that is gone.
 *
 * @param before - As read.
 * @param after - See `rotated` in `lib/sessions/session.ts`.
 * @returns Whether this call replaced it.
 * @throws {@link ServiceError} `unavailable`.
 */
export function replaceSecret(table: Table, before: Session, after: Session): Promise<boolean> {
  const { secretHash, replacedAtMs, generation, lastUsedAt, expiresAt } = after
  const changes = { secretHash, replacedAtMs, generation, lastUsedAt, expiresAt }
  return writeIf(table, 'UpdateItem', {
    Key: sessionKey(before),
    ConditionExpression: '#secretHash = :readHash',
    ...updateOf(changes, { ':readHash': { S: before.secretHash } }),
  })
}

/**
 * Deletes a session. Succeeds if there is no such session.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function deleteSession(
  { aws, name }: Table,
  session: Pick<Session, 'username' | 'id'>,
): Promise<void> {
  await aws('dynamodb', 'DeleteItem', { TableName: name, Key: sessionKey(session) })
}

function sessionOf(item: Item): Session {
  return {
    username: text(item, 'pk').replace(/^user#/, ''),
    id: text(item, 'sk').replace(/^session#/, ''),
    secretHash: text(item, 'secretHash'),
    replacedAtMs: text(item, 'replacedAtMs'),
    salt: text(item, 'salt'),
    generation: number(item, 'generation'),
    createdAt: number(item, 'createdAt'),
    lastUsedAt: number(item, 'lastUsedAt'),
    expiresAt: number(item, 'expiresAt'),
    sourceIp: text(item, 'sourceIp'),
    userAgent: text(item, 'userAgent'),
  }
}
