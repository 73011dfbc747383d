import { HAS_ATTRIBUTES, type UserAttributes, userAttributesOf } from '../application/attributes.ts'
import { ROLES, type Role } from '../application/roles.ts'
import { getItems, type Item, type Table, text } from '../aws/dynamodb.ts'
import { namesOf } from '../aws/item.ts'
import { readItems } from '../aws/pages.ts'
import { type Factor, factorsOf } from '../users/factors.ts'
import { nameKey, profileKey, userOf } from '../users/store.ts'
import { PROFILE, type User } from '../users/user.ts'

/** Attributes that operators see, in this order: all except the password hash and what revocations depend on. */
export const ACCOUNT = [
  'username',
  'email',
  'emailVerified',
  'locale',
  'role',
  'disabled',
  'factors',
  'mustEnrol',
  'attributes',
  'createdAt',
  'changedAt',
  'externalId',
] as const satisfies (keyof User)[]

/** What operators see of a user. */
export type Account = Pick<User, 'id' | Exclude<(typeof ACCOUNT)[number], 'factors' | 'attributes'>> & {
  /** Second factors; missing without any. */
  factors?: Factor[]
  /** Missing if the application has none. */
  attributes?: UserAttributes
}

/** Selects what operators see of a user. */
export function accountOf(user: Pick<User, 'id' | (typeof ACCOUNT)[number]>): Account {
  const shown = {
    ...user,
    factors: user.factors ? factorsOf(user) : undefined,
    attributes: HAS_ATTRIBUTES ? userAttributesOf(user.attributes) : undefined,
  }
  const members = (['id', ...ACCOUNT] as const).map((name) => [name, shown[name]] as const)
  return Object.fromEntries(members.filter(([, value]) => value !== undefined)) as unknown as Account
}

/** A user for those who change accounts: all except what signs the user in. */
export type Administered = Omit<User, 'passwordHash' | 'passwordFrom'>

/** Attributes of {@link Administered}. */
export const ADMINISTERED = namesOf(PROFILE).filter(
  (name): name is Exclude<keyof typeof PROFILE, 'passwordHash' | 'passwordFrom'> =>
    name !== 'passwordHash' && name !== 'passwordFrom',
)

/**
 * Returns the user of a profile item as it is stored. The role may be one that was taken out of `ROLES`, whose user the
 * service treats as disabled: operators can change this user too.
 *
 * @param names - The attributes that were read, with `username` and `role`; by default all.
 * @throws {@link ServiceError} `unavailable`, if the item is not a valid profile.
 */
export const storedUserOf = <N extends keyof typeof PROFILE = keyof typeof PROFILE>(
  item: Item,
  names?: readonly N[],
): Pick<User, 'id' | N> => ({
  ...userOf({ ...item, role: { S: ROLES[0] } }, names),
  role: text(item, 'role') as Role,
})

/** Returns the user of a profile item of which {@link ADMINISTERED} was read; see {@link storedUserOf}. */
const administeredOf = (item: Item): Administered => storedUserOf(item, ADMINISTERED)

/**
 * Finds a user with a consistent read, which contains no password hash; see {@link storedUserOf}.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findAdministered(table: Table, userId: string): Promise<Administered | undefined> {
  const [item] = await getItems(table, [profileKey(userId)], ADMINISTERED)
  return item && administeredOf(item)
}

/**
 * Finds the id of the user of a login name, with a consistent read.
 *
 * @param loginName - In its stored form, lower case.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findIdByName(table: Table, loginName: string): Promise<string | undefined> {
  const [name] = await getItems(table, [nameKey(loginName)], ['userId'])
  return name && text(name, 'userId')
}

/**
 * Finds the user of a login name; see {@link findAdministered}.
 *
 * @param loginName - In its stored form, lower case.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findByName(table: Table, loginName: string): Promise<Administered | undefined> {
  const userId = await findIdByName(table, loginName)
  return userId === undefined ? undefined : findAdministered(table, userId)
}

/**
 * Reads users, each as operators see it.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function accountsById(table: Table, ids: readonly string[]): Promise<Map<string, Account>> {
  const items = await readItems(table, [...new Set(ids)].map(profileKey), ACCOUNT)
  return new Map(
    items.map((item) => [text(item, 'pk').replace(/^user#/, ''), accountOf(storedUserOf(item, ACCOUNT))]),
  )
}

/**
 * Reads the users of login names. A name that no user has is not in the result.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findByNames(
  table: Table,
  loginNames: readonly string[],
): Promise<Map<string, Administered>> {
  const names = await readItems(table, [...new Set(loginNames)].map(nameKey), ['userId'])
  const ids = [...new Set(names.map((item) => text(item, 'userId')))]
  const users = (await readItems(table, ids.map(profileKey), ADMINISTERED)).map(administeredOf)
  const byId = new Map(users.map((user) => [user.id, user]))
  return new Map(
    names.flatMap((item) => {
      const user = byId.get(text(item, 'userId'))
      return user ? [[text(item, 'pk').replace(/^name#/, ''), user]] : []
    }),
  )
}
