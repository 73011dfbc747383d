/** Kinds of hashes, by how their texts begin or look. The names are fixed texts, and no part of a hash. */
type Kinds = readonly (readonly [pattern: RegExp, name: string])[]

const REFUSED: Kinds = [
  [/^\$argon2d\$/, 'argon2d'],
  [/^\$2x\$/, 'bcrypt of the faulty version 2x'],
  [/^\$1\$|^\$md5/, 'MD5 crypt'],
  [/^\$apr1\$/, 'Apache MD5'],
  [/^\$5\$/, 'SHA-256 crypt'],
  [/^\$6\$/, 'SHA-512 crypt'],
  [/^\$y\$|^\$gy\$/, 'yescrypt'],
  [/^\$[HP]\$/, 'phpass'],
  [/^[UC]?\$S\$/, 'Drupal SHA-512'],
  [/^\{[A-Z0-9-]+\}/i, 'LDAP'],
  [/^(?:unsalted_)?md5\$|^[0-9a-f]{32}$/i, 'MD5'],
  [/^(?:unsalted_)?sha1\$|^\*?[0-9a-f]{40}$/i, 'SHA-1'],
  [/^[0-9a-f]{64}$/i, 'SHA-256'],
  [/^[0-9a-f]{128}$/i, 'SHA-512'],
]

/** A hash of these kinds that cannot be read is incomplete, or has parts that are not accepted. */
const ACCEPTED: Kinds = [
  [/^(?:argon2)?\$argon2/, 'argon2'],
  [/^bcrypt_sha256\$|^\$bcrypt-sha256\$/, 'bcrypt-sha256'],
  [/^(?:bcrypt\$)?\$2[aby]\$/, 'bcrypt'],
  [/^\$?pbkdf2/, 'PBKDF2'],
  [/^\$?scrypt/, 'scrypt'],
  [/^\$fbscrypt\$/, 'Firebase scrypt'],
]

/** Texts that no user types, in the common forms of salt and digest. */
const LIKELY: Kinds = [
  [/^[A-Z]?\$[A-Z0-9-]{1,20}\$\S+$/i, 'a crypt string'],
  [
    /^(?:(?:un)?salted_)?(?:argon2|bcrypt|scrypt|pbkdf2|pkcs5s2|phpass|crypt|s?md[2-5]|s?sha[-_]?\d+|hmac|scram|blake|whirlpool|ripemd)[a-z0-9_-]*[$:|]/i,
    'a hash with the name of its kind',
  ],
  [/(?<![0-9a-z])(?:0x)?[0-9a-f]{32,}(?![0-9a-z])/i, 'a digest in hexadecimal digits'],
  [/^_[./A-Z0-9]{19}$/i, 'BSDi crypt'],
]

/** 16 bytes and more in base64, with padding. Without it, the digest of 32, 48 or 64 bytes. */
const PADDED =
  /^(?=.{24})(?=.*[a-z])(?=.*[A-Z])(?:[A-Za-z0-9+/_-]{4})+(?:[A-Za-z0-9+/_-]{2}==|[A-Za-z0-9+/_-]{3}=)$/
const UNPADDED = /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?:[A-Za-z0-9+/]{43}|[A-Za-z0-9+/]{64}|[A-Za-z0-9+/]{86})$/

/** The 64 bytes of a Firebase hash, which say nothing about the project's parameters. */
const FIREBASE = /^[A-Za-z0-9+/_-]{86}==$/

const nameIn = (kinds: Kinds, text: string) => kinds.find(([pattern]) => pattern.test(text))?.[1]

/** Whether a text may be a hash of Firebase without its parameters. */
export const isFirebaseHash = (text: string) => FIREBASE.test(text)

/** Returns the kind of a hash that is not accepted, if it is a known one. */
export const refusedKind = (text: string) => nameIn(REFUSED, text)

/** Returns the kind of which a text may be an incomplete hash, or one in a form that is not accepted. */
export const acceptedKind = (text: string) => nameIn(ACCEPTED, text)

/**
 * Returns what kind of hash a text looks like, or `undefined` if it looks like a password. Everybody who has the file, or
 * the table that it is from, would know a password that is the text of a hash.
 */
export function likelyKind(text: string): string | undefined {
  // Exports may have a space before a value, or quotes around it.
  const hash = text.replace(/^[\s"']+|[\s"']+$/g, '')
  return (
    refusedKind(hash) ??
    acceptedKind(hash) ??
    nameIn(LIKELY, hash) ??
    (PADDED.test(hash) || UNPADDED.test(hash) ? 'a digest in base64' : undefined)
  )
}
