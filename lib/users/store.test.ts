import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { useTable } from '../../test/support/aws/table.ts'
import { addTestUser, testAct } from '../../test/support/users/users.ts'
import { getItems, type Table, type TransactWrite } from '../aws/dynamodb.ts'
import { OWN_PROFILE } from '../factors/own-account.ts'
import { revokeSessions, revokeTokens } from './revocation.ts'
import {
  changeUser,
  findRevocationState,
  findUser,
  findUserByName,
  findUserInfo,
  findUserState,
  isNameTaken,
  profileKey,
  replaceHash,
  type UserChanges,
  userOf,
} from './store.ts'
import { untilStored } from './until-stored.ts'
import type { User } from './user.ts'

const { table } = await useTable()
const { aws } = table

const MISSING = 'AAAAAAAAAAAAAAAAAAAAAA'

// Each test has its own user.
let count = 0
let ada: User
beforeEach(async () => {
  count += 1
  ada = await addTestUser(table, { username: `ada-${count}`, email: `ada-${count}@example.org` })
})

describe('a user', () => {
  test('is found by id and by each login name, with all its values', async () => {
    expect(await stored()).toEqual(ada)
    expect(await findUserByName(table, ada.username)).toEqual(ada)
    expect(await findUserByName(table, String(ada.email))).toEqual(ada)
  })

  test('is not found under another id or name', async () => {
    expect(await findUser(table, MISSING)).toBeUndefined()
    expect(await findUserByName(table, 'nobody')).toBeUndefined()
    expect(await findUserByName(table, ada.id)).toBeUndefined()
  })

  test('is read without the password hash where sessions need it', async () => {
    const { watchedTable, calls } = watched()
    const { id, username, role, disabled, generation, sessionGeneration } = ada
    expect(await findUserState(watchedTable, id)).toEqual({
      id,
      username,
      role,
      disabled,
      generation,
      sessionGeneration,
    })
    expect(JSON.stringify(calls)).not.toContain(ada.passwordHash)
    expect(JSON.stringify(calls)).not.toContain(ada.email)
    expect(calls).toHaveLength(1)
  })
})

describe('a login name', () => {
  test('is taken if it is a username or an address of a user, and no other one is', async () => {
    expect(await isNameTaken(table, ada.username)).toBe(true)
    expect(await isNameTaken(table, String(ada.email))).toBe(true)
    expect(await isNameTaken(table, 'unknown')).toBe(false)
    expect(await isNameTaken(table, ada.id)).toBe(false)
  })

  test('is looked up with a read of nothing but its own item', async () => {
    const { watchedTable, calls } = watched()
    await isNameTaken(watchedTable, ada.username)
    expect(calls).toHaveLength(1)
    expect(JSON.stringify(calls[0]?.response)).toContain(ada.id)
    expect(JSON.stringify(calls[0]?.response)).not.toContain(ada.passwordHash)
  })

  test('of no user is found without a read of a profile', async () => {
    const { watchedTable, calls } = watched()
    expect(await findUserByName(watchedTable, 'unknown')).toBeUndefined()
    expect(calls).toHaveLength(1)
  })
})

describe('what a user may know', () => {
  const { externalId, ...all } = {
    email: 'eve@example.org',
    emailVerified: true,
    emailAsWritten: 'Eve@Example.org',
    locale: 'en',
    factors: 'totp',
    externalId: 'crm-7',
  }
  const addEve = async () => {
    const eve = await addTestUser(table, {
      username: `eve-${count}`,
      ...all,
      email: `eve-${count}@example.org`,
    })
    await aws('dynamodb', 'UpdateItem', {
      TableName: table.name,
      Key: profileKey(eve.id),
      UpdateExpression: 'SET factors = :factors, externalId = :externalId',
      ExpressionAttributeValues: { ':factors': { S: all.factors }, ':externalId': { S: externalId } },
    })
    return eve
  }

  test('is its whole profile without secrets and internal values', async () => {
    const eve = await addEve()
    const [item = {}] = await getItems(table, [profileKey(eve.id)], OWN_PROFILE)
    const { id, username, role, disabled, generation, email, emailVerified, emailAsWritten, locale } = eve
    const info = {
      id,
      username,
      role,
      disabled,
      generation,
      email,
      emailVerified,
      locale,
      attributes: undefined,
    }
    const { createdAt, changedAt } = eve
    expect(userOf(item, OWN_PROFILE)).toStrictEqual({
      ...info,
      emailAsWritten,
      createdAt,
      changedAt,
      factors: 'totp',
      externalId,
    })
    expect(JSON.stringify(item)).not.toContain(eve.passwordHash)
    expect(await findUserInfo(table, eve.id)).toStrictEqual(info)
    expect(await findUserInfo(table, MISSING)).toBeUndefined()
    expect((await findUserState(table, eve.id))?.factors).toBe('totp')
  })

  test('is read by its applications without the password hash', async () => {
    const { watchedTable, calls } = watched()
    await findUserInfo(watchedTable, (await addEve()).id)
    expect(calls).toHaveLength(1)
    for (const absent of ['passwordHash', 'Eve@', 'crm-7'])
      expect(JSON.stringify(calls)).not.toContain(absent)
  })
})

