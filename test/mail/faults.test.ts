import { afterAll, describe, expect, test, vi } from 'vitest'
import { stopTime } from '../support/at-once.ts'
import { type Call, classOf, type Fate, type Target, targetsOf } from '../support/aws/wire.ts'
import { cookieOf, OWN_PAGE, tokensInCookie } from '../support/http/cookies.ts'
import type { ApiResponse } from '../support/http/functions.ts'
import { recordLogs } from '../support/logs.ts'
import { firstOfClass, rowsOf } from '../support/rows.ts'
import { NO_MAIL_LIMITS, useWiredService } from '../support/service.ts'
import { newAddress, tokenIn } from '../support/users/mails.ts'
import { countLiveSessions, NEW_PASSWORD, PASSWORD, refresh, signIn } from '../support/users/sessions.ts'

// A retry follows at once.
vi.mock('node:timers/promises', async (original) =>
  (await import('../support/aws/gate.ts')).withoutPauses(await original()),
)

/** A call that has no effect, and calls that have an effect unnoticed, once and at every attempt. */
const FAULTS: readonly { what: string; fate: Fate; attempts: number }[] = [
  { what: 'is denied', fate: 'refuse', attempts: 1 },
  { what: 'loses its response once', fate: 'cut after', attempts: 1 },
  // Three attempts, and one more for a connection that was idle.
  { what: 'loses every response', fate: 'cut after', attempts: 4 },
]

let cases = 0
const isFirst = firstOfClass()

recordLogs()

const { service, wire, wired } = await useWiredService(NO_MAIL_LIMITS)
stopTime(Date.now())
afterAll(() => console.log(`${cases} faults of mail`))

describe('with a fault at each call of', () => {
  test('a registration, asking again works', async () => {
    await forEachFault(
      async () => newAddress(),
      async (email) => {
        const { status } = await wired.ask('register', { body: { email } })
        await service.settled()
        return status
      },
      async (address, status) => {
        expect([202, 503]).toContain(status)
        // An event that was handed over twice is one mail.
        expect(service.mailsTo(address).length).toBeLessThanOrEqual(1)
        if (status === 202) expect(service.mailsTo(address)).toHaveLength(1)
        await expectFree(address)
      },
    )
  })

  test('the confirmation of a registration, the account is whole or not there', async () => {
    await forEachFault(
      async () => {
        const address = newAddress()
        await register(address)
        return { address, token: tokenIn(service.mailTo(address)) }
      },
      async ({ token }) =>
        (await wired.ask('new-account', { body: { token, password: NEW_PASSWORD } })).status,
      async ({ address, token }, status) => {
        expect([200, 503]).toContain(status)
        const username = address.toLowerCase()
        const login = () => service.ask('login', { body: { username, password: NEW_PASSWORD } })
        if (status === 200) expect((await login()).status).toBe(200)
        else if ((await login()).status === 200) {
          expect(await service.user(username)).toMatchObject({ email: username, emailVerified: true })
        } else {
          expect((await confirm(token)).status).toBe(200)
          expect((await login()).status).toBe(200)
        }
      },
    )
  })

  test('the confirmation of a registration over a cookie, no session stays without a client', async () => {
    await forEachFault(
      async () => {
        const address = newAddress()
        await register(address)
        const { username } = await addUser()
        const earlier = await signIn(service.functions, username)
        return { address, earlier, token: tokenIn(service.mailTo(address)) }
      },
      async ({ token, earlier }) =>
        wired.ask('new-account', {
          body: { token, password: NEW_PASSWORD, session: 'cookie' },
          headers: { ...OWN_PAGE, ...cookieOf(earlier.refreshToken) },
        }),
      async ({ address, token, earlier }, result) => {
        const response = result as ApiResponse
        const username = address.toLowerCase()
        const count = () => countLiveSessions(service, username)
        if (response.status === 200) {
          expect(await count()).toBe(1)
          expect((await refresh(service.functions, tokensInCookie(response).refreshToken)).status).toBe(200)
          expect((await refresh(service.functions, earlier.refreshToken)).status).toBe(401)
          return
        }
        expect([response.status, response.headers['Set-Cookie']]).toEqual([503, undefined])
        expect(await count()).toBe(0)
        // The user continues with the link, or with the account that there is.
        if (!(await isStored(username))) expect((await confirm(token)).status).toBe(200)
        await signIn(service.functions, username, NEW_PASSWORD)
      },
    )
  })

  test('a reset, the password is the old or the new one, and sessions end with it', async () => {
    await forEachFault(
      async () => {
        const user = await addUser()
        const { authToken } = await signIn(service.functions, user.username)
        await service.ask('forgot', { body: { login: user.username } })
        return { ...user, authToken, token: tokenIn(service.mailTo(user.address)) }
      },
      async ({ token }) => (await wired.ask('reset', { body: { token, password: NEW_PASSWORD } })).status,
      async ({ username, authToken, token }, status) => {
        expect([204, 503]).toContain(status)
        const login = (password: string) => service.ask('login', { body: { username, password } })
        const isChanged = (await login(NEW_PASSWORD)).status === 200
        if (status === 204) expect(isChanged).toBe(true)
        expect((await login(PASSWORD)).status).toBe(isChanged ? 401 : 200)
        expect(await service.functions.opens(authToken)).toBe(!isChanged)
        const again = await service.ask('reset', { body: { token, password: NEW_PASSWORD } })
        expect(again.status).toBe(isChanged ? 400 : 204)
      },
    )
  })

  test('a change of the address, the user has the old or the new one', async () => {
    await forEachFault(
      async () => {
        const user = await addUser()
        const { authToken } = await signIn(service.functions, user.username)
        const next = newAddress()
        const body = { email: next, currentPassword: PASSWORD }
        await service.ask('change-email', { token: authToken, body })
        const { context: authorization } = await service.functions.authorize(authToken)
        const confirmation = { authorization, body: { token: tokenIn(service.mailTo(next)) } }
        return { ...user, next, confirmation }
      },
      async ({ confirmation }) => (await wired.ask('confirm-email', confirmation)).status,
      async ({ username, address, next, confirmation }, status) => {
        expect([204, 503]).toContain(status)
        const { email } = await service.user(username)
        const isChanged = email === next.toLowerCase()
        if (status === 204) expect(isChanged).toBe(true)
        const [gone, kept] = isChanged ? [address, next] : [next, address]
        expect((await service.user(kept.toLowerCase())).username).toBe(username)
        await expect(service.user(gone.toLowerCase())).rejects.toThrow('there is no user')
        const again = await service.ask('confirm-email', confirmation)
        expect(again.status).toBe(isChanged ? 400 : 204)
      },
    )
  })
})

