import { afterAll, expect, test, vi } from 'vitest'
import { stopTime } from '../support/at-once.ts'
import { FAULTS, type Fault, strikeAttempts } from '../support/aws/faults.ts'
import { type Target, targetsOf } from '../support/aws/wire.ts'
import { OWN_PAGE, tokensInCookie } from '../support/http/cookies.ts'
import type { ApiResponse } from '../support/http/functions.ts'
import { recordLogs } from '../support/logs.ts'
import { useWiredService } from '../support/service.ts'
import { PASSWORD } from '../support/users/sessions.ts'
import { challengeIn, cookies } from './device.ts'
import { type Device, newDevice, registration, renewal } from './key.ts'

// Every request of a browser for a session of its device × every call of AWS × every fault of that call. Browsers forget the key at any
// status but 200, 403 with a challenge, and 5xx; a 401 is for proofs that no browser makes.

vi.mock('node:timers/promises', async (original) =>
  (await import('../support/aws/gate.ts')).withoutPauses(await original()),
)

const START = 'POST /sessions/bind'
const RENEW = 'POST /sessions/renew'

const EACH_FAULT: readonly Fault[] = [
  ...FAULTS,
  { what: 'stops within a response', fate: 'cut within', attempts: 9 },
]

recordLogs()
const { service, wire, wired } = await useWiredService({ COOKIE_SESSIONS: 'on' })
stopTime(Date.parse('2026-11-26T10:07:00Z'))
let cases = 0
afterAll(() => console.log(`Faults and malformed requests of devices: ${cases} cases`))

test.each([
  ['a renewal without a proof', () => undefined, 403],
  ['a renewal', (device: Device, challenge: string) => renewal(device, challenge), 200],
  ['a renewal with a stale proof', (device: Device) => renewal(device, 'A'.repeat(22)), 403],
])(
  'after a fault in each call of %s, the key is kept and the next renewal succeeds',
  async (_, proofOf, usual) => {
    const bound = await bind()
    const ask = (functions = wired) => renew(bound, proofOf(bound.device, bound.challenge), functions)
    for (const target of await targetsIn(ask)) {
      for (const fault of EACH_FAULT) {
        cases += 1
        Object.assign(bound, await bind())
        const struck = strikeAttempts(wire, target, fault)
        const response = await ask()
        wire.intercept(() => 'pass')
        const which = `${target.label} ${fault.what}`
        expect(struck().length, which).toBeGreaterThan(0)
        expect(response.status, which).toBe(fault.attempts === 1 ? usual : 503)
        expectKept(response, which)
        expect((await heal(bound)).status, which).toBe(200)
      }
    }
  },
)

test('after a fault in each call of a start, the session is bound, or unbound and usable', async () => {
  const device = newDevice()
  let begun = await begin()
  const ask = (functions = wired) =>
    functions.ask(START, {
      headers: {
        ...OWN_PAGE,
        ...cookies(begun.refreshToken),
        'Secure-Session-Response': registration(device, begun.challenge),
      },
    })
  for (const target of await targetsIn(ask)) {
    for (const fault of EACH_FAULT) {
      cases += 1
      begun = await begin()
      const struck = strikeAttempts(wire, target, fault)
      const { status } = await ask()
      wire.intercept(() => 'pass')
      const which = `${target.label} ${fault.what}`
      expect(struck().length, which).toBeGreaterThan(0)
      expect(status, which).toBe(fault.attempts === 1 ? 200 : 503)
      const refreshed = await refresh(begun.refreshToken)
      // If the response is lost, the browser has no key: the user signs in again.
      const isBound = status === 200 || (fault.fate === 'cut after' && target.label.startsWith('UpdateItem'))
      expect(refreshed.status, which).toBe(isBound ? 401 : 200)
    }
  }
})

const JUNK = [
  '',
  'x',
  '"',
  '""',
  '{}',
  '[]',
  'null',
  'a.b.c',
  '..',
  'é',
  '\u0000',
  'A'.repeat(6_000),
  'eyJ9.eyJ9.eyJ9',
]

