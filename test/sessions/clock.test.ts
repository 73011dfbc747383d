import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { authorizationCache } from '../../local/gateway/gateway-rules.ts'
import { useService } from '../support/service.ts'
import {
  NEW_PASSWORD,
  PASSWORD,
  partsOf,
  refresh,
  signIn,
  type Tokens,
  tokensOf,
} from '../support/users/sessions.ts'

const DAY = 86_400
const BEGIN_MS = Date.UTC(2027, 0, 15, 12)
const UNKNOWN = `${'A'.repeat(22)}.00000000${'A'.repeat(22)}.00000000.${'A'.repeat(43)}`
let cases = 0
const warn = vi.spyOn(console, 'warn').mockReturnValue()
vi.spyOn(console, 'info').mockReturnValue()

const stores = await useService()
const { functions } = stores
afterAll(() => console.log(`Functions with a skewed clock: ${cases} cases`))

beforeEach(() => {
  warn.mockClear()
  vi.useFakeTimers({ toFake: ['Date'] })
  at(0)
})
afterEach(() => void vi.useRealTimers())

test('the lifetime of sessions is configurable', async () => {
  const shorter = await stores.load({ SESSION_TTL_SECONDS: '300', SESSION_IDLE_TTL_SECONDS: '120' })
  const { refreshToken, refreshExpiresIn } = await signIn(shorter, await stores.add())
  expect(refreshExpiresIn).toBe(120)
  expect(tokensOf(await refresh(shorter, refreshToken)).refreshExpiresIn).toBe(120)
})

test('an unused session expires exactly 7 days after its last use', async () => {
  const username = await stores.add()
  const first = await signIn(functions, username)
  expect(first.refreshExpiresIn).toBe(7 * DAY)

  at(7 * DAY - 1)
  const second = await renew(first.refreshToken)
  expect(second.refreshExpiresIn).toBe(7 * DAY)

  at(14 * DAY - 1.001)
  const third = await renew(second.refreshToken)

  at(21 * DAY - 2)
  const { authToken } = await signIn(functions, username)
  await expectSessionOver(username, third.refreshToken, authToken)
})

test('a session in daily use expires exactly 30 days after its login', async () => {
  const username = await stores.add()
  let tokens = await signIn(functions, username)
  for (let day = 1; day < 30; day += 1) {
    at(day * DAY)
    tokens = await renew(tokens.refreshToken)
    expect(tokens.refreshExpiresIn).toBe(Math.min(7, 30 - day) * DAY)
  }

  at(30 * DAY - 0.001)
  tokens = await renew(tokens.refreshToken)
  expect(tokens.refreshExpiresIn).toBe(1)

  at(30 * DAY)
  const { authToken } = await signIn(functions, username)
  await expectSessionOver(username, tokens.refreshToken, authToken)
})

describe('a function whose clock is ahead', () => {
  test('rotates a token, which then comes back unchanged until that time and the grace', async () => {
    const { refreshToken: first } = await signIn(functions, await stores.add())
    at(300)
    const { refreshToken } = await renew(first)
    for (const seconds of [0, 60, 309.999]) {
      at(seconds)
      expect((await renew(refreshToken)).refreshToken).toBe(refreshToken)
      expect((await renew(first)).refreshToken).toBe(refreshToken)
    }
    at(310)
    expect((await renew(refreshToken)).refreshToken).not.toBe(refreshToken)
  })

  test('ends a session for a token that another function replaced moments ago', async () => {
    const { refreshToken: first } = await signIn(functions, await stores.add())
    await renew(first)
    at(300)
    await rejected(first)
    expect(logged()).toEqual([event('session.reuse', first)])
  })

  test('never extends a session beyond 30 days of its own clock', async () => {
    at(300)
    let tokens = await signIn(functions, await stores.add())
    expect((await listed(tokens.authToken))[0]?.createdAt).toBe('2027-01-15T12:05:00.000Z')
    at(0)
    tokens = await renew(tokens.refreshToken)
    expect(tokens.refreshExpiresIn).toBe(7 * DAY + 300)
    for (let day = 5; day < 30; day += 5) {
      at(day * DAY)
      tokens = await renew(tokens.refreshToken)
    }
    expect(tokens.refreshExpiresIn).toBe(5 * DAY + 300)
  })
})

describe('a function whose clock is behind', () => {
  test('rotates a token, which is due again, and one of 10 s before that ends the session', async () => {
    const { refreshToken: first } = await signIn(functions, await stores.add())
    at(-300)
    const { refreshToken, refreshExpiresIn } = await renew(first)
    // The session does not expire earlier for it.
    expect(refreshExpiresIn).toBe(7 * DAY + 300)
    at(1)
    const next = await renew(refreshToken)
    expect(next.refreshToken).not.toBe(refreshToken)
    await rejected(first)
    await rejected(next.refreshToken)
  })

  test('begins a session that is listed before one that began earlier', async () => {
    const username = await stores.add()
    const early = await signIn(functions, username)
    at(-300)
    const late = await signIn(functions, username)
    at(1)
    const ids = (await listed(early.authToken)).map(({ id }) => id)
    expect(ids).toEqual([early, late].map(({ refreshToken }) => partsOf(refreshToken).sessionId))
    expect(await functions.opens(late.authToken)).toBe(true)
    expect((await refresh(functions, late.refreshToken)).status).toBe(200)
  })
})

