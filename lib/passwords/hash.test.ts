import '../../test/support/process/real-argon2.ts'
import { argon2Sync, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  DECOY_HASH,
  hashPassword,
  hasPassword,
  kindOf,
  needsRehash,
  SALT_BYTES,
  verifyPassword,
} from './hash.ts'

const base64 = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')

type Cost = [memoryKiB: number, passes: number, parallelism: number]

const salt = base64(Buffer.alloc(16, 1))
const tag = base64(Buffer.alloc(32, 2))

test('the correct password matches its hash, and another does not', async () => {
  const hash = await hashPassword('correct horse', randomBytes(SALT_BYTES))
  expect(await verifyPassword('correct horse', hash)).toBe(true)
  expect(await verifyPassword('correct horsf', hash)).toBe(false)
  expect(await verifyPassword('', hash)).toBe(false)
})

test('a hash is a PHC string with its salt and its cost', async () => {
  const salt = randomBytes(SALT_BYTES)
  const hash = await hashPassword('secret', salt)
  const [, algorithm, version, cost, storedSalt, storedTag] = hash.split('$')
  expect([algorithm, version, cost]).toEqual(['argon2id', 'v=19', 'm=19456,t=2,p=1'])
  expect(storedSalt).toBe(base64(salt))
  expect(Buffer.from(storedTag ?? '', 'base64')).toEqual(
    argon2Sync('argon2id', {
      message: Buffer.from('secret'),
      nonce: salt,
      memory: 19_456,
      passes: 2,
      parallelism: 1,
      tagLength: 32,
    }),
  )
})

test('one password has a different hash with every salt', async () => {
  const hashes = await Promise.all([1, 2].map(() => hashPassword('secret', randomBytes(SALT_BYTES))))
  expect(hashes[0]).not.toBe(hashes[1])
})

test('the caller brings a password into Unicode form C', async () => {
  const hash = await hashPassword('caf\u00e9', randomBytes(SALT_BYTES))
  expect(await verifyPassword('cafe\u0301', hash)).toBe(false)
  expect(await verifyPassword('cafe\u0301'.normalize('NFC'), hash)).toBe(true)
})