/** Runs something with a fault at one of its calls, in this many of its attempts. */
async function withFault<T>(
  target: Target,
  { fate, attempts }: (typeof FAULTS)[number],
  run: () => Promise<T>,
) {
  let seen = 0
  let struck: Call[] = []
  wire.intercept((call) => {
    const isStruck = struck[0]?.body === call.body && call.label === target.label
    if (call.label === target.label && !isStruck) seen += 1
    if (!isStruck && (struck.length > 0 || seen !== target.index + 1 || call.label !== target.label))
      return 'pass'
    if (struck.length >= attempts) return 'pass'
    struck = [...struck, call]
    return fate
  })
  const result = await run()
  await wire.settle()
  wire.intercept(() => 'pass')
  cases += 1
  return result
}

/** Returns the calls of something without a fault. */
async function callsOf(run: () => Promise<unknown>): Promise<Target[]> {
  wire.intercept(() => 'pass')
  await run()
  return targetsOf(wire.calls())
}

/** Runs a check with each fault at each call of a kind of request. */
async function forEachFault<S>(
  prepare: () => Promise<S>,
  run: (scene: S) => Promise<unknown>,
  check: (scene: S, result: unknown) => Promise<void>,
): Promise<void> {
  const example = await prepare()
  const targets = await callsOf(() => run(example))
  expect(targets.length).toBeGreaterThan(0)
  for (const target of targets) {
    for (const fault of rowsOf(FAULTS, ({ fate }) => fate === 'cut after')) {
      if (!isFirst(`${classOf(target, run.toString())} ${fault.what}`)) continue
      const scene = await prepare()
      const result = await withFault(target, fault, () => run(scene))
      await check(scene, result).catch((error) => {
        throw new Error(`${target.label} ${target.index} ${fault.what}: ${(error as Error).message}`, {
          cause: error,
        })
      })
    }
  }
}

const register = (address: string) => service.ask('register', { body: { email: address } })

const confirm = (token: string) => service.ask('new-account', { body: { token, password: NEW_PASSWORD } })

/** Registers an address again, from the request to the sign-in. */
async function expectFree(address: string): Promise<void> {
  expect((await register(address)).status).toBe(202)
  expect((await confirm(tokenIn(service.mailTo(address)))).status).toBe(200)
}

const isStored = (username: string) =>
  service.user(username).then(
    () => true,
    () => false,
  )

async function addUser() {
  const address = newAddress()
  const username = await service.add({ email: address.toLowerCase(), emailAsWritten: address })
  return { address, username }
}
