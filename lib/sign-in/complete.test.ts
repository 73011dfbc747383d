import { afterAll, describe, expect, test } from 'vitest'
import { ISSUER, withKms } from '../../test/support/aws/fake-kms.ts'
import { claimsOf } from '../../test/support/http/forge.ts'
import {
  ada,
  session as earlier,
  refreshToken as earlierToken,
  itemOf,
  later,
  policy,
  stored,
  table,
} from '../../test/support/users/session-per-test.ts'
import { testAct, testAt } from '../../test/support/users/users.ts'
import { getItems, type Table, writeIf } from '../aws/dynamodb.ts'
import { ServiceError } from '../errors.ts'
import { eventsOfUser } from '../events/store.ts'
import { parseRefreshToken, readRefreshToken, withSecret } from '../sessions/refresh-token.ts'
import { findReplaced } from '../sessions/replaced.ts'
import { endSession, findSessions } from '../sessions/store.ts'
import { AMR } from '../users/factors.ts'
import { completeSignIn, type Spend } from './complete.ts'

const origin = { sourceIp: '203.0.113.7', userAgent: 'curl/8.14.1' }
const failure = new ServiceError('unavailable', 'the step failed')
const keyOf = (name: string) => ({ pk: { S: `login#${ada.id}` }, sk: { S: name } })

/** A spend that can be made once. */
const spendOf = (name: string): Spend => ({
  write: { Put: { Item: keyOf(name), ConditionExpression: 'attribute_not_exists(pk)' } },
  refusal: () => new ServiceError('invalid_fields', `${name} is spent`),
})

interface Way {
  spends?: string[]
  replaces?: boolean
  beforeSigning?: () => Promise<void>
  find?: () => Promise<never>
}

const details = { amr: AMR.password, inCookie: true, origin, lifetimes: policy }

/** Signs the test's user in, over the session of a token. The session in `replaces` is that of another token of it. */
const signIn = ({ spends = [], replaces = false, beforeSigning, find }: Way, on: Table = table) => {
  const presented = replaces ? parseRefreshToken(withSecret(earlierToken, 'A'.repeat(43))) : undefined
  const signing = { user: ada, graceSeconds: 10, act: testAct(later(1)) }
  return completeSignIn(
    { ...testAt(withKms(on, beforeSigning), later(1)), config: ISSUER },
    { ...details, user: ada, presented, spends: () => spends.map(spendOf) },
    find ?? (() => findReplaced(on, presented, signing)),
  )
}

const liveIds = async () => (await findSessions(table, ada.id)).sessions.map(({ id }) => id)
const spentOf = async (names: readonly string[]) =>
  names.length === 0 ? 0 : (await getItems(table, names.map(keyOf))).filter(Boolean).length

/** The ways to complete a sign-in, by the form of the one write. */
const WAYS: [string, Way][] = [
  ['alone', {}],
  ['in place of a session', { replaces: true }],
  ['with spends', { spends: ['token', 'code'] }],
  ['with spends, in place of a session', { spends: ['token', 'code'], replaces: true }],
]

let cases = 0
afterAll(() => console.log(`Completions of sign-ins: ${cases} cases ran`))

