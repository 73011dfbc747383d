import { argon2Sync } from 'node:crypto'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { useTable } from '../../test/support/aws/table.ts'
import { recordLogs } from '../../test/support/logs.ts'
import { addTestUser, testAct, testAt } from '../../test/support/users/users.ts'
import type { AwsCall } from '../aws/client.ts'
import { getItems, texts } from '../aws/dynamodb.ts'
import { ServiceError } from '../errors.ts'
import { DECOY_HASH, verifyPassword } from '../passwords/hash.ts'
import type { Attempt } from '../throttling/attempt.ts'
import { returnUnjudged } from '../throttling/reservations.ts'
import { reserveAttempt } from '../throttling/store.ts'
import { removeUser } from '../users/names.ts'
import { revokeSessions } from '../users/revocation.ts'
import { changeUser, findUser, replaceHash } from '../users/store.ts'
import type { User } from '../users/user.ts'
import { verifyOrMove } from './moving-password.ts'

// The real function, with its calls counted.
vi.mock('node:crypto', async (importOriginal) => {
  const crypto = await importOriginal<typeof import('node:crypto')>()
  return { ...crypto, argon2Sync: vi.fn(crypto.argon2Sync) }
})

const { table } = await useTable()
const UNMOVED = { passwordHash: DECOY_HASH, passwordFrom: 'Ada@Old', externalId: 'the sub' }
const QUESTION = { id: 'the sub', username: 'Ada@Old', password: 'secret', address: '203.0.113.7' }
const REFUSAL = { code: 'invalid_credentials', message: 'wrong username or password' }

let count = 0
let attempts = 0
let records: unknown[]
beforeEach(() => {
  count += 1
  records = []
  recordLogs(records, ['info', 'error'])
  vi.mocked(argon2Sync).mockClear()
})

describe('a password at the old place', () => {
  test('that is correct is stored here, and the place is not asked again', async () => {
    const ada = await add()
    const moved = await ask(ada, { verdict: 'correct' })
    const { passwordHash } = moved.user as User
    expect(moved).toMatchObject({
      user: { id: ada.id, passwordHash },
      questions: [QUESTION],
    })
    expect(await verifyPassword('secret', passwordHash)).toBe(true)
    const { passwordFrom: _, ...rest } = ada
    const stored = await findUser(table, ada.id)
    expect(stored).toEqual({ ...rest, passwordHash, passwordFrom: undefined })
    expect(records).toEqual([{ event: 'password.moved', userId: ada.id }])

    expect(await ask(stored, {})).toMatchObject({ user: stored, questions: [] })
    expect(await ask(stored, {}, 'guess')).toMatchObject({ error: REFUSAL, questions: [] })
  })

  test('of a user with a second factor there demands one here', async () => {
    const ada = await add()
    const { user } = await ask(ada, { verdict: 'correct-with-factor' })
    expect(user).toMatchObject({ mustEnrol: true })
    expect(await findUser(table, ada.id)).toMatchObject({ mustEnrol: true, passwordHash: user?.passwordHash })
  })

  test.each<[object, object, string[]]>([
    [{ verdict: 'wrong' }, REFUSAL, ['pair', 'source', 'name']],
    [{ verdict: 'exceeded' }, REFUSAL, ['source']],
    [{ verdict: 'unavailable' }, { code: 'unavailable' }, ['source']],
    [{ verdict: 'anything' }, { code: 'unavailable' }, ['source']],
    [{ errorMessage: 'Task timed out', errorType: 'Sandbox.Timedout' }, { code: 'unavailable' }, ['source']],
  ])('with %j is not stored, and counts in some counters', async (result, error, counted) => {
    const ada = await add()
    expect(await ask(ada, result)).toMatchObject({ error, questions: [QUESTION], counted })
    expect(await findUser(table, ada.id)).toEqual(ada)
    expect(records).toEqual([])
  })

  test('counts nowhere if the function cannot be invoked', async () => {
    const error = new ServiceError('unavailable', 'Lambda is down')
    expect(await ask(await add(), () => Promise.reject(error))).toMatchObject({ error, counted: [] })
  })

  test('costs the hash of an unknown name before the question', async () => {
    await ask(await add(), { verdict: 'wrong' })
    expect(vi.mocked(argon2Sync)).toHaveBeenCalledTimes(1)
  })

  test.each<[string, Partial<User>]>([
    ['with a password here', { passwordHash: 'hash' }],
    ['who is disabled', { disabled: true }],
    ['without a name there', { passwordFrom: undefined }],
    ['without an id there', { externalId: undefined }],
  ])('is not asked about for a user %s', async (_what, values) => {
    const ada = await add(values)
    expect(await ask(ada, { verdict: 'correct' })).toMatchObject({ error: REFUSAL, questions: [] })
  })

  test('is not asked about for an unknown name, nor without an old place', async () => {
    expect(await ask(undefined, { verdict: 'correct' })).toMatchObject({ error: REFUSAL, questions: [] })
    const ada = await add()
    expect(await ask(ada, { verdict: 'correct' }, 'secret', '')).toMatchObject({ questions: [] })
  })

  test.each<[string, (ada: User) => Promise<unknown>]>([
    ['a reset', (ada) => change(ada, { passwordHash: 'of the reset' })],
    ['a disabled user', (ada) => change(ada, { disabled: true })],
    ['a second sign-in', (ada) => replaceHash(table, ada, { passwordHash: 'of the second' })],
    ['a removal', (ada) => removeUser(table, ada, [], testAct())],
  ])('loses to %s in between, and gives the attempt back', async (_what, meanwhile) => {
    const ada = await add()
    let after: User | undefined
    const verdict = async () => {
      await meanwhile(ada)
      after = await findUser(table, ada.id)
      return { verdict: 'correct' }
    }
    expect(await ask(ada, verdict)).toMatchObject({ error: REFUSAL, counted: [] })
    expect(await findUser(table, ada.id)).toEqual(after)
  })
})

