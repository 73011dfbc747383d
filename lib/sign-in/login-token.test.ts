import { hash } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { useTable } from '../../test/support/aws/table.ts'
import { getItems, transact } from '../aws/dynamodb.ts'
import { secondOf } from '../time.ts'
import {
  begunAtOf,
  findLoginToken,
  LOGIN_TOKEN_RANDOM_BYTES,
  type LoginDetails,
  type LoginToken,
  loginTokenKey,
  proveLoginToken,
  reserveTry,
  spendLoginToken,
  startLoginToken,
  storeLoginToken,
} from './login-token.ts'

const { table } = await useTable()

const now = new Date('2026-11-26T09:00:00.400Z')
const user = { id: 'AbCdEfGhIjKlMnOpQrStUw', generation: 7 }
const details: LoginDetails = { purpose: 'second-factor', loginName: 'ada', inCookie: true }

let count = 0
let random: Buffer
beforeEach(() => {
  count += 1
  random = Buffer.from(Array.from({ length: LOGIN_TOKEN_RANDOM_BYTES }, (_, index) => index + count))
})
const log = { userId: user.id }

describe('a login token', () => {
  test('consists of an id of 16 bytes and a secret of 32, whose hash is stored', () => {
    random = Buffer.from(Array.from({ length: 48 }, (_, index) => index))
    const secret = 'EBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi8'
    expect(LOGIN_TOKEN_RANDOM_BYTES).toBe(48)
    expect(startLoginToken(user, details, now, random)).toEqual({
      token: `AAECAwQFBgcICQoLDA0ODw.${secret}`,
      stored: {
        ...details,
        id: 'AAECAwQFBgcICQoLDA0ODw',
        secretHash: hash('sha256', secret, 'base64url'),
        userId: user.id,
        generation: 7,
        expiresAt: secondOf(now) + 300,
      },
    })
  })

  test.each(['second-factor', 'enrolment'] as const)('says when its sign-in began: %s', (purpose) => {
    const { stored } = startLoginToken(user, { ...details, purpose }, now, random)
    expect(begunAtOf(stored)).toBe(secondOf(now))
  })

  test('encrypts the refresh token before with its own secret', () => {
    const storedWith = (bytes: Buffer) =>
      startLoginToken(user, { ...details, replaces: 'user.session' }, now, bytes).stored.replaces
    expect(storedWith(random)).not.toBe(storedWith(Buffer.alloc(LOGIN_TOKEN_RANDOM_BYTES)))
  })

  test('is stored together with the event of its step', async () => {
    const { stored, token } = startLoginToken(user, details, now, random)
    const key = loginTokenKey(stored.id, 'event')
    await storeLoginToken(table, stored, { Put: { Item: key } })
    expect(await find(token)).toMatchObject({ id: stored.id })
    expect(await getItems(table, [key])).toEqual([expect.anything()])
  })

  test.each<Partial<LoginDetails>>([
    {},
    { inCookie: false, replaces: 'user.session', pairSk: 'attempts#x', pairAttempts: ['a', 'b'] },
  ])('is found with what the password step knew: %j', async (more) => {
    const { stored, token } = await begin(more)
    // It is stored encrypted.
    expect(Boolean(stored.replaces)).toBe(Boolean(more.replaces))
    expect(stored.replaces).not.toBe(more.replaces ?? '')
    // DynamoDB stores no empty set, and returns sets in any order.
    expect(await find(token)).toEqual({ pairAttempts: [], ...stored, replaces: more.replaces })
  })

  test('may be stored with an empty list of attempts', async () => {
    const { token } = await begin({ pairAttempts: [] })
    expect(await find(token)).toMatchObject({ pairAttempts: [] })
  })

  test('that is stored again stays spent', async () => {
    const { stored, token } = await begin()
    await transact(table, [spendLoginToken(stored, 'session')])
    await storeLoginToken(table, stored)
    await expect(find(token)).rejects.toMatchObject(refused('the login token is spent', log))
  })

  test.each([
    ['second-factor', 300],
    ['enrolment', 1_800],
  ] as const)('for %s is valid for %i s', async (purpose, ttlSeconds) => {
    const { token } = await begin({ purpose })
    expect(await find(token, purpose, later(ttlSeconds - 1))).toMatchObject({ purpose })
    const expired = refused('the login token has expired', log)
    await expect(find(token, purpose, later(ttlSeconds))).rejects.toMatchObject(expired)
  })

  test('does not serve another purpose', async () => {
    const { token } = await begin({ purpose: 'enrolment' })
    await expect(find(token)).rejects.toMatchObject(refused('a login token for another purpose', log))
  })

  test('with another secret is refused', async () => {
    const { token } = await begin()
    const other = token.replace(/.$/, (last) => (last === 'A' ? 'E' : 'A'))
    await expect(find(other)).rejects.toMatchObject(refused('wrong secret of a login token'))
  })

  test('that is not stored is refused', async () => {
    const { token } = startLoginToken(user, details, now, random)
    await expect(find(token)).rejects.toMatchObject(refused('no such login token'))
  })

  test.each([
    ['nothing', () => ''],
    ['no secret', (token) => token.slice(0, 23)],
    ['no dot', (token) => token.replace('.', '')],
    ['another separator', (token) => token.replace('.', '-')],
    ['a character before it', (token) => `A${token}`],
    ['a character after it', (token) => `${token}A`],
    ['a line feed after it', (token) => `${token}\n`],
    ['other characters', (token) => token.replace(/^./, '+')],
  ] satisfies [string, (token: string) => string][])('with %s is refused', async (_what, change) => {
    const { token } = await begin()
    await expect(find(change(token))).rejects.toMatchObject(refused('not a login token'))
  })
})

