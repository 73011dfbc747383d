import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { authorizationCache } from '../../local/gateway-rules.ts'
import {
  type ApiResponse,
  type Functions,
  NEW_PASSWORD,
  PASSWORD,
  partsOf,
  refresh,
  type Stores,
  signIn,
  startStores,
  tokensOf,
} from '../support/sessions.ts'

const hashed = vi.hoisted(() => ({ times: 0 }))

// Counts the hashes.
vi.mock('node:crypto', async (original) => {
  const { cheapArgon2 } = await import('../support/cheap-argon2.ts')
  const crypto = cheapArgon2(await original())
  const argon2Sync: typeof crypto.argon2Sync = (...args) => {
    hashed.times += 1
    return crypto.argon2Sync(...args)
  }
  return { ...crypto, argon2Sync }
})

const DAY = 86_400
const BEGIN_MS = Date.UTC(2027, 0, 15, 12)
const NOWHERE = `${'A'.repeat(22)}.${'A'.repeat(43)}.nobody`

let stores: Stores
let functions: Functions
const warn = vi.spyOn(console, 'warn').mockReturnValue()
vi.spyOn(console, 'info').mockReturnValue()

beforeAll(async () => {
  stores = await startStores()
  functions = await stores.functions()
})
afterAll(() => stores.aws.stop())

/** Sets the clock to this many seconds after the beginning of the test. */
const at = (seconds: number) => vi.setSystemTime(BEGIN_MS + Math.round(seconds * 1000))

beforeEach(() => {
  warn.mockClear()
  vi.useFakeTimers({ toFake: ['Date'] })
  at(0)
})
afterEach(() => void vi.useRealTimers())

const tryPassword = (username: string, password: string, sourceIp: string, headers = {}) =>
  functions.ask('login', { body: { username, password }, sourceIp, headers })

async function fail(times: number, username: string, sourceIp: string): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    expect((await tryPassword(username, 'a wrong password', sourceIp)).status).toBe(401)
  }
}

const retryAfter = ({ status, headers }: ApiResponse) => [status, headers['Retry-After']]

/** Expects that a stored session behaves like one that does not exist. */
async function expectSessionOver(username: string, refreshToken: string, authToken: string) {
  const { id } = partsOf(refreshToken)
  expect(Object.keys(await stores.items(`user#${username}`))).toContain(`session#${id}`)
  const unknown = await refresh(functions, NOWHERE)
  expect(unknown.status).toBe(401)
  expect(await refresh(functions, refreshToken)).toEqual(unknown)
  const { text } = await functions.ask('sessions', { token: authToken })
  expect(JSON.parse(text).sessions).not.toContainEqual(expect.objectContaining({ id }))
  expect((await functions.ask('end-session', { token: authToken, id })).status).toBe(404)
}

test('an unused session expires exactly 7 days after its last use', async () => {
  const username = await stores.add()
  const first = await signIn(functions, username)
  expect(first.refreshExpiresIn).toBe(7 * DAY)

  at(7 * DAY - 1)
  const second = tokensOf(await refresh(functions, first.refreshToken))
  expect(second.refreshExpiresIn).toBe(7 * DAY)

  at(14 * DAY - 1.001)
  const third = tokensOf(await refresh(functions, second.refreshToken))

  at(21 * DAY - 2)
  const { authToken } = await signIn(functions, username)
  await expectSessionOver(username, third.refreshToken, authToken)
})

test('a session in daily use expires exactly 30 days after its login', async () => {
  const username = await stores.add()
  let tokens = await signIn(functions, username)
  for (let day = 1; day < 30; day += 1) {
    at(day * DAY)
    tokens = tokensOf(await refresh(functions, tokens.refreshToken))
    expect(tokens.refreshExpiresIn).toBe(Math.min(7, 30 - day) * DAY)
  }

  at(30 * DAY - 0.001)
  tokens = tokensOf(await refresh(functions, tokens.refreshToken))
  expect(tokens.refreshExpiresIn).toBe(1)

  at(30 * DAY)
  const { authToken } = await signIn(functions, username)
  await expectSessionOver(username, tokens.refreshToken, authToken)
})

