import { HAS_ATTRIBUTES, type UserAttributes, userAttributesOf } from '../../lib/application/attributes.ts'
import { isRole } from '../../lib/application/roles.ts'
import { type Factor, factorsOf } from '../../lib/users/factors.ts'
import type { User } from '../../lib/users/user.ts'
import { printable } from '../cli/terminal/table.ts'

/** What operators see of a user: everything except the password hash and what revocations depend on. */
export type Account = Pick<
  User,
  | 'id'
  | 'username'
  | 'email'
  | 'emailVerified'
  | 'role'
  | 'disabled'
  | 'createdAt'
  | 'changedAt'
  | 'externalId'
> & {
  /** Second factors; missing without any. */
  factors?: Factor[]
  /** Missing if the application has none. */
  attributes?: UserAttributes
}

/** Selects what operators see of a user. */
export const accountOf = (user: User): Account => ({
  id: user.id,
  username: user.username,
  email: user.email,
  emailVerified: user.emailVerified,
  role: user.role,
  disabled: user.disabled,
  ...(user.factors && { factors: factorsOf(user) }),
  ...(HAS_ATTRIBUTES && { attributes: userAttributesOf(user.attributes) }),
  createdAt: user.createdAt,
  changedAt: user.changedAt,
  externalId: user.externalId,
})

/** Returns the state of a user in one word. */
export const stateOf = ({ disabled }: Pick<Account, 'disabled'>) => (disabled ? 'disabled' : 'enabled')

/** Returns the role of a user. One that was taken out of `ROLES` is marked: its user cannot sign in. */
export const shownRole = ({ role }: Pick<Account, 'role'>) =>
  isRole(role) ? role : `${printable(role)} (unknown)`

/** Returns the second factors of a user in words. */
export const factorsIn = ({ factors = [] }: Pick<Account, 'factors'>) => factors.join(', ') || 'none'
