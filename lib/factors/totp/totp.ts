import { createHmac, timingSafeEqual } from 'node:crypto'
import { secondOf } from '../../time.ts'

/** 160 bits, the length that RFC 4226 section 4 recommends. */
export const TOTP_SECRET_BYTES = 20

const STEP_SECONDS = 30
const DIGITS = 6

/** Clocks and people may be one step late or early (RFC 6238 section 5.2). */
const DRIFT_STEPS = 1

/** The `lastStep` of a secret before its first accepted code. */
export const NO_STEP = -1

/**
 * Returns the time step that a code belongs to, or `undefined` if the code is wrong or was used before.
 *
 * Accepts codes of the current step, the one before and the one after. Compares all of them in constant time. If a code belongs
 * to two of these steps, the later one counts: otherwise the same code would be accepted again in the later step.
 *
 * @param code - Six ASCII digits.
 * @param lastStep - Step of the latest accepted code, or {@link NO_STEP}. Codes up to that step are used (RFC 6238 section 5.2).
 */
export function stepOfCode(secret: Buffer, code: string, lastStep: number, now: Date): number | undefined {
  const current = Math.floor(secondOf(now) / STEP_SECONDS)
  let found: number | undefined
  for (let step = current - DRIFT_STEPS; step <= current + DRIFT_STEPS; step += 1) {
    const isEqual = timingSafeEqual(Buffer.from(codeOf(secret, step)), Buffer.from(code))
    if (isEqual && step > lastStep) found = step
  }
  return found
}

/** Returns the six-digit code of a step (RFC 6238 section 4): HOTP with HMAC-SHA-1, which every authenticator app knows. */
export function codeOf(secret: Buffer, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const hmac = createHmac('sha1', secret).update(counter).digest()
  return String(truncate(hmac) % 10 ** DIGITS).padStart(DIGITS, '0')
}

/** Returns 31 bits of an HMAC, at the place that its last four bits name (RFC 4226 section 5.3). */
export const truncate = (hmac: Buffer): number =>
  hmac.readUInt32BE((hmac.at(-1) as number) & 0xf) & 0x7fff_ffff

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/**
 * Returns bytes in base32 (RFC 4648 section 6), without padding. Authenticator apps read secrets in this
 * form.
 */
export const base32Of = (bytes: Buffer): string => encodeBits(bytes, BASE32)

/**
 * Returns bytes in an alphabet of 32 characters, five bits each.
 *
 * @param alphabet - The character of each value from 0 to 31.
 */
export function encodeBits(bytes: Buffer, alphabet: string): string {
  let text = ''
  let value = 0
  let bits = 0
  for (const byte of bytes) {
    value = (value << 8) | byte
    for (bits += 8; bits >= 5; bits -= 5) {
      text += alphabet.charAt((value >>> (bits - 5)) & 31)
    }
    value &= (1 << bits) - 1
  }
  return bits > 0 ? text + alphabet.charAt((value << (5 - bits)) & 31) : text
}

/**
 * Returns the URI that an authenticator app reads from a QR code.
 *
 * The label and the parameter `issuer` both name the service. A colon separates the two parts of the label, so names lose theirs.
 *
 * @param issuer - Name of the service.
 * @param account - Name of the user at the service.
 * @see https://github.com/google/google-authenticator/wiki/Key-Uri-Format
 */
export function totpUri(secret: Buffer, issuer: string, account: string): string {
  const [service, user] = [issuer, account].map((name) => encodeURIComponent(name.replaceAll(':', ' ')))
  return (
    `otpauth://totp/${service}:${user}?secret=${base32Of(secret)}&issuer=${service}` +
    `&algorithm=SHA1&digits=${DIGITS}&period=${STEP_SECONDS}`
  )
}
