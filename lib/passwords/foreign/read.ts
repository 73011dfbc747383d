import { bcrypt, bcryptSha256 } from './bcrypt.ts'
import type { Kind, Parts } from './kind.ts'
import { pbkdf2 } from './pbkdf2.ts'
import { firebaseScrypt, scrypt } from './scrypt.ts'

const KINDS: readonly Kind[] = [bcrypt, bcryptSha256, pbkdf2, scrypt, firebaseScrypt]

/**
 * Reads a hash that another program stores.
 *
 * @returns Its kind and its parts, or `undefined` if the kind is unknown.
 * @throws RangeError if its cost is outside the limits.
 */
export function readForeign(text: string): { kind: Kind; parts: Parts } | undefined {
  for (const kind of KINDS) {
    for (const spelling of kind.spellings) {
      const parts = spelling.exec(text)?.groups
      if (!parts) continue
      if (!kind.isAffordable(parts)) throw new RangeError(`${kind.name} is outside the cost limits`)
      return { kind, parts }
    }
  }
  return undefined
}
