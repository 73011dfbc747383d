import { isRole } from '../application/roles.ts'
import {
  attribute,
  getItems,
  type Item,
  type Table,
  type TransactWrite,
  text,
  transact,
  updateOf,
  writeIf,
} from '../aws/dynamodb.ts'
import { valuesOf } from '../aws/item.ts'
import { ServiceError } from '../errors.ts'
import { type Act, type UserHappening, updateEventOf } from '../events/event.ts'
import { logEvent } from '../log.ts'
import { isLoginName } from './login-name.ts'
import { REVOCATION_STATE, type RevocationState } from './revocation.ts'
import { isUserId, PROFILE, USER_STATE, type User, type UserState } from './user.ts'

/** Returns the key of a user's profile item. */
export const profileKey = (userId: string) => ({ pk: { S: `user#${userId}` }, sk: { S: 'profile' } })

/** Returns the key of the item by which a login name points to its user. */
export const nameKey = (loginName: string) => ({ pk: { S: `name#${loginName}` }, sk: { S: 'name' } })

/**
 * Finds a user with a consistent read.
 *
 * @throws {@link ServiceError} `unavailable`, if the store is down or holds an invalid profile.
 */
export async function findUser(table: Table, userId: string): Promise<User | undefined> {
  const [item] = await getItems(table, [profileKey(userId)])
  return item && userOf(item)
}

/**
 * Finds the state of a user with a consistent read, which contains no password hash.
 *
 * @throws {@link ServiceError} `unavailable`, if the store is down or holds an invalid profile.
 */
export async function findUserState(table: Table, userId: string): Promise<UserState | undefined> {
  const [item] = await getItems(table, [profileKey(userId)], USER_STATE)
  return item && userOf(item, USER_STATE)
}

export const USER_INFO = [
  'username',
  'role',
  'disabled',
  'generation',
  'email',
  'emailVerified',
  'locale',
  'attributes',
] as const

/** A user for the user's own applications: no password hash. */
export type UserInfo = Pick<User, (typeof USER_INFO)[number]>

/**
 * Finds a user's names, role and revocation state with a consistent read, which contains no password hash.
 *
 * @throws {@link ServiceError} `unavailable`, if the store is down or holds an invalid profile.
 */
export async function findUserInfo(table: Table, userId: string): Promise<UserInfo | undefined> {
  const [item] = await getItems(table, [profileKey(userId)], USER_INFO)
  return item && userOf(item, USER_INFO)
}

/**
 * Finds the user of a login name with two consistent reads.
 *
 * @param loginName - In its stored form, lower case.
 * @throws {@link ServiceError} `unavailable`, if the store is down or holds an invalid item.
 */
export async function findUserByName(table: Table, loginName: string): Promise<User | undefined> {
  const [name] = await getItems(table, [nameKey(loginName)])
  return name && findUser(table, text(name, 'userId'))
}

/**
 * Finds whether a user's access tokens are revoked, with a consistent read of only these attributes.
 *
 * @throws {@link ServiceError} `unavailable`, if the store is down or holds an invalid profile.
 */
export async function findRevocationState(
  { aws, name }: Table,
  userId: string,
): Promise<RevocationState | undefined> {
  const { Item } = await aws('dynamodb', 'GetItem', {
    TableName: name,
    Key: profileKey(userId),
    ConsistentRead: true,
    ProjectionExpression: REVOCATION_STATE.join(', '),
  })
  return Item === undefined ? undefined : valuesOf(PROFILE, Object(Item), REVOCATION_STATE)
}

/**
 * Whether a login name belongs to a user, with a consistent read that contains nothing about the user.
 *
 * @param loginName - In its stored form, lower case.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function isNameTaken(table: Table, loginName: string): Promise<boolean> {
  const [name] = await getItems(table, [nameKey(loginName)], ['userId'])
  return name !== undefined
}

type Name = 'username' | 'email' | 'emailAsWritten'

/** Values of a user that {@link changeUser} may change. A change of a name goes through `lib/users/names.ts`. */
export type UserChanges = Partial<
  Omit<User, Name | 'id' | 'changeId' | 'createdAt' | 'externalId' | 'passwordFrom'>
>

/** A change of a user. */
export interface UserChange {
  /** New values; `undefined` removes one. They must include a new generation. */
  changes: UserChanges & Pick<User, 'generation'>
  /** Random id of this change. */
  changeId: string
  detail?: UserHappening['detail']
  /** What the event refers to. */
  ref?: string | undefined
  /** Additional writes of the transaction. */
  more?: readonly TransactWrite[]
  /** What `more` changes, for the event. */
  moreChanges?: readonly string[] | undefined
  /** Id of the change before it, as a condition: for writes that depend on what else the user has. */
  readChangeId?: string | undefined
}

