import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { cookieOf, OWN_PAGE, tokensInCookie } from '../support/http/cookies.ts'
import type { ApiResponse } from '../support/http/functions.ts'
import { recordLogs } from '../support/logs.ts'
import { useService } from '../support/service.ts'
import { addTotp, beginLogin, bodyOf, enterPassword, totpCode } from '../support/users/factors.ts'

// Which session ends, if the cookie of a browser changes between the steps of a sign-in.

recordLogs([], ['info', 'warn'])
const service = await useService()
const underPolicy = await service.load({ REQUIRE_SECOND_FACTOR: 'all' })

type Headers = Record<string, string>

/** A sign-in in steps, by a new user in a browser. */
interface Begun {
  complete(headers: Headers): Promise<ApiResponse>
}

async function beginTotp(headers: Headers, first: object): Promise<Begun> {
  const { functions } = service
  const { username } = await service.addUser()
  const { secret } = await addTotp(
    functions,
    String(bodyOf(await enterPassword(functions, username)).authToken),
  )
  const loginToken = await beginLogin(functions, username, { headers, body: first })
  const body = { loginToken, code: totpCode(secret, 1) }
  return { complete: (headers) => functions.ask('POST /login/totp', { headers, body }) }
}

async function beginEnrolment(headers: Headers, first: object): Promise<string> {
  const { username } = await service.addUser()
  const enrolmentToken = await beginLogin(underPolicy, username, { headers, body: first })
  await service.proveEnrolments(username, [enrolmentToken])
  return enrolmentToken
}

async function beginApp(headers: Headers, first: object): Promise<Begun> {
  const enrolmentToken = await beginEnrolment(headers, first)
  const { secret = '' } = bodyOf(await underPolicy.ask('POST /enrolment/totp', { body: { enrolmentToken } }))
  const body = { enrolmentToken, code: totpCode(secret) }
  return { complete: (headers) => underPolicy.ask('POST /enrolment/totp/confirm', { headers, body }) }
}

describe.each([
  ['POST /login/totp', beginTotp],
  ['POST /enrolment/totp/confirm', beginApp],
])('%s', (_route, begin) => {
  test.each([
    ['the cookie of a user who signed in since the first step', [], ['a'], ['a']],
    ['the cookie of the last step, not that of the first', ['a'], ['b'], ['b']],
    ['the cookie of the first step, if the last has none', ['a'], [], ['a']],
    ['no cookie, if the last step has two', [], ['a', 'b'], []],
    ['the cookie of the first step, if the last has two', ['a'], ['b', 'c'], ['a']],
  ])('ends the session of %s', async (_what, atFirst, atLast, ended) => {
    const tokens: Headers = {}
    for (const name of new Set([...atFirst, ...atLast])) tokens[name] = await signInOther()
    const headers = ([one, two]: string[]) => ({
      ...OWN_PAGE,
      ...(one && cookieOf(String(tokens[one]))),
      ...(one && two && both(String(tokens[one]), String(tokens[two]))),
    })
    const begun = await begin(headers(atFirst), { session: 'cookie' })
    tokensInCookie(await begun.complete(headers(atLast)))
    const dead: string[] = []
    for (const [name, token] of Object.entries(tokens)) if (!(await isLive(token))) dead.push(name)
    expect(dead).toEqual(ended)
  })

  test.each([
    ['sees no theft if it was replaced since the first step', undefined, false],
    ['sees no theft if it was replaced just before the first step', 2, false],
    ['sees a theft if it had been replaced before the first step', 11, true],
  ])('with a token in replaces %s', async (_what, secondsBefore, isTheft) => {
    vi.useFakeTimers({ toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1_000)
    const replaces = await signInOther()
    const refresh = async () =>
      String(
        bodyOf(await service.functions.ask('POST /refresh', { body: { refreshToken: replaces } }))
          .refreshToken,
      )
    const before = secondsBefore === undefined ? undefined : await refresh()
    pass(secondsBefore ?? 0)
    const begun = await begin(OWN_PAGE, { replaces })
    const current = before ?? (await refresh())
    pass(11)
    vi.mocked(console.warn).mockClear()
    bodyOf(await begun.complete(OWN_PAGE))
    const logged = vi.mocked(console.warn).mock.calls.map(([record]) => Object(record).event)
    expect([logged.includes('session.reuse'), await isLive(current)]).toEqual([isTheft, false])
  })

  test('without the cookie ends the session in replaces, and not that of a cookie', async () => {
    const [replaces, other] = [await signInOther(), await signInOther()]
    const begun = await begin(OWN_PAGE, { replaces })
    const { refreshToken } = bodyOf(await begun.complete({ ...OWN_PAGE, ...cookieOf(other) }))
    expect([await isLive(replaces), await isLive(other), await isLive(String(refreshToken))]).toEqual([
      false,
      true,
      true,
    ])
  })
})

/** Signs another user in. Returns the refresh token. */
async function signInOther(): Promise<string> {
  const { username } = await service.addUser()
  return String(bodyOf(await enterPassword(service.functions, username)).refreshToken)
}

const isLive = async (refreshToken: string) =>
  (await service.functions.ask('POST /refresh', { body: { refreshToken } })).status === 200

/** Two cookies, as no browser sends them. */
const both = (a: string, b: string) => ({ Cookie: `${cookieOf(a).Cookie}; ${cookieOf(b).Cookie}` })
