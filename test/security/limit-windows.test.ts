import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ApiResponse } from '../support/http/functions.ts'
import { recordLogs } from '../support/logs.ts'
import { useService } from '../support/service.ts'
import { PASSWORD } from '../support/users/sessions.ts'

const DAY = 86_400
/** Noon: a window of 15 minutes begins, and one of a day has 12 hours left. */
const BEGIN_MS = Date.UTC(2027, 0, 15, 12)
recordLogs([], ['info', 'warn'])

const stores = await useService()
const { functions } = stores
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  at(0)
})
afterEach(() => void vi.useRealTimers())

test('10 failures of a user from a source throttle that pair for the window of 15 minutes', async () => {
  const username = await stores.add()
  const source = '198.51.100.1'
  await fail(1, username, source)
  at(100.5)
  await fail(9, username, source)
  expect(retryAfter(await tryPassword(username, PASSWORD, source))).toEqual([429, '800'])
  expect((await tryPassword(username, PASSWORD, '198.51.100.2')).status).toBe(200)

  at(899.999)
  expect(retryAfter(await tryPassword(username, PASSWORD, source))).toEqual([429, '1'])
  at(900)
  await fail(9, username, source)
  expect((await tryPassword(username, PASSWORD, source)).status).toBe(200)
  await fail(10, username, source)
})

test('50 failures from a source throttle it for every name for 15 minutes', async () => {
  const source = '198.51.100.50'
  const [username, regular] = [await stores.add(), await stores.add()]
  expect((await tryPassword(regular, PASSWORD, source)).status).toBe(200)
  for (let guess = 0; guess < 50; guess += 1) await fail(1, `guess-${guess}`, source)
  expect(retryAfter(await tryPassword(username, PASSWORD, source))).toEqual([429, '900'])
  expect((await tryPassword(username, PASSWORD, '198.51.100.51')).status).toBe(200)
  // The source is known to this name.
  expect((await tryPassword(regular, PASSWORD, source)).status).toBe(200)

  at(899.999)
  expect(retryAfter(await tryPassword('guess-51', PASSWORD, source))).toEqual([429, '1'])
  at(900)
  expect((await tryPassword(username, PASSWORD, source)).status).toBe(200)
})

test('100 failures of a user throttle it for unknown sources until the day ends', async () => {
  const [username, home, elsewhere] = [await stores.add(), '192.0.2.100', '192.0.2.200']
  expect((await tryPassword(username, PASSWORD, home)).status).toBe(200)
  for (let source = 0; source < 25; source += 1) await fail(4, username, `192.0.2.${source}`)
  expect(retryAfter(await tryPassword(username, PASSWORD, elsewhere))).toEqual([429, String(DAY / 2)])
  expect((await tryPassword(username, PASSWORD, home)).status).toBe(200)
  expect((await tryPassword(await stores.add(), PASSWORD, elsewhere)).status).toBe(200)

  at(DAY / 2 - 0.001)
  expect(retryAfter(await tryPassword(username, PASSWORD, elsewhere))).toEqual([429, '1'])
  at(DAY / 2)
  expect((await tryPassword(username, PASSWORD, elsewhere)).status).toBe(200)
})

test('a header never determines the source', async () => {
  const username = await stores.add()
  const source = '198.51.100.60'
  for (let time = 1; time <= 10; time += 1) {
    await fail(1, username, source, {
      'X-Forwarded-For': `203.0.113.${time}`,
      Forwarded: `for=203.0.113.${time}`,
    })
  }
  const headers = { 'X-Forwarded-For': '203.0.113.99', Forwarded: 'for=203.0.113.99' }
  expect((await tryPassword(username, PASSWORD, source, headers)).status).toBe(429)
  expect((await tryPassword(username, PASSWORD, '198.51.100.61', headers)).status).toBe(200)
})

const at = (seconds: number) => vi.setSystemTime(BEGIN_MS + Math.round(seconds * 1000))

const tryPassword = (username: string, password: string, sourceIp: string, headers = {}) =>
  functions.ask('login', { body: { username, password }, sourceIp, headers })

async function fail(times: number, username: string, sourceIp: string, headers = {}): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    expect((await tryPassword(username, 'a wrong password', sourceIp, headers)).status).toBe(401)
  }
}

const retryAfter = ({ status, headers }: ApiResponse) => [status, headers['Retry-After']]
