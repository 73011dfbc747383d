import { afterAll, expect, test, vi } from 'vitest'
import { type Call, type Fate, isWrite, startWire } from '../support/aws/wire.ts'
import { proof, rowsOf } from '../support/rows.ts'
import { PASSWORD } from '../support/users/sessions.ts'
import { atOnce, furtherAttempts, newSource, pairAttempts, stores, WRONG } from './bursts.ts'

// No pause between attempts.
vi.spyOn(Math, 'random').mockReturnValue(0)

let cases = 0
afterAll(() => console.log(`Faults at every call of a burst: ${cases} cases`))

/** Starts the functions of a test behind a wire that decides about their calls. */
async function startBehind(decide: (call: Call) => Fate | Promise<Fate>) {
  const wire = await startWire(stores.aws)
  wire.intercept(decide)
  const { ask } = await stores.load({}, { url: wire.url, when: 'when called' })
  const [username, sourceIp] = [await stores.add(), newSource()]
  const subject = { loginName: username }
  return {
    wire,
    login: (password: string) => ask('login', { body: { username, password }, sourceIp }),
    guessAtOnce: (count: number) =>
      atOnce(
        Array.from({ length: count }, () => ({ sourceIp })),
        () => ask('login', { body: { username, password: WRONG }, sourceIp }),
      ),
    attempts: async () => [
      await pairAttempts(subject, sourceIp),
      ...Object.values(await furtherAttempts(subject, sourceIp)),
    ],
  }
}

const FAULTS: [string, () => (call: Call) => Fate][] = [
  ['each call is throttled once', () => firstTimes('throttle', 1, () => true)],
  ['each write is throttled twice', () => firstTimes('throttle', 2, isWrite)],
  ['each write loses its response once', () => firstTimes('cut after', 1, isWrite)],
  ['each write loses its response twice', () => firstTimes('cut after', 2, isWrite)],
  ['each write is cut off once', () => firstTimes('cut before', 1, isWrite)],
  [
    'each batch leaves its keys unprocessed twice',
    () => firstTimes('leave unprocessed', 2, ({ operation }) => operation === 'BatchGetItem'),
  ],
]

test.each(FAULTS)('one wrong password counts once if %s', async (_, faults) => {
  cases += 1
  const { wire, login, attempts } = await startBehind(faults())
  expect((await login(WRONG)).status).toBe(401)
  expect(await attempts()).toEqual([1, 1, 1])
  wire.stop()
})

test.each(rowsOf(FAULTS))('30 guesses at once get 10 verdicts if %s', async (_, faults) => {
  cases += 1
  const { wire, guessAtOnce, attempts } = await startBehind(faults())
  expect(await guessAtOnce(30)).toEqual({ 401: 10, 429: 20 })
  expect(await attempts()).toEqual([10, 10, 10])
  wire.stop()
})

test('a guess is unavailable, and stays counted, if a write is throttled three times', async () => {
  for (const label of ['name attempts of a source', 'source attempts', 'name attempts']) {
    cases += 1
    const { wire, login, attempts } = await startBehind(
      firstTimes('throttle', 3, (call) => call.label === `UpdateItem ${label}`),
    )
    expect((await login(PASSWORD)).status).toBe(503)
    expect((await attempts()).every((count) => count <= 1)).toBe(true)
    wire.stop()
  }
})

test('a sign-in is stored without waiting for the return of its attempts', async () => {
  cases += 1
  const stored = Promise.withResolvers<Fate>()
  const { wire, login } = await startBehind((call) => {
    if (call.operation === 'TransactWriteItems') stored.resolve('pass')
    return call.body.includes('DELETE ids') ? stored.promise : 'pass'
  })
  expect((await login(PASSWORD)).status).toBe(200)
  wire.stop()
})

proof('attempts stay counted that were added before an earlier return arrived', async () => {
  cases += 1
  const [held, arrived] = [Promise.withResolvers<Fate>(), Promise.withResolvers<void>()]
  const { wire, login, guessAtOnce, attempts } = await startBehind((call) => {
    if (!call.body.includes('DELETE ids')) return 'pass'
    arrived.resolve()
    return held.promise
  })
  expect((await login(WRONG)).status).toBe(401)
  const signingIn = login(PASSWORD)
  await arrived.promise
  // Two attempts are still in the pair.
  expect(await guessAtOnce(30)).toEqual({ 401: 8, 429: 22 })
  held.resolve('pass')
  expect((await signingIn).status).toBe(200)
  expect((await attempts())[0]).toBe(8)
  // The next ones fill the pair again. The return arrives a second time, and changes nothing.
  expect(await guessAtOnce(30)).toEqual({ 401: 2, 429: 28 })
  const returns = wire.calls().filter(({ body }) => body.includes('DELETE ids'))
  expect(returns).toHaveLength(3)
  for (const call of returns) await call.send()
  expect(await guessAtOnce(30)).toEqual({ 429: 30 })
  expect((await attempts())[0]).toBe(10)
  wire.stop()
})

/** Returns a decision that strikes each call the first times that it is sent. */
function firstTimes(fate: Fate, times: number, concerns: (call: Call) => boolean) {
  const sent = new Map<string, number>()
  return (call: Call): Fate => {
    // All guesses of a burst send the same read, which is struck for all of them together.
    const count = (sent.get(call.body) ?? 0) + 1
    sent.set(call.body, count)
    return concerns(call) && count <= times ? fate : 'pass'
  }
}
