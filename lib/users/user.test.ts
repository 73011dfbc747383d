import { describe, expect, test } from 'vitest'
import { isRole } from '../application/roles.ts'
import {
  claimsOf,
  isUserId,
  loginNamesOf,
  mailboxOf,
  newUser,
  USER_RANDOM_BYTES,
  verifiedMailboxOf,
} from './user.ts'

const now = new Date('2026-11-24T15:00:00.400Z')
const random = Buffer.from(Array.from({ length: USER_RANDOM_BYTES }, (_, index) => index + 1))
const values = { username: 'ada', role: 'admin' as const, passwordHash: 'hash' }

describe('a new user', () => {
  test('takes id, change id and both generations from different random bytes', () => {
    expect(newUser(values, now, random)).toStrictEqual({
      id: 'AQIDBAUGBwgJCgsMDQ4PEA',
      username: 'ada',
      role: 'admin',
      passwordHash: 'hash',
      emailVerified: false,
      disabled: false,
      generation: 0x212223242526,
      sessionGeneration: 0x2728292a2b2c,
      changeId: 'ERITFBUWFxgZGhscHR4fIA',
      createdAt: '2026-11-24T15:00:00.400Z',
      changedAt: '2026-11-24T15:00:00.400Z',
    })
  })

  test('keeps the id it brings along, but no generation', () => {
    const moved = { id: 'Ada-Lovelace-1815-12-A', disabled: true, createdAt: '2020-01-01T00:00:00.000Z' }
    expect(newUser({ ...values, ...moved }, now, random)).toMatchObject({
      ...moved,
      generation: 0x212223242526,
      sessionGeneration: 0x2728292a2b2c,
      changedAt: '2026-11-24T15:00:00.400Z',
    })
  })
})

test.each([
  [{ username: 'ada' }, ['ada']],
  [{ username: 'ada', email: 'ada@example.org' }, ['ada', 'ada@example.org']],
  [{ username: 'ada@example.org', email: 'ada@example.org' }, ['ada@example.org']],
])('the login names of %j are %j', (user, names) => {
  expect(loginNamesOf(user)).toEqual(names)
})

test.each([
  [{ username: 'ada' }, undefined],
  [{ username: 'ada@example.com' }, 'ada@example.com'],
  [{ username: 'ada@example.com', email: 'ada@example.org' }, 'ada@example.org'],
  [{ username: 'ada', email: 'ada@example.org', emailAsWritten: 'Ada@Example.org' }, 'Ada@Example.org'],
])('mails to %j go to %s', (user, mailbox) => {
  expect(mailboxOf(user)).toBe(mailbox)
})

test.each([
  [{ email: 'ada@example.org', emailVerified: true }, 'ada@example.org'],
  [{ email: 'ada@example.org', emailVerified: true, emailAsWritten: 'Ada@Example.org' }, 'Ada@Example.org'],
  [{ email: 'ada@example.org', emailVerified: false, emailAsWritten: 'Ada@Example.org' }, undefined],
  [{ emailVerified: true }, undefined],
])('the verified address of %j is %s', (user, mailbox) => {
  expect(verifiedMailboxOf(user)).toBe(mailbox)
})

test.each([
  [
    { email: 'ada@example.org', emailVerified: true },
    { email: 'ada@example.org', email_verified: true },
  ],
  [
    { email: 'ada@example.org', emailVerified: false },
    { email: 'ada@example.org', email_verified: false },
  ],
  [{ emailVerified: false }, {}],
])('the claims of a user with %j contain %j', (user, claims) => {
  const names = { username: 'ada', role: 'admin' as const }
  expect(claimsOf('id', { ...names, ...user })).toStrictEqual({ sub: 'id', ...names, ...claims })
})

test('a user id is 16 bytes in base64url, encoded in the one canonical way', () => {
  expect(isUserId('Ada_Lovelace-1815-12-A')).toBe(true)
  for (const value of [
    '',
    `${'a'.repeat(20)}A`,
    `${'a'.repeat(22)}A`,
    `${'a'.repeat(21)}#`,
    `${'a'.repeat(21)}A\n`,
    // Buffer reads it as the id that ends with A.
    `${'a'.repeat(21)}B`,
    7,
    null,
    // A regular expression would read its only element.
    ['Ada_Lovelace-1815-12-A'],
  ]) {
    expect(isUserId(value)).toBe(false)
  }
})

test.each(['user', 'admin'])('%s is a role', (value) => {
  expect(isRole(value)).toBe(true)
})

test.each(['', 'Admin', 'root', 'user ', 'length', '__proto__', undefined, null, 0, ['admin']])(
  '%j is not a role',
  (value) => {
    expect(isRole(value)).toBe(false)
  },
)
