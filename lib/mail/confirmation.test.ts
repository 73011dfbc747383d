import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { secondOf } from '../time.ts'
import {
  addressIn,
  CONFIRMATION_RANDOM_BYTES,
  type Confirmation,
  type ConfirmationKind,
  isProvedBy,
  MAIL_ID_BYTES,
  newMailId,
  type Proof,
  readToken,
  startConfirmation,
  withoutCode,
} from './confirmation.ts'

const mailIdOf = (address?: string) => newMailId(randomBytes(MAIL_ID_BYTES), address)

describe('a mail id', () => {
  test.each([
    undefined,
    'a@b',
    'Ada.Lovelace+tag@Example.org',
    `${'a'.repeat(64)}@${`${'b'.repeat(60)}.`.repeat(3)}example`,
  ])('holds the address %s as it is written', (address) => {
    expect(addressIn(mailIdOf(address))).toBe(address ?? '')
  })

  test('is new for each request for one address', () => {
    const ids = Array.from({ length: 100 }, () => mailIdOf('ada@example.org'))
    expect(new Set(ids).size).toBe(100)
  })
})

const now = new Date('2026-11-26T09:00:00.400Z')

const start = (kind: ConfirmationKind, mailId: string) =>
  startConfirmation({ kind, mailId, bindings: {} }, now, randomBytes(CONFIRMATION_RANDOM_BYTES))

describe('a token', () => {
  test.each([undefined, 'ada@example.org'])('is its mail id and its secret (address %s)', (address) => {
    const mailId = mailIdOf(address)
    const { token } = start('registration', mailId)
    expect(readToken(token)).toEqual({ mailId, secret: token.slice(mailId.length + 1) })
  })

  test.each([
    '',
    'x',
    'a.b',
    `${'a'.repeat(22)}.${'b'.repeat(42)}`,
    `${'a'.repeat(22)}..${'b'.repeat(43)}`,
    `${'a'.repeat(22)}.x.y.${'b'.repeat(43)}`,
    `${'a'.repeat(21)}.${'b'.repeat(43)}`,
    `${'a'.repeat(23)}.${'b'.repeat(43)}`,
    `${'a'.repeat(22)}.${'b'.repeat(44)}`,
    `${'a'.repeat(22)}.${'b'.repeat(43)}\n`,
    `${'a'.repeat(22)}.${'c'.repeat(341)}.${'b'.repeat(43)}`,
  ])('is not %j', (text) => {
    expect(readToken(text)).toBeUndefined()
  })
})

test('a confirmation is made of its own random bytes, and stored as hashes', () => {
  const random = Buffer.from(Array.from({ length: CONFIRMATION_RANDOM_BYTES }, (_, index) => index))
  const secret = random.toString('base64url', 0, 32)
  const mailId = newMailId(Buffer.alloc(MAIL_ID_BYTES), 'ada@example.org')
  const sha256 = (text: string) => createHash('sha256').update(text).digest('base64url')
  const bindings = { userId: 'id', generation: 7, email: 'ada@example.org' }
  // 0x202122232425 is 35,326,678,737,957.
  const code = '78737957'
  expect(mailId).toBe(`${'A'.repeat(22)}.${Buffer.from('ada@example.org').toString('base64url')}`)
  expect(startConfirmation({ kind: 'address', mailId, bindings }, now, random)).toEqual({
    token: `${mailId}.${secret}`,
    code,
    confirmation: {
      kind: 'address',
      ...bindings,
      secretHash: sha256(secret),
      codeHash: sha256(`${mailId}.${code}`),
      codeExpiresAt: secondOf(now) + 600,
      expiresAt: secondOf(now) + 3_600,
    },
  })
  const cancellation = { kind: 'cancel-reset', mailId, bindings: {}, linkTtlSeconds: 60 } as const
  expect(startConfirmation(cancellation, now, random).confirmation.expiresAt).toBe(secondOf(now) + 60)
})

test('every byte of randomness changes the token', () => {
  const bytes = randomBytes(CONFIRMATION_RANDOM_BYTES)
  const tokens = Array.from({ length: 32 }, (_, index) => {
    const changed = Buffer.from(bytes)
    changed[index] = 255 - Number(changed[index])
    const details = { kind: 'reset', mailId: mailIdOf(), bindings: {} } as const
    return startConfirmation(details, now, changed).token.slice(-43)
  })
  expect(new Set(tokens).size).toBe(32)
})

const later = (seconds: number) => new Date(now.getTime() + seconds * 1_000)

describe('a confirmation', () => {
  const mailId = mailIdOf('ada@example.org')
  const { confirmation, token, code } = start('registration', mailId)
  const other = start('registration', mailId)
  const byToken = (text: string) => readToken(text) as Proof
  const byCode = (text: string, id = mailId) => ({ mailId: id, code: text })

  test.each<[string, Proof, number, Partial<Confirmation>, boolean]>([
    ['its token', byToken(token), 0, {}, true],
    ['its token in the last second', byToken(token), 3_599, {}, true],
    ['its token after an hour', byToken(token), 3_600, {}, false],
    ['its code', byCode(code), 0, {}, true],
    ['its code in the last second', byCode(code), 599, {}, true],
    ['its code after ten minutes', byCode(code), 600, {}, false],
    ['the token of another mail of the request', byToken(other.token), 0, {}, false],
    ['another code', byCode(String((Number(code) + 1) % 1e8).padStart(8, '0')), 0, {}, false],
    ['its code with the id of another mail', byCode(code, mailIdOf('ada@example.org')), 0, {}, false],
    ['its token, when it is spent', byToken(token), 0, { spentAt: 1 }, false],
    ['its code, when it is spent', byCode(code), 0, { spentAt: 1 }, false],
    ['its token, when another form of hash is stored', byToken(token), 0, { secretHash: '' }, false],
    ['its code, when no hash of one is stored', byCode(code), 0, { codeHash: undefined }, false],
    ['its code, when no end of one is stored', byCode(code), 0, { codeExpiresAt: undefined }, false],
  ])('by %s', (_what, proof, seconds, changes, isProved) => {
    expect(isProvedBy({ ...confirmation, ...changes }, proof, later(seconds))).toBe(isProved)
  })

  test('of a mail without a code is proved by its token only', () => {
    const codeless = withoutCode(confirmation)
    expect(isProvedBy(codeless, byToken(token), now)).toBe(true)
    expect(isProvedBy(codeless, byCode(code), now)).toBe(false)
  })

  test('contains neither its token nor its code nor the address', () => {
    const stored = JSON.stringify(confirmation)
    const secret = token.slice(mailId.length + 1)
    for (const text of [secret, code, mailId, 'ada@']) expect(stored).not.toContain(text)
  })

  test('of an invitation is valid for a week', () => {
    const invitation = start('invitation', mailId)
    const proof = byToken(invitation.token)
    expect(isProvedBy(invitation.confirmation, proof, later(7 * 86_400 - 1))).toBe(true)
    expect(isProvedBy(invitation.confirmation, proof, later(7 * 86_400))).toBe(false)
  })

  test('has a code of eight digits, also if it begins with zeros', () => {
    const codes = Array.from({ length: 1_000 }, () => start('reset', mailId).code)
    expect(codes.filter((one) => !/^\d{8}$/.test(one))).toEqual([])
    // One in ten begins with a zero. None of 1,000 does with a probability of 1e-46.
    expect(codes.some((one) => one.startsWith('0'))).toBe(true)
    // Half of them are above half. 400 of 1,000 or fewer are with a probability of 1e-10.
    expect(codes.filter((one) => Number(one) >= 5e7).length).toBeGreaterThan(400)
  })
})