test('an authorizer whose clock is behind rejects access tokens of more than 5 s later', async () => {
  const { authToken } = await signIn(functions, await stores.add())
  at(-5)
  expect(await functions.opens(authToken)).toBe(true)
  at(-5.001)
  expect(await functions.opens(authToken)).toBe(false)
})

const REVOCATIONS: Record<string, (username: string, tokens: Tokens) => Promise<unknown>> = {
  'disabling the user': (username) => stores.change(username, { disabled: true }),
  'changing the role': (username) => stores.change(username, { role: 'admin' }),
  'removing the user': (username) => stores.remove(username),
  'changing the password': (_, { authToken: token }) =>
    functions.ask('password', { token, body: { currentPassword: PASSWORD, newPassword: NEW_PASSWORD } }),
  'logout everywhere': (_, { refreshToken }) =>
    functions.ask('logout', { body: { refreshToken, everywhere: true } }),
}

describe.each([-300, 0, 300])('with a clock %i s off', (skew) => {
  test.each(Object.keys(REVOCATIONS))('%s revokes every access token at once', async (way) => {
    cases += 1
    at(-300)
    const username = await stores.add()
    const [mine, stolen] = [await signIn(functions, username), await signIn(functions, username)]
    at(skew)
    await REVOCATIONS[way]?.(username, mine)
    at(1)
    for (const { authToken } of [mine, stolen]) expect(await functions.opens(authToken)).toBe(false)
  })

  test.each(['changing the password', 'logout everywhere'])('%s ends the other sessions', async (way) => {
    cases += 1
    at(-300)
    const username = await stores.add()
    const [mine, stolen] = [await signIn(functions, username), await signIn(functions, username)]
    at(skew)
    await REVOCATIONS[way]?.(username, mine)
    at(1)
    await rejected(stolen.refreshToken)
    const isPassword = way === 'changing the password'
    expect((await refresh(functions, mine.refreshToken)).status).toBe(isPassword ? 200 : 401)
    const next = await signIn(functions, username, isPassword ? NEW_PASSWORD : PASSWORD)
    expect(await functions.opens(next.authToken)).toBe(true)
  })

  test('ending a session ends it, and its next token', async () => {
    cases += 1
    at(-300)
    const username = await stores.add()
    const [mine, stolen] = [await signIn(functions, username), await signIn(functions, username)]
    const { refreshToken } = await renew(stolen.refreshToken)
    at(skew)
    const { sessionId: id } = partsOf(refreshToken)
    expect((await functions.ask('end-session', { token: mine.authToken, id })).status).toBe(204)
    at(1)
    for (const one of [refreshToken, stolen.refreshToken]) await rejected(one)
    expect((await refresh(functions, mine.refreshToken)).status).toBe(200)
  })
})

const parameters = readFileSync(new URL('../../plugins/parameters/parameters.yml', import.meta.url), 'utf8')
const resultTtlSeconds = Number(/authorizerCacheSeconds: (\d+)/.exec(parameters)?.[1])

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

test('the documents state how long a revoked token may still be accepted', () => {
  for (const file of ['docs/SESSIONS.md', 'docs/SECURITY.md']) {
    const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
    expect(text).toMatch(new RegExp(`\\b${resultTtlSeconds} seconds\\b`))
  }
})

/** Sets the clock to this many seconds after the beginning of the test. */
const at = (seconds: number) => vi.setSystemTime(BEGIN_MS + Math.round(seconds * 1000))

const renew = async (refreshToken: string) => tokensOf(await refresh(functions, refreshToken))

const rejected = async (refreshToken: string) =>
  expect(await refresh(functions, refreshToken)).toEqual(await refresh(functions, UNKNOWN))

const logged = () => warn.mock.calls.map(([record]) => record)

const event = (name: string, refreshToken: string) => {
  const { userId, sessionId } = partsOf(refreshToken)
  return { event: name, userId, sessionId }
}

const listed = async (token: string): Promise<{ id: string; createdAt: string }[]> =>
  JSON.parse((await functions.ask('sessions', { token })).text).sessions

/** Expects that a stored session behaves like one that does not exist. */
async function expectSessionOver(username: string, refreshToken: string, authToken: string) {
  const { sessionId: id } = partsOf(refreshToken)
  expect(Object.keys(await stores.itemsOf(username))).toContain(`session#${id}`)
  await rejected(refreshToken)
  expect(await listed(authToken)).not.toContainEqual(expect.objectContaining({ id }))
  expect((await functions.ask('end-session', { token: authToken, id })).status).toBe(404)
}
