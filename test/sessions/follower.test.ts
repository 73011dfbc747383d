import { beforeEach, expect, test, vi } from 'vitest'
import { recordLogs } from '../support/logs.ts'
import { NO_LIMITS, useService } from '../support/service.ts'
import { begin, partsOf, refresh, tokensOf } from '../support/users/sessions.ts'

// The thief has copied an access token and a refresh token of the owner.

const BEGIN_MS = Date.UTC(2027, 0, 15, 12)
let records: { event: string }[]

vi.useFakeTimers({ toFake: ['Date'], now: BEGIN_MS })
const stores = await useService({ settings: { ...NO_LIMITS, TOKEN_TTL_SECONDS: '7200' } })
const { functions } = stores
beforeEach(() => {
  vi.setSystemTime(BEGIN_MS)
  records = recordLogs()
})

test('the list of sessions is the same before and after a refresh', async () => {
  const username = await stores.add()
  const devices = [await begin(stores, functions, username)]
  for (let device = 2; device <= 5; device += 1) {
    vi.setSystemTime(after(0, device))
    devices.push(await begin(stores, functions, username))
  }
  const [{ authToken: token }] = devices as [(typeof devices)[number]]
  const list = async () => (await functions.ask('sessions', { token })).text

  const before = await list()
  const ids = devices.map(({ refreshToken }) => partsOf(refreshToken).sessionId)
  expect(JSON.parse(before).sessions.map(({ id }: { id: string }) => id)).toEqual(ids.reverse())
  let refreshes = 0
  let tokens = devices.map(({ refreshToken }) => refreshToken)
  // A use in the hour of the sign-in looks like the sign-in. So the list stays the same for two hours.
  for (const minute of [1, 17, 41, 59, 60, 84, 102, 119]) {
    const next: string[] = []
    for (const [device, refreshToken] of tokens.entries()) {
      next.push(await refreshAt(after(minute, device), refreshToken))
      expect(next.at(-1)).not.toBe(refreshToken)
      expect(await list()).toBe(before)
      refreshes += 1
    }
    tokens = next
  }
  // A use shows when its hour is over, and the first one of the next hour changes nothing.
  vi.setSystemTime(after(120))
  const later = await list()
  expect(later).not.toBe(before)
  for (const [device, refreshToken] of tokens.entries()) {
    await refreshAt(after(120, device), refreshToken)
    expect(await list()).toBe(later)
    refreshes += 1
  }
  console.log(`${refreshes} refreshes`)
})

test('a thief who follows within the grace is logged and found a refresh later', async () => {
  for (let second = 0; second < 10; second += 1) {
    vi.setSystemTime(BEGIN_MS)
    const { refreshToken: first } = await begin(stores, functions, await stores.add())
    const owners = await refreshAt(after(20), first)
    records.length = 0
    expect(await refreshAt(after(20, second), first)).toBe(owners)
    expect(records).toEqual([expect.objectContaining({ event: 'session.repeated' })])

    // Owner and thief have the same token now. The second of them to present it ends the session.
    const newest = await refreshAt(after(45), owners)
    vi.setSystemTime(after(45, 10))
    expect((await refresh(functions, owners)).status).toBe(401)
    expect(records.map(({ event }) => event)).toContain('session.reuse')
    expect((await refresh(functions, newest)).status).toBe(401)
  }
})

test('a thief who comes ten seconds late ends the session', async () => {
  const { refreshToken: first } = await begin(stores, functions, await stores.add())
  const owners = await refreshAt(after(20), first)
  vi.setSystemTime(after(20, 10))
  expect((await refresh(functions, first)).status).toBe(401)
  expect((await refresh(functions, owners)).status).toBe(401)
  expect(records.map(({ event }) => event)).toContain('session.reuse')
})

const after = (minutes: number, seconds = 0) => BEGIN_MS + (minutes * 60 + seconds) * 1000

/** Refreshes at an instant, and returns the next refresh token. */
async function refreshAt(time: number, refreshToken: string): Promise<string> {
  vi.setSystemTime(time)
  return tokensOf(await refresh(functions, refreshToken)).refreshToken
}
