import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { base32Of, codeOf, encodeBits, NO_STEP, stepOfCode, totpUri, truncate } from './totp.ts'

const SECRET = Buffer.from('12345678901234567890')

/** RFC 4226 appendix D: the first 32 bits after truncation, and the code. */
const HOTP: [counter: number, truncated: number, code: string][] = [
  [0, 0x4c93cf18, '755224'],
  [1, 0x41397eea, '287082'],
  [2, 0x082fef30, '359152'],
  [3, 0x66ef7655, '969429'],
  [4, 0x61c5938a, '338314'],
  [5, 0x33c083d4, '254676'],
  [6, 0x7256c032, '287922'],
  [7, 0x04e5b397, '162583'],
  [8, 0x2823443f, '399871'],
  [9, 0x2679dc69, '520489'],
]

test.each(HOTP)('the code of RFC 4226 for the counter %i is computed', (counter, truncated, code) => {
  const bytes = Buffer.alloc(8)
  bytes.writeUInt32BE(counter, 4)
  expect(truncate(createHmac('sha1', SECRET).update(bytes).digest())).toBe(truncated)
  expect(codeOf(SECRET, counter)).toBe(code)
})

/** RFC 6238 appendix B: for each second the eight digits with SHA-1, SHA-256 and SHA-512. */
const TOTP: [second: number, sha1: string, sha256: string, sha512: string][] = [
  [59, '94287082', '46119246', '90693936'],
  [1_111_111_109, '07081804', '68084774', '25091201'],
  [1_111_111_111, '14050471', '67062674', '99943326'],
  [1_234_567_890, '89005924', '91819424', '93441116'],
  [2_000_000_000, '69279037', '90698825', '38618901'],
  [20_000_000_000, '65353130', '77737706', '47863826'],
]

const stepAt = (second: number) => Math.floor(second / 30)

test.each(TOTP)('the codes of RFC 6238 for the second %i are computed', (second, sha1, ...others) => {
  // A code has the last six of the eight digits.
  expect(codeOf(SECRET, stepAt(second))).toBe(sha1.slice(-6))
  // Other hashes need longer secrets (RFC 6238, errata 2866). This service has none of them; their truncation is the same.
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(stepAt(second)))
  const digits = [['sha256', 32] as const, ['sha512', 64] as const].map(([algorithm, length]) => {
    const secret = Buffer.alloc(length, SECRET)
    const hmac = createHmac(algorithm, secret).update(bytes).digest()
    return String(truncate(hmac) % 10 ** 8).padStart(8, '0')
  })
  expect(digits).toEqual(others)
})

const at = (second: number) => new Date(second * 1000)

test.each(TOTP)('the code of RFC 6238 for the second %i is accepted then, and once', (second, sha1) => {
  const accept = (lastStep: number) => stepOfCode(SECRET, sha1.slice(-6), lastStep, at(second))
  expect(accept(NO_STEP)).toBe(stepAt(second))
  expect(accept(stepAt(second))).toBeUndefined()
})

describe('a code', () => {
  const second = 1_234_567_890
  const step = stepAt(second)
  const find = (ofStep: number, lastStep = NO_STEP) =>
    stepOfCode(SECRET, codeOf(SECRET, ofStep), lastStep, at(second))

  test.each([-1, 0, 1])('is accepted %i steps from now', (drift) => {
    expect(find(step + drift)).toBe(step + drift)
  })

  test.each([-3, -2, 2, 3])('is not accepted %i steps from now', (drift) => {
    expect(find(step + drift)).toBeUndefined()
  })

  test('belongs to its step until the last second of it', () => {
    const code = codeOf(SECRET, step)
    const found = (instant: number) => stepOfCode(SECRET, code, NO_STEP, at(instant))
    const from = step * 30
    expect([from - 31, from - 30, from + 59, from + 60].map(found)).toEqual([
      undefined,
      step,
      step,
      undefined,
    ])
  })

  test('is not accepted again, nor is that of an earlier step', () => {
    expect([-1, 0, 1].map((drift) => find(step + drift, step))).toEqual([undefined, undefined, step + 1])
    expect([-1, 0, 1].map((drift) => find(step + drift, step + 1))).toEqual([undefined, undefined, undefined])
  })

  test('that two steps share belongs to the later one, so it is not accepted twice', () => {
    // Found by search.
    const earlier = 153_567
    const code = codeOf(SECRET, earlier)
    expect(codeOf(SECRET, earlier + 2)).toBe(code)
    const now = at((earlier + 1) * 30)
    expect(stepOfCode(SECRET, code, NO_STEP, now)).toBe(earlier + 2)
    expect(stepOfCode(SECRET, code, earlier + 2, now)).toBeUndefined()
  })

  test('of another secret is not accepted', () => {
    const code = codeOf(Buffer.alloc(20, 1), step)
    expect(stepOfCode(SECRET, code, NO_STEP, at(second))).toBeUndefined()
  })
})

// RFC 4648 section 10, without padding.
test.each([
  ['', ''],
  ['f', 'MY'],
  ['fo', 'MZXQ'],
  ['foo', 'MZXW6'],
  ['foob', 'MZXW6YQ'],
  ['fooba', 'MZXW6YTB'],
  ['foobar', 'MZXW6YTBOI'],
])('%j is in base32 %j', (text, encoded) => {
  expect(base32Of(Buffer.from(text))).toBe(encoded)
})

test('every byte is encoded with its own bits', () => {
  const digits = '0123456789abcdefghijklmnopqrstuv'
  const bytes = Buffer.from(Array.from({ length: 255 }, (_, byte) => byte))
  const bits = [...encodeBits(bytes, digits)].map((digit) => parseInt(digit, 32).toString(2).padStart(5, '0'))
  expect(bits.join('')).toBe([...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join(''))
})

test('a URI names the service, the user and the secret', () => {
  expect(totpUri(SECRET, 'Example: shop & co', 'ada+1@example.org')).toBe(
    'otpauth://totp/Example%20%20shop%20%26%20co:ada%2B1%40example.org' +
      '?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Example%20%20shop%20%26%20co' +
      '&algorithm=SHA1&digits=6&period=30',
  )
})
