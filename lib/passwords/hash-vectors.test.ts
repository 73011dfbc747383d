import '../../test/support/process/real-argon2.ts'
import { expect, test, vi } from 'vitest'
import {
  costOf,
  HASH_VECTORS,
  ONE_OF_EACH_COST,
  testHashVectors,
} from '../../test/security/hashes/hash-vectors.ts'
import { importWithArgon2, notSupported } from '../../test/security/hashes/without-argon2.ts'
import { isProof, rowsOf } from '../../test/support/rows.ts'
import * as native from './hash.ts'
import { DECOY_HASH, hashPassword, needsRehash, SALT_BYTES, verifyPassword } from './hash.ts'

vi.spyOn(console, 'error').mockReturnValue()
const fallback = await importWithArgon2(notSupported, () => import('./hash.ts'))

test('the hashes by argon2-cffi have five costs', () => {
  expect(ONE_OF_EACH_COST.map(costOf)).toEqual([
    'm=19456,t=2,p=1',
    'm=65536,t=3,p=4',
    'm=8192,t=10,p=2',
    'm=47104,t=1,p=1',
    'm=8,t=1,p=1',
  ])
  expect(HASH_VECTORS).toHaveLength(15)
})

// Those of a high cost take half a second each.
await testHashVectors(
  isProof ? ONE_OF_EACH_COST : ONE_OF_EACH_COST.filter((vector) => /^m=(8|19456),/.test(costOf(vector))),
)

test.each(HASH_VECTORS)(
  'the hash by argon2-cffi $hash needs a rehash if it takes less memory than a current hash',
  (vector) => {
    const isWeaker = ['m=8192,t=10,p=2', 'm=8,t=1,p=1'].includes(costOf(vector))
    expect(needsRehash(vector.hash, 'secret')).toBe(isWeaker)
  },
)

/** Hashes by the reference implementation, from its `src/test.c` (https://github.com/P-H-C/phc-winner-argon2). */
test.each(
  rowsOf(
    [
      ['m=256,t=2,p=1', 'somesalt', '9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe'],
      ['m=256,t=2,p=2', 'somesalt', '6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037'],
      ['m=65536,t=1,p=1', 'somesalt', 'f6a5adc1ba723dddef9b5ac1d464e180fcd9dffc9d1cbf76cca2fed795d9ca98'],
      ['m=65536,t=2,p=1', 'diffsalt', 'bdf32b05ccc42eb15d58fd19b1f856b113da1e9a5874fdcc544308565aa8141c'],
    ],
    ([cost]) => cost.slice(-3),
  ),
)('the reference hash of %s with %s verifies by both implementations', async (cost, salt, tag) => {
  const base64 = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
  const hash = `$argon2id$v=19$${cost}$${base64(Buffer.from(salt))}$${base64(Buffer.from(tag, 'hex'))}`
  expect(await native.verifyPassword('password', hash)).toBe(true)
  expect(await fallback.verifyPassword('password', hash)).toBe(true)
})

test('a hash made by either implementation is verified by the other, and is the same', async () => {
  const salt = Buffer.alloc(SALT_BYTES, 5)
  const hashes = await Promise.all([native, fallback].map(({ hashPassword }) => hashPassword('secret', salt)))
  expect(hashes[0]).toBe(hashes[1])
  for (const { verifyPassword } of [native, fallback]) {
    expect(await verifyPassword('secret', hashes[0] ?? '')).toBe(true)
    expect(await verifyPassword('Secret', hashes[0] ?? '')).toBe(false)
  }
})

const salt = 'AAAAAAAAAAAAAAAAAAAAAA'
const tag = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
const hashOf = (cost: string) => `$argon2id$v=19$${cost}$${salt}$${tag}`

test.each([
  ['m=19456,t=2,p=1', false, 'today’s'],
  ['m=38912,t=1,p=1', false, 'as much, with more memory'],
  ['m=38911,t=1,p=1', true, 'a little less, with more memory'],
  ['m=4864,t=8,p=1', true, 'as much, with less memory'],
  ['m=19455,t=2,p=1', true, 'a little less memory'],
  ['m=19456,t=1,p=1', true, 'fewer passes'],
  ['m=19457,t=2,p=1', false, 'a little more memory'],
  ['m=19456,t=3,p=1', false, 'more passes'],
  ['m=19456,t=2,p=4', false, 'today’s, on more lanes'],
  ['m=262144,t=3,p=4', false, 'the most that is run'],
])('a hash of %s needs a rehash: %s; it costs %s', (cost, isWeaker) => {
  expect(needsRehash(hashOf(cost), 'secret')).toBe(isWeaker)
})

test('a current hash and the decoy need no rehash', async () => {
  expect(needsRehash(await hashPassword('secret', Buffer.alloc(SALT_BYTES)), 'secret')).toBe(false)
  expect(needsRehash(DECOY_HASH, 'secret')).toBe(false)
})

test.each(['m=262145,t=1,p=1', 'm=8,t=11,p=1', 'm=136,t=1,p=17', 'm=262144,t=4,p=1', 'm=9999999,t=999,p=99'])(
  'a hash of %s exceeds the limits and is rejected',
  async (cost) => {
    const beyond = new RangeError('argon2id exceeds the cost limits')
    await expect(verifyPassword('secret', hashOf(cost))).rejects.toThrow(beyond)
    expect(() => needsRehash(hashOf(cost), 'secret')).toThrow(beyond)
  },
)
