import { expect, test } from 'vitest'
import {
  hashRecoveryCode,
  RECOVERY_CODES_RANDOM_BYTES,
  readRecoveryCode,
  recoveryCodes,
} from './recovery-codes.ts'

const RANDOM = Buffer.from(
  Array.from({ length: RECOVERY_CODES_RANDOM_BYTES }, (_, index) => (index * 37) & 0xff),
)

test('ten codes of 80 bits are made, each of its own random bytes', () => {
  const codes = recoveryCodes(RANDOM)
  expect(codes).toHaveLength(10)
  expect(new Set(codes).size).toBe(10)
  for (const [index, code] of codes.entries()) {
    expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$/)
    // Crockford's digits in place of those of base 32.
    const digits = [...code.replaceAll('-', '')].map((one) => '0123456789ABCDEFGHJKMNPQRSTVWXYZ'.indexOf(one))
    const value = digits.reduce((total, digit) => total * 32n + BigInt(digit), 0n)
    expect(value.toString(16).padStart(20, '0')).toBe(RANDOM.toString('hex', index * 10, index * 10 + 10))
  }
})

test.each([
  '0123-4567-89AB-CDEF',
  '0123456789abcdef',
  ' 0123 4567-89ab cdef ',
  'O123-4567-89AB-CDEF',
  'oi23-4567-89ab-cdef',
  'OL23-4567-89AB-CDEF',
])('%j is read as the code of the same characters', (typed) => {
  expect(readRecoveryCode(typed)).toBe('0123456789ABCDEF')
})

test.each([
  '',
  '0123-4567-89AB-CDE',
  '0123-4567-89AB-CDEF0',
  'U123-4567-89AB-CDEF',
  '0123_4567_89AB_CDEF',
  '0123-4567-89AB-CDE\u0665',
  '\uff10123-4567-89AB-CDEF',
  '\u212a123-4567-89AB-CDEF',
  '0123-4567-89AB-CDEF\n',
])('%j is no recovery code', (typed) => {
  expect(readRecoveryCode(typed)).toBeUndefined()
})

test('a hash depends on the code and on its user, not on hyphens', () => {
  const hash = hashRecoveryCode('ada', '0123456789ABCDEF')
  expect(hash).toMatch(/^[A-Za-z0-9_-]{43}$/)
  expect(hashRecoveryCode('ada', '0123-4567-89AB-CDEF')).toBe(hash)
  expect(hashRecoveryCode('bob', '0123456789ABCDEF')).not.toBe(hash)
  expect(hashRecoveryCode('ada', '0123456789ABCDEG')).not.toBe(hash)
})
