import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { useTable } from '../../test/support/aws/table.ts'
import { addTestUser, testAct, testUser } from '../../test/support/users/users.ts'
import type { Item, Table } from '../aws/dynamodb.ts'
import { eventsOfUser } from '../events/store.ts'
import { changeNames, createUser, namesOf, removeUser } from './names.ts'
import { revokeTokens } from './revocation.ts'
import { changeUser, findUser, findUserByName, nameKey } from './store.ts'
import type { User } from './user.ts'

const { table } = await useTable()
const { aws } = table

const now = new Date('2026-11-24T15:00:00.400Z')

beforeEach(empty)

describe('the names of a user', () => {
  test.each([
    ['ada', undefined, true, { email: undefined, emailVerified: false }],
    ['ada', 'ada@example.org', true, { email: 'ada@example.org', emailVerified: true }],
    ['ada', 'ada@example.org', false, { email: 'ada@example.org', emailVerified: false }],
    [
      'ada',
      'Ada@Example.org',
      true,
      { email: 'ada@example.org', emailVerified: true, emailAsWritten: 'Ada@Example.org' },
    ],
    [
      'ada@example.com',
      undefined,
      true,
      { email: 'ada@example.com', emailVerified: true, emailAsWritten: undefined },
    ],
    ['ada@example.com', 'ada@example.org', true, { email: 'ada@example.org', emailVerified: true }],
  ])('%s with the address %s, verified: %s', (username, written, isVerified, expected) => {
    expect(namesOf(username, written, isVerified)).toStrictEqual({ username, ...expected })
  })
})

/** Another write of a transaction, which is refused unless `isAllowed`. */
const another = (isAllowed: boolean) => ({
  Put: {
    Item: { pk: { S: 'another' }, sk: { S: 'another' } },
    ConditionExpression: isAllowed ? 'attribute_not_exists(pk)' : 'attribute_exists(pk)',
  },
})
const storedItems = async () => (await items()).map(({ pk, sk }) => `${Object(pk).S} ${Object(sk).S}`)

describe('another write of the transaction', () => {
  test('is stored together with a new user', async () => {
    const ada = testUser({ username: 'ada' })
    expect(await createUser(table, ada, testAct(), another(false))).toBe('changed')
    expect(await items()).toEqual([])
    expect(await createUser(table, ada, testAct(), another(true))).toBe('done')
    expect(await storedItems()).toContain('another another')
  })

  test('does not hide that a name is taken', async () => {
    await addTestUser(table, { username: 'ada' })
    expect(await createUser(table, testUser({ username: 'ada' }), testAct(), another(true))).toBe('taken')
  })

  test('is stored together with changed names', async () => {
    const ada = await addTestUser(table, { username: 'ada' })
    const countess = namesOf('countess', undefined, false)
    const change = (isAllowed: boolean) => {
      const more = [another(isAllowed)]
      return changeNames(table, ada, { names: countess, changeId: randomUUID(), more }, testAct(now))
    }
    expect(await change(false)).toBe('changed')
    expect(await names()).toEqual({ ada: ada.id })
    expect(await change(true)).toBe('done')
    expect(await storedItems()).toContain('another another')
  })

  test('is stored together with a removal', async () => {
    const ada = await addTestUser(table, { username: 'ada' })
    expect(await removeUser(table, ada, [another(false)], testAct())).toBe('changed')
    expect(await findUser(table, ada.id)).toEqual(ada)
    expect(await removeUser(table, ada, [another(true)], testAct())).toBe('done')
    expect(await storedItems()).toEqual(['another another'])
  })
})

test('each step of a user is an event, with the names that changed', async () => {
  const ada = await addTestUser(table, { username: 'ada', email: 'ada@example.org' })
  const countess = namesOf('countess', 'ada@example.org', ada.emailVerified)
  await changeNames(table, ada, { names: countess, changeId: randomUUID() }, testAct(now))
  const changed = await findUser(table, ada.id)
  if (!changed) throw new Error('the changed user is missing')
  await removeUser(table, changed, [], testAct(now))
  const { events } = await eventsOfUser(table, ada.id, { limit: 10 })
  expect(Object.fromEntries(events.map(({ type, changes }) => [type, changes]))).toEqual({
    'user.created': [],
    'user.updated': ['username'],
    'user.deleted': [],
  })
})

