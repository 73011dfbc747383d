import { expect, test, vi } from 'vitest'
import { allItems } from '../../lib/aws/pages.ts'
import { eventsTableOf } from '../../lib/events/event.ts'
import { startWire } from '../support/aws/wire.ts'
import { proof } from '../support/rows.ts'
import {
  among,
  atOnce,
  fillKnownSource,
  furtherAttempts,
  login,
  markKnown,
  NOW,
  newSource,
  pairAttempts,
  stores,
  WRONG,
} from './bursts.ts'

const statusOf = async (guess: Parameters<typeof login>[0]) => (await login(guess)).status

proof('100 failures of strangers refuse strangers, and no source that the name knows', async () => {
  const [username, home] = [await stores.add(), newSource()]
  expect(await statusOf({ username, sourceIp: home, isCorrect: true })).toBe(200)
  const strangers = among(120, [], () => ({ username, sourceIp: newSource() }))
  expect(await atOnce(strangers, login)).toEqual({ 401: 100, 429: 20 })
  expect(await statusOf({ username, sourceIp: newSource(), isCorrect: true })).toBe(429)
  expect(await statusOf({ username, sourceIp: home })).toBe(401)
  expect(await statusOf({ username, sourceIp: home, isCorrect: true })).toBe(200)
})

test('50 failures for other names from its address do not refuse a known source', async () => {
  const [username, home] = [await stores.add(), newSource()]
  await markKnown(username, home)
  const others = among(60, [], (index) => ({ username: `unknown-${index}`, sourceIp: home }))
  expect(await atOnce(others, login)).toEqual({ 401: 50, 429: 10 })
  expect(await statusOf({ username: await stores.add(), sourceIp: home, isCorrect: true })).toBe(429)
  expect(await statusOf({ username, sourceIp: home, isCorrect: true })).toBe(200)
})

test('10 failures of a stranger from the same address refuse the owner for a window', async () => {
  const [username, home] = [await stores.add(), newSource()]
  await markKnown(username, home)
  const guesses = among(10, [], () => ({ username, sourceIp: home }))
  expect(await atOnce(guesses, login)).toEqual({ 401: 10 })
  expect(await statusOf({ username, sourceIp: home, isCorrect: true })).toBe(429)
  vi.setSystemTime(NOW.getTime() + 900_000)
  expect(await statusOf({ username, sourceIp: home, isCorrect: true })).toBe(200)
  vi.setSystemTime(NOW)
})

test('a source that all names know gets 500 wrong verdicts in a window', async () => {
  const home = newSource()
  const names = Array.from({ length: 20 }, (_, index) => `known-${index}`)
  for (const username of names) {
    await stores.add({ username })
    await markKnown(username, home)
  }
  await fillKnownSource(home, 490)
  const guesses = among(20, [], (index) => ({ username: String(names[index]), sourceIp: home }))
  expect(await atOnce(guesses, login)).toEqual({ 401: 10, 429: 10 })
  // A stranger from there has another counter.
  expect(await statusOf({ username: await stores.add(), sourceIp: home })).toBe(401)
})

proof('a known source gets 100 wrong verdicts for a name in a day', async () => {
  const [username, home] = [await stores.add(), newSource()]
  await markKnown(username, home)
  const midnightMs = Date.UTC(2027, 0, 16)
  let wrong = 0
  for (let window = 0; window < 12; window += 1) {
    vi.setSystemTime(midnightMs + window * 900_000)
    const guesses = among(10, [], () => ({ username, sourceIp: home }))
    wrong += (await atOnce(guesses, login))[401] ?? 0
  }
  expect(wrong).toBe(100)
  expect((await furtherAttempts({ loginName: username }, home, true)).ofSubject).toBe(100)
  expect(await statusOf({ username, sourceIp: home, isCorrect: true })).toBe(429)
  expect(await statusOf({ username, sourceIp: newSource(), isCorrect: true })).toBe(200)
  vi.setSystemTime(midnightMs + 86_400_000)
  expect(await statusOf({ username, sourceIp: home, isCorrect: true })).toBe(200)
  expect(await pairAttempts({ loginName: username }, home)).toBe(0)
  vi.setSystemTime(NOW)
})

test('a source that is full adds 10 to the counter of a name, also if returns fail', async () => {
  const [username, sourceIp] = [await stores.add(), newSource()]
  const others = among(50, [], (index) => ({ username: `full-${index}`, sourceIp }))
  expect(await atOnce(others, login)).toEqual({ 401: 50 })
  const wire = await startWire(stores.aws)
  wire.intercept(({ body }) => (/"attempts#\d+".*DELETE ids/.test(body) ? 'refuse' : 'pass'))
  const { ask } = await stores.load({}, { url: wire.url, when: 'when called' })
  const body = { username, password: WRONG }
  for (let count = 0; count < 15; count += 1) {
    expect((await ask('login', { body, sourceIp })).status).toBe(429)
  }
  wire.stop()
  expect((await furtherAttempts({ loginName: username }, sourceIp)).ofSubject).toBe(10)
})

test('strangers leave no event, by wrong passwords and made-up tokens', async () => {
  const { table } = stores
  const functions = stores.load()
  const events = async () => (await allItems({ ...table, name: eventsTableOf(table) }, 'Scan', {})).length
  const username = await stores.add()
  const before = await events()
  expect(before).toBeGreaterThan(0)
  const guesses = among(120, [], (index) => ({
    username: index % 2 === 0 ? username : `nobody-${index}`,
    sourceIp: newSource(),
  }))
  expect(await atOnce(guesses, login)).toEqual({ 401: 120 })
  const { ask } = await functions
  const refreshToken = `${'A'.repeat(22)}.6b065d8a${'s'.repeat(22)}.${'x'.repeat(43)}`
  expect((await ask('refresh', { body: { refreshToken } })).status).toBe(401)
  expect((await ask('logout', { body: { refreshToken } })).status).toBe(204)
  expect(await events()).toBe(before)
})
