import { getItems, type Item, text } from '../../../lib/aws/dynamodb.ts'
import { verifyPassword } from '../../../lib/passwords/hash.ts'
import { nameKey, profileKey, userOf } from '../../../lib/users/store.ts'
import { loginNamesOf, type User } from '../../../lib/users/user.ts'
import type { Known } from './act.ts'
import type { Facts } from './facts.ts'
import type { UserScene } from './scene.ts'

/** A login name, and the id that it points to. */
interface Pointer {
  name: string
  userId: string
}

/** Returns the violations in the names and profiles that are stored. */
export async function violationsOfUsers({ table, names }: UserScene, facts: Facts): Promise<string[]> {
  const all = Object.values(names)
  const pointing = await getItems(table, all.map(nameKey))
  const pointers = all.flatMap((name, index) => {
    const item = pointing[index]
    return item ? [{ name, userId: text(item, 'userId') }] : []
  })
  const ids = [...new Set([...facts.userIds, ...pointers.map(({ userId }) => userId)])]
  const profiles = await getItems(table, ids.map(profileKey))
  const read = profiles.flatMap((item) => (item ? [readProfile(item)] : []))
  const users = read.filter((user) => typeof user !== 'string')
  const differences = await Promise.all(
    facts.userIds.map((id) =>
      differenceOf(
        id,
        users.find((user) => user.id === id),
        facts.userAt(id),
      ),
    ),
  )
  return [
    ...repeatedIn(facts),
    ...read.filter((fault) => typeof fault === 'string'),
    ...unsoundNames(pointers, users),
    ...differences.flat(),
  ]
}

/** Returns the user of a profile, or its fault. */
function readProfile(item: Item): User | string {
  try {
    const user = userOf(item)
    return 'expiresAt' in item ? `the profile of ${user.username} expires` : user
  } catch (error) {
    return `${text(item, 'pk')} is a stub: ${(error as Error).message}`
  }
}

/**
 * Each change takes effect once. An operation may make its change again if another one came between, because it cannot
 * know then that its own was stored before.
 */
const repeatedIn = ({ writes }: Facts): string[] =>
  writes
    .filter(({ request, userId, by }, index) => {
      const earlier = writes.slice(0, index).filter((other) => other.userId === userId)
      return earlier.at(-1)?.by === by || earlier.some((other) => other.request === request)
    })
    .map(({ name }) => `one change of ${name} took effect twice`)

/** Each name must point to a user who has it, and each user's names to the user. */
const unsoundNames = (pointers: readonly Pointer[], users: readonly User[]): string[] => [
  ...pointers
    .filter(
      ({ name, userId }) => !users.some((user) => user.id === userId && loginNamesOf(user).includes(name)),
    )
    .map(({ name }) => `${name} points to no user of this name`),
  ...users.flatMap((user) =>
    loginNamesOf(user)
      .filter((name) => !pointers.some((pointer) => pointer.name === name && pointer.userId === user.id))
      .map((name) => `${name} does not point to its user`),
  ),
]

/** Returns how a stored user differs from all changes that took effect. */
async function differenceOf(id: string, user: User | undefined, known: Known | undefined): Promise<string[]> {
  if (!user || !known) return user === known ? [] : [`${id} ${user ? 'exists' : 'does not exist'}`]
  const { password } = known
  const isPassword = password === undefined || (await verifyPassword(password, user.passwordHash))
  const lost = (['username', 'email', 'role', 'disabled'] as const)
    .filter((name) => user[name] !== known[name])
    .map((name) => `a change is lost: ${name} is ${user[name]}, not ${known[name]}`)
  return isPassword ? lost : [...lost, 'a change of the password is lost']
}
