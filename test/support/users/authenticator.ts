import { createHmac } from 'node:crypto'

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const STEP_MS = 30_000

/** Returns the bytes of a secret in base32 (RFC 4648 section 6). */
function decoded(secret: string): Buffer {
  const bits = [...secret].map((one) => BASE32.indexOf(one).toString(2).padStart(5, '0')).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}

/**
 * An authenticator app with a secret in base32, written apart from the service's own code (RFC 6238).
 *
 * @returns A function that returns the code of an instant, or of so many steps after it.
 */
export function authenticator(secret: string) {
  const key = decoded(secret)
  return (now: Date, steps = 0): string => {
    const counter = Buffer.alloc(8)
    counter.writeUIntBE(Math.floor(now.getTime() / STEP_MS) + steps, 2, 6)
    const hmac = createHmac('sha1', key).update(counter).digest()
    const offset = hmac.readUInt8(19) % 16
    const digits = String(hmac.readUInt32BE(offset) % 0x80000000).slice(-6)
    return digits.padStart(6, '0')
  }
}

/** Returns a code that is not that of any step about now. */
export function wrongCodeFor(code: ReturnType<typeof authenticator>, now: Date): string {
  const near = [-3, -2, -1, 0, 1, 2, 3].map((steps) => code(now, steps))
  const wrong = Array.from({ length: 8 }, (_, digit) => `00000${digit}`).find((one) => !near.includes(one))
  return wrong ?? ''
}
