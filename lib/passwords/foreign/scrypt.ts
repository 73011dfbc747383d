import { createCipheriv, scryptSync, timingSafeEqual } from 'node:crypto'
import type { Kind, Parts } from './kind.ts'

/** Limits of N times r (256 MiB of memory), and of N times r times p (a second of time). */
const MAX_MEMORY = 2 ** 21
const MAX_WORK = 2 ** 22
/**
 * Limit of r times p: the blocks between the two steps of PBKDF2 (RFC 7914 section 6) are in memory several
 * times.
 */
const MAX_BLOCKS = 2 ** 17

function isAffordable(parts: Parts): boolean {
  const { N, r, p } = costOf(parts)
  // With r of 1, N is below 65,536 (RFC 7914 section 6). With a larger r, the limit of memory is lower.
  const isValid = N > 1 && Number.isInteger(Math.log2(N)) && N < 2 ** (16 * r) && r > 0 && p > 0
  return isValid && N * r <= MAX_MEMORY && N * r * p <= MAX_WORK && r * p <= MAX_BLOCKS
}

/** scrypt (RFC 7914). */
export const scrypt: Kind = {
  name: 'scrypt',
  spellings: [
    // passlib.
    /^\$scrypt\$ln=(?<ln>\d{1,2}),r=(?<r>\d{1,10}),p=(?<p>\d{1,10})\$(?<bytes>[A-Za-z0-9+/]*)\$(?<base64>[A-Za-z0-9+/]{16,86})$/,
    // Django: the salt is text.
    /^scrypt\$(?<n>\d{1,10})\$(?<salt>[^$]*)\$(?<r>\d{1,10})\$(?<p>\d{1,10})\$(?<base64>[A-Za-z0-9+/]{16,86}={0,2})$/,
    // werkzeug: the salt is text.
    /^scrypt:(?<n>\d{1,10}):(?<r>\d{1,10}):(?<p>\d{1,10})\$(?<salt>[^$]*)\$(?<hex>(?:[0-9a-f]{2}){12,64})$/,
  ],
  isAffordable,
  matches(password, parts) {
    const { salt, bytes = '', base64 = '', hex } = parts
    const key = hex === undefined ? Buffer.from(base64, 'base64') : Buffer.from(hex, 'hex')
    const saltBytes = salt === undefined ? Buffer.from(bytes, 'base64') : Buffer.from(salt)
    return timingSafeEqual(derive(password, saltBytes, parts, key.length), key)
  },
}

/**
 * Firebase's scrypt (https://github.com/firebase/scrypt). The derived key encrypts the project's signer key,
 * and the ciphertext is the hash. Both have 64 bytes. The text contains the project's parameters, like in
 * Supabase's import of such hashes:
 * `$fbscrypt$v=1,n=14,r=8,p=1,ss=<salt separator>,sk=<signer key>$<salt>$<hash>`.
 */
export const firebaseScrypt: Kind = {
  name: 'Firebase scrypt',
  spellings: [
    /^\$fbscrypt\$v=1,n=(?<ln>\d{1,2}),r=(?<r>\d{1,10}),p=(?<p>\d{1,10}),ss=(?<separator>[A-Za-z0-9+/]*={0,2}),sk=(?<signerKey>[A-Za-z0-9+/]{86}(?:==)?)\$(?<salt>[A-Za-z0-9+/]{2,}={0,2})\$(?<hash>[A-Za-z0-9+/]{86}(?:==)?)$/,
  ],
  isAffordable,
  matches(password, parts) {
    const [salt, separator, signerKey, hash] = ['salt', 'separator', 'signerKey', 'hash'].map((name) =>
      Buffer.from(parts[name] ?? '', 'base64'),
    ) as [Buffer, Buffer, Buffer, Buffer]
    const key = derive(password, Buffer.concat([salt, separator]), parts, 32)
    const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16))
    return timingSafeEqual(cipher.update(signerKey), hash)
  },
}

function costOf({ n, ln, r, p }: Parts) {
  return { N: n === undefined ? 2 ** Number(ln) : Number(n), r: Number(r), p: Number(p) }
}

function derive(password: string, salt: Buffer, parts: Parts, bytes: number): Buffer {
  const { N, r, p } = costOf(parts)
  // The default limit of Node.js is 32 MiB, including its working space.
  return scryptSync(password, salt, bytes, { N, r, p, maxmem: 128 * r * (N + p + 2) })
}
