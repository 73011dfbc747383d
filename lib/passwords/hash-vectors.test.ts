import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { DECOY_HASH, hashPassword, needsRehash, SALT_BYTES, verifyPassword } from './hash.ts'

interface Fixture {
  rows: { password: string; hash: string }[]
}
const file = new URL('../../test/support/argon2-cffi.json', import.meta.url)
const { rows }: Fixture = JSON.parse(readFileSync(file, 'utf8'))
const costOf = (hash: string) => hash.split('$')[3] ?? ''

test('the hashes by argon2-cffi have five costs', () => {
  expect([...new Set(rows.map(({ hash }) => costOf(hash)))]).toEqual([
    'm=19456,t=2,p=1',
    'm=65536,t=3,p=4',
    'm=8192,t=10,p=2',
    'm=47104,t=1,p=1',
    'm=8,t=1,p=1',
  ])
  expect(rows).toHaveLength(15)
})

describe.each(rows)('the hash by argon2-cffi $hash', ({ password, hash }) => {
  test(`verifies ${password}, and nothing else`, async () => {
    expect(await verifyPassword(password, hash)).toBe(true)
    expect(await verifyPassword(`${password} `, hash)).toBe(false)
  })

  test('needs a rehash if it takes less memory than a current hash', () => {
    expect(needsRehash(hash)).toBe(['m=8192,t=10,p=2', 'm=8,t=1,p=1'].includes(costOf(hash)))
  })
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
  ['m=262144,t=10,p=4', false, 'the most that is run'],
])('a hash of %s needs a rehash: %s; it costs %s', (cost, anew) => {
  expect(needsRehash(hashOf(cost))).toBe(anew)
})

test('a current hash and the decoy need no rehash', async () => {
  expect(needsRehash(await hashPassword('secret', Buffer.alloc(SALT_BYTES)))).toBe(false)
  expect(needsRehash(DECOY_HASH)).toBe(false)
})

test.each(['m=262145,t=1,p=1', 'm=8,t=11,p=1', 'm=64,t=1,p=5', 'm=9999999,t=999,p=99'])(
  'a hash of %s exceeds the limits and is rejected',
  async (cost) => {
    const beyond = new RangeError('exceeds the cost limits')
    await expect(verifyPassword('secret', hashOf(cost))).rejects.toThrow(beyond)
    expect(() => needsRehash(hashOf(cost))).toThrow(beyond)
  },
)
