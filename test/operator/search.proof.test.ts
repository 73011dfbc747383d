import { expect, test } from 'vitest'
import { ROLES } from '../../lib/application/roles.ts'
import { attributesOf } from '../../lib/aws/dynamodb.ts'
import { profileKey } from '../../lib/users/store.ts'
import type { ListOptions } from '../../scripts/users/list/list.ts'
import { readyHash, useStore } from '../support/process/operator.ts'
import { recordedList } from './recorded-list.ts'

const COUNT = 100_000
const TIMEOUT_MS = 600_000

const FIRST = ['ada', 'adele', 'alan', 'barbara', 'edsger', 'grace', 'john', 'katherine', 'margaret', 'tim']
const LAST = ['allen', 'dijkstra', 'goldberg', 'hamilton', 'hopper', 'johnson', 'lovelace', 'turing']
const CREATED = '2026-01-31T12:00:00.250Z'

/** A user whose username and address begin with the same letter, and sort differently. One in 100 is an administrator. */
function userOf(index: number) {
  const first = FIRST[index % FIRST.length] ?? ''
  const last = LAST[index % LAST.length] ?? ''
  return {
    id: `${String(index).padStart(21, '0')}A`,
    username: `${first[0]}${last}${index}`,
    email: `${first}.${last}.${index}@example.org`,
    role: index % 100 === 0 ? 'admin' : 'user',
    disabled: index % 1_000 === 7,
  }
}

const users = Array.from({ length: COUNT }, (_, index) => userOf(index))

const store = await useStore()
const { aws, name } = store.table
const rest = {
  emailVerified: true,
  passwordHash: readyHash(),
  requestId: 'A',
  createdAt: CREATED,
  changedAt: CREATED,
}
const put = ({ id, ...values }: (typeof users)[number]) => ({
  PutRequest: {
    Item: {
      ...profileKey(id),
      ...attributesOf({ ...values, ...rest, generation: 1, sessionGeneration: 1 }),
    },
  },
})
for (let start = 0; start < COUNT; start += 25) {
  await aws('dynamodb', 'BatchWriteItem', {
    RequestItems: { [name]: users.slice(start, start + 25).map(put) },
  })
}

test.each<[string, Partial<ListOptions> & { prefix: string }]>([
  ['a name', { prefix: 'ahopper', limit: 50 }],
  ['an address', { prefix: 'ada.', limit: 50 }],
  ['both, in another order', { prefix: 'a', limit: 50 }],
  ['administrators', { prefix: 'a', role: 'admin', limit: 50 }],
  ['a later page', { prefix: 'a', limit: 50, after: 'ahopper54460' }],
])(
  'a page of a search by prefix takes two rounds of calls: %s',
  async (_what, options) => {
    const { calls, rounds, run } = recordedList(store.table)
    const found = namesOf(await run(options))
    const all = expected(options.prefix, options.role)
    const start = options.after === undefined ? 0 : all.indexOf(options.after) + 1
    expect(found).toEqual(all.slice(start, start + 50))
    console.log(`${JSON.stringify(options)}: ${calls.length} calls in ${rounds()} rounds`)
    expect(rounds()).toBeLessThanOrEqual(2)
    expect(calls.filter((call) => call === 'Query')).toHaveLength(
      2 * (options.role === undefined ? ROLES.length : 1),
    )
  },
  TIMEOUT_MS,
)

test(
  'a search that finds no user reads the index for removed roles, and no profile',
  async () => {
    const { calls, run } = recordedList(store.table)
    expect(await run({ prefix: 'zoe', limit: 50 })).toEqual([])
    expect(calls).not.toContain('BatchGetItem')
  },
  TIMEOUT_MS,
)

test(
  'what reads all pages of an index reads no profile but those that match',
  async () => {
    for (const [options, count] of [
      [{ disabled: true }, 100],
      [{ filter: ['hopper999'] }, users.filter(({ username }) => username.includes('hopper999')).length],
    ] as const) {
      const { calls, rounds, run } = recordedList(store.table)
      expect(await run(options)).toHaveLength(count)
      console.log(`${JSON.stringify(options)}: ${calls.length} calls in ${rounds()} rounds`)
      expect(calls.filter((call) => call === 'BatchGetItem')).toHaveLength(Math.ceil(count / 100))
    }
    const { calls, run } = recordedList(store.table)
    expect(await run({ count: true })).toBe(COUNT)
    expect(new Set(calls)).toEqual(new Set(['Query']))
  },
  TIMEOUT_MS,
)

/** The usernames that a search prints, by a reading of all users. */
function expected(prefix: string, role?: string): string[] {
  const named = users
    .filter((user) => (role ?? user.role) === user.role)
    .map(({ username, email }) => ({
      username,
      name: [username, email].find((name) => name.startsWith(prefix)),
    }))
    .filter(({ name }) => name !== undefined)
  return named.sort((a, b) => (String(a.name) < String(b.name) ? -1 : 1)).map(({ username }) => username)
}

const namesOf = (found: { username: string }[]) => found.map(({ username }) => username)
