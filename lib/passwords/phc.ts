import type { Cost, Variant } from './argon2.ts'

/** An argon2 hash, read from its text. */
export interface Argon2Hash {
  variant: Variant
  cost: Cost
  salt: Buffer
  tag: Buffer
  /** Whether Django's name of the algorithm precedes the text. */
  isDjango: boolean
}

/**
 * Maximum cost of a stored hash. A hash that costs more is rejected, not computed. Time grows with memory
 * times passes. The limit is 256 MiB in three passes, which the slower implementation computes in under two
 * seconds. Lanes are computed one after another, so their number costs nothing more.
 */
const MAX_COST = { memoryKiB: 262_144, passes: 10, parallelism: 16, memoryTimesPasses: 786_432 }

const PHC =
  /^(argon2)?\$(argon2id?)\$v=19\$m=(\d{1,10}),t=(\d{1,10}),p=(\d{1,10})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{16,86})$/

/**
 * Reads a PHC string of argon2id or argon2i. It also reads Django's format, with `argon2` in front.
 *
 * @returns `undefined` if the text is not such a string.
 * @throws RangeError if its cost is outside the limits.
 */
export function readPhc(text: string): Argon2Hash | undefined {
  const parts = PHC.exec(text)
  if (!parts) return undefined
  const [variant, m, t, p, salt, tag] = parts.slice(2) as [Variant, string, string, string, string, string]
  const cost = { memoryKiB: Number(m), passes: Number(t), parallelism: Number(p) }
  const { memoryKiB, passes, parallelism } = cost
  const isBeyond =
    memoryKiB > MAX_COST.memoryKiB || passes > MAX_COST.passes || parallelism > MAX_COST.parallelism
  if (isBeyond || memoryKiB * passes > MAX_COST.memoryTimesPasses) {
    throw new RangeError(`${variant} exceeds the cost limits`)
  }
  if (parallelism < 1 || passes < 1 || memoryKiB < 8 * parallelism) {
    throw new RangeError(`${variant} costs less than the algorithm allows`)
  }
  const isDjango = parts[1] !== undefined
  return { variant, cost, salt: Buffer.from(salt, 'base64'), tag: Buffer.from(tag, 'base64'), isDjango }
}

/** Formats an argon2id hash as a PHC string, https://github.com/P-H-C/phc-string-format. */
export function formatPhc({ memoryKiB, passes, parallelism }: Cost, salt: Buffer, tag: Uint8Array): string {
  return `$argon2id$v=19$m=${memoryKiB},t=${passes},p=${parallelism}$${base64(salt)}$${base64(tag)}`
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('=', '')
}
