import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { startTable } from '../../test/support/table.ts'
import type { Table } from '../aws/dynamodb.ts'
import { revokeSessions, revokeTokens } from './revocation.ts'
import { addUser, changeUser, findRevocationState, findUser } from './store.ts'
import { newUser, type User } from './user.ts'

const { table, stop } = await startTable()
const { aws } = table
afterAll(stop)

const now = new Date('2026-11-24T15:00:00.400Z')
const hash = (letter: string) => `$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAA$${letter.repeat(22)}`

// Each test has its own user.
let count = 0
let ada: User
beforeEach(() => {
  count += 1
  ada = newUser(`ada-${count}`, 'user', hash('A'), now)
})
const stored = () => findUser(table, ada.username)

/** A store whose first response to each write is lost, so that the write is sent again. */
const losingAnswers = (): Table => ({
  name: table.name,
  aws: async (service, operation, input) => {
    if (operation === 'PutItem' || operation === 'UpdateItem') await aws(service, operation, input)
    return aws(service, operation, input)
  },
})

/** A store to which a concurrent request comes right before each write. */
const outrunBy = (act: () => Promise<unknown>): Table => ({
  name: table.name,
  aws: async (service, operation, input) => {
    if (operation === 'PutItem' || operation === 'UpdateItem') await act()
    return aws(service, operation, input)
  },
})

describe('adding a user', () => {
  test('stores the user, and an unknown name is not found', async () => {
    expect(await stored()).toBeUndefined()
    expect(await addUser(table, ada)).toBe(true)
    expect(await stored()).toEqual(ada)
  })

  test('stores every value of a user', async () => {
    const whole = { ...ada, role: 'admin' as const, disabled: true, survivingSession: 'mine' }
    expect(await addUser(table, whole)).toBe(true)
    expect(await stored()).toStrictEqual(whole)
  })

  test('with a taken name changes nothing', async () => {
    await addUser(table, ada)
    expect(await addUser(table, { ...ada, role: 'admin' })).toBe(false)
    expect(await addUser(table, { ...ada, passwordHash: hash('B') })).toBe(false)
    expect(await stored()).toEqual(ada)
  })

  test('50 times at once succeeds once, and that user is stored', async () => {
    const many = Array.from({ length: 50 }, (_, ms) => ({ ...ada, createdAt: new Date(ms).toISOString() }))
    const added = await Promise.all(many.map((user) => addUser(table, user)))
    const winners = many.filter((_, index) => added[index])
    expect(winners).toEqual([await stored()])
  })

  test('succeeds if the response is lost', async () => {
    expect(await addUser(losingAnswers(), ada)).toBe(true)
    expect(await stored()).toEqual(ada)
  })

  test('fails if the name was taken a moment before', async () => {
    const other = { ...ada, passwordHash: hash('B') }
    const racing = outrunBy(() => addUser(table, other))
    expect(await addUser(racing, ada)).toBe(false)
    expect(await stored()).toEqual(other)
  })
})

describe('changing a user', () => {
  beforeEach(() => addUser(table, ada))

  test('changes only the named values', async () => {
    const changes = { role: 'admin' as const, changedAt: '2026-11-24T15:01:00.000Z' }
    expect(await changeUser(table, ada, changes)).toBe(true)
    expect(await stored()).toEqual({ ...ada, ...changes })
  })

  test('sets and removes the surviving session', async () => {
    const first = revokeSessions(ada, now, 'mine')
    expect(await changeUser(table, ada, first)).toBe(true)
    expect(await stored()).toStrictEqual({ ...ada, ...first })
    const second = revokeSessions(first, now)
    expect(await changeUser(table, { ...ada, ...first }, second)).toBe(true)
    expect(await stored()).toStrictEqual({ ...ada, ...second, survivingSession: undefined })
  })

  test.each([
    ['the password', { passwordHash: hash('B') }],
    ['validAfter', revokeTokens(newUser('ada', 'user', '', now), now)],
  ])('fails if %s has changed since the read', async (_what, meanwhile) => {
    expect(await changeUser(table, ada, meanwhile)).toBe(true)
    expect(await changeUser(table, ada, { passwordHash: hash('C') })).toBe(false)
    expect(await stored()).toEqual({ ...ada, ...meanwhile })
  })

  test('does not create a user that was removed', async () => {
    const gone = { ...ada, username: `${ada.username}-gone` }
    expect(await changeUser(table, gone, { role: 'admin' })).toBe(false)
    expect(await findUser(table, gone.username)).toBeUndefined()
  })

  test('50 times at once succeeds once, and that change is stored', async () => {
    const hashes = Array.from({ length: 50 }, (_, index) =>
      hash('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'.charAt(index + 1)),
    )
    const changed = await Promise.all(hashes.map((passwordHash) => changeUser(table, ada, { passwordHash })))
    const winners = hashes.filter((_, index) => changed[index])
    expect(winners).toEqual([(await stored())?.passwordHash])
  })

  test('succeeds if the response is lost', async () => {
    const changes = { passwordHash: hash('B'), ...revokeSessions(ada, now, 'mine') }
    expect(await changeUser(losingAnswers(), ada, changes)).toBe(true)
    expect(await stored()).toEqual({ ...ada, ...changes })
  })

  test('succeeds if the response is lost and a value was removed', async () => {
    const before = { ...ada, ...revokeSessions(ada, now, 'mine') }
    await changeUser(table, ada, revokeSessions(ada, now, 'mine'))
    expect(await changeUser(losingAnswers(), before, revokeSessions(before, now))).toBe(true)
  })

  test('fails after a concurrent change, even if a part of it is equal', async () => {
    const racing = outrunBy(() => changeUser(table, ada, revokeSessions(ada, now)))
    const changes = { passwordHash: hash('B'), ...revokeSessions(ada, now) }
    expect(await changeUser(racing, ada, changes)).toBe(false)
    expect(await stored()).toMatchObject({ passwordHash: hash('A') })
  })
})