test('a replaced token gets the same next token for 10 s, then it ends the session', async () => {
  const username = await stores.add()
  const first = await signIn(functions, username)
  const { id } = partsOf(first.refreshToken)
  const next = tokensOf(await refresh(functions, first.refreshToken)).refreshToken

  at(9.999)
  const repeated = tokensOf(await refresh(functions, first.refreshToken))
  expect(repeated.refreshToken).toBe(next)
  expect(await functions.opens(repeated.authToken)).toBe(true)
  expect(warn).not.toHaveBeenCalled()

  at(10)
  const unknown = await refresh(functions, NOWHERE)
  expect(await refresh(functions, first.refreshToken)).toEqual(unknown)
  expect(unknown.status).toBe(401)
  expect(warn.mock.calls).toEqual([[{ event: 'session.reuse', username, sessionId: id }]])
  expect(await refresh(functions, next)).toEqual(unknown)
  expect(Object.keys(await stores.items(`user#${username}`))).toEqual(['profile'])
})

test('a token of many rotations ago ends the session, a made-up secret does not', async () => {
  const username = await stores.add()
  const first = await signIn(functions, username)
  let { refreshToken } = first
  for (let use = 1; use <= 5; use += 1) {
    at(use * 20)
    refreshToken = tokensOf(await refresh(functions, refreshToken)).refreshToken
  }
  const { id, secret } = partsOf(refreshToken)
  const foreign = `${id}.${[...secret].reverse().join('')}.${username}`
  expect((await refresh(functions, foreign)).status).toBe(401)
  expect(warn).not.toHaveBeenCalled()
  refreshToken = tokensOf(await refresh(functions, refreshToken)).refreshToken

  expect((await refresh(functions, first.refreshToken)).status).toBe(401)
  expect(warn.mock.calls).toEqual([[{ event: 'session.reuse', username, sessionId: id }]])
  expect((await refresh(functions, refreshToken)).status).toBe(401)
})

test('5 failures of a user from a source throttle that pair for 15 minutes', async () => {
  const username = await stores.add()
  const source = '198.51.100.1'
  await fail(1, username, source)
  at(100.5)
  await fail(4, username, source)
  expect(retryAfter(await tryPassword(username, PASSWORD, source))).toEqual([429, '800'])
  expect((await tryPassword(username, PASSWORD, '198.51.100.2')).status).toBe(200)

  at(899.999)
  expect(retryAfter(await tryPassword(username, PASSWORD, source))).toEqual([429, '1'])

  at(900)
  expect(await stores.failures(`user#${username}`, `attempts#${source}`)).toBe(5)
  await fail(1, username, source)
  expect(await stores.failures(`user#${username}`, `attempts#${source}`)).toBe(1)
  expect((await tryPassword(username, PASSWORD, source)).status).toBe(200)
  expect(await stores.failures(`user#${username}`, `attempts#${source}`)).toBe(0)
})

test('50 failures from a source throttle it for every name for 15 minutes', async () => {
  const source = '198.51.100.50'
  const username = await stores.add()
  for (let guess = 0; guess < 50; guess += 1) await fail(1, `guess-${guess}`, source)
  expect(retryAfter(await tryPassword(username, PASSWORD, source))).toEqual([429, '900'])
  expect((await tryPassword(username, PASSWORD, '198.51.100.51')).status).toBe(200)
  at(899.999)
  expect(retryAfter(await tryPassword('guess-51', PASSWORD, source))).toEqual([429, '1'])
  at(900)
  expect((await tryPassword(username, PASSWORD, source)).status).toBe(200)
})

test('100 failures of a user throttle it for every source for 24 hours', async () => {
  const username = await stores.add()
  for (let source = 0; source < 25; source += 1) await fail(4, username, `192.0.2.${source}`)
  const elsewhere = '192.0.2.200'
  expect(retryAfter(await tryPassword(username, PASSWORD, elsewhere))).toEqual([429, String(DAY)])
  expect((await tryPassword(await stores.add(), PASSWORD, elsewhere)).status).toBe(200)
  at(DAY - 0.001)
  expect(retryAfter(await tryPassword(username, PASSWORD, elsewhere))).toEqual([429, '1'])
  at(DAY)
  expect((await tryPassword(username, PASSWORD, elsewhere)).status).toBe(200)
})

test('IPv6 addresses of one /64 are one source', async () => {
  const username = await stores.add()
  for (const host of ['::1', ':0:0:0:2', ':ffff::3', ':a:b:c:d', '::5']) {
    await fail(1, username, `2001:db8:1:2${host}`)
  }
  expect((await tryPassword(username, PASSWORD, '2001:DB8:1:2::6')).status).toBe(429)
  expect((await tryPassword(username, PASSWORD, '2001:db8:1:3::1')).status).toBe(200)
})

