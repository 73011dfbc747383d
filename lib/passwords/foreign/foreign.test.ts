import '../../../test/support/process/real-argon2.ts'
import { describe, expect, test } from 'vitest'
import { firebaseHash, foreignHashes } from '../../../test/security/hashes/foreign-hashes.ts'
import { kindOf, needsRehash, verifyPassword } from '../hash.ts'

const ROWS = [...foreignHashes.rows, firebaseHash]

test('the hashes of other programs have 89 cases, of every kind', () => {
  expect(ROWS).toHaveLength(89)
  expect([...new Set(ROWS.map(({ kind }) => kind))].sort()).toEqual([
    'Firebase scrypt',
    'PBKDF2',
    'argon2i',
    'argon2id',
    'bcrypt',
    'bcrypt-sha256',
    'scrypt',
  ])
})

/** Hashes at a cost that programs use by default. `test/security/hash-vectors.proof.test.ts` verifies them. */
const COSTLY = /\$2b\$10\$|\b(600000|1000000|29000|16384|32768)\b|ln=16,|m=102400,/

test.each(ROWS)('the kind of the hash $hash is $kind', ({ kind, hash }) => {
  expect(kindOf(hash)).toBe(kind)
})

test.each(ROWS.filter(({ hash }) => !COSTLY.test(hash)))(
  'the hash $hash of $program verifies its password alone',
  async ({ password, hash }) => {
    expect(await verifyPassword(password, hash)).toBe(true)
    expect(await verifyPassword(`x${password}`, hash)).toBe(false)
  },
)

test.each(firstOfEachKind())(
  'the hash $hash of $program is compared to its end',
  async ({ password, hash }) => {
    // The third character from the end has no bits that base64 ignores, and is no padding after these.
    const end = /(.)(..={0,2})$/
    const changed = hash.replace(end, (_all, last, rest) => `${last === 'a' ? 'b' : 'a'}${rest}`)
    expect(await verifyPassword(password, changed)).toBe(false)
  },
)

/** Returns a hash of each program and kind. */
function firstOfEachKind() {
  const rows = ROWS.map((row) => [`${row.program} ${row.kind}`, row] as const).reverse()
  return [...new Map(rows).values()]
}

describe('a bcrypt hash', () => {
  const [digits = ''] = ['0123456789'.repeat(8)]
  const hashesOf = (program: string, kind: string, password: string) =>
    ROWS.filter((row) => row.program === program && row.kind === kind && row.password === password)
  const hashOf = (program: string, kind: string, password: string) =>
    hashesOf(program, kind, password)[0]?.hash ?? ''

  test.each([
    [71, 72, false],
    [72, 71, false],
    [72, 73, true],
    [73, 72, true],
    [80, 73, true],
  ])('of %i bytes verifies the first %i of them: %s', async (hashed, typed, matches) => {
    const hash = hashOf('bcrypt', 'bcrypt', digits.slice(0, hashed))
    expect(await verifyPassword(digits.slice(0, typed), hash)).toBe(matches)
  })

  test('is replaced only after a password that it covers entirely', () => {
    const hash = hashOf('bcrypt', 'bcrypt', digits.slice(0, 72))
    expect(needsRehash(hash, digits.slice(0, 71))).toBe(true)
    // Perhaps the user left out the end of a longer one, which must still be accepted afterwards.
    expect(needsRehash(hash, digits.slice(0, 72))).toBe(false)
    expect(needsRehash(hash, digits.slice(0, 73))).toBe(false)
    // 70 bytes and a character of two bytes.
    expect(needsRehash(hash, `${digits.slice(0, 70)}\u00e9`)).toBe(false)
  })

  test.each(['Django', 'passlib'])('of a SHA-256 by %s covers every byte', async (program) => {
    const hash = hashOf(program, 'bcrypt-sha256', digits)
    expect(await verifyPassword(digits.slice(0, 73), hash)).toBe(false)
    expect(needsRehash(hash, digits)).toBe(true)
  })
})

test.each(ROWS.filter(({ kind }) => kind !== 'argon2id'))('a sign-in replaces $hash', ({ hash }) => {
  expect(needsRehash(hash, 'secret')).toBe(true)
})

test('argon2id of Django is replaced, and a costlier one in our spelling stays', () => {
  const [django, cffi] = ['Django', 'argon2-cffi, its former default'].map(
    (program) => ROWS.find((row) => row.program === program && row.kind === 'argon2id')?.hash ?? '',
  ) as [string, string]
  expect(django).toContain('m=102400,t=2,p=8')
  expect(cffi).toContain('m=102400,t=2,p=8')
  expect([django, cffi].map((hash) => needsRehash(hash, 'secret'))).toEqual([true, false])
})

const DIGEST = 'A'.repeat(31)
const SALT = 'A'.repeat(22)
const BYTES = 'A'.repeat(43)
const HEX = 'ab'.repeat(64)
const firebase = (n: number, r: number, p: number) =>
  firebaseHash.hash.replace('n=14,r=8,p=1', `n=${n},r=${r},p=${p}`)