describe('the tries of a login token', () => {
  test('are five, and the sixth one is refused', async () => {
    const { stored } = await begin()
    for (let tries = 1; tries <= 5; tries += 1) await reserveTry(table, stored, now)
    const usedUp = refused('the tries of the login token are used up', log)
    await expect(reserveTry(table, stored, now)).rejects.toMatchObject(usedUp)
  })

  test('are counted as long as it is valid', async () => {
    const { stored } = await begin()
    await reserveTry(table, stored, now)
    const [tries] = await getItems(table, [loginTokenKey(stored.id, 'tries')])
    expect(tries?.expiresAt).toEqual({ N: String(stored.expiresAt) })
    expect(tries?.ids).toEqual({ SS: [expect.stringMatching(/^[\w-]{11}$/)] })
  })
})

describe('a write of a transaction', () => {
  test('spends a login token once, for one session', async () => {
    const { stored } = await begin()
    expect(await transact(table, [spendLoginToken(stored, 'first')])).toBeUndefined()
    expect(await transact(table, [spendLoginToken(stored, 'second')])).toEqual([true])
    const [item] = await getItems(table, [loginTokenKey(stored.id)])
    expect(item?.spentBy).toEqual({ S: 'first' })
  })

  test('records when the user proved more than the password', async () => {
    const { stored, token } = await begin()
    expect((await find(token)).provedAt).toBeUndefined()
    expect(await transact(table, [proveLoginToken(stored, later(60))])).toBeUndefined()
    expect((await find(token)).provedAt).toBe(secondOf(later(60)))
  })

  test('proves no spent login token', async () => {
    const { stored } = await begin()
    await transact(table, [spendLoginToken(stored, 'session')])
    expect(await transact(table, [proveLoginToken(stored, now)])).toEqual([true])
  })

  test('neither spends nor proves a login token that is not stored', async () => {
    const { stored } = startLoginToken(user, details, now, random)
    expect(await transact(table, [spendLoginToken(stored, 'session')])).toEqual([true])
    expect(await transact(table, [proveLoginToken(stored, now)])).toEqual([true])
  })
})

const later = (seconds: number) => new Date(now.getTime() + seconds * 1_000)

async function begin(more: Partial<LoginDetails> = {}) {
  const started = startLoginToken(user, { ...details, ...more }, now, random)
  await storeLoginToken(table, started.stored)
  return started
}

const find = (token: string, purpose: LoginToken['purpose'] = 'second-factor', at = now) =>
  findLoginToken(table, token, purpose, at)

const refused = (message: string, log?: object) => ({
  code: 'invalid_credentials',
  message,
  error: 'login_expired',
  detail: 'The sign-in has expired. Sign in again.',
  event: 'factor.refused',
  ...(log && { log }),
})
