import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { useTable } from '../../test/support/aws/table.ts'
import { addTestUser, testAt } from '../../test/support/users/users.ts'
import { attributesOf, getItems, type Table, transact, writeIf } from '../aws/dynamodb.ts'
import { recoveryCodesKey } from '../factors/keys.ts'
import { newRecoveryCodes } from '../factors/recovery-codes/store.ts'
import { hashPassword, SALT_BYTES } from '../passwords/hash.ts'
import { refreshTokenOf } from '../sessions/refresh-token.ts'
import { type Attempt, admitAttempt } from '../throttling/attempt.ts'
import type { FactorPolicy } from '../users/factors.ts'
import { findUser } from '../users/store.ts'
import type { User } from '../users/user.ts'
import { findLoginToken } from './login-token.ts'
import { nextStep, type PasswordStep } from './next-step.ts'

const { table } = await useTable()

const PASSWORD = 'a password for tests'
const passwordHash = await hashPassword(PASSWORD, randomBytes(SALT_BYTES))
const now = new Date('2026-11-26T09:00:00.400Z')
const limit = { attempts: 10, windowSeconds: 900 }
const limits = {
  LIMIT_USER_AND_SOURCE: limit,
  LIMIT_SOURCE: limit,
  LIMIT_KNOWN_SOURCE: limit,
  LIMIT_USER: limit,
  LIMIT_USER_AND_KNOWN_SOURCE: limit,
}

let records: unknown[]
beforeEach(() => {
  records = []
  vi.spyOn(console, 'info').mockImplementation((record) => void records.push(record))
})
afterEach(() => vi.restoreAllMocks())

const origin = { sourceIp: '203.0.113.7', userAgent: 'curl/8.14.1' }
let count = 0

describe('the step after the password', () => {
  test.each<[Partial<User>, FactorPolicy]>([
    [{ role: 'user' }, 'none'],
    [{ role: 'user' }, 'administrators'],
    [{ role: 'admin' }, 'none'],
  ])(
    'does not exist for a user %j without factors under the policy %s, and costs no call',
    async (values, policy) => {
      const calls: string[] = []
      const aws: Table['aws'] = async (_service, operation) => {
        calls.push(operation)
        return {}
      }
      const { attempt, next } = await stepOf(await addUser(values), { policy }, { ...table, aws })
      expect(next).toBeUndefined()
      expect(calls).toEqual([])
      expect(await attemptsIn(attempt)).toEqual([[attempt.id], [attempt.id], [attempt.id]])
      expect(records).toEqual([])
    },
  )

  test('is a second factor, and its token contains what the sign-in needs', async () => {
    const user = await addUser({ factors: 'passkey totp' })
    const { next, attempt } = await stepOf(user)
    expect(next).toEqual({
      next: 'second-factor',
      factors: ['totp', 'passkey'],
      loginToken: expect.stringMatching(/^[\w-]{22}\.[\w-]{43}$/),
    })
    expect(await findLoginToken(table, String(next?.loginToken), 'second-factor', now)).toMatchObject({
      userId: user.id,
      generation: user.generation,
      loginName: user.username,
      inCookie: true,
      replaces: undefined,
      pairSk: attempt.counters[0].key.sk.S,
      pairAttempts: [],
    })
    expect(records).toEqual([{ event: 'factor.required', userId: user.id }])
  })

  test('offers recovery codes while some are left', async () => {
    const user = await addUser({ factors: 'totp' })
    await addRecoveryCodes(user)
    expect((await stepOf(user)).next?.factors).toEqual(['totp', 'recovery-code'])
    const empty = { ...recoveryCodesKey(user.id), ...attributesOf({ createdAt: now.toISOString() }) }
    await writeIf(table, 'PutItem', { Item: empty })
    expect((await stepOf(user)).next?.factors).toEqual(['totp'])
  })

  test('keeps the refresh token of the session before', async () => {
    const selector = `12345678${'s'.repeat(22)}`
    const user = await addUser({ factors: 'totp' })
    const refreshToken = refreshTokenOf(user.id, selector, 0x12345678, 'x'.repeat(43))
    const { next } = await stepOf(user, { refreshToken })
    const { replaces } = await findLoginToken(table, String(next?.loginToken), 'second-factor', now)
    expect(replaces).toBe(refreshToken)
  })

  test('gives its own attempt back, and passes the earlier ones on', async () => {
    const user = await addUser({ factors: 'totp' })
    const earlier = [await admit(user), await admit(user)].map(({ id }) => id)
    const { next, attempt } = await stepOf(user)
    for (const left of await attemptsIn(attempt)) expect(new Set(left)).toEqual(new Set(earlier))
    const { pairAttempts } = await findLoginToken(table, String(next?.loginToken), 'second-factor', now)
    expect(new Set(pairAttempts)).toEqual(new Set(earlier))
  })

  test('upgrades an old hash, because later steps do not have the password', async () => {
    const old = passwordHash.replace(/\$m=\d+/, '$m=8')
    const user = await addUser({ factors: 'totp', passwordHash: old })
    await stepOf(user)
    const { passwordHash: stored } = (await findUser(table, user.id)) as User
    expect(stored.split('$').slice(0, 4)).toEqual(passwordHash.split('$').slice(0, 4))
  })
})

