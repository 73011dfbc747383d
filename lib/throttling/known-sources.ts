import { attribute, getItems, type Item, type Table } from '../aws/dynamodb.ts'
import { together } from '../aws/together.ts'
import type { At } from '../context.ts'
import { secondOf } from '../time.ts'
import { loginNamesOf, type User } from '../users/user.ts'
import { knownSourceKey } from './limits.ts'
import { sourceOf } from './source.ts'
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

/** The user of a login name, and where a request in that name came from. */
interface NamedRequest {
  loginName: string
  userId: string
  /** Missing for a request of an operator. */
  sourceIp: string | undefined
}

/**
 * Finds whether the source of a request is known to a user, with a consistent read.
 *
 * @returns The source, or `undefined` if it is not known.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findKnownSource(
  table: Table,
  { loginName, userId, sourceIp }: NamedRequest,
  now: Date,
): Promise<string | undefined> {
  if (sourceIp === undefined) return undefined
  const source = sourceOf(sourceIp)
  const [mark] = await getItems(table, [knownSourceKey(loginName, source)], ['ownerId', 'expiresAt'])
  return isKnownSource(mark, userId, now) ? source : undefined
}

/** A request of a user, whose source becomes known for longer than a session lives. */
type Marking = At<'SESSION_TTL_SECONDS'>

/**
 * Marks the source of a request as known to a user under a login name. Does nothing if the mark is younger
 * than a day. A failure is only logged.
 *
 * @param mark - The stored mark of the login name and the source, if it was read.
 */
export async function markKnownSource(
  { table, config, origin, now }: Marking,
  { loginName, userId }: { loginName: string; userId: string },
  mark: Item | undefined,
): Promise<void> {
  const expiresAt = secondOf(now) + config.SESSION_TTL_SECONDS + KNOWN_BEYOND_SESSION_SECONDS
  if (ownerOf(mark) === userId && expiryOf(mark) > expiresAt - RENEWED_AFTER_SECONDS) return
  await table
    .aws('dynamodb', 'UpdateItem', {
      TableName: table.name,
      Key: knownSourceKey(loginName, sourceOf(origin.sourceIp)),
      UpdateExpression: 'SET expiresAt = :expiresAt, ownerId = :ownerId',
      ExpressionAttributeValues: { ':expiresAt': attribute(expiresAt), ':ownerId': attribute(userId) },
    })
    .catch(logUnwritten)
}

/** Marks a source as known to a user under each of its login names; see {@link markKnownSource}. */
export async function markKnownSources(
  at: Marking,
  user: Pick<User, 'id' | 'username' | 'email'>,
  mark: Item | undefined,
): Promise<void> {
  const owners = loginNamesOf(user).map((loginName) => ({ loginName, userId: user.id }))
  await together(owners.map((owner) => markKnownSource(at, owner, mark)))
}

const ownerOf = (mark: Item | undefined): unknown => Object(mark?.ownerId).S

const expiryOf = (mark: Item | undefined): number => Number(Object(mark?.expiresAt).N ?? 0)
