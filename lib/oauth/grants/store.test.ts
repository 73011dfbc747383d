import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { useTable } from '../../../test/support/aws/table.ts'
import { addTestSession, addTestUser, testAct, testAt } from '../../../test/support/users/users.ts'
import { type TransactWrite, transact } from '../../aws/dynamodb.ts'
import { byClient } from '../../events/event.ts'
import { eventsOfUser } from '../../events/store.ts'
import { endSession } from '../../sessions/store.ts'
import { secondOf } from '../../time.ts'
import { CODE_BYTES, type Code, codeKey, timesOf } from '../codes/code.ts'
import { findCode, newCode } from '../codes/store.ts'
import { approvalOf } from './app.ts'
import { GRANT_RANDOM_BYTES, startGrant, used } from './grant.ts'
import {
  abandonGrant,
  endGrant,
  findGrant,
  findSources,
  newGrant,
  replaceGrant,
  sourcesUnchanged,
  spendingOf,
} from './store.ts'

const { table } = await useTable()
const now = new Date()
const act = testAct(now)
const client = { id: 'shop', generation: 7 }

async function begin() {
  const user = await addTestUser(table, { username: `u${randomBytes(8).toString('hex')}` })
  const session = await addTestSession(table, user, now)
  const code: Code = {
    clientId: client.id,
    clientGeneration: client.generation,
    redirectUri: 'https://shop.example/cb',
    challenge: 'challenge',
    scope: 'openid offline_access',
    userId: user.id,
    sessionGeneration: user.sessionGeneration,
    appGeneration: 3,
    sessionId: session.id,
    authTime: session.authTime,
    amr: 'pwd',
    ...timesOf(now),
  }
  const { grant } = startGrant(
    code,
    { lifetimes: {}, sessionEndsAt: session.expiresAt },
    now,
    randomBytes(GRANT_RANDOM_BYTES),
  )
  return { user, session, code, grant }
}

const isStored = async (...writes: TransactWrite[]) => (await transact(table, writes)) === undefined

const spent = { spentBy: 'grant', spentAt: secondOf(now), spentFrom: 'hash' }

test('a code is found by its text alone, and is spent once', async () => {
  const { code } = await begin()
  const text = randomBytes(CODE_BYTES).toString('base64url')
  expect(await isStored(newCode(text, code))).toBe(true)
  expect(await findCode(table, text)).toEqual(code)
  expect(codeKey(text).pk.S).not.toContain(text)
  const others = ['', 'a', randomBytes(32).toString('base64url'), `${text}=`, 'a'.repeat(3_000)]
  for (const other of others) expect(await findCode(table, other)).toBeUndefined()
  expect(await isStored(spendingOf(text, spent))).toBe(true)
  expect(await isStored(spendingOf(text, { ...spent, spentBy: 'other' }))).toBe(false)
  expect(await findCode(table, text)).toEqual({ ...code, ...spent })
})

test('a code that does not exist cannot be spent', async () => {
  expect(await isStored(spendingOf('unknown', spent))).toBe(false)
})

test('a grant is stored with its event and found with what it depends on', async () => {
  const { user, session, grant } = await begin()
  const byShop = byClient(testAt(table), 'shop')
  expect(await isStored(...newGrant(table, grant, byShop), ...sourcesUnchanged(grant))).toBe(true)
  expect(await findGrant(table, user.id, grant.id)).toEqual(grant)
  await transact(table, [approvalOf(undefined, { userId: user.id, client, generation: 3 }, now).write])
  const sources = await findSources(table, grant)
  expect(sources).toMatchObject({
    app: { generation: 3 },
    user: { id: user.id },
    session,
    hasEndedGrants: false,
  })
  const { events } = await eventsOfUser(table, user.id, { limit: 10 })
  expect(events.filter(({ type }) => type.startsWith('grant'))).toMatchObject([
    { type: 'grant.created', actor: 'client', actorId: 'shop', ref: 'shop', session: session.id },
  ])
})

test.each([
  ['reused', true],
  ['signed-out', false],
] as const)('a session that ended as %s has ended its grants: %s', async (why, hasEndedGrants) => {
  const { session, grant } = await begin()
  await endSession(table, session, why, act)
  expect(await findSources(table, grant)).toMatchObject({ session: undefined, hasEndedGrants })
  expect(await findSources(table, { ...grant, sessionId: 'none' })).toMatchObject({ hasEndedGrants: false })
})

test.each(['profile', 'session'])('a grant is not stored if the %s changed', async (what) => {
  const { session, grant } = await begin()
  const stale = what === 'profile' ? { ...grant, sessionGeneration: grant.sessionGeneration + 1 } : grant
  if (what === 'session') await endSession(table, session, 'signed-out', act)
  expect(await isStored(...newGrant(table, stale, act), ...sourcesUnchanged(stale))).toBe(false)
  expect(await findGrant(table, grant.userId, grant.id)).toBeUndefined()
})

test('a grant ends once, and leaves a tombstone that no late write revives', async () => {
  const { user, grant } = await begin()
  await transact(table, newGrant(table, grant, act))
  expect(await endGrant(table, grant, 'token-reused', act)).toBe(true)
  expect(await endGrant(table, grant, 'token-reused', act)).toBe(false)
  expect(await isStored(...newGrant(table, grant, act))).toBe(false)
  expect(await replaceGrant(table, grant, { ...grant, secretHash: 'next' })).toBe(false)
  expect(await findGrant(table, user.id, grant.id)).toBeUndefined()
  const { events } = await eventsOfUser(table, user.id, { limit: 10 })
  expect(events.filter(({ type }) => type === 'grant.ended')).toMatchObject([
    { detail: 'token-reused', ref: 'shop' },
  ])
})

test('an abandoned grant is not stored by a late write', async () => {
  const { user, grant } = await begin()
  await abandonGrant(table, grant, now)
  expect(await isStored(...newGrant(table, grant, act))).toBe(false)
  expect(await findGrant(table, user.id, grant.id)).toBeUndefined()
})

test('a grant is replaced if its secret is as read, also by a write that is sent again', async () => {
  const { user, grant } = await begin()
  await transact(table, newGrant(table, grant, act))
  const day = new Date((secondOf(now) + 86_400) * 1000)
  const after = {
    ...used(grant, { lifetimes: {}, sessionEndsAt: 0 }, day),
    secretHash: 'next',
    rotatedAtMs: 5,
  }
  expect(await replaceGrant(table, grant, after)).toBe(true)
  expect(await replaceGrant(table, grant, after)).toBe(true)
  expect(await replaceGrant(table, grant, { ...after, secretHash: 'other' })).toBe(false)
  expect(await findGrant(table, user.id, grant.id)).toEqual(after)
})