const add = (values: Partial<User> = {}) =>
  addTestUser(table, { username: `ada-${count}`, ...UNMOVED, ...values })

const change = (user: User, changes: Partial<User>) =>
  changeUser(table, user, { changes: { ...changes, ...revokeSessions(user) }, changeId: 'other' }, testAct())

/** Verifies a password of an admitted attempt, with the result of the function `drain`. */
async function ask(
  user: User | undefined,
  result: object | (() => Promise<object>),
  password = 'secret',
  functionName = 'drain',
) {
  const questions: object[] = []
  const aws: AwsCall = async (service, operation, input) => {
    if (service !== 'invocation') return table.aws(service, operation, input)
    expect(operation).toBe('/2015-03-31/functions/drain/invocations')
    questions.push(input)
    return typeof result === 'function' ? result() : { ...result }
  }
  const at = testAt({ ...table, aws, reserved: [] })
  attempts += 1
  const [name, source, id] = [`name#ada-${attempts}`, `s-${attempts}`, 'id']
  const counters = [
    counterOf(name, `attempts#${source}`),
    counterOf(`source#${source}`, 'attempts'),
    counterOf(name, 'attempts'),
  ] as const
  await reserveAttempt(at.table, counters, id, at.now)
  const attempt: Attempt = { user, id, source, counters, pairAttempts: [], mark: undefined, log: {} }
  try {
    return { user: await verifyOrMove(at, attempt, password, functionName), questions }
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    // As `reservingHandler` does.
    await returnUnjudged(at.table, error)
    const items = await getItems(
      table,
      counters.map(({ key }) => key),
    )
    const counted = ['pair', 'source', 'name'].filter((_, i) => texts(items[i] ?? {}, 'ids').length > 0)
    return { error, questions, counted }
  }
}

const counterOf = (pk: string, sk: string) => ({
  key: { pk: { S: pk }, sk: { S: sk } },
  maxAttempts: 1,
  endsAt: 1,
})