/** Returns a hash as another program stores it, without the code under test. */
function foreignHash(password: string, [memory, passes, parallelism]: Cost, tagLength = 32): string {
  const nonce = randomBytes(16)
  const options = { message: Buffer.from(password), nonce, memory, passes, parallelism, tagLength }
  const tag = argon2Sync('argon2id', options)
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(nonce)}$${base64(tag)}`
}

test.each<[string, Cost, number]>([
  ['argon2-cffi today', [65_536, 3, 4], 32],
  ['an older and cheaper program', [8, 1, 1], 16],
  ['a program that wants 64 bytes', [64, 2, 2], 64],
])('a hash made by %s verifies with its own parameters', async (_program, cost, tagLength) => {
  const hash = foreignHash('secret', cost, tagLength)
  expect(await verifyPassword('secret', hash)).toBe(true)
  expect(await verifyPassword('Secret', hash)).toBe(false)
})

const UNKNOWN = new RangeError('unknown kind of hash')

const hashOfCost = (m: number, t: number, p: number) => `$argon2id$v=19$m=${m},t=${t},p=${p}$${salt}$${tag}`

describe('a stored hash may have', () => {
  test.each([
    ['at most 256 MiB', hashOfCost(262_144, 1, 1), hashOfCost(262_145, 1, 1)],
    ['at most 10 passes', hashOfCost(8, 10, 1), hashOfCost(8, 11, 1)],
    ['at most 16 lanes', hashOfCost(128, 1, 16), hashOfCost(136, 1, 17)],
    ['at most 768 MiB in all passes', hashOfCost(98_304, 8, 1), hashOfCost(98_305, 8, 1)],
  ])('%s', async (_bound, atTheBound, beyond) => {
    expect(kindOf(atTheBound)).toBe('argon2id')
    const fault = new RangeError('argon2id exceeds the cost limits')
    await expect(verifyPassword('secret', beyond)).rejects.toThrow(fault)
    expect(() => kindOf(beyond)).toThrow(fault)
  })

  test.each([
    ['at least 8 KiB a lane', hashOfCost(32, 1, 4), hashOfCost(31, 1, 4)],
    ['at least one pass', hashOfCost(8, 1, 1), hashOfCost(8, 0, 1)],
    ['at least one lane', hashOfCost(8, 1, 1), hashOfCost(8, 1, 0)],
  ])('%s', async (_bound, atTheBound, beyond) => {
    expect(await verifyPassword('secret', atTheBound)).toBe(false)
    const fault = new RangeError('argon2id costs less than the algorithm allows')
    await expect(verifyPassword('secret', beyond)).rejects.toThrow(fault)
    expect(() => kindOf(beyond)).toThrow(fault)
  })

  const cheap = hashOfCost(8, 1, 1)
  test.each([
    ['a salt of 11 to 86 characters', salt, 11, 86],
    ['a tag of 16 to 86 characters', tag, 16, 86],
  ])('%s', async (_what, part, min, max) => {
    for (const length of [min, max]) {
      expect(await verifyPassword('secret', cheap.replace(part, 'A'.repeat(length)))).toBe(false)
    }
    for (const length of [min - 1, max + 1]) {
      expect(() => kindOf(cheap.replace(part, 'A'.repeat(length)))).toThrow(UNKNOWN)
    }
  })

  test.each([
    ['m of 1 to 10 digits', '$m=9999999999,t=1,p=1$', '$m=00000000008,t=1,p=1$'],
    ['t of 1 to 10 digits', '$m=8,t=9999999999,p=1$', '$m=8,t=00000000001,p=1$'],
    ['p of 1 to 10 digits', '$m=8,t=1,p=9999999999$', '$m=8,t=1,p=00000000001$'],
  ])('%s', (_what, longest, tooLong) => {
    const exceeds = new RangeError('argon2id exceeds the cost limits')
    expect(() => kindOf(cheap.replace('$m=8,t=1,p=1$', () => longest))).toThrow(exceeds)
    expect(() => kindOf(cheap.replace('$m=8,t=1,p=1$', () => tooLong))).toThrow(UNKNOWN)
  })
})

test.each([
  ['nothing', ''],
  ['a password', 'secret'],
  ['argon2d', hashOfCost(8, 1, 1).replace('argon2id', 'argon2d')],
  ['another version', hashOfCost(8, 1, 1).replace('v=19', 'v=16')],
  ['no version', hashOfCost(8, 1, 1).replace('$v=19', '')],
  ['parameters in another order', hashOfCost(8, 1, 1).replace('m=8,t=1', 't=1,m=8')],
  ['a negative cost', hashOfCost(8, -1, 1)],
  ['a cost that is not a number', hashOfCost(Number.NaN, 1, 1)],
  ['no salt', hashOfCost(8, 1, 1).replace(salt, '')],
  ['a salt under 8 bytes', hashOfCost(8, 1, 1).replace(salt, 'AAAAAAAAAA')],
  ['no tag', hashOfCost(8, 1, 1).replace(tag, '')],
  ['a tag under 12 bytes', hashOfCost(8, 1, 1).replace(tag, 'AAAAAAAAAAAAAAA')],
  ['base64 with its padding', `${hashOfCost(8, 1, 1)}=`],
  ['base64url', hashOfCost(8, 1, 1).replace(salt, '-'.repeat(22))],
  ['a line break at the end', `${hashOfCost(8, 1, 1)}\n`],
  ['text before', `x${hashOfCost(8, 1, 1)}`],
  ['one part more', `${hashOfCost(8, 1, 1)}$AAAA`],
])('a stored hash that is %s is rejected, and the error omits it', async (_what, stored) => {
  await expect(verifyPassword('secret', stored)).rejects.toThrow(UNKNOWN)
  expect(() => kindOf(stored)).toThrow(UNKNOWN)
})

test('no password matches the decoy, which costs as much as a new hash', async () => {
  for (const password of ['', 'user', 'admin', '\0', DECOY_HASH]) {
    expect(await verifyPassword(password, DECOY_HASH)).toBe(false)
  }
  const fresh = (await hashPassword('secret', randomBytes(SALT_BYTES))).split('$')
  const decoy = DECOY_HASH.split('$')
  expect(decoy.slice(0, 4)).toEqual(fresh.slice(0, 4))
  expect(decoy.map((part) => part.length)).toEqual(fresh.map((part) => part.length))
})

const emptySalt = base64(Buffer.alloc(16))
const emptyTag = base64(Buffer.alloc(32))
test.each([
  ['the decoy', DECOY_HASH, false],
  ['a decoy of another cost', hashOfCost(8, 1, 1).replace(salt, emptySalt).replace(tag, emptyTag), false],
  ['a hash', hashOfCost(8, 1, 1), true],
  ['a hash with a salt of zeros', hashOfCost(8, 1, 1).replace(salt, emptySalt), true],
  ['a hash with a short salt of zeros', `$argon2id$v=19$m=8,t=1,p=1$A$${emptyTag}`, true],
  ['a tag of zeros with another salt', hashOfCost(8, 1, 1).replace(tag, emptyTag), true],
  ['a short tag of zeros', `$argon2id$v=19$m=8,t=1,p=1$${emptySalt}$A`, true],
  ['a longer tag that begins with zeros', `${DECOY_HASH}B`, true],
  ['text before a decoy', `x${DECOY_HASH}`, true],
])('%s is the hash of a password: %s', (_what, stored, expected) => {
  expect(hasPassword(stored)).toBe(expected)
})

test('a hash of argon2i is replaced at every cost, and one of argon2id is not', () => {
  const costly = hashOfCost(19_456, 2, 1)
  expect(needsRehash(costly, 'secret')).toBe(false)
  expect(needsRehash(costly.replace('argon2id', 'argon2i'), 'secret')).toBe(true)
})