test('a header never determines the source', async () => {
  const username = await stores.add()
  const source = '198.51.100.60'
  for (let time = 1; time <= 5; time += 1) {
    const headers = { 'X-Forwarded-For': `203.0.113.${time}`, Forwarded: `for=203.0.113.${time}` }
    expect((await tryPassword(username, 'a wrong password', source, headers)).status).toBe(401)
  }
  const headers = { 'X-Forwarded-For': '203.0.113.99', Forwarded: 'for=203.0.113.99' }
  expect((await tryPassword(username, PASSWORD, source, headers)).status).toBe(429)
  expect((await tryPassword(username, PASSWORD, '198.51.100.61', headers)).status).toBe(200)
})

test('a throttled attempt is rejected before any hashing, alike for all names', async () => {
  const source = '198.51.100.70'
  const username = await stores.add()
  const { authToken } = await signIn(functions, username)
  const before = hashed.times
  await fail(5, username, source)
  await fail(5, 'nobody-here', source)
  expect(hashed.times - before).toBe(10)

  const refused = await tryPassword('nobody-here', 'a wrong password', source)
  expect(retryAfter(refused)).toEqual([429, '900'])
  expect(await tryPassword(username, 'a wrong password', source)).toEqual(refused)
  expect(await tryPassword(username, PASSWORD, source)).toEqual(refused)
  const body = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD }
  expect(await functions.ask('password', { body, token: authToken, sourceIp: source })).toEqual(refused)
  expect(hashed.times - before).toBe(10)
})

const serverlessYml = readFileSync(new URL('../../serverless.yml', import.meta.url), 'utf8')
const resultTtlSeconds = Number(/authorizerCacheSeconds: (\d+)/.exec(serverlessYml)?.[1])

const REVOCATIONS: Record<
  string,
  (username: string, tokens: { authToken: string; refreshToken: string }) => Promise<unknown>
> = {
  'disabling the user': (username) => stores.change(username, { disabled: true }),
  'changing the role': (username) => stores.change(username, { role: 'admin' }),
  'removing the user': (username) => stores.remove(username),
  'changing the password': (_, { authToken: token }) =>
    functions.ask('password', { token, body: { currentPassword: PASSWORD, newPassword: NEW_PASSWORD } }),
  'logout everywhere': (_, { refreshToken }) =>
    functions.ask('logout', { body: { refreshToken, everywhere: true } }),
}

test.each(Object.keys(REVOCATIONS))(
  '%s reaches an access token within the 60 seconds of the authorizer cache',
  async (way) => {
    expect(resultTtlSeconds).toBe(60)
    const cache = authorizationCache(resultTtlSeconds)
    const username = await stores.add()
    const tokens = await signIn(functions, username)
    const pass = async () => {
      const cached = cache.find(tokens.authToken, new Date())
      if (cached === undefined)
        cache.store(tokens.authToken, await functions.authorize(tokens.authToken), new Date())
      return cached === undefined ? 'asked' : 'from the cache'
    }
    expect(await pass()).toBe('asked')
    await REVOCATIONS[way]?.(username, tokens)
    await expect(functions.authorize(tokens.authToken)).rejects.toThrow(/^Unauthorized$/)

    at(59.999)
    expect(await pass()).toBe('from the cache')
    at(60)
    await expect(pass()).rejects.toThrow(/^Unauthorized$/)
  },
)

test('a disabled user can do nothing, even if no token was revoked', async () => {
  const username = await stores.add()
  const { authToken, refreshToken } = await signIn(functions, username)
  await stores.set(username, { disabled: true })
  expect(await functions.opens(authToken)).toBe(false)
  expect((await refresh(functions, refreshToken)).status).toBe(401)
  expect((await tryPassword(username, PASSWORD, '198.51.100.90')).status).toBe(401)
  await stores.set(username, { disabled: false })
  expect(await functions.opens(authToken)).toBe(true)
})

test('the documents state how long a revoked token may still be accepted', () => {
  for (const file of ['docs/SESSIONS.md', 'docs/SECURITY.md']) {
    const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
    expect(text).toMatch(new RegExp(`\\b${resultTtlSeconds} seconds\\b`))
  }
})
