import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { functionsAt, NO_LIMITS } from '../support/service.ts'
import { operator as operatorOn, PASSWORD, tableAt } from '../support/users/sessions.ts'
import { device } from './soak/device.ts'
import { expectInvalid, presentInvalidToken } from './soak/invalid.ts'
import { growthOf, watchMemory } from './soak/memory.ts'
import { type SoakUser, soakUser } from './soak/model.ts'
import { operator } from './soak/operator.ts'
import { owner } from './soak/owner.ts'
import { startUnreliableAws } from './soak/unreliable-aws.ts'
import { oneOf, repeat, world } from './soak/world.ts'

/** `npm run test:soak` runs for ten minutes. */
const SECONDS = Number(process.env.SOAK_SECONDS ?? 20)
vi.setConfig({ testTimeout: (SECONDS + 120) * 1_000 })

const USERS = 8
const DEVICES = 2
const FAULTS_PERCENT = 5

/** What the heap may grow by, from the first third on, at any duration. */
const MAX_GROWTH_BYTES = 4 * 1024 ** 2

const { log } = console
const realConsole = { ...console }
let aws: Awaited<ReturnType<typeof startUnreliableAws>>

beforeAll(async () => {
  // Spies keep every call, which would count as growing memory.
  for (const level of ['info', 'warn', 'error'] as const) console[level] = () => {}
  aws = await startUnreliableAws(FAULTS_PERCENT)
})
afterAll(async () => {
  Object.assign(console, realConsole)
  await aws.stop()
})

test('sessions and users stay consistent while 5 % of all calls of AWS fail', async () => {
  const endsAtMs = performance.now() + SECONDS * 1_000
  const users = await addUsers()
  const soak = world(await functionsAt(aws.url, NO_LIMITS), () => performance.now() > endsAtMs)
  const memory = watchMemory(SECONDS * 10)

  await Promise.all([
    ...users.flatMap((user) => [
      ...Array.from({ length: DEVICES }, () => repeat(soak, [0, 20], device(soak, user))),
      repeat(soak, [1_000, 4_000], owner(soak, user)),
      repeat(soak, [1_000, 4_000], operator(soak, user, aws.url).act),
    ]),
    repeat(soak, [0, 20], async () => presentInvalidToken(soak, oneOf(users) as SoakUser)),
  ])
  const samples = memory.stop()
  const faults = await aws.recover()
  const duringSoak = { ...soak.counts }
  await expectRecovery(soak, users)

  const growth = growthOf(samples)
  log(`${SECONDS} s, calls of AWS: ${JSON.stringify(faults)}`)
  log(`Responses: ${JSON.stringify(duringSoak, Object.keys(duringSoak).sort())}`)
  const heap = (samples.at(-1)?.bytes ?? 0) / 1024 ** 2
  log(`Heap: ${heap.toFixed(1)} MiB, growth ${(growth / 1024).toFixed(0)} KiB in ${samples.length} samples`)
  expect(soak.violations).toEqual([])
  const { calls = 0, ...kinds } = faults
  expect(Object.values(kinds).reduce((sum, count) => sum + count, 0) / calls).toBeGreaterThan(0.04)
  expect(growth).toBeLessThan(MAX_GROWTH_BYTES)
})

/** Checks, without faults, that every user can sign in as last set, and that what was invalid still is. */
async function expectRecovery(soak: ReturnType<typeof world>, users: SoakUser[]): Promise<void> {
  for (const user of users) {
    for (const token of user.invalid) await expectInvalid(soak, user, token)
    const { enable, setPassword } = operator(soak, user, aws.dynamoDbUrl)
    await enable()
    await setPassword()
    const [password = ''] = user.password.possible()
    const body = { username: user.username, password }
    const response = await soak.ask(user, 'login', { body }, [200])
    expect(response.status).toBe(200)
  }
}

async function addUsers(): Promise<SoakUser[]> {
  const { add } = operatorOn(tableAt(aws.dynamoDbUrl))
  const users: SoakUser[] = []
  for (let index = 1; index <= USERS; index += 1) {
    users.push(soakUser(await add({ username: `soak-${index}` }), `203.0.113.${index}`, PASSWORD))
  }
  return users
}
