import { isRole } from '../../lib/application/roles.ts'
import type { Account } from '../../lib/operators/accounts.ts'
import { printable } from '../cli/terminal/table.ts'

/** Returns the state of a user in one word. */
export const stateOf = ({ disabled }: Pick<Account, 'disabled'>) => (disabled ? 'disabled' : 'enabled')

/** Returns the role of a user. One that was taken out of `ROLES` is marked: its user cannot sign in. */
export const shownRole = ({ role }: Pick<Account, 'role'>) =>
  isRole(role) ? role : `${printable(role)} (unknown)`

/** Returns the second factors of a user in words. */
export const factorsIn = ({ factors = [] }: Pick<Account, 'factors'>) => factors.join(', ') || 'none'
