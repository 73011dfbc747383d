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

// Each test has a user of its own.
let count = 0
let ada: User
beforeEach(() => {
  count += 1
  ada = newUser(`ada-${count}`, 'user', hash('A'), now)
})
const stored = () => findUser(table, ada.username)

/** A store whose every first answer to a write gets lost on the way, so that the write is sent again. */
const losingAnswers = (): Table => ({
  name: table.name,
  aws: async (service, operation, input) => {
    if (operation === 'PutItem' || operation === 'UpdateItem') await aws(service, operation, input)
    return aws(service, operation, input)
  },
})

/** A store to which somebody else comes right before each write of ours. */
const outrunBy = (act: () => Promise<unknown>): Table => ({
  name: table.name,
  aws: async (service, operation, input) => {
    if (operation === 'PutItem' || operation === 'UpdateItem') await act()
    return aws(service, operation, input)
  },
})

describe('adding a user', () => {
  test('makes it be found as it is, and a name that nobody has is not found', async () => {
    expect(await stored()).toBeUndefined()
    expect(await addUser(table, ada)).toBe(true)
    expect(await stored()).toEqual(ada)
  })

  test('keeps every value a user can have', async () => {
    const whole = { ...ada, role: 'admin' as const, disabled: true, survivingSession: 'mine' }
    expect(await addUser(table, whole)).toBe(true)
    expect(await stored()).toStrictEqual(whole)
  })

  test('of a name that is taken changes nothing', async () => {
    await addUser(table, ada)
    expect(await addUser(table, { ...ada, role: 'admin' })).toBe(false)
    expect(await addUser(table, { ...ada, passwordHash: hash('B') })).toBe(false)
    expect(await stored()).toEqual(ada)
  })

  test('50 times at once has one winner, and the store holds what that one added', async () => {
    const many = Array.from({ length: 50 }, (_, ms) => ({ ...ada, createdAt: new Date(ms).toISOString() }))
    const added = await Promise.all(many.map((user) => addUser(table, user)))
    const winners = many.filter((_, index) => added[index])
    expect(winners).toEqual([await stored()])
  })

  test('whose answer got lost is still told that the name was free', async () => {
    expect(await addUser(losingAnswers(), ada)).toBe(true)
    expect(await stored()).toEqual(ada)
  })

  test('whose name somebody took a moment before is told so', async () => {
    const other = { ...ada, passwordHash: hash('B') }
    const racing = outrunBy(() => addUser(table, other))
    expect(await addUser(racing, ada)).toBe(false)
    expect(await stored()).toEqual(other)
  })
})

describe('changing a user', () => {
  beforeEach(() => addUser(table, ada))

  test('changes what is named and leaves the rest', async () => {
    const changes = { role: 'admin' as const, changedAt: '2026-11-24T15:01:00.000Z' }
    expect(await changeUser(table, ada, changes)).toBe(true)
    expect(await stored()).toEqual({ ...ada, ...changes })
  })

  test('sets and removes the session that survives', async () => {
    const first = revokeSessions(ada, now, 'mine')
    expect(await changeUser(table, ada, first)).toBe(true)
    expect(await stored()).toStrictEqual({ ...ada, ...first })
    const second = revokeSessions(first, now)
    expect(await changeUser(table, { ...ada, ...first }, second)).toBe(true)
    expect(await stored()).toStrictEqual({ ...ada, ...second, survivingSession: undefined })
  })

  test.each([
    ['the password', { passwordHash: hash('B') }],
    ['the mark of revocation', revokeTokens(newUser('ada', 'user', '', now), now)],
  ])('fails when %s has changed since it was read', async (_what, meanwhile) => {
    expect(await changeUser(table, ada, meanwhile)).toBe(true)
    expect(await changeUser(table, ada, { passwordHash: hash('C') })).toBe(false)
    expect(await stored()).toEqual({ ...ada, ...meanwhile })
  })

  test('does not make one of a name that is gone', async () => {
    const gone = { ...ada, username: `${ada.username}-gone` }
    expect(await changeUser(table, gone, { role: 'admin' })).toBe(false)
    expect(await findUser(table, gone.username)).toBeUndefined()
  })

  test('50 times at once has one winner, and the store holds what that one changed', async () => {
    const hashes = Array.from({ length: 50 }, (_, index) =>
      hash('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'.charAt(index + 1)),
    )
    const changed = await Promise.all(hashes.map((passwordHash) => changeUser(table, ada, { passwordHash })))
    const winners = hashes.filter((_, index) => changed[index])
    expect(winners).toEqual([(await stored())?.passwordHash])
  })

  test('whose answer got lost is still told that the change is in place', async () => {
    const changes = { passwordHash: hash('B'), ...revokeSessions(ada, now, 'mine') }
    expect(await changeUser(losingAnswers(), ada, changes)).toBe(true)
    expect(await stored()).toEqual({ ...ada, ...changes })
  })

  test('whose answer got lost is told that it is in place when a value was removed, too', async () => {
    const before = { ...ada, ...revokeSessions(ada, now, 'mine') }
    await changeUser(table, ada, revokeSessions(ada, now, 'mine'))
    expect(await changeUser(losingAnswers(), before, revokeSessions(before, now))).toBe(true)
  })

  test('that somebody else outran is told so, though part of it is in place', async () => {
    const racing = outrunBy(() => changeUser(table, ada, revokeSessions(ada, now)))
    const changes = { passwordHash: hash('B'), ...revokeSessions(ada, now) }
    expect(await changeUser(racing, ada, changes)).toBe(false)
    expect(await stored()).toMatchObject({ passwordHash: hash('A') })
  })
})

