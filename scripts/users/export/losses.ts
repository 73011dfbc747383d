import { hasPassword, kindOf } from '../../../lib/passwords/hash.ts'
import type { User } from '../../../lib/users/user.ts'
import { printable } from '../../cli/terminal/table.ts'
import type { UserRecord } from './records.ts'

/** Notes that something of a user does not move. */
export type Lose = (record: UserRecord, what: string) => void

/** What does not move: the usernames of each thing. */
export type Losses = ReadonlyMap<string, readonly string[]>

/** How many usernames a line names. */
const NAMED = 5

/** Starts a list of what does not move. */
export function startLosses(): { lose: Lose; losses: Losses } {
  const losses = new Map<string, string[]>()
  const lose: Lose = ({ user }, what) => {
    const names = losses.get(what)
    if (names === undefined) losses.set(what, [user.username])
    else names.push(user.username)
  }
  return { lose, losses }
}

/** Formats what does not move, a line for each thing. */
export function shownLosses(losses: Losses, system: string): string {
  if (losses.size === 0) return ''
  const lines = [...losses].map(([what, names]) => {
    const users = `${names.length.toLocaleString('en')} ${names.length === 1 ? 'user' : 'users'}`
    const more = names.length - NAMED
    const shown = names.slice(0, NAMED).map(printable).join(', ')
    return `  ${what}: ${users} (${shown}${more > 0 ? ` and ${more.toLocaleString('en')} more` : ''})\n`
  })
  return `This does not move to ${system}:\n${lines.join('')}`
}

/**
 * Returns the hash of a user in the spelling that most programs share, if a system takes its kind: a PHC string of argon2, or bcrypt
 * from `$2` on. Django's names of the algorithms are left out.
 */
export function takeHash(record: UserRecord, kinds: readonly string[], lose: Lose): string | undefined {
  const { passwordHash, passwordFrom } = record.user
  if (passwordFrom !== undefined) lose(record, 'passwords that are still at the old place')
  if (!hasPassword(passwordHash)) return undefined
  const kind = hashKindOf(record.user)
  if (kinds.includes(kind)) return passwordHash.replace(/^(?:argon2(?=\$argon2)|bcrypt\$(?=\$2))/, '')
  lose(record, `password hashes of the kind ${kind}`)
  return undefined
}

/** Returns the kind of a user's hash. A hash that the service cannot read has none. */
export function hashKindOf({ passwordHash }: Pick<User, 'passwordHash'>): string {
  try {
    return kindOf(passwordHash)
  } catch {
    return 'unknown'
  }
}

/** Notes the authenticator app of a user whose secret was not decrypted. */
export function loseSecret(record: UserRecord, lose: Lose): void {
  if (record.totp && !record.totpSecret) lose(record, 'authenticator apps, without --with-secrets')
}
