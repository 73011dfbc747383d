import { attribute, type Item, type Table } from '../aws/dynamodb.ts'
import { together } from '../aws/together.ts'
import { secondOf } from '../time.ts'
import { loginNamesOf, type User } from '../users/user.ts'
import { knownSourceKey } from './limits.ts'
import { logUnwritten } from './store.ts'

/** How long a mark is valid after the last session of the source could have ended. */
const KNOWN_BEYOND_SESSION_SECONDS = 60 * 86_400

/** Age at which a mark is written again. */
const RENEWED_AFTER_SECONDS = 86_400

/**
 * Whether an item marks a source as known to a user at an instant. A mark of an earlier owner of the login
 * name does not count.
 *
 * @param userId - `undefined` if the login name is unknown.
 */
export const isKnownSource = (mark: Item | undefined, userId: string | undefined, now: Date): boolean =>
  userId !== undefined && ownerOf(mark) === userId && expiryOf(mark) > secondOf(now)

/** A source to mark as known. */
interface KnownSource {
  /** See `sourceOf` in `lib/throttling/limits.ts`. */
  source: string
  /** The stored mark. */
  mark: Item | undefined
  /** Longest life of a session. */
  sessionTtlSeconds: number
}

/**
 * Marks a source as known to a user under a login name, if it has no mark, or one older than a day. A failure
 * is only logged.
 */
export async function markKnownSource(
  { aws, name }: Table,
  { loginName, userId }: { loginName: string; userId: string },
  { source, mark, sessionTtlSeconds }: KnownSource,
  now: Date,
): Promise<void> {
  const expiresAt = secondOf(now) + sessionTtlSeconds + KNOWN_BEYOND_SESSION_SECONDS
  if (ownerOf(mark) === userId && expiryOf(mark) > expiresAt - RENEWED_AFTER_SECONDS) return
  await aws('dynamodb', 'UpdateItem', {
    TableName: name,
    Key: knownSourceKey(loginName, source),
    UpdateExpression: 'SET expiresAt = :expiresAt, ownerId = :ownerId',
    ExpressionAttributeValues: { ':expiresAt': attribute(expiresAt), ':ownerId': attribute(userId) },
  }).catch(logUnwritten)
}

/** Marks a source as known to a user under each of its login names; see {@link markKnownSource}. */
export async function markKnownSources(
  table: Table,
  user: Pick<User, 'id' | 'username' | 'email'>,
  known: KnownSource,
  now: Date,
): Promise<void> {
  const owners = loginNamesOf(user).map((loginName) => ({ loginName, userId: user.id }))
  await together(owners.map((owner) => markKnownSource(table, owner, known, now)))
}

const ownerOf = (mark: Item | undefined): unknown => Object(mark?.ownerId).S

const expiryOf = (mark: Item | undefined): number => Number(Object(mark?.expiresAt).N ?? 0)
