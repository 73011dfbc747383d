import { pbkdf2Sync, timingSafeEqual } from 'node:crypto'
import type { Kind, Parts } from './kind.ts'

/** Maximum number of iterations over all blocks of the derived key. With SHA-512 they take 1.2 seconds. */
const MAX_ITERATIONS = 4_000_000

const DIGEST_BYTES: Readonly<Record<string, number>> = { sha1: 20, sha256: 32, sha512: 64 }

/** PBKDF2 (RFC 8018 section 5.2). */
export const pbkdf2: Kind = {
  name: 'PBKDF2',
  spellings: [
    // passlib: base64 with a dot for the plus sign. Its `$pbkdf2$` is SHA-1.
    /^\$pbkdf2(?:-(?<digest>sha256|sha512))?\$(?<iterations>\d{1,10})\$(?<dotted>[./A-Za-z0-9]*)\$(?<base64>[./A-Za-z0-9]{16,86})$/,
    // Django: the salt is text.
    /^pbkdf2_(?<digest>sha1|sha256)\$(?<iterations>\d{1,10})\$(?<salt>[^$]*)\$(?<base64>[A-Za-z0-9+/]{16,86}={0,2})$/,
    // werkzeug: the salt is text.
    /^pbkdf2:(?<digest>sha1|sha256|sha512):(?<iterations>\d{1,10})\$(?<salt>[^$]*)\$(?<hex>(?:[0-9a-f]{2}){12,64})$/,
  ],
  isAffordable(parts) {
    const { digest, iterations, key } = read(parts)
    const blocks = Math.ceil(key.length / (DIGEST_BYTES[digest] ?? 1))
    return iterations > 0 && iterations * blocks <= MAX_ITERATIONS
  },
  matches(password, parts) {
    const { digest, iterations, salt, key } = read(parts)
    return timingSafeEqual(pbkdf2Sync(password, salt, iterations, key.length, digest), key)
  },
}

function read({ digest = 'sha1', iterations, salt, dotted = '', base64 = '', hex }: Parts) {
  return {
    digest,
    iterations: Number(iterations),
    salt: salt === undefined ? fromDotted(dotted) : Buffer.from(salt),
    key: hex === undefined ? fromDotted(base64) : Buffer.from(hex, 'hex'),
  }
}

const fromDotted = (text: string) => Buffer.from(text.replaceAll('.', '+'), 'base64')
