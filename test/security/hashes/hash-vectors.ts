import { expect, test, vi } from 'vitest'
import * as native from '../../../lib/passwords/hash.ts'
import argon2Cffi from './argon2-cffi.json' with { type: 'json' }
import { importWithArgon2, notSupported } from './without-argon2.ts'

/** A password and its hash by argon2-cffi. */
export interface HashVector {
  password: string
  hash: string
}

export const costOf = ({ hash }: HashVector) => hash.split('$')[3] ?? ''

/** The hashes of `argon2-cffi.json`: each of three passwords, at each cost. */
export const HASH_VECTORS: readonly HashVector[] = argon2Cffi.rows

/** One hash of each cost. */
export const ONE_OF_EACH_COST = HASH_VECTORS.filter(
  (vector, index) => HASH_VECTORS.findIndex((other) => costOf(other) === costOf(vector)) === index,
)

/** Tests that both implementations of Argon2id verify hashes by argon2-cffi. */
export async function testHashVectors(vectors: readonly HashVector[]): Promise<void> {
  vi.spyOn(console, 'error').mockReturnValue()
  const fallback = await importWithArgon2(notSupported, () => import('../../../lib/passwords/hash.ts'))
  const cases = vectors.flatMap(({ password, hash }) => [
    { hash, password, by: 'node:crypto', verifyPassword: native.verifyPassword },
    { hash, password, by: 'hash-wasm', verifyPassword: fallback.verifyPassword },
  ])
  test.each(cases)(
    'the hash by argon2-cffi $hash verifies $password, and nothing else, by $by',
    async ({ hash, password, verifyPassword }) => {
      expect(await verifyPassword(password, hash)).toBe(true)
      expect(await verifyPassword(`${password} `, hash)).toBe(false)
    },
  )
}