test('a malformed renewal gets 200, 403 with a challenge or 401, and the key is kept at each but a wrong signature', async () => {
  const { device, refreshToken, challenge } = await bind()
  const valid = {
    Cookie: cookies(refreshToken).Cookie,
    'Sec-Secure-Session-Id': `"${device.id}"`,
    'Secure-Session-Response': renewal(device, challenge),
  }
  const requests = [valid, { ...valid, 'Sec-Secure-Session-Id': 'x' }].flatMap((usual) =>
    Object.keys(valid).flatMap((name) => JUNK.map((junk) => ({ headers: { ...usual, [name]: junk } }))),
  )
  const bodies = ['{', '[]', 'null', 'x'.repeat(20_000)].map((text) => ({
    headers: { ...valid, 'Secure-Session-Response': 'x', 'Content-Type': 'text/plain' },
    body: { text },
  }))
  const foreign = ['cross-site', 'none', ''].map((site) => ({
    headers: {
      ...valid,
      'Secure-Session-Response': 'x',
      'Sec-Fetch-Site': site,
      Origin: 'https://evil.example',
    },
  }))
  for (const asking of [...requests, ...bodies, ...foreign]) {
    cases += 1
    const response = await service.functions.ask(RENEW, asking)
    expect([200, 401, 403], JSON.stringify(asking).slice(0, 200)).toContain(response.status)
    if (response.status === 403) expect(response.headers['Secure-Session-Challenge']).toBeDefined()
    expect(response.headers['Set-Cookie']).toBeUndefined()
  }
  expect((await heal({ device, refreshToken, challenge })).status).toBe(200)
})

interface Begun {
  refreshToken: string
  challenge: string
}
interface Bound extends Begun {
  device: Device
}

/** Signs a new user in into a cookie. */
async function begin(): Promise<Begun> {
  const { username } = await service.addUser()
  const body = { username, password: PASSWORD, session: 'cookie' }
  const response = await service.functions.ask('POST /login', { body, headers: OWN_PAGE })
  const [, challenge = ''] =
    /challenge="([^"]+)"/.exec(String(response.headers['Secure-Session-Registration'])) ?? []
  return { refreshToken: tokensInCookie(response).refreshToken, challenge }
}

async function bind(): Promise<Bound> {
  const device = newDevice()
  const { refreshToken, challenge } = await begin()
  const headers = {
    ...OWN_PAGE,
    ...cookies(refreshToken),
    'Secure-Session-Response': registration(device, challenge),
  }
  const response = await service.functions.ask(START, { headers })
  expect(response.status).toBe(200)
  return { device, refreshToken, challenge: challengeIn(response.headers) }
}

const renew = ({ device, refreshToken }: Bound, proof: string | undefined, functions = service.functions) =>
  functions.ask(RENEW, {
    headers: {
      ...cookies(refreshToken),
      'Sec-Secure-Session-Id': `"${device.id}"`,
      ...(proof !== undefined && { 'Secure-Session-Response': proof }),
    },
  })

/** Renews as a browser does: it repeats a renewal with the challenge of a 403. */
async function heal(bound: Bound): Promise<ApiResponse> {
  const first = await renew(bound, renewal(bound.device, bound.challenge))
  return first.status === 403 ? renew(bound, renewal(bound.device, challengeIn(first.headers))) : first
}

const refresh = (refreshToken: string) =>
  service.functions.ask('POST /refresh', { body: {}, headers: { ...OWN_PAGE, ...cookies(refreshToken) } })

/** Expects a response at which browsers keep the key. */
function expectKept({ status, headers }: ApiResponse, which: string): void {
  expect(status === 200 || status === 403 || status >= 500, which).toBe(true)
  if (status === 403) expect(challengeIn(headers), which).toMatch(/^[\w-]{22}$/)
}

/** Returns the calls of a request. */
async function targetsIn(ask: () => Promise<unknown>): Promise<Target[]> {
  wire.intercept(() => 'pass')
  await ask()
  return targetsOf(wire.calls())
}