describe('changing a user', () => {
  const changes = () => ({ passwordHash: 'new hash', ...revokeSessions(ada, 'mine') })

  test('changes only the named values and stores the change id', async () => {
    expect(
      await changeUser(
        table,
        ada,
        { changes: { role: 'admin', ...revokeTokens(ada) }, changeId: 'request' },
        testAct(),
      ),
    ).toBe(true)
    const { generation } = ada
    expect(await stored()).toEqual({
      ...ada,
      role: 'admin',
      generation: generation + 1,
      changeId: 'request',
    })
  })

  test('sets and removes the surviving session', async () => {
    expect(
      await changeUser(table, ada, { changes: revokeSessions(ada, 'mine'), changeId: 'first' }, testAct()),
    ).toBe(true)
    const first = (await stored()) as User
    expect(first.survivingSession).toBe('mine')
    expect(
      await changeUser(table, first, { changes: revokeSessions(first), changeId: 'second' }, testAct()),
    ).toBe(true)
    expect(await stored()).toEqual({
      ...ada,
      generation: ada.generation + 2,
      sessionGeneration: ada.sessionGeneration + 2,
      survivingSession: undefined,
      changeId: 'second',
    })
  })

  test.each([
    ['token generation', () => revokeTokens(ada)],
    ['both generations', () => revokeSessions(ada)],
  ])('fails if a concurrent change moved the %s', async (_what, meanwhile) => {
    const racing = outrunBy(() =>
      changeUser(table, ada, { changes: meanwhile(), changeId: 'other' }, testAct()),
    )
    expect(await changeUser(racing, ada, { changes: changes(), changeId: 'mine' }, testAct())).toBe(false)
    expect(await stored()).toMatchObject({ passwordHash: ada.passwordHash, changeId: 'other' })
  })

  test('removes the name at the old place with a new password, and only then', async () => {
    const [password, role, replaced] = await Promise.all(
      ['a', 'b', 'c'].map((passwordFrom) =>
        addTestUser(table, { username: `${passwordFrom}-${count}`, passwordFrom, mustEnrol: true }),
      ),
    )
    const change = (user: User, values: UserChanges) =>
      changeUser(table, user, { changes: { ...values, ...revokeTokens(user) }, changeId: 'c' }, testAct())
    expect(await change(password as User, { passwordHash: 'new hash' })).toBe(true)
    expect(await change(role as User, { role: 'admin' })).toBe(true)
    expect(await replaceHash(table, replaced as User, { passwordHash: 'new hash' })).toBe(true)
    const found = await Promise.all([password, role, replaced].map((user) => findUser(table, user?.id ?? '')))
    const left = found.map((user) => [user?.passwordHash, user?.passwordFrom, user?.mustEnrol])
    expect(left).toEqual([
      ['new hash', undefined, true],
      ['hash', 'b', true],
      ['new hash', undefined, true],
    ])
  })

  test('does not create a user that was removed', async () => {
    const gone = { ...ada, id: MISSING }
    expect(
      await changeUser(table, gone, { changes: revokeTokens(gone), changeId: 'request' }, testAct()),
    ).toBe(false)
    expect(await findUser(table, MISSING)).toBeUndefined()
  })

  test('50 times at once succeeds once, and that change is stored', async () => {
    const requests = Array.from({ length: 50 }, (_, index) => `request ${index}`)
    const changed = await Promise.all(
      requests.map((request) =>
        changeUser(table, ada, { changes: revokeTokens(ada), changeId: request }, testAct()),
      ),
    )
    const winners = requests.filter((_, index) => changed[index])
    expect(winners).toEqual([(await stored())?.changeId])
    expect((await stored())?.generation).toBe(ada.generation + 1)
  })

  test('succeeds once if the response is lost', async () => {
    expect(
      await changeUser(losingAnswers(), ada, { changes: changes(), changeId: 'request' }, testAct()),
    ).toBe(true)
    expect(await stored()).toEqual({ ...ada, ...changes(), changeId: 'request' })
  })
})

