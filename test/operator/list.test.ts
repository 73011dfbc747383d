import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AwsCall } from '../../lib/aws/client.ts'
import type { User } from '../../lib/users/user.ts'
import { usersCommand } from '../../scripts/users/command.ts'
import { readFilter } from '../../scripts/users/filter.ts'
import { list } from '../../scripts/users/list.ts'
import { beginInProcess, type Outcome, refusal, success } from '../support/command.ts'
import { readyHash, type Store, startStore } from '../support/operator.ts'
import { proof } from '../support/rows.ts'
import { addTestUser } from '../support/users.ts'

const created = new Date('2026-01-31T12:00:00.250Z')
const at = created.toISOString()

const add = (store: Store, username: string, values: Partial<User> = {}) =>
  addTestUser(store.table, { username, passwordHash: readyHash(), ...values }, created)

const namesIn = ({ stdout }: Outcome) =>
  JSON.parse(stdout).map(({ username }: { username: string }) => username)

describe('few users', () => {
  let store: Store
  const long = 'a-name-of-sixty-four-characters.'.repeat(2)

  beforeAll(async () => {
    store = await startStore()
    expect(await store.run(['list'])).toEqual(success('No users.\n'))
    for (const name of ['carl', long]) await add(store, name)
    await add(store, 'ada', { email: 'countess@example.org' })
    await add(store, 'grace', { role: 'admin' })
    await store.run(['disable', 'carl'])
  })
  afterAll(() => store.stop())

  const today = new Date().toISOString().slice(0, 10)

  test('list prints a table of at most 80 columns and wraps longer names', async () => {
    const { stdout } = await store.run(['list'])
    expect(stdout.split('\n')).toEqual([
      'username                                 role   state     created     changed',
      'a-name-of-sixty-four-characters.a-name-  user   enabled   2026-01-31  2026-01-31',
      'of-sixty-four-characters.',
      'ada <countess@example.org>               user   enabled   2026-01-31  2026-01-31',
      `carl                                     user   disabled  2026-01-31  ${today}`,
      'grace                                    admin  enabled   2026-01-31  2026-01-31',
      '4 users.',
      '',
    ])
  })

  test('list uses the width of a wider terminal', async () => {
    const args = ['list', '--filter', 'a-name', '--local', '--endpoint', store.endpoint]
    const { stdout } = await beginInProcess(usersCommand, args, {}, { columns: 120 }).outcome
    expect(stdout.split('\n')).toEqual([
      `${'username'.padEnd(64)}  role  state    created     changed`,
      `${long}  user  enabled  2026-01-31  2026-01-31`,
      '1 user.',
      '',
    ])
  })

  test.each([
    [
      ['--filter', 'A'],
      [long, 'ada', 'carl', 'grace'],
    ],
    [['--filter', 'race'], ['grace']],
    [['--filter', 'Countess@'], ['ada']],
    [['--filter', 'role=admin'], ['grace']],
    [['--filter', 'state=disabled'], ['carl']],
    [['--filter', 'state=enabled', '--filter', 'role=user', '--filter', 'ada'], ['ada']],
    [['--filter', 'user#'], []],
  ])('list %j prints the matching users', async (options, names) => {
    expect(namesIn(await store.run(['list', '--json', ...options]))).toEqual([...names].sort())
  })

  test('list says when no user matches', async () => {
    expect(await store.run(['list', '--filter', 'role=admin', '--filter', 'ada'])).toEqual(
      success('No matching users.\n'),
    )
  })

  const USE = 'Use part of a username or address, role=user, role=admin, state=enabled or state=disabled.'
  test.each([
    [['--filter', 'role=king'], `Invalid --filter. ${USE}`],
    [['--filter', 'name=ada'], `Invalid --filter. ${USE}`],
    [['--filter', ''], `Invalid --filter. ${USE}`],
    [['--limit', '0'], 'Invalid --limit. Use a whole number from 1 to 10000.'],
    [['--limit', 'ten'], 'Invalid --limit. Use a whole number from 1 to 10000.'],
    [['--after', 'A'.repeat(22)], 'Use --after only with --limit.'],
    [['--after', 'ada'], 'Invalid --after. Use the id that the page before ended with.'],
  ])('list refuses %j', async (options, line) => {
    expect(await store.run(['list', ...options])).toEqual(refusal(2, line))
  })
})

describe('1,200 users, one with sessions', () => {
  let store: Store
  const names = Array.from({ length: 1_200 }, (_, index) => `user-${1_000 + index}`)

  beforeAll(async () => {
    store = await startStore()
    for (const name of names.toReversed()) await add(store, name)
    await store.signIn('user-1000')
  })
  afterAll(() => store.stop())

  test('list prints all users by name, without hashes and other items of the table', async () => {
    const { stdout } = await store.run(['list', '--json'])
    const id = expect.stringMatching(/^[\w-]{22}$/)
    const same = { id, emailVerified: false, role: 'user', disabled: false, createdAt: at, changedAt: at }
    expect(JSON.parse(stdout)).toEqual(names.map((username) => ({ ...same, username })))
    const table = await store.run(['list'])
    expect(table.stdout.split('\n')).toHaveLength(names.length + 3)
    expect(table.stdout).toMatch(/\n1,200 users\.\n$/)
    expect(table.stdout).not.toContain('argon2')
  })

  proof('list --limit prints page after page until every user was printed once', async () => {
    const seen: string[] = []
    for (let after: string[] = [], hasMore = true; hasMore; ) {
      const page = await store.run(['list', '--json', '--limit', '500', ...after])
      seen.push(...namesIn(page))
      const last = JSON.parse(page.stdout).at(-1).id
      hasMore = page.stderr !== ''
      expect(page.stderr).toBe(hasMore ? `There may be more users. Next page: --after ${last}\n` : '')
      after = ['--after', last]
      // The next page begins after a user who is gone.
      if (hasMore) await store.run(['remove', seen.at(-1) ?? '', '--yes'])
    }
    expect(seen.toSorted()).toEqual(names)
  })

  proof('list --limit reads one page of the table for one page of users', async () => {
    let calls = 0
    const aws: AwsCall = async (...call) => {
      calls += 1
      return store.table.aws(...call)
    }
    const { io } = beginInProcess(usersCommand, ['--help'])
    const filter = readFilter('user-', [])
    await list({ ...store.table, aws }, { filter, limit: 20 }, io)
    expect(calls).toBe(1)
    // Exactly as many users as the limit, all of them in the first page of the table.
    const [first = ''] = namesIn(await store.run(['list', '--json', '--limit', '1']))
    await list({ ...store.table, aws }, { filter: readFilter(first, []), limit: 1 }, io)
    expect(calls).toBe(2)
    await list({ ...store.table, aws }, { filter }, io)
    // The table has a name for each user, too.
    expect(calls).toBe(5)
  })
})
