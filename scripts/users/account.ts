import type { User } from '../../lib/users/user.ts'

/** What operators see of a user: everything except the password hash and the revocation marks. */
export type Account = Pick<User, 'username' | 'role' | 'disabled' | 'createdAt' | 'changedAt'>

/** Selects what operators see of a user. */
export const accountOf = ({ username, role, disabled, createdAt, changedAt }: User): Account => ({
  username,
  role,
  disabled,
  createdAt,
  changedAt,
})

/** Returns the state of a user in one word. */
export const stateOf = ({ disabled }: Pick<Account, 'disabled'>) => (disabled ? 'disabled' : 'enabled')
