import { acceptedKind, isFirebaseHash, refusedKind } from '../../../../lib/passwords/foreign/hash-kinds.ts'
import { kindOf } from '../../../../lib/passwords/hash.ts'
import { documentOf } from '../../../../project/commands.ts'

/** What is accepted of each kind. */
const LIMITS: Readonly<Record<string, string>> = {
  argon2id: 'at most 256 MiB, 10 passes, 16 lanes, and 768 MiB in all passes',
  argon2i: 'at most 256 MiB, 10 passes, 16 lanes, and 768 MiB in all passes',
  bcrypt: 'cost 4 to 14',
  'bcrypt-sha256': 'cost 4 to 14',
  PBKDF2: 'at most 4,000,000 iterations over all blocks',
  scrypt: 'N a power of two, at most 256 MiB, N × r × p at most 4,194,304, and r × p at most 131,072',
  'Firebase scrypt': 'at most 256 MiB, N × r × p at most 4,194,304, and r × p at most 131,072',
}

/**
 * Returns why a hash of another program cannot be stored.
 *
 * @returns The reason with the kind and what is accepted, without any part of the hash, or `undefined` if sign-ins can
 *   verify it.
 */
export function hashFault(hash: string): string | undefined {
  try {
    kindOf(hash)
    return undefined
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return reasonOf(hash, error.message)
  }
}

function reasonOf(hash: string, message: string): string {
  const kind = Object.keys(LIMITS).find((name) => message.startsWith(`${name} `))
  if (kind !== undefined) return `${message}. Accepted: ${LIMITS[kind]}.`
  if (isFirebaseHash(hash)) return 'Firebase scrypt without its parameters. Use --firebase-parameters.'
  const refused = refusedKind(hash)
  const begun = acceptedKind(hash)
  if (refused === undefined && begun !== undefined) {
    return `Malformed hash of ${begun}, or in a form that is not accepted. ${documentOf('MOVING.md')} lists the accepted forms.`
  }
  const name = refused === undefined ? 'An unknown kind of hash' : `${refused} is not accepted`
  return `${name}. Accepted: ${Object.keys(LIMITS).join(', ')}.`
}