describe('changing a user together with another write', () => {
  const key = () => ({ pk: { S: `other#${ada.id}` }, sk: { S: 'other' } })
  const other = (condition: string) => ({
    Put: { Item: key(), ConditionExpression: `${condition}(pk)` },
  })
  const change = (other: TransactWrite, on = table) =>
    changeUser(
      on,
      ada,
      { changes: { role: 'admin', ...revokeTokens(ada) }, changeId: 'request', more: [other] },
      testAct(),
    )
  const otherItem = async () => (await getItems(table, [key()]))[0]

  test('stores both', async () => {
    expect(await change(other('attribute_not_exists'))).toBe(true)
    const { generation } = ada
    const changed = { ...ada, role: 'admin', generation: generation + 1, changeId: 'request' }
    expect(await stored()).toEqual(changed)
    expect(await otherItem()).toEqual(key())
  })

  test('stores neither if the other one is refused, or a concurrent change came first', async () => {
    expect(await change(other('attribute_exists'))).toBe(false)
    expect(await stored()).toEqual(ada)
    await changeUser(table, ada, { changes: revokeTokens(ada), changeId: 'concurrent' }, testAct())
    expect(await change(other('attribute_not_exists'))).toBe(false)
    expect((await stored())?.changeId).toBe('concurrent')
    expect(await otherItem()).toBeUndefined()
  })

  test('succeeds once if the response is lost', async () => {
    const losing: Table['aws'] = async (service, operation, input) => {
      if (operation !== 'TransactWriteItems') return aws(service, operation, input)
      await aws(service, operation, input)
      return aws(service, operation, input)
    }
    expect(await change(other('attribute_not_exists'), { ...table, aws: losing })).toBe(true)
    expect((await stored())?.generation).toBe(ada.generation + 1)
  })
})

describe('replacing a hash by another one of the same password', () => {
  test('changes nothing else', async () => {
    expect(await replaceHash(table, ada, { passwordHash: 'new hash' })).toBe(true)
    expect(await stored()).toEqual({ ...ada, passwordHash: 'new hash' })
  })

  test('fails after a revocation or another hash', async () => {
    await changeUser(table, ada, { changes: revokeTokens(ada), changeId: 'request' }, testAct())
    expect(await replaceHash(table, ada, { passwordHash: 'new hash' })).toBe(false)
    const revoked = (await stored()) as User
    await replaceHash(table, revoked, { passwordHash: 'a first hash' })
    expect(await replaceHash(table, revoked, { passwordHash: 'new hash' })).toBe(false)
    expect((await stored())?.passwordHash).toBe('a first hash')
  })
})

describe('repeating a change until it is stored', () => {
  test('returns the first result', async () => {
    const results = [undefined, undefined, 'stored', 'too late']
    expect(await untilStored(async () => results.shift())).toBe('stored')
    expect(results).toEqual(['too late'])
  })

  test('ends after five concurrent changes', async () => {
    let changes = 0
    const never = untilStored(async () => {
      changes += 1
      return undefined
    })
    await expect(never).rejects.toMatchObject({ code: 'unavailable', message: 'the user kept changing' })
    expect(changes).toBe(5)
  })
})

describe('the revocation state of a user', () => {
  test('is whether it is disabled, and its generation', async () => {
    const { generation } = ada
    expect(await findRevocationState(table, ada.id)).toStrictEqual({ disabled: false, generation })
    expect(await findRevocationState(table, MISSING)).toBeUndefined()
  })

  test('is read in one consistent call without the password hash', async () => {
    const { watchedTable, calls } = watched()
    await findRevocationState(watchedTable, ada.id)
    expect(calls).toEqual([
      {
        operation: 'GetItem',
        input: {
          TableName: table.name,
          Key: profileKey(ada.id),
          ConsistentRead: true,
          ProjectionExpression: 'disabled, generation',
        },
        response: { Item: { disabled: { BOOL: false }, generation: { N: String(ada.generation) } } },
      },
    ])
  })
})

describe('a missing table is not a missing user', () => {
  const missing = { code: 'unavailable', cause: { name: 'ResourceNotFoundException' } }
  test.each<[string, (nowhere: Table) => Promise<unknown>]>([
    ['finding', (nowhere) => findUser(nowhere, ada.id)],
    ['finding by name', (nowhere) => findUserByName(nowhere, ada.username)],
    ['finding its state', (nowhere) => findUserState(nowhere, ada.id)],
    ['finding its revocation state', (nowhere) => findRevocationState(nowhere, ada.id)],
    [
      'changing',
      (nowhere) => changeUser(nowhere, ada, { changes: revokeTokens(ada), changeId: 'request' }, testAct()),
    ],
    ['looking up a name', (nowhere) => isNameTaken(nowhere, ada.username)],
    ['replacing its hash', (nowhere) => replaceHash(nowhere, ada, { passwordHash: 'hash' })],
  ])('when %s', async (_what, act) => {
    await expect(act({ aws, name: 'missing' })).rejects.toMatchObject(missing)
  })
})

