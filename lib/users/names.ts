import {
  attribute,
  attributesOf,
  type Table,
  type TransactWrite,
  transact,
  updateOf,
} from '../aws/dynamodb.ts'
import { type Act, eventOf, freedNameOf, partitionOf, updateEventOf } from '../events/event.ts'
import { isEmail } from './login-name.ts'
import { revokeSessions, revokeTokens } from './revocation.ts'
import { findUserState, nameKey, profileKey } from './store.ts'
import { loginNamesOf, type User } from './user.ts'

const NAMES = ['username', 'email', 'emailVerified', 'emailAsWritten'] as const

export type Names = Pick<User, (typeof NAMES)[number]>

/**
 * Returns the names of a user. A username that is an address is also the user's address, unless the user has another
 * one.
 *
 * @param written - Address in the spelling of its owner.
 * @param isVerified - Whether the user has proved to own the address.
 */
export const namesOf = (username: string, written: string | undefined, isVerified: boolean): Names => {
  const email = written?.toLowerCase() ?? (isEmail(username) ? username : undefined)
  return {
    username,
    email,
    emailVerified: isVerified && email !== undefined,
    ...(written !== email && { emailAsWritten: written }),
  }
}

/**
 * The outcome of a transaction over a user and its login names:
 * - `done`: it is stored;
 * - `taken`: another user has one of the names, or the id;
 * - `changed`: the user has changed since the read, or another write of the transaction was refused. Read
 *   again and repeat.
 */
export type Outcome = 'done' | 'taken' | 'changed'

const claim = (loginName: string, userId: string) => ({
  Put: {
    Item: { ...nameKey(loginName), userId: attribute(userId) },
    ConditionExpression: 'attribute_not_exists(pk)',
  },
})

const free = (loginName: string, userId: string) => ({
  Delete: {
    Key: nameKey(loginName),
    ConditionExpression: 'userId = :id',
    ExpressionAttributeValues: { ':id': attribute(userId) },
  },
})

/** Returns the writes that free login names, and record the user who had them. */
const freeAll = (table: Table, userId: string, loginNames: readonly string[], act: Act) => [
  ...loginNames.map((name) => free(name, userId)),
  ...loginNames.map((name) => freedNameOf(table, act, userId, name)),
]

/** Returns the condition that a profile still has the names it had when it was read, and its values. */
function namesAsRead({ username, email }: Pick<User, 'username' | 'email'>) {
  return {
    condition: `username = :readUsername AND ${email === undefined ? 'attribute_not_exists(email)' : 'email = :readEmail'}`,
    values: attributesOf({ ':readUsername': username, ':readEmail': email }),
  }
}

/**
 * Stores a new user and claims its login names, in one transaction.
 *
 * @param user - See `newUser` in `lib/users/user.ts`.
 * @param more - Additional writes of the transaction.
 * @returns `done`, `taken`, or `changed` if one of `more` was refused.
 * @throws {@link ServiceError} `unavailable`.
 */
export const createUser = (table: Table, user: User, act: Act, ...more: TransactWrite[]): Promise<Outcome> =>
  createUserBy(table, user, { more }, act)

/**
 * Stores a new user like {@link createUser}.
 *
 * @param by - `ref` is the id of the identity provider that the user has come from, for the event.
 */
export async function createUserBy(
  table: Table,
  user: User,
  { ref, more }: { ref?: string; more: readonly TransactWrite[] },
  act: Act,
): Promise<Outcome> {
  const { id, ...profile } = user
  const put = {
    Item: { ...profileKey(id), ...attributesOf(profile) },
    ConditionExpression: 'attribute_not_exists(pk)',
  }
  const names = loginNamesOf(user).map((name) => claim(name, id))
  const happening = { type: 'user.created', subject: partitionOf(id), detail: user.role, ref } as const
  const event = eventOf(table, act, happening)
  const refused = await transact(table, [{ Put: put }, ...names, ...more, event])
  if (!refused) return 'done'
  return refused.slice(1 + names.length).includes(true) ? 'changed' : 'taken'
}

/** A change of a user's login names. */
interface NameChange {
  /** New names. An `email` of `undefined` removes the address. */
  names: Names
  /** Random id of this change. */
  changeId: string
  /** Additional writes of the transaction. */
  more?: readonly TransactWrite[]
  /** The end of all sessions, but of one sign-in, if it is live. Without it, sessions stay. */
  ending?: { survivingSession: string | undefined } | undefined
}

/**
 * Changes the login names of a user in one transaction, and revokes its access tokens, which carry the username.
 *
 * @param user - The profile that was read.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function changeNames(
  table: Table,
  user: Names & Pick<User, 'id' | 'generation' | 'sessionGeneration'>,
  { names, changeId, more = [], ending }: NameChange,
  act: Act,
): Promise<Outcome> {
  const before = loginNamesOf(user)
  const after = loginNamesOf(names)
  const { condition, values } = namesAsRead(user)
  const changes = {
    email: undefined,
    emailAsWritten: undefined,
    ...names,
    ...(ending ? revokeSessions(user, ending.survivingSession) : revokeTokens(user)),
    changeId,
    changedAt: act.now.toISOString(),
  }
  const update = {
    Key: profileKey(user.id),
    ConditionExpression: `generation = :readGeneration AND ${condition}`,
    ...updateOf(changes, { ...values, ':readGeneration': attribute(user.generation) }),
  }
  const claims = after.filter((name) => !before.includes(name)).map((name) => claim(name, user.id))
  const freed = before.filter((name) => !after.includes(name))
  const changed = NAMES.filter((name) => names[name] !== user[name])
  const refused = await transact(table, [
    { Update: update },
    ...claims,
    ...more,
    ...freeAll(table, user.id, freed, act),
    updateEventOf(table, act, user.id, { changes: changed }),
  ])
  if (!refused) return 'done'
  return refused.slice(1, 1 + claims.length).includes(true) ? 'taken' : 'changed'
}

/**
 * Removes a user and frees its login names, in one transaction. Its sessions and tokens are invalid from then on.
 *
 * @param user - The profile that was read.
 * @param more - Additional writes of the transaction: those that remove its factors. The transaction also
 *   requires that the user has not changed since the read, because a change may have added a factor.
 * @returns `done` or `changed`.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function removeUser(
  table: Table,
  user: Pick<User, 'id' | 'username' | 'email' | 'generation' | 'changeId'>,
  more: readonly TransactWrite[],
  act: Act,
): Promise<Outcome> {
  const { condition, values } = namesAsRead(user)
  // An import may add the same id and names again. A late request must not remove that user.
  const remove = {
    Key: profileKey(user.id),
    ConditionExpression: `generation = :readGeneration AND changeId = :readChangeId AND ${condition}`,
    ExpressionAttributeValues: {
      ...values,
      ':readGeneration': attribute(user.generation),
      ':readChangeId': attribute(user.changeId),
    },
  }
  const refused = await transact(table, [
    { Delete: remove },
    ...more,
    ...freeAll(table, user.id, loginNamesOf(user), act),
    eventOf(table, act, { type: 'user.deleted', subject: partitionOf(user.id) }),
  ])
  return !refused || (await findUserState(table, user.id)) === undefined ? 'done' : 'changed'
}