describe('how a user stands', () => {
  test('is whether it is disabled, and since when its tokens are good', async () => {
    await addUser(table, { ...ada, disabled: true })
    const { validAfter } = ada
    expect(await findRevocationState(table, ada.username)).toStrictEqual({ disabled: true, validAfter })
    expect(await findRevocationState(table, `${ada.username}-gone`)).toBeUndefined()
  })

  test('is read in one consistent call, which the password hash never leaves the store for', async () => {
    await addUser(table, ada)
    const calls: unknown[] = []
    const watched: Table = {
      name: table.name,
      aws: async (service, operation, input) => {
        const answer = await aws(service, operation, input)
        calls.push({ operation, input, answer })
        return answer
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
        answer: { Item: { disabled: { BOOL: false }, validAfter: { N: String(ada.validAfter) } } },
      },
    ])
  })
})

describe('a table that is not there is not a user that is not there', () => {
  const missing = { code: 'unavailable', cause: { name: 'ResourceNotFoundException' } }
  test.each<[string, (nowhere: Table) => Promise<unknown>]>([
    ['finding', (nowhere) => findUser(nowhere, 'ada')],
    ['finding how it stands', (nowhere) => findRevocationState(nowhere, 'ada')],
    ['adding', (nowhere) => addUser(nowhere, ada)],
    ['changing', (nowhere) => changeUser(nowhere, ada, { role: 'admin' })],
  ])('when %s', async (_what, act) => {
    await expect(act({ aws, name: 'missing' })).rejects.toMatchObject(missing)
  })
})

describe('a stored profile is refused as broken', () => {
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

  test('but not when it is whole', async () => {
    await store({})
    expect(await findUser(table, 'broken')).toMatchObject({ username: 'broken', role: 'admin' })
    expect(await findRevocationState(table, 'broken')).toEqual({ disabled: false, validAfter: 7 })
  })

  test.each<[string, object]>([
    ['without a role', { role: undefined }],
    ['with a role that is none', { role: { S: 'root' } }],
    ['with a list of roles', { role: { SS: ['admin'] } }],
    ['without a hash', { passwordHash: undefined }],
    ['with a hash that is no text', { passwordHash: { N: '7' } }],
    ['with a time that is no text', { createdAt: { N: '7' } }],
    ['with a time of change that is no text', { changedAt: { NULL: true } }],
    ['without a mark for its sessions', { sessionsValidAfter: undefined }],
    ['with text for a mark', { sessionsValidAfter: { S: '7' } }],
  ])('%s', async (_what, changes) => {
    await store(changes)
    await expect(findUser(table, 'broken')).rejects.toMatchObject({ code: 'unavailable' })
  })

  test.each<[string, object]>([
    ['without saying whether it is disabled', { disabled: undefined }],
    ['with text for that', { disabled: { S: 'false' } }],
    ['without a mark for its tokens', { validAfter: undefined }],
    ['with text for that mark', { validAfter: { S: '7' } }],
  ])('%s, by whoever asks how it stands too', async (_what, changes) => {
    await store(changes)
    await expect(findUser(table, 'broken')).rejects.toMatchObject({ code: 'unavailable' })
    await expect(findRevocationState(table, 'broken')).rejects.toMatchObject({ code: 'unavailable' })
  })

  test('under a name that is none', async () => {
    await store({}, 'No Name')
    await expect(findUser(table, 'No Name')).rejects.toMatchObject({
      code: 'unavailable',
      message: 'the store holds an invalid profile',
    })
  })
})
