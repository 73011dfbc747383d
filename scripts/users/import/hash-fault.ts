import { kindOf } from '../../../lib/passwords/hash.ts'

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

/** Kinds that are not accepted, by how their hashes begin or look. Their names are fixed texts and no part of a hash. */
const REFUSED: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/^\$argon2d\$/, 'argon2d'],
  [/^\$2x\$/, 'bcrypt of the faulty version 2x'],
  [/^\$1\$|^\$md5/, 'MD5 crypt'],
  [/^\$apr1\$/, 'Apache MD5'],
  [/^\$5\$/, 'SHA-256 crypt'],
  [/^\$6\$/, 'SHA-512 crypt'],
  [/^\$y\$|^\$gy\$/, 'yescrypt'],
  [/^\$[HP]\$/, 'phpass'],
  [/^\{[A-Z0-9-]+\}/i, 'LDAP'],
  [/^(?:unsalted_)?md5\$|^[0-9a-f]{32}$/i, 'MD5'],
  [/^(?:unsalted_)?sha1\$|^[0-9a-f]{40}$/i, 'SHA-1'],
  [/^[0-9a-f]{64}$/i, 'SHA-256'],
]

/** How hashes of accepted kinds begin. One that cannot be read is incomplete, or has parts that are not accepted. */
const BEGINNINGS: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/^(?:argon2)?\$argon2/, 'argon2'],
  [/^bcrypt_sha256\$|^\$bcrypt-sha256\$/, 'bcrypt-sha256'],
  [/^(?:bcrypt\$)?\$2[aby]\$/, 'bcrypt'],
  [/^\$?pbkdf2/, 'PBKDF2'],
  [/^\$?scrypt/, 'scrypt'],
  [/^\$fbscrypt\$/, 'Firebase scrypt'],
]

/** The 64 bytes of a Firebase hash, which say nothing about the project's parameters. */
const FIREBASE = /^[A-Za-z0-9+/_-]{86}==$/

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
  if (FIREBASE.test(hash)) return 'Firebase scrypt without its parameters. Use --firebase-parameters.'
  const refused = REFUSED.find(([pattern]) => pattern.test(hash))
  const begun = BEGINNINGS.find(([pattern]) => pattern.test(hash))
  if (refused === undefined && begun !== undefined) {
    return `Malformed hash of ${begun[1]}, or in a form that is not accepted. docs/MOVING.md lists the accepted forms.`
  }
  const name = refused === undefined ? 'An unknown kind of hash' : `${refused[1]} is not accepted`
  return `${name}. Accepted: ${Object.keys(LIMITS).join(', ')}.`
}
