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
import { ServiceError } from '../errors.ts'
import { profileKey, userOf } from '../users/store.ts'
import type { User } from '../users/user.ts'
import { isLive, judgeSecret, type PresentedToken, type Session } from './session.ts'

const sessionKey = ({ username, id }: Pick<Session, 'username' | 'id'>) => ({
  pk: { S: `user#${username}` },
  sk: { S: `session#${id}` },
})

/**
 * Finds a session and its user, as of this moment.
 *
 * @param deadlineMs - Epoch milliseconds.
 * @returns Either may be missing. An expired session may still be found.
 */
export async function findSession(
  table: Table,
  username: string,
  id: string,
  deadlineMs: number,
): Promise<{ session?: Session | undefined; user?: User | undefined }> {
  const keys = [sessionKey({ username, id }), profileKey(username)]
  const [session, user] = await getItems(table, keys, deadlineMs)
  return { session: session && sessionOf(session), user: user && userOf(user) }
}

/**
 * Finds all sessions of a user, expired and ended ones among them, and the user.
 *
 * @param deadlineMs - Epoch milliseconds.
 */
export async function findSessions(
  { aws, name }: Table,
  username: string,
  deadlineMs: number,
): Promise<{ sessions: Session[]; user: User | undefined }> {
  const items: Item[] = []
  for (let from: unknown = {}; from !== undefined; ) {
    const input = {
      TableName: name,
      ConsistentRead: true,
      // In the order of their sort keys, "profile" comes right before all of "session#…".
      KeyConditionExpression: 'pk = :pk AND sk >= :profile',
      ExpressionAttributeValues: { ':pk': { S: `user#${username}` }, ':profile': { S: 'profile' } },
      ...(from as object),
    }
    const answer = await aws('dynamodb', 'Query', input, deadlineMs)
    items.push(...((answer.Items as Item[] | undefined) ?? []))
    from = answer.LastEvaluatedKey && { ExclusiveStartKey: answer.LastEvaluatedKey }
  }
  const profile = items.find((item) => text(item, 'sk') === 'profile')
  const sessions = items.filter((item) => text(item, 'sk').startsWith('session#'))
  return { sessions: sessions.map(sessionOf), user: profile && userOf(profile) }
}

/**
 * Stores a new session, and takes it away again if the rest of the login fails.
 *
 * The rest goes on at the same time, and must look at the user: whoever disables or removes a user or ends all of its
 * sessions does so before that look, and then the session goes again, or after it, and so after the second in which
 * the session begins; then it is over (see `isLive` in `lib/sessions/session.ts`).
 *
 * @param rest - What else the login takes, under way.
 * @param deadlineMs - Epoch milliseconds.
 * @returns What `rest` came to.
 * @throws What `rest` throws, or {@link ServiceError} `unavailable`.
 */
export async function openSession<T>(
  table: Table,
  session: Session,
  rest: Promise<T>,
  deadlineMs: number,
): Promise<T> {
  const [outcome, stored] = await Promise.allSettled([rest, putSession(table, session, deadlineMs)])
  if (outcome.status === 'fulfilled' && stored.status === 'fulfilled') return outcome.value
  // Should it stay after all: nobody has its token, and it expires.
  await deleteSession(table, session, deadlineMs).catch(() => undefined)
  throw outcome.status === 'rejected' ? outcome.reason : (stored as PromiseRejectedResult).reason
}

/**
 * Finds the session that a refresh token keeps going. One that was replaced before ends its session: somebody
 * kept a copy.
 *
 * @param deadlineMs - Epoch milliseconds.
 * @throws {@link ServiceError} `invalid_refresh_token`, the same for every reason.
 */
export async function findPresented(table: Table, presented: PresentedToken, now: Date, deadlineMs: number) {
  const { username, sessionId, secret } = presented
  const { session, user } = await findSession(table, username, sessionId, deadlineMs)
  if (!session || !user || !isLive(session, user, now)) {
    throw new ServiceError('invalid_refresh_token', 'no such session')
  }
  const verdict = judgeSecret(session, secret, now)
  if (verdict === 'reused') {
    await deleteSession(table, session, deadlineMs)
    console.warn({ event: 'session.reuse', username, sessionId })
  }
  if (verdict === 'reused' || verdict === 'foreign') {
    throw new ServiceError('invalid_refresh_token', `the secret is ${verdict}`)
  }
  return { session, user, isCurrent: verdict === 'current' }
}

/** Stores a session, whatever has become of its user; see {@link openSession}. */
export async function putSession({ aws, name }: Table, session: Session, deadlineMs: number): Promise<void> {
  const { username, id, ...rest } = session
  const Item = { ...sessionKey(session), ...attributesOf(rest) }
  await aws('dynamodb', 'PutItem', { TableName: name, Item }, deadlineMs)
}

/**
 * Replaces a session's secret, if nobody else has, in one conditional write. A session that is gone stays gone.
 *
 * @param before - As read.
 * @param after - See `renewed` in `lib/sessions/session.ts`.
 * @returns Whether it was replaced.
 */
export function replaceSecret(
  table: Table,
  before: Session,
  after: Session,
  deadlineMs: number,
): Promise<boolean> {
  const { secretHash, replacedAtMs, generation, lastUsedAt, expiresAt } = after
  const changes = { secretHash, replacedAtMs, generation, lastUsedAt, expiresAt }
  const input = {
    Key: sessionKey(before),
    ConditionExpression: '#secretHash = :readHash',
    ...updateOf(changes, { ':readHash': { S: before.secretHash } }),
  }
  return writeIf(table, 'UpdateItem', input, deadlineMs)
}

/** Ends a session; one that is not there is ended already. */
export async function deleteSession(
  { aws, name }: Table,
  session: Pick<Session, 'username' | 'id'>,
  deadlineMs: number,
): Promise<void> {
  await aws('dynamodb', 'DeleteItem', { TableName: name, Key: sessionKey(session) }, deadlineMs)
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
