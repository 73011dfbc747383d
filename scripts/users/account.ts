import { HAS_ATTRIBUTES, type UserAttributes, userAttributesOf } from '../../lib/application/attributes.ts'
import { isRole } from '../../lib/application/roles.ts'
import { type Factor, factorsOf } from '../../lib/users/factors.ts'
import type { User } from '../../lib/users/user.ts'
import { printable } from '../cli/terminal/table.ts'

/** Attributes that operators see, in this order: all but the password hash and what revocations depend on. */
export const ACCOUNT = [
  'username',
  'email',
  'emailVerified',
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
export function accountOf(user: User): Account {
  const shown = {
    ...user,
    factors: user.factors ? factorsOf(user) : undefined,
    attributes: HAS_ATTRIBUTES ? userAttributesOf(user.attributes) : undefined,
  }
  const members = (['id', ...ACCOUNT] as const).map((name) => [name, shown[name]] as const)
  return Object.fromEntries(members.filter(([, value]) => value !== undefined)) as unknown as Account
}

/** Returns the state of a user in one word. */
export const stateOf = ({ disabled }: Pick<Account, 'disabled'>) => (disabled ? 'disabled' : 'enabled')

/** Returns the role of a user. One that was taken out of `ROLES` is marked: its user cannot sign in. */
export const shownRole = ({ role }: Pick<Account, 'role'>) =>
  isRole(role) ? role : `${printable(role)} (unknown)`

/** Returns the second factors of a user in words. */
export const factorsIn = ({ factors = [] }: Pick<Account, 'factors'>) => factors.join(', ') || 'none'
