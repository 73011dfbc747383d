import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import { SESSION_RANDOM_BYTES, startSession } from '../../lib/sessions/session.ts'
import { endSession } from '../../lib/sessions/store.ts'
import { settleAll } from '../support/at-once.ts'
import type { Functions } from '../support/http/functions.ts'
import type { TestService } from '../support/service.ts'
import { begin } from '../support/users/sessions.ts'
import { storeSession, testAct } from '../support/users/users.ts'

const AT_ONCE = 32
const PER_SECOND = 3

/** Far below the 6 MB that a function may return. */
const MAX_BYTES = 128 * 1024

/** Adds live sessions to a user, some of them at the same second, and one ended one for ten of them. Returns the live ids. */
async function addSessions({ table, user }: TestService, username: string, count: number): Promise<string[]> {
  const { id, sessionGeneration } = await user(username)
  const lifetimes = { absoluteTtlSeconds: 2_592_000, idleTtlSeconds: 604_800 }
  const origin = { sourceIp: '2001:db8:1234:5678:9abc:def0:1234:5678', userAgent: '\u{1f642}'.repeat(128) }
  const live: string[] = []
  let added = 0

  async function addOne(createdAt: Date) {
    const random = randomBytes(SESSION_RANDOM_BYTES)
    const { session } = startSession(
      { id, sessionGeneration },
      { amr: 'pwd', inCookie: false, origin, lifetimes },
      createdAt,
      random,
    )
    await storeSession(table, session)
    return session
  }
  async function add() {
    while (added < count) {
      added += 1
      const index = added
      const createdAt = new Date(Date.now() - 1_000 * Math.ceil(index / PER_SECOND))
      live.push((await addOne(createdAt)).id)
      if (index % 10 === 0) await endSession(table, await addOne(createdAt), 'ended', testAct(new Date()))
    }
  }
  await settleAll(Array.from({ length: AT_ONCE }, add))
  return live
}

/** Gives a user this many sessions, and expects that following `next` shows each once, the newest first. */
export async function expectAllListed(
  stores: TestService,
  functions: Functions,
  count: number,
): Promise<void> {
  const username = await stores.add()
  const ids = await addSessions(stores, username, count)
  const { authToken: token } = await begin(stores, functions, username)
  const listed: { id: string; createdAt: string; current: boolean }[] = []
  let [requests, mostBytes] = [0, 0]
  for (let after: string | undefined, isFirst = true; isFirst || after !== undefined; isFirst = false) {
    const query = after === undefined ? undefined : { after }
    const { status, text } = await functions.ask('sessions', { token, ...(query && { query }) })
    expect(status).toBe(200)
    mostBytes = Math.max(mostBytes, Buffer.byteLength(text))
    requests += 1
    const page: { sessions: typeof listed; next?: string } = JSON.parse(text)
    listed.push(...page.sessions)
    after = page.next
  }
  console.log(`${listed.length} sessions in ${requests} responses of at most ${mostBytes} bytes`)
  expect(mostBytes).toBeLessThan(MAX_BYTES)

  const [current, ...others] = listed
  expect(current?.current).toBe(true)
  expect(others).toHaveLength(count)
  expect(others.map(({ id }) => id)).toEqual(ids.sort().reverse())
  const times = others.map(({ createdAt }) => createdAt)
  expect(times).toEqual([...times].sort().reverse())
}
