import { expect, test, vi } from 'vitest'
import { stopTime } from '../support/at-once.ts'
import { startWire } from '../support/aws/wire.ts'
import { recordLogs } from '../support/logs.ts'
import { rowsOf } from '../support/rows.ts'
import { NO_LIMITS, useService } from '../support/service.ts'
import { ACTS, type ActName, newScene } from './session-acts.ts'

const FREEZES = 10
const SOURCE = '203.0.113.7'

recordLogs()
vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2027, 0, 15, 12) })
const stores = await useService()
const wire = await startWire(stores.aws)
const free = { functions: await stores.load(NO_LIMITS), operator: stores }
const wired = { functions: await stores.load(NO_LIMITS, { url: wire.url }), operator: stores }
stopTime(Date.now())

const FREEZE = [
  ['closed', false],
  ['reset after the call took effect', true],
] as const

test.each(rowsOf(FREEZE))('an attempt counts once on connections that were %s', async (_, takesEffect) => {
  const { username } = await newScene(free)
  const login = (password: string) => wired.functions.ask('login', { body: { username, password } })
  const counters = () =>
    Promise.all([
      stores.attempts(`name#${username}`, `attempts#${SOURCE}`),
      stores.attempts(`name#${username}`, 'attempts'),
    ])
  for (let attempt = 1; attempt <= FREEZES; attempt += 1) {
    await freeze(takesEffect)
    expect((await login('a wrong password')).status).toBe(401)
    expect(await counters()).toEqual([attempt, attempt])
  }
  await freeze(takesEffect)
  expect((await login('a password for tests')).status).toBe(200)
  expect(await counters()).toEqual([0, FREEZES])
})

const STATUSES: [ActName, status: number, moves: number][] = [
  ['login', 200, 0],
  ['refresh', 200, 0],
  ['logout', 204, 0],
  ['ending the session', 204, 0],
  ['logout everywhere', 204, 1],
  ['password change', 204, 1],
]

test.each(FREEZE)('every route succeeds once on connections that were %s', async (_, takesEffect) => {
  for (const [act, status, moves] of STATUSES) {
    const scene = await newScene(free)
    const before = await stores.user(scene.username)
    await freeze(takesEffect)
    wire.intercept(() => 'pass')
    const response = await ACTS[act](wired, scene)
    const resent = wire.calls().length - new Set(wire.calls().map(({ body }) => body)).size
    if (takesEffect) expect(resent, act).toBeGreaterThan(0)
    expect(response?.status, act).toBe(status)
    const after = await stores.user(scene.username)
    expect(after.sessionGeneration - before.sessionGeneration, act).toBe(moves)
  }
})

/** Leaves the functions with connections that they believe to be open, at least three of them to DynamoDB. */
async function freeze(takesEffect: boolean): Promise<void> {
  await ACTS.login(wired, await newScene(free))
  // The function at its next call has processed no event of its connections.
  expect(wire.freeze(takesEffect)).toBeGreaterThan(3)
}