describe('the enrolment of a first second factor', () => {
  test.each<[string, Partial<User>, FactorPolicy]>([
    ['an administrator', { role: 'admin' }, 'administrators'],
    ['an administrator', { role: 'admin' }, 'all'],
    ['a user', { role: 'user' }, 'all'],
  ])('is the next step of %s', async (_who, values, policy) => {
    const user = await addUser(values)
    // Codes that a user without factors has left do not replace one.
    await addRecoveryCodes(user)
    const { next } = await stepOf(user, { policy })
    expect(next).toEqual({ next: 'enrolment', proofs: ['code'], enrolmentToken: expect.any(String) })
    expect(await findLoginToken(table, String(next?.enrolmentToken), 'enrolment', now)).toMatchObject({
      userId: user.id,
      loginName: user.username,
    })
    expect(records).toEqual([{ event: 'enrolment.required', userId: user.id }])
  })

  test('costs no read of recovery codes', async () => {
    const operations: string[] = []
    const aws: Table['aws'] = (service, operation, input) => {
      operations.push(operation)
      return table.aws(service, operation, input)
    }
    await stepOf(await addUser({}), { policy: 'all' }, { ...table, aws })
    expect(operations.filter((operation) => /Get/.test(operation))).toEqual([])
  })

  const email = 'ada@example.org'
  test.each<[string, Partial<User>, string | undefined, string[]]>([
    ['a verified address', { email, emailVerified: true }, 'mailer', ['mail', 'code']],
    ['an address that is not verified', { email: `2${email}`, emailVerified: false }, 'mailer', ['code']],
    ['no address', { emailVerified: true }, 'mailer', ['code']],
    ['a verified address, but no mailer', { email: `3${email}`, emailVerified: true }, undefined, ['code']],
  ])('of a user with %s has its proofs', async (_what, values, mailer, proofs) => {
    const config = { REQUIRE_SECOND_FACTOR: 'all', MAILER: mailer } as const
    const user = await addUser(values)
    const step = { username: user.username, password: PASSWORD, inCookie: false, refreshToken: '' }
    const { next } = await nextStep({ ...testAt(table, now), config, origin }, await admit(user), user, step)
    expect(next).toMatchObject({ proofs })
  })
})

const addUser = (values: Partial<User>) => {
  count += 1
  return addTestUser(table, { username: `ada-${count}`, passwordHash, ...values })
}

const admit = ({ username }: User) => {
  const from = { ...origin, sourceIp: `203.0.113.${count}` }
  return admitAttempt({ ...testAt(table, now), config: limits, origin: from }, { loginName: username })
}

/** Takes the step after the password, for which an attempt is reserved. */
async function stepOf(user: User, { policy = 'none' as FactorPolicy, refreshToken = '' } = {}, at = table) {
  const attempt = await admit(user)
  const step: PasswordStep = { username: user.username, password: PASSWORD, inCookie: true, refreshToken }
  const config = { REQUIRE_SECOND_FACTOR: policy, MAILER: 'mailer' }
  const { next } = await nextStep({ ...testAt(at, now), config, origin }, attempt, user, step)
  return { attempt, next: next as Record<string, string> | undefined }
}

const attemptsIn = async ({ counters }: Attempt) => {
  const items = await getItems(
    table,
    counters.map(({ key }) => key),
  )
  return items.map((item) => (item?.ids as { SS: string[] } | undefined)?.SS ?? [])
}

const addRecoveryCodes = ({ id }: User) => transact(table, [newRecoveryCodes(id, now).write])
