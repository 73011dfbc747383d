import * as crypto from 'node:crypto'
import { isOnLambda } from '../config.ts'
import { logEvent } from '../log.ts'

/** Cost of a hash (RFC 9106 section 3.1). */
export interface Cost {
  memoryKiB: number
  passes: number
  parallelism: number
}

/** The variants in use (RFC 9106 section 4). New hashes are argon2id. */
export type Variant = 'argon2id' | 'argon2i'

/** Cost and length of a tag. */
interface TagOptions {
  cost: Cost
  tagBytes: number
}

/** Computes an argon2 tag. */
type Argon2 = (
  variant: Variant,
  password: string,
  salt: Buffer,
  options: TagOptions,
) => Uint8Array | Promise<Uint8Array>

let chosen: Promise<Argon2> | undefined

/**
 * Computes an argon2 tag (RFC 9106) with node:crypto, or with `hash-wasm` if node:crypto cannot.
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
  options: TagOptions,
): Promise<Uint8Array> {
  chosen ??= choose()
  return (await chosen)(variant, password, salt, options)
}

async function choose(): Promise<Argon2> {
  try {
    const cost = { memoryKiB: 8, passes: 1, parallelism: 1 }
    native('argon2id', 'probe', Buffer.alloc(8), { cost, tagBytes: 4 })
    return native
  } catch (error) {
    // Node.js has it from 24.7 on. Commands and the local service also run on older versions, functions do
    // not.
    const isOld = crypto.argon2Sync === undefined && !isOnLambda()
    if (!isOld) logEvent('error', { event: 'argon2.fallback', reason: Object(error).code ?? String(error) })
    return loadFallback()
  }
}

/**
 * Node's function. It is synchronous, because a Lambda sandbox serves one request at a time. The asynchronous
 * function is slower and needs twice the memory.
 */
const native: Argon2 = (variant, password, nonce, { cost, tagBytes }) =>
  crypto.argon2Sync(variant, {
    message: Buffer.from(password),
    nonce,
    memory: cost.memoryKiB,
    passes: cost.passes,
    parallelism: cost.parallelism,
    tagLength: tagBytes,
  })

/** Loads `hash-wasm`. A package contains it as a separate file, which only this function reads. */
async function loadFallback(): Promise<Argon2> {
  const { default: hashWasm } = await import('hash-wasm/dist/argon2.umd.min.js')
  return (variant, password, salt, { cost, tagBytes }) =>
    hashWasm[variant]({
      password: Buffer.from(password),
      salt,
      memorySize: cost.memoryKiB,
      iterations: cost.passes,
      parallelism: cost.parallelism,
      hashLength: tagBytes,
      outputType: 'binary',
    })
}