describe('a stored profile', () => {
  const whole = {
    username: { S: 'broken' },
    role: { S: 'admin' },
    passwordHash: { S: 'hash' },
    emailVerified: { BOOL: false },
    disabled: { BOOL: false },
    changeId: { S: 'request' },
    createdAt: { S: '2026-11-24T15:00:00.000Z' },
    changedAt: { S: '2026-11-24T15:00:00.000Z' },
    generation: { N: '7' },
    sessionGeneration: { N: '8' },
  }
  const store = (changes: object, id = 'BrokenBrokenBrokenBroA') => {
    const all = { ...whole, ...profileKey(id), ...changes }
    const Item = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
    return aws('dynamodb', 'PutItem', { TableName: table.name, Item })
  }
  const find = () => findUser(table, 'BrokenBrokenBrokenBroA')

  test('is read if it is complete', async () => {
    await store({})
    expect(await find()).toMatchObject({ username: 'broken', role: 'admin', sessionGeneration: 8 })
  })

  test.each<[string, object]>([
    ['without a username', { username: undefined }],
    ['with a username in upper case', { username: { S: 'Broken' } }],
    ['without a role', { role: undefined }],
    ['without a hash', { passwordHash: undefined }],
    ['with a hash that is not a string', { passwordHash: { N: '7' } }],
    ['with a time that is not a string', { createdAt: { N: '7' } }],
    ['with a time of change that is not a string', { changedAt: { NULL: true } }],
    ['without a generation', { generation: undefined }],
    ['without a session generation', { sessionGeneration: undefined }],
    ['with a string for a generation', { sessionGeneration: { S: '7' } }],
    ['without a change id', { changeId: undefined }],
    ['without emailVerified', { emailVerified: undefined }],
    ['with a string for disabled', { disabled: { S: 'false' } }],
  ])('is rejected %s', async (_what, changes) => {
    await store(changes)
    await expect(find()).rejects.toMatchObject({ code: 'unavailable' })
  })

  test('is disabled with a role that ROLES does not have, and the log says whose it is', async () => {
    const error = vi.spyOn(console, 'error').mockReturnValue()
    onTestFinished(() => error.mockRestore())
    await store({ role: { S: 'root' } })
    const id = 'BrokenBrokenBrokenBroA'
    expect(await find()).toMatchObject({ role: 'root', disabled: true })
    expect(await findUserState(table, id)).toMatchObject({ disabled: true })
    expect(await findUserInfo(table, id)).toMatchObject({ disabled: true })
    const record = { event: 'role.unknown', userId: id, role: 'root' }
    expect(error.mock.calls).toEqual([[record], [record], [record]])
  })

  test('is rejected under a key that is not a user id', async () => {
    await store({}, 'ada')
    await expect(findUser(table, 'ada')).rejects.toMatchObject({
      code: 'unavailable',
      message: 'the store holds an invalid profile',
    })
    const misplaced = { ...whole, pk: { S: `Xuser#${'a'.repeat(20)}A` }, sk: { S: 'profile' } }
    expect(() => userOf(misplaced)).toThrow('the store holds an invalid profile')
  })

  test.each<[string, object]>([
    ['without disabled', { disabled: undefined }],
    ['with a string for disabled', { disabled: { S: 'false' } }],
    ['without a generation', { generation: undefined }],
    ['with a string for a generation', { generation: { S: '7' } }],
  ])('is rejected by the authorizer %s', async (_what, changes) => {
    await store(changes)
    await expect(findRevocationState(table, 'BrokenBrokenBrokenBroA')).rejects.toMatchObject({
      code: 'unavailable',
    })
  })
})

const stored = () => findUser(table, ada.id)

/** A store whose first response to each write is lost, so that the write is sent again. */
const losingAnswers = (): Table => ({
  name: table.name,
  aws: async (service, operation, input) => {
    if (operation === 'TransactWriteItems') await aws(service, operation, input)
    return aws(service, operation, input)
  },
})

/** A store to which a concurrent request comes right before each write. */
const outrunBy = (act: () => Promise<unknown>): Table => ({
  name: table.name,
  aws: async (service, operation, input) => {
    if (operation === 'TransactWriteItems') await act()
    return aws(service, operation, input)
  },
})

/** A store that records its calls. */
function watched() {
  const calls: { operation: string; input: object; response: Record<string, unknown> }[] = []
  const watchedTable: Table = {
    name: table.name,
    aws: async (service, operation, input) => {
      const response = await aws(service, operation, input)
      calls.push({ operation, input, response })
      return response
    },
  }
  return { watchedTable, calls }
}