/**
 * Changes a user, on condition that both generations have not changed since the read.
 *
 * @param user - The profile that was read.
 * @returns Whether the change is stored, with its event.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function changeUser(
  table: Table,
  user: UserState & Partial<User>,
  { changes, changeId, detail, ref, more = [], moreChanges = [], readChangeId }: UserChange,
  act: Act,
): Promise<boolean> {
  const changed = [...changedNames(user, changes), ...moreChanges]
  const event = updateEventOf(table, act, user.id, { changes: changed, detail, ref })
  const update = { Update: changeOf(user, { ...changes, changeId }, readChangeId) }
  return !(await transact(table, [update, ...more, event]))
}

/**
 * Returns the change of a profile on condition that the user has not changed since the read, as a part of a transaction. A
 * change of identities needs it: it depends on what else the user has.
 *
 * @param changes - With a new `changeId`.
 */
export const changeIfUnchanged = (
  user: Pick<User, 'id' | 'generation' | 'sessionGeneration' | 'changeId'>,
  changes: UserChanges & Pick<User, 'changeId'>,
): TransactWrite => ({ Update: changeOf(user, changes, user.changeId) })

/** Returns the condition that no session of a user was revoked since the read, as a part of a transaction. */
export const unrevoked = ({
  id,
  sessionGeneration,
}: Pick<User, 'id' | 'sessionGeneration'>): TransactWrite => ({
  ConditionCheck: {
    Key: profileKey(id),
    ConditionExpression: 'sessionGeneration = :read',
    ExpressionAttributeValues: { ':read': attribute(sessionGeneration) },
  },
})

/** Attributes that any change may include. The event's detail says what they mean. */
const OF_EVERY_CHANGE = ['generation', 'sessionGeneration', 'survivingSession', 'changedAt']

/** Returns the names of the attributes that get another value. It knows only attributes that were read. */
const changedNames = (user: Partial<User>, changes: Partial<User>): string[] =>
  Object.entries(changes)
    .filter(([name, value]) => !OF_EVERY_CHANGE.includes(name) && user[name as keyof User] !== value)
    .map(([name]) => name)

const changeOf = (
  user: Pick<User, 'id' | 'generation' | 'sessionGeneration'>,
  changes: object,
  readChangeId?: string,
) => ({
  Key: profileKey(user.id),
  ConditionExpression: `generation = :readGeneration AND sessionGeneration = :readSessionGeneration${readChangeId ? ' AND changeId = :readChangeId' : ''}`,
  ...profileUpdateOf(changes, {
    ':readGeneration': attribute(user.generation),
    ':readSessionGeneration': attribute(user.sessionGeneration),
    ...(readChangeId && { ':readChangeId': attribute(readChangeId) }),
  }),
})

/**
 * Returns the update of a profile. A password that is stored here ends the move of the user's password, so that no sign-in takes
 * the old one again.
 */
const profileUpdateOf = (changes: object, more: Item) =>
  updateOf('passwordHash' in changes ? { ...changes, passwordFrom: undefined } : changes, more)

/**
 * Replaces a password hash by another hash of the same password, on condition that the user has not changed
 * since the read. Revokes nothing. The same write may be sent twice: it finds its own hash.
 *
 * @param changes - The new hash. `mustEnrol` comes from the old place of the password, where the user has a second factor.
 * @returns Whether this call replaced it.
 * @throws {@link ServiceError} `unavailable`.
 */
export const replaceHash = (
  table: Table,
  user: Pick<User, 'id' | 'generation' | 'passwordHash'>,
  changes: Pick<User, 'passwordHash'> & Pick<UserChanges, 'mustEnrol'>,
): Promise<boolean> =>
  writeIf(table, 'UpdateItem', {
    Key: profileKey(user.id),
    ConditionExpression: 'generation = :readGeneration AND passwordHash IN (:readHash, :passwordHash)',
    ...profileUpdateOf(changes, {
      ':readGeneration': attribute(user.generation),
      ':readHash': attribute(user.passwordHash),
    }),
  })

/**
 * Returns the user of a profile item. A user whose role was removed from `ROLES` is disabled, because the
 * service does not know the role's rights. The log names the user.
 *
 * @param names - The attributes that were read, with `username` and `role`; by default all.
 * @throws {@link ServiceError} `unavailable`, if the item is not a valid profile.
 */
export function userOf<N extends keyof typeof PROFILE = keyof typeof PROFILE>(
  item: Item,
  names?: readonly N[],
): Pick<User, 'id' | N> {
  const id = text(item, 'pk').replace(/^user#/, '')
  const user = { id, ...valuesOf(PROFILE, item, names) } as Pick<User, 'id' | N>
  const { username, role }: Partial<User> = user
  if (!isUserId(id) || !isLoginName(username)) {
    throw new ServiceError('unavailable', 'the store holds an invalid profile')
  }
  if (isRole(role)) return user
  logEvent('error', { event: 'role.unknown', userId: id, role })
  return { ...user, disabled: true }
}