describe('the revocation state of a user', () => {
  test('is whether it is disabled, and its validAfter', async () => {
    await addUser(table, { ...ada, disabled: true })
    const { validAfter } = ada
    expect(await findRevocationState(table, ada.username)).toStrictEqual({ disabled: true, validAfter })
    expect(await findRevocationState(table, `${ada.username}-gone`)).toBeUndefined()
  })

  test('is read in one consistent call without the password hash', async () => {
    await addUser(table, ada)
    const calls: unknown[] = []
    const watched: Table = {
      name: table.name,
      aws: async (service, operation, input) => {
        const response = await aws(service, operation, input)
        calls.push({ operation, input, response })
        return response
      },
    }
    await findRevocationState(watched, ada.username)
    expect(calls).toEqual([
      {
        operation: 'GetItem',
        input: {
          TableName: table.name,
          Key: { pk: { S: `user#${ada.username}` }, sk: { S: 'profile' } },
          ConsistentRead: true,
          ProjectionExpression: 'disabled, validAfter',
        },
        response: { Item: { disabled: { BOOL: false }, validAfter: { N: String(ada.validAfter) } } },
      },
    ])
  })
})

describe('a missing table is not a missing user', () => {
  const missing = { code: 'unavailable', cause: { name: 'ResourceNotFoundException' } }
  test.each<[string, (nowhere: Table) => Promise<unknown>]>([
    ['finding', (nowhere) => findUser(nowhere, 'ada')],
    ['finding its revocation state', (nowhere) => findRevocationState(nowhere, 'ada')],
    ['adding', (nowhere) => addUser(nowhere, ada)],
    ['changing', (nowhere) => changeUser(nowhere, ada, { role: 'admin' })],
  ])('when %s', async (_what, act) => {
    await expect(act({ aws, name: 'missing' })).rejects.toMatchObject(missing)
  })
})

describe('a stored profile is rejected', () => {
  const whole = {
    pk: { S: 'user#broken' },
    sk: { S: 'profile' },
    role: { S: 'admin' },
    passwordHash: { S: hash('A') },
    disabled: { BOOL: false },
    createdAt: { S: '2026-11-24T15:00:00.000Z' },
    changedAt: { S: '2026-11-24T15:00:00.000Z' },
    validAfter: { N: '7' },
    sessionsValidAfter: { N: '7' },
  }
  const store = (changes: object, username = 'broken') => {
    const all = { ...whole, pk: { S: `user#${username}` }, ...changes }
    const Item = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
    return aws('dynamodb', 'PutItem', { TableName: table.name, Item })
  }

  test('not if it is complete', async () => {
    await store({})
    expect(await findUser(table, 'broken')).toMatchObject({ username: 'broken', role: 'admin' })
    expect(await findRevocationState(table, 'broken')).toEqual({ disabled: false, validAfter: 7 })
  })

  test.each<[string, object]>([
    ['without a role', { role: undefined }],
    ['with an unknown role', { role: { S: 'root' } }],
    ['with a list of roles', { role: { SS: ['admin'] } }],
    ['without a hash', { passwordHash: undefined }],
    ['with a hash that is not a string', { passwordHash: { N: '7' } }],
    ['with a time that is not a string', { createdAt: { N: '7' } }],
    ['with a time of change that is not a string', { changedAt: { NULL: true } }],
    ['without sessionsValidAfter', { sessionsValidAfter: undefined }],
    ['with a string for sessionsValidAfter', { sessionsValidAfter: { S: '7' } }],
  ])('%s', async (_what, changes) => {
    await store(changes)
    await expect(findUser(table, 'broken')).rejects.toMatchObject({ code: 'unavailable' })
  })

  test.each<[string, object]>([
    ['without disabled', { disabled: undefined }],
    ['with a string for disabled', { disabled: { S: 'false' } }],
    ['without validAfter', { validAfter: undefined }],
    ['with a string for validAfter', { validAfter: { S: '7' } }],
  ])('%s, also for the revocation state', async (_what, changes) => {
    await store(changes)
    await expect(findUser(table, 'broken')).rejects.toMatchObject({ code: 'unavailable' })
    await expect(findRevocationState(table, 'broken')).rejects.toMatchObject({ code: 'unavailable' })
  })

  test('under an invalid name', async () => {
    await store({}, 'No Name')
    await expect(findUser(table, 'No Name')).rejects.toMatchObject({
      code: 'unavailable',
      message: 'the store holds an invalid profile',
    })
  })
})
