import crypto, { type Argon2Parameters } from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'

declare global {
  /** Argon2 in this process: whether the test file needs its true cost, and how often it was computed. */
  var argon2InTests: { isReal: boolean; count: number } | undefined
}

/**
 * Counts the hashes of this process. A test sets it to 0 before a step. The functions make one when they start.
 */
export const hashes = {
  get count() {
    return globalThis.argon2InTests?.count ?? 0
  },
  set count(count) {
    if (globalThis.argon2InTests) globalThis.argon2InTests.count = count
  },
}

/**
 * Lowers the cost of Argon2 for a test file, except with `real-argon2.ts`: most tests sign in, and hashes made and
 * verified at any cost differ in nothing else. A process computes each tag once, because most tests verify the same few
 * passwords.
 */
export function lowerArgon2(): void {
  if (!globalThis.argon2InTests) replaceArgon2()
  globalThis.argon2InTests = { isReal: false, count: 0 }
}

function replaceArgon2(): void {
  const tags = new Map<string, Buffer>()
  const compute = crypto.argon2Sync
  crypto.argon2Sync = (algorithm, requested) => {
    const inTests = globalThis.argon2InTests
    if (inTests) inTests.count += 1
    if (inTests?.isReal) return compute(algorithm, requested)
    const parameters = { ...requested, memory: 8, passes: 1, parallelism: 1 }
    const input = inputOf(algorithm, parameters)
    const tag = tags.get(input) ?? compute(algorithm, parameters)
    tags.set(input, tag)
    return Buffer.from(tag)
  }
  syncBuiltinESMExports()
}

function inputOf(algorithm: string, parameters: Argon2Parameters): string {
  const values = Object.entries(parameters).map(([name, value]) =>
    typeof value === 'number' ? [name, value] : [name, Buffer.from(value as Buffer).toString('hex')],
  )
  return JSON.stringify([algorithm, values.sort()])
}
