import { afterAll, expect, test, vi } from 'vitest'
import { type Item, text } from '../../lib/aws/dynamodb.ts'
import { stopTime } from '../support/at-once.ts'
import { OUTAGES } from '../support/aws/wire.ts'
import { recordLogs } from '../support/logs.ts'
import { rowsOf } from '../support/rows.ts'
import { useWiredService } from '../support/service.ts'
import { enterPassword } from '../support/users/factors.ts'

// A counter whose item takes no write, neither the attempt nor its return. The sentence is in SECURITY.md, "How many passwords can be guessed".

const BEGIN_MS = Date.parse('2026-11-26T10:07:00Z')

recordLogs()
// No pause between attempts.
vi.spyOn(Math, 'random').mockReturnValue(0)
vi.useFakeTimers({ toFake: ['Date'], now: BEGIN_MS })
const { service, wire, wired } = await useWiredService({}, { remainingMs: 2_000 })
stopTime(BEGIN_MS)
afterAll(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** The counters of a wrong password, in the order of their reservations, by what their keys have. */
const COUNTERS: Record<string, RegExp> = {
  'name and source': /"name#[^"]*"\},"sk":\{"S":"attempts#203\.0\.113\.7#/,
  source: /"source#203\.0\.113\.7"/,
  name: /"name#[^"]*"\},"sk":\{"S":"attempts#\d+"/,
}

const rows = Object.keys(COUNTERS).flatMap((counter) =>
  Object.keys(OUTAGES).map((fault) => ({ counter, fault })),
)

test.each(rowsOf(rows, ({ counter }) => counter))(
  'an outage of the counter of the $counter, which $fault, keeps an attempt only in counters before it',
  async ({ counter, fault }) => {
    vi.setSystemTime(BEGIN_MS)
    const restore = await service.restorer()
    const { username } = await service.addUser()
    let struck = 0
    wire.intercept(({ operation, body }) => {
      if (operation !== 'UpdateItem' || !COUNTERS[counter]?.test(body)) return 'pass'
      struck += 1
      if (fault === 'hangs') vi.setSystemTime(Date.now() + 1_000)
      return OUTAGES[fault] ?? 'pass'
    })
    const { status } = await enterPassword(wired, username, { body: { password: 'wrong' } })
    await wire.settle()
    expect(struck).toBeGreaterThan(1)
    expect(status).toBe(503)
    // A client that is over its own limit must not fill a counter that it shares: the write that failed may have taken effect.
    const names = Object.keys(COUNTERS)
    expect(await kept()).toEqual(names.slice(0, names.indexOf(counter)))
    await restore()
  },
)

/** Returns the counters that hold an attempt. */
async function kept(): Promise<string[]> {
  const items = (await service.scan()).filter(({ ids }: Item) => ids !== undefined)
  const keys = items.map((item) =>
    JSON.stringify({ pk: { S: text(item, 'pk') }, sk: { S: text(item, 'sk') } }),
  )
  return Object.keys(COUNTERS).filter((name) => keys.some((key) => COUNTERS[name]?.test(key)))
}
