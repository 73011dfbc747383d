import * as crypto from 'node:crypto'
import { logEvent } from '../log.ts'

/** Cost of a hash (RFC 9106 section 3.1). */
export interface Cost {
  memoryKiB: number
  passes: number
  parallelism: number
}

/** The variants in use (RFC 9106 section 4). New hashes are argon2id. */
export type Variant = 'argon2id' | 'argon2i'

/** Computes an argon2 tag of `tagBytes` bytes. */
type Argon2 = (
  variant: Variant,
  password: string,
  salt: Buffer,
  cost: Cost,
  tagBytes: number,
) => Uint8Array | Promise<Uint8Array>

let chosen: Promise<Argon2> | undefined

/**
 * Computes an argon2 tag (RFC 9106) by node:crypto. Uses `hash-wasm` instead if node:crypto cannot.
 *
 * Node.js can be built with an OpenSSL without argon2. Its function then exists and throws
 * `ERR_CRYPTO_ARGON2_NOT_SUPPORTED`. So the first call of a process tries it once, at the lowest cost.
 *
 * @param password - Not empty: `hash-wasm` rejects an empty one.
 */
export async function argon2(
  variant: Variant,
  password: string,
  salt: Buffer,
  cost: Cost,
  tagBytes: number,
): Promise<Uint8Array> {
  chosen ??= choose()
  return (await chosen)(variant, password, salt, cost, tagBytes)
}

async function choose(): Promise<Argon2> {
  try {
    native('argon2id', 'probe', Buffer.alloc(8), { memoryKiB: 8, passes: 1, parallelism: 1 }, 4)
    return native
  } catch (error) {
    logEvent('error', { event: 'argon2.fallback', reason: Object(error).code ?? String(error) })
    return loadFallback()
  }
}

/**
 * Node's function. It is synchronous, because a Lambda sandbox serves one request at a time, and the asynchronous one
 * is slower and takes twice the memory.
 */
const native: Argon2 = (variant, password, nonce, { memoryKiB: memory, passes, parallelism }, tagLength) =>
  crypto.argon2Sync(variant, {
    message: Buffer.from(password),
    nonce,
    memory,
    passes,
    parallelism,
    tagLength,
  })

/** Loads `hash-wasm`. A package contains it as a file of its own, which is read here and nowhere else. */
async function loadFallback(): Promise<Argon2> {
  const { default: hashWasm } = await import('hash-wasm/dist/argon2.umd.min.js')
  return (variant, password, salt, { memoryKiB, passes, parallelism }, hashLength) =>
    hashWasm[variant]({
      password: Buffer.from(password),
      salt,
      memorySize: memoryKiB,
      iterations: passes,
      parallelism,
      hashLength,
      outputType: 'binary',
    })
}
