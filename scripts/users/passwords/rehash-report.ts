import { hasPassword, kindOf, needsRehash } from '../../../lib/passwords/hash.ts'
import type { User } from '../../../lib/users/user.ts'
import { table } from '../../cli/terminal/table.ts'

/** Where the password of a user is. */
type Passwords = Pick<User, 'passwordHash' | 'passwordFrom'>

/** How many users have hashes of a kind, and whether the next sign-in replaces these. */
interface KindCount {
  hash: string
  users: number
  isReplaced: boolean
}

/** Whether the password of a user is still at the place that the user moved from. */
export const isAtOldPool = ({ passwordHash, passwordFrom }: Passwords): boolean =>
  passwordFrom !== undefined && !hasPassword(passwordHash)

/** Counts users by the kind of their password hash, the most frequent first. */
export function countKinds(users: readonly Passwords[]): KindCount[] {
  const counts = new Map<string, KindCount>()
  for (const user of users) {
    const kind = isAtOldPool(user) ? OLD_POOL : describe(user.passwordHash)
    const key = JSON.stringify(kind)
    counts.set(key, { ...kind, users: (counts.get(key)?.users ?? 0) + 1 })
  }
  return [...counts.values()].sort((a, b) => b.users - a.users || (a.hash < b.hash ? -1 : 1))
}

const OLD_POOL = { hash: 'old pool', isReplaced: true }

/** Describes a hash without any part of it. */
function describe(passwordHash: string): Omit<KindCount, 'users'> {
  if (!hasPassword(passwordHash)) return { hash: 'no password', isReplaced: false }
  try {
    // A short password: a hash that depends on the first bytes of a long one is replaced later.
    return { hash: kindOf(passwordHash), isReplaced: needsRehash(passwordHash, 'x') }
  } catch {
    return { hash: 'unusable', isReplaced: false }
  }
}

/** Formats the counts as a table. */
export function shownKinds(counts: readonly KindCount[], width: number): string {
  if (counts.length === 0) return 'No users.\n'
  const rows = counts.map(({ hash, users, isReplaced }) => [
    hash,
    users.toLocaleString('en'),
    isReplaced ? 'at the next sign-in' : 'no',
  ])
  return table(['hash', 'users', 'replaced'], rows, width)
}