describe('creating a user', () => {
  test('stores the profile and claims each login name', async () => {
    const ada = testUser({ username: 'ada', email: 'ada@example.org' })
    expect(await createUser(table, ada, testAct())).toBe('done')
    expect(await findUser(table, ada.id)).toEqual(ada)
    expect(await names()).toEqual({ ada: ada.id, 'ada@example.org': ada.id })
  })

  test('claims one name if the username is the address', async () => {
    const ada = testUser({ username: 'ada@example.org', email: 'ada@example.org' })
    expect(await createUser(table, ada, testAct())).toBe('done')
    expect(await names()).toEqual({ 'ada@example.org': ada.id })
  })

  test.each([
    ['the username', { username: 'ada' }],
    ['the address', { username: 'eve', email: 'ada@example.org' }],
    ['a username that is the address', { username: 'ada@example.org' }],
  ])('with %s of another user changes nothing', async (_what, values) => {
    const ada = await addTestUser(table, { username: 'ada', email: 'ada@example.org' })
    const before = await items()
    expect(await createUser(table, testUser(values), testAct())).toBe('taken')
    expect(await items()).toEqual(before)
    expect(await findUserByName(table, 'ada')).toEqual(ada)
  })

  test('with the id of another user changes nothing', async () => {
    const ada = await addTestUser(table, { username: 'ada' })
    expect(await createUser(table, testUser({ username: 'eve', id: ada.id }), testAct())).toBe('taken')
    expect(await names()).toEqual({ ada: ada.id })
  })

  test('20 times at once under one name succeeds once', async () => {
    const users = Array.from({ length: 20 }, () => testUser({ username: 'ada' }))
    const outcomes = await Promise.all(users.map((user) => createUser(table, user, testAct())))
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1)
    const winner = users[outcomes.indexOf('done')] as User
    expect(await names()).toEqual({ ada: winner.id })
    expect(await profiles()).toBe(1)
  })

  test('succeeds once if the response is lost', async () => {
    const ada = testUser({ username: 'ada' })
    expect(await createUser(losingAnswers(), ada, testAct())).toBe('done')
    expect(await names()).toEqual({ ada: ada.id })
  })
})

describe('changing names', () => {
  let ada: User
  beforeEach(async () => {
    ada = await addTestUser(table, { username: 'ada', email: 'ada@example.org' })
  })

  test('claims the new name, frees the old one and revokes the access tokens', async () => {
    expect(await rename(ada, { username: 'countess' })).toBe('done')
    expect(await names()).toEqual({ countess: ada.id, 'ada@example.org': ada.id })
    expect(await findUser(table, ada.id)).toEqual({
      ...ada,
      username: 'countess',
      generation: ada.generation + 1,
      changedAt: now.toISOString(),
      changeId: expect.any(String),
    })
    expect(await createUser(table, testUser({ username: 'ada' }), testAct())).toBe('done')
  })

  test('writes the profile and the names that change, no other item', async () => {
    const written: string[] = []
    const watched: Table = {
      name: table.name,
      aws: (service, operation, input) => {
        written.push(...keysOf(input))
        return aws(service, operation, input)
      },
    }
    expect(await rename(ada, { username: 'countess' }, watched)).toBe('done')
    expect(written).toEqual([`user#${ada.id}`, 'name#countess', 'name#ada'])
  })

  test('removes an address', async () => {
    expect(await rename(ada, { email: undefined })).toBe('done')
    expect(await names()).toEqual({ ada: ada.id })
    expect((await findUser(table, ada.id))?.email).toBeUndefined()
  })

  test('replaces the spelling of an address', async () => {
    const spelled = (written: string) => ({ names: namesOf('ada', written, true), changeId: randomUUID() })
    expect(await changeNames(table, ada, spelled('Ada@Example.org'), testAct(now))).toBe('done')
    const written = (await findUser(table, ada.id)) as User
    expect(written).toMatchObject({ emailVerified: true, emailAsWritten: 'Ada@Example.org' })
    expect(await changeNames(table, written, spelled('ada@example.org'), testAct(now))).toBe('done')
    expect((await findUser(table, ada.id))?.emailAsWritten).toBeUndefined()
  })

  test('makes the address the username, and back', async () => {
    expect(await rename(ada, { username: 'ada@example.org' })).toBe('done')
    expect(await names()).toEqual({ 'ada@example.org': ada.id })
    expect(await rename((await findUser(table, ada.id)) as User, { username: 'ada' })).toBe('done')
    expect(await names()).toEqual({ ada: ada.id, 'ada@example.org': ada.id })
  })

  test('swaps nothing with another user', async () => {
    const bob = await addTestUser(table, { username: 'bob' })
    expect(await rename(ada, { username: 'bob' })).toBe('taken')
    expect(await rename(bob, { email: 'ada@example.org' })).toBe('taken')
    expect(await names()).toEqual({ ada: ada.id, 'ada@example.org': ada.id, bob: bob.id })
    expect(await findUser(table, ada.id)).toEqual(ada)
  })

  test('fails if the user was renamed, revoked or removed since the read', async () => {
    await rename(ada, { username: 'countess' })
    expect(await rename(ada, { username: 'lovelace' })).toBe('changed')
    const countess = (await findUser(table, ada.id)) as User
    await changeUser(table, countess, { changes: revokeTokens(countess), changeId: 'request' }, testAct())
    expect(await rename(countess, { username: 'lovelace' })).toBe('changed')
    await removeUser(table, (await findUser(table, ada.id)) as User, [], testAct())
    expect(await rename(countess, { username: 'lovelace' })).toBe('changed')
    expect(await items()).toEqual([])
  })

  test('succeeds once if the response is lost', async () => {
    expect(await rename(ada, { username: 'countess' }, losingAnswers())).toBe('done')
    expect((await findUser(table, ada.id))?.generation).toBe(ada.generation + 1)
  })

  test('of two users to one name at once succeeds once', async () => {
    const bob = await addTestUser(table, { username: 'bob' })
    const outcomes = await Promise.all([ada, bob].map((user) => rename(user, { username: 'one' })))
    expect(outcomes.sort()).toEqual(['done', 'taken'])
    expect(await profiles()).toBe(2)
    expect(Object.keys(await names())).toHaveLength(3)
  })
})

