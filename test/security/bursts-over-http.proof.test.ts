import '../support/process/real-argon2.ts'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { postLogin } from '../support/http/http.ts'
import { useLocalService } from '../support/process/local-service.ts'
import { operator, tableAt } from '../support/users/sessions.ts'

const service = await useLocalService()
const { table, scan, items } = operator(tableAt(service.dynamoDbUrl))
const totals = { rounds: 0, requests: 0, accepted: 0, refused: 0 }

beforeEach(clearAttempts)
afterAll(async () => {
  const { rounds, requests, accepted, refused } = totals
  console.log(
    `${rounds} bursts over HTTP, ${requests} requests; the correct password was accepted ${accepted} times, refused ${refused} times`,
  )
})

/** Deletes all counters and all marks of known sources. */
async function clearAttempts(): Promise<void> {
  for (const { pk, sk } of await scan()) {
    if (!/^(attempts|known)#/.test(Object(sk).S)) continue
    await table.aws('dynamodb', 'DeleteItem', { TableName: table.name, Key: { pk, sk } })
  }
}

/** Returns the number of attempts in each counter of the name, by sort key. */
async function countersOfName(): Promise<[sk: string, attempts: number][]> {
  const counters = Object.entries(await items('name#user')).filter(([sk]) => sk.startsWith('attempts#'))
  return counters.map(([sk, { ids }]) => [sk, (Object(ids).SS ?? []).length])
}

const login = (password: string) => postLogin(service.url, JSON.stringify({ username: 'user', password }))

/** Sends passwords at once, the correct one at a place or none, and expects at most as many verdicts as the limits allow. */
async function expectLimits(count: number, correctAt: number): Promise<void> {
  const startedMs = Date.now()
  const passwords = Array.from({ length: count }, (_, index) =>
    index === correctAt ? 'user' : `wrong-${index}`,
  )
  const responses = await Promise.all(passwords.map(login))
  const lastedSeconds = Math.ceil((Date.now() - startedMs) / 1000)
  const of = (status: number) => responses.filter((response) => response.status === status)
  const [accepted, wrong, refused] = [of(200), of(401), of(429)]
  expect(accepted.length + wrong.length + refused.length).toBe(count)
  const correct = responses[correctAt]

  // A window may begin in the middle of a burst. The other counters of the name hold the wrong guesses.
  const counters = await countersOfName()
  const ofName = counters.filter(([sk]) => /^attempts#(\d+$|known#)/.test(sk))
  const windows = counters.length - ofName.length
  expect(windows).toBeGreaterThan(0)
  expect(wrong.length).toBeLessThanOrEqual(10 * windows * (1 + accepted.length))
  expect(ofName.reduce((sum, [, attempts]) => sum + attempts, 0)).toBe(wrong.length)

  const withoutTime = refused.map(({ headers: { 'retry-after': _, ...headers }, ...rest }) => ({
    ...rest,
    headers,
  }))
  expect(new Set(withoutTime.map((each) => JSON.stringify(each))).size).toBeLessThanOrEqual(1)
  const waits = refused.map(({ headers }) => Number(headers['retry-after']))
  if (windows === 1) expect(Math.max(...waits) - Math.min(...waits)).toBeLessThanOrEqual(lastedSeconds)
  expect([200, 429, undefined]).toContain(correct?.status)
  totals.rounds += 1
  totals.requests += count
  totals.accepted += accepted.length
  totals.refused += correct?.status === 429 ? 1 : 0
}

// serverless-offline runs each concurrent request in another thread, which loads a bundle. At 80 at once its
// threads time out.
test.each([
  [16, -1],
  [16, 10],
  [16, 0],
  [16, 5],
  [16, 15],
  [32, -1],
  [32, 0],
  [32, 31],
])('%i guesses at once, the correct one at place %i, get 10 wrong verdicts a sign-in', expectLimits)
