import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { transact } from '../../lib/aws/dynamodb.ts'
import { newRecoveryCodes } from '../../lib/factors/recovery-codes/store.ts'
import type { User } from '../../lib/users/user.ts'
import { recordLogs } from '../support/logs.ts'
import { useService } from '../support/service.ts'
import { beginLogin, bodyOf } from '../support/users/factors.ts'
import type { Tokens } from '../support/users/sessions.ts'

// What a user sees of own sign-ins in two steps, and of those that an attacker begins with the password.

interface Shown {
  at: string
  type: string
  by: string
  detail?: string
  sourceIp?: string
  userAgent?: string
}

const HOME = '203.0.113.7'
const STRANGER = { sourceIp: '198.51.100.66', headers: { 'User-Agent': 'a browser of the attacker' } }
const START = new Date('2026-11-26T09:00:00.000Z')

const service = await useService({ settings: { LIMIT_USER_AND_SOURCE: '999/900' } })
const { functions, table } = service

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: START })
  recordLogs()
})
afterEach(() => void vi.useRealTimers())
type Owner = Awaited<ReturnType<typeof addUser>>

test('own sign-ins are one line each, and a stranger with the password is shown with source and browser', async () => {
  const owner = await addUser()
  await signIn(owner)
  await begin(owner.user, STRANGER)
  await signIn(owner)
  const events = await shown(owner)
  expect(linesOf(events)).toEqual([
    `session.created ${HOME}`,
    `factor.required ${STRANGER.sourceIp}`,
    `session.created ${HOME}`,
    'user.created',
  ])
  expect(events[1]).toMatchObject({
    by: 'system',
    detail: 'second-factor',
    userAgent: STRANGER.headers['User-Agent'],
  })
  expect(events[1]).not.toHaveProperty('loginId')
})

test('an attempt behind the address of the user, between the steps of a sign-in, is shown', async () => {
  const owner = await addUser()
  const begins = { headers: STRANGER.headers }
  await signIn(owner, {}, async () => void (await begin(owner.user, begins)))
  expect(attemptsIn(await shown(owner))).toMatchObject([
    { sourceIp: HOME, userAgent: STRANGER.headers['User-Agent'] },
  ])
})

test('a sign-in that its user leaves is shown', async () => {
  const owner = await addUser()
  await begin(owner.user)
  pass(60)
  expect(attemptsIn(await shown(owner))).toMatchObject([{ sourceIp: HOME }])
})

test('a stranger is shown after more sign-ins of the user in an hour than the list has places', async () => {
  const owner = await addUser()
  for (let times = 0; times < 20; times += 1) await signIn(owner)
  await begin(owner.user, STRANGER)
  const attempts = attemptsIn(await shown(owner))
  expect(attempts.map(({ sourceIp, detail }) => [sourceIp, detail])).toEqual([
    [STRANGER.sourceIp, 'second-factor'],
    // Of the own sign-ins, once.
    [HOME, 'more'],
  ])
})

test('a stranger is shown after a flood from other networks, which leaves 16 lines', async () => {
  const owner = await addUser()
  await signIn(owner)
  for (let network = 0; network < 30; network += 1) {
    pass(1)
    await begin(owner.user, { sourceIp: `2001:db8:7:${network.toString(16)}::1` })
  }
  // The attempt that matters comes from the network of the user, or from a new one.
  pass(1)
  await begin(owner.user, { headers: STRANGER.headers })
  await begin(owner.user, STRANGER)
  const attempts = attemptsIn(await shown(owner))
  // The first sign-in of the user came from an unknown source too, and has one of the 17 places.
  expect(attempts).toHaveLength(1 + 16)
  expect(attempts[0]).toMatchObject({ sourceIp: HOME, userAgent: STRANGER.headers['User-Agent'] })
  expect(attempts[1]?.detail).toBe('more')
  expect(attempts.slice(2).every(({ sourceIp }) => sourceIp?.startsWith('2001:db8:7:'))).toBe(true)
})

test('a sign-in across the end of a page is one line', async () => {
  const owner = await addUser()
  await signIn(owner)
  // The pages have 50 events: the session of the first sign-in is the last one of the first page.
  for (let times = 0; times < 24; times += 1) {
    pass(3_600)
    await signIn(owner)
  }
  const events = await shown(owner)
  expect(attemptsIn(events)).toEqual([])
  expect(events.filter(({ type }) => type === 'session.created')).toHaveLength(25)
}, 30_000)

const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1_000)

/** Adds a user who signs in with the password and recovery codes. */
async function addUser() {
  const user = await service.addUser({ factors: 'totp' })
  let codes: string[] = []
  const code = async () => {
    if (codes.length === 0) {
      const fresh = newRecoveryCodes(user.id, new Date())
      await transact(table, [fresh.write])
      codes = fresh.codes
    }
    return codes.pop()
  }
  // There must be some before the first step.
  codes.push(String(await code()))
  return { user, code }
}

const begin = ({ username }: User, asking = {}) => beginLogin(functions, username, asking)

/** Completes a sign-in. @param between - What happens between its steps. */
async function signIn({ user, code }: Owner, asking = {}, between = async () => {}): Promise<Tokens> {
  const loginToken = await begin(user, asking)
  await between()
  pass(10)
  const body = { loginToken, code: await code() }
  const signedIn: Tokens = bodyOf(await functions.ask('POST /login/recovery-code', { ...asking, body }))
  pass(10)
  return signedIn
}

/** Returns all that the user sees, the newest first. */
async function shown(owner: Owner): Promise<Shown[]> {
  // This sign-in adds one line, which is left out.
  const { authToken: token } = await signIn(owner)
  const events: Shown[] = []
  let after: string | undefined
  do {
    const asking = { token, ...(after && { query: { after } }) }
    const page = bodyOf<{ events: Shown[]; next?: string }>(await functions.ask('GET /me/events', asking))
    events.push(...page.events)
    after = page.next
  } while (after !== undefined)
  return events.slice(1)
}

const attemptsIn = (events: Shown[]) => events.filter(({ type }) => type === 'factor.required')

const linesOf = (events: Shown[]) => events.map(({ type, sourceIp }) => [type, sourceIp].join(' ').trim())