describe.each(WAYS)('a sign-in %s', (_, way) => {
  const { spends = [], replaces = false } = way

  test('signs, and then stores everything in one write', async () => {
    const writes: string[] = []
    const aws: Table['aws'] = (service, operation, input) => {
      if (/Put|Update|Transact/.test(operation)) writes.push(operation)
      return table.aws(service, operation, input)
    }
    let storedBefore: string[] = []
    const beforeSigning = async () => {
      storedBefore = await liveIds()
    }
    const { token, session, refreshToken } = await signIn({ ...way, beforeSigning }, { ...table, aws })
    const { sessionId } = readRefreshToken(refreshToken)
    expect(claimsOf(token.authToken).sid).toBe(sessionId)
    expect(storedBefore).toEqual([earlier.id])
    expect(await stored(sessionId)).toEqual(session)
    expect(session).toMatchObject({ ...origin, amr: 'pwd', userId: ada.id })
    expect(writes).toEqual(['TransactWriteItems'])
    expect(await liveIds()).toHaveLength(replaces ? 1 : 2)
    expect(await spentOf(spends)).toBe(spends.length)
    cases += 1
  })

  const fails = () => Promise.reject(failure)
  const before: [string, Way][] = [
    ['the signature', { ...way, beforeSigning: fails }],
    ['the search for what it ends', { ...way, find: fails }],
  ]
  test.each(before)('that fails at %s stores, spends and ends nothing', async (_step, failing) => {
    await expect(signIn(failing)).rejects.toBe(failure)
    expect(await liveIds()).toEqual([earlier.id])
    expect(await itemOf()).not.toHaveProperty('endedAt')
    expect(await spentOf(spends)).toBe(0)
    cases += 1
  })

  test('whose signature hangs until the deadline stores nothing', async () => {
    const { promise, reject } = Promise.withResolvers<never>()
    promise.catch(() => undefined)
    const hanging = signIn({ ...way, beforeSigning: () => promise })
    await new Promise((resolve) => setImmediate(resolve))
    expect(await liveIds()).toEqual([earlier.id])
    reject(failure)
    await expect(hanging).rejects.toBe(failure)
    expect(await liveIds()).toEqual([earlier.id])
    cases += 1
  })

  test.each([
    ['before it is made', false],
    ['after it was made', true],
  ])('whose write fails %s leaves no session that a client cannot use', async (_when, isMade) => {
    const aws: Table['aws'] = async (service, operation, input) => {
      const isWrite = operation === 'TransactWriteItems'
      if (!isWrite || isMade) {
        const output = await table.aws(service, operation, input)
        if (!isWrite) return output
      }
      throw failure
    }
    await expect(signIn(way, { ...table, aws })).rejects.toBe(failure)
    expect(await liveIds()).toEqual(isMade && replaces ? [] : [earlier.id])
    expect(await spentOf(spends)).toBe(isMade ? spends.length : 0)
    cases += 1
  })

  test('fails with its first error, also if the session cannot be ended', async () => {
    const aws: Table['aws'] = async (service, operation, input) => {
      if (operation === 'UpdateItem') throw new Error('the session cannot be ended')
      return /Put|Transact/.test(operation) ? fails() : table.aws(service, operation, input)
    }
    await expect(signIn(way, { ...table, aws })).rejects.toBe(failure)
    cases += 1
  })
})

describe('a sign-in whose spends another request made first', () => {
  test.each([
    [['token'], 'token is spent'],
    [['code'], 'code is spent'],
    [['token', 'code'], 'token is spent'],
  ])('fails with the refusal of the first: %j', async (made, message) => {
    for (const name of made) await writeIf(table, 'PutItem', { Item: keyOf(name) })
    await expect(signIn({ spends: ['token', 'code'], replaces: true })).rejects.toMatchObject({ message })
    expect(await liveIds()).toEqual([earlier.id])
    expect(await spentOf(['token', 'code'])).toBe(made.length)
    cases += 1
  })

  test('is made again without what has ended meanwhile, and without its event', async () => {
    const act = testAct(later(1))
    const presented = parseRefreshToken(withSecret(earlierToken, 'A'.repeat(43)))
    const found = await findReplaced(table, presented, { user: ada, graceSeconds: 10, act })
    await endSession(table, earlier, 'signed-out', act)
    const at = { ...testAt(withKms(table), later(1)), config: ISSUER }
    const endings = [...found.endings, [spendOf('other ending').write]]
    const { session } = await completeSignIn(at, { ...details, user: ada }, async () => ({
      ...found,
      endings,
    }))
    expect(await liveIds()).toEqual([session.id])
    expect(await spentOf(['other ending'])).toBe(1)
    const { events } = await eventsOfUser(table, ada.id, { limit: 10 })
    expect(events.map(({ type, detail }) => `${type} ${detail}`).toSorted()).toEqual([
      'session.created pwd',
      'session.ended signed-out',
      'user.created user',
    ])
    cases += 1
  })
})
