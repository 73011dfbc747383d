import type { User } from '../../lib/users/user.ts'

/** What operators see of a user: everything except the password hash and what revocations depend on. */
export type Account = Pick<
  User,
  'id' | 'username' | 'email' | 'emailVerified' | 'role' | 'disabled' | 'createdAt' | 'changedAt'
>

/** Selects what operators see of a user. */
export const accountOf = (user: User): Account => ({
  id: user.id,
  username: user.username,
  email: user.email,
  emailVerified: user.emailVerified,
  role: user.role,
  disabled: user.disabled,
  createdAt: user.createdAt,
  changedAt: user.changedAt,
})

/** Returns the state of a user in one word. */
export const stateOf = ({ disabled }: Pick<Account, 'disabled'>) => (disabled ? 'disabled' : 'enabled')