describe('a hash of another program may have', () => {
  test.each([
    ['bcrypt of cost 4 at least', `$2b$04$${SALT}${DIGEST}`, `$2b$03$${SALT}${DIGEST}`],
    ['bcrypt of cost 14 at most', `$2b$14$${SALT}${DIGEST}`, `$2b$15$${SALT}${DIGEST}`],
    [
      'bcrypt-sha256 of cost 14 at most',
      `bcrypt_sha256$$2b$14$${SALT}${DIGEST}`,
      `bcrypt_sha256$$2b$15$${SALT}${DIGEST}`,
    ],
    [
      'bcrypt-sha256 by passlib of cost 14 at most',
      `$bcrypt-sha256$v=2,t=2b,r=14$${SALT}$${DIGEST}`,
      `$bcrypt-sha256$v=2,t=2b,r=15$${SALT}$${DIGEST}`,
    ],
    ['an iteration at least', `pbkdf2_sha256$1$s$${BYTES}=`, `pbkdf2_sha256$0$s$${BYTES}=`],
    ['4,000,000 iterations', `$pbkdf2-sha256$4000000$$${BYTES}`, `$pbkdf2-sha256$4000001$$${BYTES}`],
    ['2,000,000 for two blocks', `pbkdf2:sha256:2000000$s$${HEX}`, `pbkdf2:sha256:2000001$s$${HEX}`],
    ['scrypt in 256 MiB', `$scrypt$ln=18,r=8,p=1$$${BYTES}`, `$scrypt$ln=18,r=9,p=1$$${BYTES}`],
    ['scrypt of N, r and p of 4,194,304', `scrypt:262144:8:2$s$${HEX}`, `scrypt:262144:8:3$s$${HEX}`],
    [
      'scrypt of r times p of 131,072',
      `$scrypt$ln=1,r=131072,p=1$$${BYTES}`,
      `$scrypt$ln=1,r=1,p=131073$$${BYTES}`,
    ],
    ['scrypt of N a power of two', `scrypt$16$s$8$1$${BYTES}=`, `scrypt$17$s$8$1$${BYTES}=`],
    ['scrypt of N over 1', `$scrypt$ln=1,r=8,p=1$$${BYTES}`, `$scrypt$ln=0,r=8,p=1$$${BYTES}`],
    [
      'scrypt of r = 1 below N of 65,536',
      `$scrypt$ln=15,r=1,p=1$$${BYTES}`,
      `$scrypt$ln=16,r=1,p=1$$${BYTES}`,
    ],
    ['scrypt of r at least 1', `$scrypt$ln=4,r=1,p=1$$${BYTES}`, `$scrypt$ln=4,r=0,p=1$$${BYTES}`],
    ['scrypt of p at least 1', `$scrypt$ln=4,r=8,p=1$$${BYTES}`, `$scrypt$ln=4,r=8,p=0$$${BYTES}`],
    ['Firebase’s scrypt in 256 MiB', firebase(18, 8, 1), firebase(19, 8, 1)],
  ])('%s', async (_bound, atTheBound, beyond) => {
    const kind = kindOf(atTheBound)
    const fault = new RangeError(`${kind} is outside the cost limits`)
    expect(() => kindOf(beyond)).toThrow(fault)
    await expect(verifyPassword('secret', beyond)).rejects.toThrow(fault)
  })
})

const UNKNOWN = new RangeError('unknown kind of hash')

// AES encrypts nothing to nothing: such a hash would match every password.
test.each(['signerKey', 'salt', 'hash'])('a Firebase hash without its %s is rejected', (part) => {
  for (const rest of ['', 'A', 'AAAA']) {
    const changed = {
      signerKey: firebaseHash.hash.replace(/sk=[^$]*/, `sk=${rest}`),
      salt: firebaseHash.hash.replace(/\$[^$]*\$([^$]*)$/, `$$${rest && 'A'}$$$1`),
      hash: firebaseHash.hash.replace(/[^$]*$/, rest),
    }[part]
    expect(() => kindOf(changed ?? '')).toThrow(UNKNOWN)
  }
})

test.each(Object.entries(foreignHashes.unsupported))('a hash of %s is rejected', async (_kind, hash) => {
  await expect(verifyPassword('secret', hash)).rejects.toThrow(UNKNOWN)
})

test.each(ROWS.filter(({ password }) => password.startsWith('correct') || password.startsWith('user')))(
  'the hash $hash with a character more, less or before it is rejected',
  ({ hash }) => {
    for (const changed of [`${hash}\n`, ` ${hash}`, `x${hash}`, hash.replace(/\$[^$]*$/, '$')]) {
      expect(() => kindOf(changed)).toThrow(UNKNOWN)
    }
  },
)
