import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { useTable } from '../../test/support/aws/table.ts'
import { addTestUser, testAt } from '../../test/support/users/users.ts'
import { transact } from '../aws/dynamodb.ts'
import { eventsOfUser } from '../events/store.ts'
import type { Attempt } from '../throttling/attempt.ts'
import type { User } from '../users/user.ts'
import { passwordEvent, placeOf } from './correct-password.ts'
import { LOGIN_TOKEN_RANDOM_BYTES, startLoginToken } from './login-token.ts'

const { table } = await useTable()

const HOME = '203.0.113.7'
const start = new Date('2026-11-26T09:00:00.000Z')
let users = 0

describe('the events of correct passwords without the second factor', () => {
  test('are one for each attempt, with its source and its sign-in', async () => {
    const user = await addUser()
    await enter(user, [HOME, HOME, '198.51.100.9'])
    const events = await listed(user)
    expect(sourcesOf(events)).toEqual(['198.51.100.9', HOME, HOME])
    expect(new Set(events.map(({ loginId }) => loginId)).size).toBe(3)
    expect(events[0]).toMatchObject({ actor: 'system', userAgent: 'curl', detail: 'second-factor' })
  })

  test('are 17 an hour from all unknown sources, and the last one says that there may be more', async () => {
    const user = await addUser()
    const sources = networks(300)
    const places = await enter(user, sources)
    expect(places.slice(0, 18)).toEqual([...Array.from({ length: 17 }, (_, index) => index + 1), undefined])
    expect(new Set(places.slice(17))).toEqual(new Set([undefined]))
    expect(sourcesOf(await listed(user))).toEqual([...sources.slice(0, 16), 'more'].toSorted())
    await enter(user, networks(30), { now: after(3_600) })
    expect(await listed(user)).toHaveLength(34)
  }, 20_000)

  test('from a known source are stored after any number from other sources', async () => {
    const user = await addUser()
    await enter(user, networks(20))
    expect(await enter(user, [HOME], { isKnown: true })).toEqual([1])
    expect(sourcesOf(await listed(user))).toContain(HOME)
    // Each known source has its own list: the attacker may share one with the user.
    await enter(user, Array(40).fill(HOME), { isKnown: true })
    expect(await enter(user, ['192.0.2.1'], { isKnown: true })).toEqual([1])
    expect((await listed(user)).filter(({ sourceIp }) => sourceIp === HOME)).toHaveLength(17)
  })

  test('from an unknown source are stored after any number from a known one', async () => {
    const user = await addUser()
    await enter(user, Array(40).fill(HOME), { isKnown: true })
    expect(await enter(user, ['198.51.100.9'])).toEqual([1])
    expect(sourcesOf(await listed(user))).toContain('198.51.100.9')
  })

  test('say what the sign-in needs next', async () => {
    const user = await addUser()
    const details = { purpose: 'enrolment', loginName: user.username, inCookie: false } as const
    const random = randomBytes(LOGIN_TOKEN_RANDOM_BYTES)
    const { stored } = startLoginToken(user, { ...details, pairAttempts: [] }, start, random)
    const detailAt = (place: number) => Object(passwordEvent(testAt(table), stored, place)).Put.Item.detail.S
    expect([1, 16, 17].map(detailAt)).toEqual(['enrolment', 'enrolment', 'more'])
    expect(passwordEvent(testAt(table), stored, undefined)).toBeUndefined()
  })
})

const after = (seconds: number) => new Date(start.getTime() + seconds * 1_000)

const addUser = () => {
  users += 1
  return addTestUser(table, { username: `lister-${users}`, factors: 'totp' })
}

/** Takes the step after a correct password from sources, one after the other. Returns their places. */
async function enter(user: User, sources: readonly string[], { isKnown = false, now = start } = {}) {
  const places: (number | undefined)[] = []
  const mark = isKnown ? { ownerId: { S: user.id }, expiresAt: { N: '9999999999' } } : undefined
  for (const source of sources) {
    const attempt = { id: randomBytes(8).toString('base64url'), source, mark } as Attempt
    const at = { ...testAt(table, now), origin: { sourceIp: source, userAgent: 'curl' } }
    const details = { purpose: 'second-factor', loginName: user.username, inCookie: false } as const
    const random = randomBytes(LOGIN_TOKEN_RANDOM_BYTES)
    const { stored } = startLoginToken(user, { ...details, pairAttempts: [] }, now, random)
    const place = await placeOf(at, attempt, user)
    places.push(place)
    const event = passwordEvent(at, stored, place)
    if (event) await transact(table, [event])
  }
  return places
}

/** Returns what is stored, the newest first. */
async function listed({ id }: User) {
  const { events } = await eventsOfUser(table, id, { limit: 1_000 })
  return events.filter(({ type }) => type === 'factor.required')
}

const sourcesOf = (events: Awaited<ReturnType<typeof listed>>) =>
  events.map(({ sourceIp, detail }) => (detail === 'more' ? 'more' : sourceIp)).toSorted()

/** Networks of one customer with a /48: anybody can take as many. */
const networks = (count: number) =>
  Array.from({ length: count }, (_, index) => `2001:db8:7:${index.toString(16)}::/64`)
