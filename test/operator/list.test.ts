import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROLES } from '../../lib/application/roles.ts'
import type { AwsCall } from '../../lib/aws/client.ts'
import { DECOY_HASH } from '../../lib/passwords/hash.ts'
import type { User } from '../../lib/users/user.ts'
import { usersCommand } from '../../scripts/users/command.ts'
import type { ListOptions } from '../../scripts/users/list/list.ts'
import { beginInProcess, type Outcome, refusal, success } from '../support/process/command.ts'
import { readyHash, type Store, useStore } from '../support/process/operator.ts'
import { proof } from '../support/rows.ts'
import { addTestUser } from '../support/users/users.ts'
import { recordedList } from './recorded-list.ts'

const created = new Date('2026-01-31T12:00:00.250Z')
const at = created.toISOString()

const namesIn = ({ stdout }: Outcome) =>
  JSON.parse(stdout).map(({ username }: { username: string }) => username)

describe('few users', () => {
  let store: Store
  const long = 'a-name-of-sixty-four-characters.'.repeat(2)

  beforeAll(async () => {
    store = await useStore()
    expect(await store.run(['list'])).toEqual(success('No users.\n'))
    for (const name of ['carl', long]) await add(store, name)
    await add(store, 'ada', { email: 'countess@example.org' })
    await add(store, 'grace', { role: 'admin' })
    await store.run(['disable', 'carl'])
  })
  afterAll(() => store.stop())

  test('list prints a table of at most 80 columns and wraps longer names', async () => {
    const { stdout } = await store.run(['list'])
    const changed = (await store.user('carl'))?.changedAt.slice(0, 10)
    expect(changed).not.toBe('2026-01-31')
    expect(stdout.split('\n')).toEqual([
      'username                                 role   state     created     changed',
      'a-name-of-sixty-four-characters.a-name-  user   enabled   2026-01-31  2026-01-31',
      'of-sixty-four-characters.',
      'ada <countess@example.org>               user   enabled   2026-01-31  2026-01-31',
      `carl                                     user   disabled  2026-01-31  ${changed}`,
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
    [['--filter', 'ca', '--filter', 'l'], ['carl']],
    [['--filter', 'user#'], []],
    [['--role', 'admin'], ['grace']],
    [['--disabled'], ['carl']],
    [['--no-disabled', '--role', 'user', '--filter', 'ada'], ['ada']],
    [
      ['--prefix', 'C'],
      ['carl', 'ada'],
    ],
    [['--prefix', 'c', '--disabled'], ['carl']],
    [['--prefix', 'c', '--filter', '@example'], ['ada']],
    [['--prefix', 'c', '--role', 'admin'], []],
    [['--prefix', 'countess@example.org'], ['ada']],
  ])('list %j prints the matching users', async (options, names) => {
    expect(namesIn(await store.run(['list', '--json', ...options]))).toEqual(names)
  })

  test('list says when no user matches', async () => {
    expect(await store.run(['list', '--role', 'admin', '--filter', 'ada'])).toEqual(
      success('No matching users.\n'),
    )
  })

  test.each([
    [[], '4\n'],
    [['--prefix', 'c'], '2\n'],
    [['--disabled', '--json'], '1\n'],
    [['--filter', 'zzz'], '0\n'],
  ])('list --count %j prints how many users match', async (options, count) => {
    expect(await store.run(['list', '--count', ...options])).toEqual(success(count))
  })

  const NO_ROLE = `Invalid --role. No user has it. Use one of ${ROLES.join(', ')}.`
  test.each([
    [['--role', 'king'], NO_ROLE],
    [['--role', 'king', '--count'], NO_ROLE],
    [['--role', 'amdin'], `${NO_ROLE} Did you mean admin?`],
    [['--filter', ''], 'Invalid --filter. Use part of a username or address.'],
    [['--prefix', ''], 'Invalid --prefix. Use the beginning of a username or address.'],
    [['--prefix', 'ada lovelace'], 'Invalid --prefix. Use the beginning of a username or address.'],
    [['--limit', '0'], 'Invalid --limit. Use a whole number from 1 to 10000.'],
    [['--limit', 'ten'], 'Invalid --limit. Use a whole number from 1 to 10000.'],
    [['--after', 'ada'], 'Use --after only with --limit.'],
    [['--after', 'Ada'], 'Invalid --after. Use the name that the page before ended with.'],
    [
      ['--after', 'ada', '--limit', '1', '--prefix', 'b'],
      'Use --after with the --prefix of the page before.',
    ],
    [['--count', '--limit', '1'], 'Use --count without --limit, --last-sign-in and --rehash-report.'],
    [['--count', '--last-sign-in'], 'Use --count without --limit, --last-sign-in and --rehash-report.'],
    [['--rehash-report', '--count'], 'Use --count without --limit, --last-sign-in and --rehash-report.'],
    [['--without-password', '--limit', '1'], 'Use --without-password without --limit and --rehash-report.'],
    [['--without-password', '--role', 'king'], NO_ROLE],
  ])('list refuses %j', async (options, line) => {
    expect(await store.run(['list', ...options])).toEqual(refusal(2, line))
  })
})

describe('users without a password', () => {
  let store: Store

  beforeAll(async () => {
    store = await useStore()
    await add(store, 'ada')
    await add(store, 'mo', { passwordHash: DECOY_HASH })
    await add(store, 'zoe', { passwordHash: DECOY_HASH, role: 'admin' })
    await add(store, 'pia', { passwordHash: DECOY_HASH, externalId: 'sub', passwordFrom: 'old' })
  })
  afterAll(() => store.stop())

  test.each([
    [[], ['mo', 'zoe']],
    [['--role', 'admin'], ['zoe']],
    [['--filter', 'ad'], []],
  ])(
    'list --without-password %j prints those who have none, here or at an old place',
    async (options, names) => {
      expect(namesIn(await store.run(['list', '--without-password', '--json', ...options]))).toEqual(names)
      const count = await store.run(['list', '--without-password', '--count', ...options])
      expect(count).toEqual(success(`${names.length}\n`))
    },
  )

  test('list --without-password prints the table of users, with what else is asked for', async () => {
    const { stdout } = await store.run(['list', '--without-password', '--last-sign-in'])
    expect(stdout.split('\n')).toEqual([
      'username  role   state    created     changed     last sign-in (UTC)',
      'mo        user   enabled  2026-01-31  2026-01-31  never',
      'zoe       admin  enabled  2026-01-31  2026-01-31  never',
      '2 users.',
      '',
    ])
  })

  test('list --without-password says when all have one', async () => {
    await store.run(['remove', 'mo', '--yes'])
    expect(await store.run(['list', '--without-password', '--role', 'user'])).toEqual(
      success('No matching users.\n'),
    )
  })
})

describe('1,200 users, one with sessions', () => {
  let store: Store
  const names = Array.from({ length: 1_200 }, (_, index) => `user-${1_000 + index}`)

  beforeAll(async () => {
    store = await useStore()
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

  test('no list scans, except the report of hashes and a search without a result', async () => {
    const { calls, run } = recordedList(store.table)
    const commands: Partial<ListOptions>[] = [
      {},
      { limit: 20 },
      { filter: ['user-1'] },
      { prefix: 'user-1', role: 'user', limit: 5 },
      { count: true },
    ]
    for (const options of commands) await run(options)
    expect(new Set(calls)).toEqual(new Set(['Query', 'BatchGetItem']))
    await run({ rehashReport: true })
    expect(calls.splice(0)).toContain('Scan')
    await run({ disabled: true })
    expect(calls).toContain('Scan')
  })

  proof('list --limit prints page after page until every user was printed once', async () => {
    const seen: string[] = []
    for (let after: string[] = [], hasMore = true; hasMore; ) {
      const page = await store.run(['list', '--json', '--limit', '500', ...after])
      const last = namesIn(page).at(-1)
      seen.push(...namesIn(page))
      hasMore = page.stderr !== ''
      expect(page.stderr).toBe(hasMore ? `There are more users. Next page: --after ${last}\n` : '')
      after = ['--after', last]
      // The next page begins after a user who is gone.
      if (hasMore) await store.run(['remove', last, '--yes'])
    }
    expect(seen).toEqual(names)
  })
})

describe('a search by prefix', () => {
  let store: Store
  beforeAll(async () => {
    store = await useStore()
    await add(store, 'ada', { email: 'ada@example.org' })
    await add(store, 'adam', { email: 'abe@example.org', role: 'admin' })
    await add(store, 'zoe', { email: 'adb@example.org', role: 'admin' })
    await add(store, 'adc@example.org', { email: 'adc@example.org' })
    await add(store, 'bob', { email: "ad`id`'@example.org" })
  })
  afterAll(() => store.stop())

  const ALL = ['bob', 'ada', 'adam', 'zoe', 'adc@example.org']

  test('sorts users by the name that matched, and finds each once', async () => {
    expect(namesIn(await store.run(['list', '--json', '--prefix', 'ad']))).toEqual(ALL)
    expect(await store.run(['list', '--count', '--prefix', 'ad'])).toEqual(success('5\n'))
  })

  test('continues after each name, which a shell takes as it is printed', async () => {
    const seen: string[] = []
    for (let after: string[] | undefined = []; after !== undefined; ) {
      const page = await store.run(['list', '--json', '--prefix', 'ad', '--limit', '1', ...after])
      seen.push(...namesIn(page))
      const word = /^There are more users\. Next page: (--after .+)\n$/.exec(page.stderr)?.[1]
      after =
        word === undefined
          ? undefined
          : execFileSync('sh', ['-c', `printf '%s ' ${word}`], { encoding: 'utf8' })
              .trim()
              .split(' ')
    }
    expect(seen).toEqual(ALL)
  })

  test('follows the profile where an index lags behind it', async () => {
    const late = await useStore()
    const ada = await add(late, 'ada-1', { email: 'zoe@example.org' })
    await add(late, 'ada-2')
    const { aws } = late.table
    const before = await aws('dynamodb', 'Query', {
      TableName: late.table.name,
      IndexName: 'byUsername',
      KeyConditionExpression: '#role = :user',
      ExpressionAttributeNames: { '#role': 'role' },
      ExpressionAttributeValues: { ':user': { S: 'user' } },
    })
    await late.run(['rename', 'ada-1', 'bea'])
    await late.run(['disable', 'ada-2'])
    const lagging: AwsCall = async (service, operation, input) =>
      Object(input).IndexName === 'byUsername' ? before : aws(service, operation, input)
    const { run } = recordedList({ ...late.table, aws: lagging })
    expect(await run({ prefix: 'ada' })).toEqual([expect.objectContaining({ disabled: true })])
    expect(ada.username).toBe('ada-1')
    late.stop()
  })
})

const add = (store: Store, username: string, values: Partial<User> = {}) =>
  addTestUser(store.table, { username, passwordHash: readyHash(), ...values }, created)
