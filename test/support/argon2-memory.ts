import crypto, { type Argon2Parameters } from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'

declare global {
  /** Tags that this process has computed, by their input. */
  var argon2Tags: Map<string, Buffer> | undefined
}

// Argon2 is a function of its input, and most tests verify the same few passwords: a process computes each tag once.
if (!globalThis.argon2Tags) {
  const tags = new Map<string, Buffer>()
  globalThis.argon2Tags = tags
  const compute = crypto.argon2Sync
  crypto.argon2Sync = (algorithm, parameters) => {
    const input = keyOf(algorithm, parameters)
    const tag = tags.get(input) ?? compute(algorithm, parameters)
    tags.set(input, tag)
    return Buffer.from(tag)
  }
  syncBuiltinESMExports()
}

function keyOf(algorithm: string, parameters: Argon2Parameters): string {
  const values = Object.entries(parameters).map(([name, value]) =>
    typeof value === 'number' ? [name, value] : [name, Buffer.from(value as Buffer).toString('hex')],
  )
  return JSON.stringify([algorithm, values.sort()])
}
