import { beforeAll, expect, test } from 'vitest'
import { useTable, watchedTable } from '../../../test/support/aws/table.ts'
import { addTestUser } from '../../../test/support/users/users.ts'
import type { Role } from '../../application/roles.ts'
import type { User } from '../../users/user.ts'
import { findWithin, type Lookup } from './lookup.ts'

const { table } = await useTable()
const users: Record<string, User> = {}
const idOf = (username: string) => users[username]?.id ?? ''
const add = async (username: string, values: Partial<User> = {}) => {
  users[username] = await addTestUser(table, { username, ...values })
}

beforeAll(async () => {
  for (let count = 10; count < 40; count += 1)
    await add(`ann-${count}`, { email: `ann-${count}@example.org` })
  await add('ann')
  await add('zoe', { email: 'ann.zoe@example.org', role: 'admin' })
  await add('ann-helps', { role: 'support' })
  await add('ann-left', { role: 'left' as Role })
  await add('ann-new', { role: 'added-later' as Role })
})

const ALL = ['user', 'support', 'admin']
const find = async (over: readonly string[], lookup: Partial<Lookup>) => {
  const { accounts, next } = await findWithin(table, over, { limit: 10, ...lookup })
  return { names: accounts.map(({ username }) => username), next }
}

test.each<[string, Partial<Lookup>]>([
  ['its name', { name: 'zoe' }],
  ['its address', { name: 'ann.zoe@example.org' }],
  ['the beginning of its address', { name: 'ann.z' }],
  ['its role', { role: 'admin' }],
  ['its name and role', { name: 'zoe', role: 'admin' }],
  ['a name before it', { after: 'zod' }],
])('a user of a role that is not named is not found by %s', async (_, lookup) => {
  expect((await find(['user'], lookup)).names).not.toContain('zoe')
  expect((await find(ALL, lookup)).names).toContain('zoe')
})

test('a user of a role that is not named is not found by its id', async () => {
  expect(await find(['user'], { name: idOf('zoe') })).toEqual({ names: [], next: undefined })
  expect((await find(ALL, { name: idOf('zoe') })).names).toEqual(['zoe'])
  expect((await find(['user'], { name: idOf('ann') })).names).toEqual(['ann'])
})

test('a role that comes later, and one that was removed, are closed until they are named', async () => {
  for (const name of ['ann-new', 'ann-left']) {
    expect((await find(ALL, { name })).names).toEqual([])
    expect((await find(ALL, { name: idOf(name) })).names).toEqual([])
  }
  expect((await find([...ALL, 'left'], { name: 'ann-left' })).names).toEqual(['ann-left'])
})

test('the user with exactly this name comes first, in any case', async () => {
  const { names } = await find(['user'], { name: 'ANN' })
  expect(names[0]).toBe('ann')
  expect(names).toHaveLength(10)
})

test('pages have every user once or twice, and end', async () => {
  const seen: string[] = []
  let after: string | undefined
  do {
    const { names, next } = await find(ALL, { name: 'ann', limit: 7, after })
    expect(names.length).toBeLessThanOrEqual(7)
    seen.push(...names)
    after = next
  } while (after !== undefined)
  const named = Object.keys(users).filter((name) => !['ann-left', 'ann-new'].includes(name))
  expect([...new Set(seen)].toSorted()).toEqual(named.toSorted())
})

test('pages without a name are sorted by username, each user once', async () => {
  const first = await find(ALL, { limit: 25 })
  const second = await find(ALL, { limit: 25, after: first.next })
  const all = [...first.names, ...second.names]
  expect(all).toEqual(all.toSorted())
  expect(new Set(all).size).toBe(all.length)
  expect(second.next).toBeUndefined()
})

test('a name before the page that the client asks for begins no range', async () => {
  expect(await find(ALL, { name: 'ann', after: 'zzz' })).toEqual({ names: [], next: undefined })
  expect((await find(ALL, { name: 'zo', after: 'aaa' })).names).toEqual(['zoe'])
})

test('a search makes one limited query without a filter for each partition, and never another', async () => {
  const { watched, calls } = watchedTable(table)
  await findWithin(watched, ['user', 'admin'], { name: 'nobody-has-this', limit: 10 })
  const queries = calls.filter(({ operation }) => operation === 'Query').map(({ input }) => Object(input))
  expect(queries.map(({ IndexName }) => IndexName)).toEqual([
    'byUsername',
    'byEmail',
    'byUsername',
    'byEmail',
  ])
  for (const query of queries) expect(query).toMatchObject({ Limit: 11, Select: 'SPECIFIC_ATTRIBUTES' })
  expect(queries.filter(({ FilterExpression }) => FilterExpression !== undefined)).toEqual([])
})

test('a search makes the same calls whether a user of another role has the name or not', async () => {
  const callsOf = async (name: string) => {
    const { watched, calls } = watchedTable(table)
    expect((await findWithin(watched, ['user'], { name, limit: 10 })).accounts).toEqual([])
    return calls.map(({ operation }) => operation).sort()
  }
  const unknown = await callsOf('nobody-has-this')
  for (const name of ['zoe', 'ann.zoe@example.org', idOf('zoe')]) expect(await callsOf(name)).toEqual(unknown)
})
