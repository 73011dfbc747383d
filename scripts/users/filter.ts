import { isRole, ROLES } from '../../lib/users/user.ts'
import { Refusal } from '../cli/refusal.ts'
import { type Account, stateOf } from './account.ts'

/** A condition that a listed user meets. */
export type Filter = (account: Account) => boolean

/**
 * Reads one `--filter`: `role=ROLE`, `state=STATE`, or a part of the username or address.
 *
 * @param earlier - Filters that stand before it on the command line.
 * @throws {@link Refusal} `usage`
 */
export function readFilter(text: string, earlier: readonly Filter[]): Filter[] {
  return [...earlier, filterOf(text)]
}

function filterOf(text: string): Filter {
  const [name = '', value] = text.split('=', 2)
  if (value === undefined && text !== '') {
    const part = text.toLowerCase()
    return ({ username, email }) => username.includes(part) || email?.includes(part) === true
  }
  if (name === 'role' && isRole(value)) return ({ role }) => role === value
  if (name === 'state' && (value === 'enabled' || value === 'disabled')) {
    return (account) => stateOf(account) === value
  }
  const roles = ROLES.map((role) => `role=${role}`).join(', ')
  throw new Refusal(
    'usage',
    `Invalid --filter. Use part of a username or address, ${roles}, state=enabled or state=disabled.`,
  )
}