describe('removing a user', () => {
  let ada: User
  beforeEach(async () => {
    ada = await addTestUser(table, { username: 'ada', email: 'ada@example.org' })
  })

  test('removes the profile and frees the names at once', async () => {
    expect(await removeUser(table, ada, [], testAct())).toBe('done')
    expect(await items()).toEqual([])
  })

  test('fails if the user was renamed since the read, and leaves everything', async () => {
    await rename(ada, { username: 'countess' })
    const before = await items()
    expect(await removeUser(table, ada, [], testAct())).toBe('changed')
    expect(await items()).toEqual(before)
  })

  test('fails if the user was revoked, or imported again with the same id, since the read', async () => {
    await changeUser(table, ada, { changes: revokeTokens(ada), changeId: 'request' }, testAct())
    expect(await removeUser(table, ada, [], testAct())).toBe('changed')
    const { id, username, email } = ada
    await removeUser(table, (await findUser(table, id)) as User, [], testAct())
    const again = await addTestUser(table, { id, username, email })
    expect(await removeUser(table, ada, [], testAct())).toBe('changed')
    expect(await findUser(table, id)).toEqual(again)
  })

  test('succeeds if the response is lost, or if the user is gone', async () => {
    expect(await removeUser(losingAnswers(), ada, [], testAct())).toBe('done')
    expect(await removeUser(table, ada, [], testAct())).toBe('done')
  })

  test('does not free a name that another user has claimed since', async () => {
    await removeUser(table, ada, [], testAct())
    const other = await addTestUser(table, { username: 'ada' })
    expect(await removeUser(table, ada, [], testAct())).toBe('done')
    expect(await names()).toEqual({ ada: other.id })
  })

  test('of a name that points elsewhere is refused', async () => {
    const Item = { ...nameKey('ada'), userId: { S: 'AAAAAAAAAAAAAAAAAAAAAA' } }
    await aws('dynamodb', 'PutItem', { TableName: table.name, Item })
    expect(await removeUser(table, ada, [], testAct())).toBe('changed')
    expect(await findUser(table, ada.id)).toEqual(ada)
  })
})

test('a missing table is not a taken name', async () => {
  const nowhere = { aws, name: 'missing' }
  const ada = testUser({ username: 'ada' })
  const missing = { code: 'unavailable', cause: { name: 'ResourceNotFoundException' } }
  await expect(createUser(nowhere, ada, testAct())).rejects.toMatchObject(missing)
  await expect(rename(ada, { username: 'eve' }, nowhere)).rejects.toMatchObject(missing)
  await expect(removeUser(nowhere, ada, [], testAct())).rejects.toMatchObject(missing)
})

const items = async () => (await aws('dynamodb', 'Scan', { TableName: table.name })).Items as Item[]

/** Returns the user id that each login name points to. */
const names = async () =>
  Object.fromEntries(
    (await items())
      .filter(({ sk }) => Object(sk).S === 'name')
      .map(({ pk, userId }) => [Object(pk).S.replace('name#', ''), Object(userId).S]),
  )

const profiles = async () => (await items()).filter(({ sk }) => Object(sk).S === 'profile').length

/** A store whose response to each first transaction is lost, so that it is sent again. */
const losingAnswers = (): Table => ({
  name: table.name,
  aws: async (service, operation, input) => {
    if (operation === 'TransactWriteItems') await aws(service, operation, input)
    return aws(service, operation, input)
  },
})

/** Returns the partition keys of the items that a transaction writes, but those of events. */
const keysOf = (input: object) =>
  (
    input as { TransactItems: Record<string, { TableName: string; Key?: Item; Item?: Item }>[] }
  ).TransactItems.flatMap((write) =>
    Object.values(write)
      .filter(({ TableName }) => TableName === table.name)
      .map(({ Key, Item }) => Object(Key ?? Item).pk.S),
  )

const rename = (user: User, changes: Partial<Pick<User, 'username' | 'email'>>, on: Table = table) =>
  changeNames(
    on,
    user,
    {
      names: { username: user.username, email: user.email, emailVerified: false, ...changes },
      changeId: randomUUID(),
    },
    testAct(now),
  )

/** Removes all items of the table. */
async function empty(): Promise<void> {
  for (const { pk, sk } of await items()) {
    await aws('dynamodb', 'DeleteItem', { TableName: table.name, Key: { pk, sk } })
  }
}
