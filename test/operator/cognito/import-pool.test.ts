import '../../support/process/real-argon2.ts'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { findIdentities, identityIdOf } from '../../../lib/federation/identity.ts'
import { DECOY_HASH, hasPassword } from '../../../lib/passwords/hash.ts'
import { addProvider } from '../../federation/identities.ts'
import { refusal, success } from '../../support/process/command.ts'
import { PASSWORD, readyHash, useStore } from '../../support/process/operator.ts'
import { root } from '../../support/process/service-description.ts'
import { addTestUser } from '../../support/users/users.ts'
import { fileOf, generated, identityAt, pagesOf, poolUser, socialUser, subOf } from './pool.ts'

vi.mock('../../../auth.config.ts', () => ({
  default: {
    roles: ['user', 'admin'],
    administrators: ['admin'],
    attributes: { plan: { type: 'string' }, seats: { type: 'number' }, beta: { type: 'boolean' } },
  },
}))

const store = await useStore()
beforeEach(() => store.clear())

const ADDRESS = { email: 'Ada@Example.org', email_verified: 'true' }
const FROM = ['--from', 'cognito', '--passwords-from', 'cognito', '--role', 'user']

/** Runs an import of pages of a pool. */
const importPool = (content: string | Buffer, ...more: string[]) =>
  store.run(['import', fileOf('users.json', content), ...FROM, ...more])

const added = (count: number, present = 0) =>
  success(`${count} added, ${present} already there, 0 invalid.\n`)

test('a pool of usernames gives the names by which its users sign in there', async () => {
  const users = [
    poolUser('Ada', ADDRESS, { Enabled: false }),
    poolUser('bob', { email: 'bob@example.org', email_verified: 'false' }),
    poolUser('carl@example.org', {}),
  ]
  const notes = 'Users without their address, which is not verified in the pool: 1.\n'
  expect(await importPool(pagesOf(users))).toEqual({ ...added(3), stderr: notes })
  expect(await store.user('ada')).toMatchObject({
    username: 'ada',
    email: 'ada@example.org',
    emailAsWritten: 'Ada@Example.org',
    emailVerified: true,
    disabled: true,
    role: 'user',
    externalId: subOf('Ada'),
    passwordFrom: 'Ada',
    passwordHash: DECOY_HASH,
    createdAt: '2024-01-31T12:00:00.123Z',
  })
  expect(await store.user('bob')).not.toHaveProperty('email', expect.anything())
  expect(await store.user('bob@example.org')).toBeUndefined()
  expect(await store.user('carl@example.org')).toMatchObject({ emailVerified: false, disabled: false })
})

test('a pool of addresses gives the address as username, also one that is not verified', async () => {
  const users = [
    poolUser(generated(1), { ...ADDRESS, sub: generated(1) }),
    poolUser(generated(2), { email: 'bob@example.org', sub: generated(2) }),
  ]
  expect(await importPool(pagesOf(users))).toEqual(added(2))
  expect(await store.user('ada@example.org')).toMatchObject({
    username: 'ada@example.org',
    emailVerified: true,
    externalId: generated(1),
    passwordFrom: generated(1),
  })
  expect(await store.user('bob@example.org')).toMatchObject({ emailVerified: false })
})

test('an address goes to the user who has verified it, in any order of the lines', async () => {
  const unverified = { email: 'ada@example.org', email_verified: 'false' }
  const users = [
    poolUser(generated(1), { ...unverified, sub: generated(1) }),
    socialUser('Google', 'Google', '1', unverified),
    poolUser(generated(2), { ...ADDRESS, sub: generated(2) }),
  ]
  const { stderr } = await importPool(pagesOf(users))
  expect(stderr).toContain('line 3: Same username as line 49.\nline 24: Same username as line 49.\n')
  expect(await store.user('ada@example.org')).toMatchObject({ passwordFrom: generated(2) })
  await store.clear()
  await importPool(pagesOf([users[0] ?? {}, socialUser('Google', 'Google', '1', ADDRESS)]))
  const owner = await store.user('ada@example.org')
  expect(owner).toMatchObject({ emailVerified: true, externalId: subOf('google_1') })
})

test('pages, users of admin-get-user and times of both versions are read from one file', async () => {
  const { Attributes: UserAttributes, ...carl } = poolUser('carl', {}, { UserCreateDate: 1706702400.372 })
  const found = { ...carl, UserAttributes, UserMFASettingList: ['SOFTWARE_TOKEN_MFA'] }
  const without = {
    ...carl,
    Username: 'dora',
    UserAttributes: poolUser('dora', {}).Attributes,
    UserMFASettingList: [],
  }
  const sms = poolUser('bob', {}, { MFAOptions: [{ DeliveryMedium: 'SMS', AttributeName: 'phone_number' }] })
  const file = `\ufeff${pagesOf([poolUser('ada', {})], [sms])}${JSON.stringify(found)}${JSON.stringify(without)}`
  expect(await importPool(file)).toEqual(added(4))
  expect(await store.user('carl')).toMatchObject({ mustEnrol: true, createdAt: '2024-01-31T12:00:00.372Z' })
  expect(await store.user('bob')).toMatchObject({ mustEnrol: true })
  expect((await store.user('ada'))?.mustEnrol).toBeUndefined()
  expect((await store.user('dora'))?.mustEnrol).toBeUndefined()
})

describe('a second run', () => {
  test('adds what is new and changes nothing else, also of users with other names by now', async () => {
    const first = [poolUser('ada', ADDRESS), poolUser('bob', {})]
    await importPool(pagesOf(first))
    await store.run(['rename', 'ada', 'countess'])
    await store.run(['set-email', 'countess', 'countess@example.org'])
    await store.run(['set-password', 'bob'], `${PASSWORD}\n`)
    const before = new Set((await store.items()).map((item) => JSON.stringify(item)))
    const second = pagesOf([...first, poolUser('carl', {})])
    expect(await importPool(second, '--dry-run', '--verbose')).toEqual(
      success(
        [
          'line 3: skip ada, which exists under another name',
          'line 24: skip bob, which exists',
          'line 37: add carl, user, enabled',
          'Dry run: 1 to add, 2 already there (1 under another name), 0 invalid. Nothing was written.',
          '',
        ].join('\n'),
      ),
    )
    expect(await importPool(second)).toEqual(
      success('1 added, 2 already there (1 under another name), 0 invalid.\n'),
    )
    const after = (await store.items()).map((item) => JSON.stringify(item))
    expect(after.filter((item) => before.has(item))).toHaveLength(before.size)
    expect(after).toHaveLength(before.size + 2)
    expect(await store.user('ada')).toBeUndefined()
    expect(hasPassword((await store.user('bob'))?.passwordHash ?? '')).toBe(true)
    expect((await store.user('bob'))?.passwordFrom).toBeUndefined()
  })

  test('adds the rest after an interruption', async () => {
    const users = Array.from({ length: 300 }, (_, index) => poolUser(`user-${index}`, {}))
    const file = fileOf('users.json', pagesOf(users))
    const begun = store.begin('import', file, ...FROM)
    for (;;) {
      if ((await store.items()).length > 20) break
    }
    begun.interrupt()
    expect(await begun.outcome).toMatchObject({ status: 130 })
    const left = (await store.items()).length / 2
    expect(left).toBeLessThan(300)
    expect(await store.run(['import', file, ...FROM])).toEqual(added(300 - left, left))
  })

  test('does not take a user here for another one of the pool with the same name', async () => {
    await addTestUser(store.table, { username: 'ada', passwordHash: readyHash() })
    const { status, stderr } = await importPool(pagesOf([poolUser('ada', {})]))
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr:
        'line 3: externalId: The user of this name has another externalId.\nThe invalid lines were skipped.\n',
    })
  })
})

test('groups become roles, the first one of --role-of before the others', async () => {
  const users = ['ada', 'bob', 'carl'].map((name) => poolUser(name, {}))
  const pageOf = (Users: object[]) => JSON.stringify({ Users, NextToken: 'x' })
  const groups = [
    ...['--group', `admins=${fileOf('a.json', pagesOf([users[0] ?? {}, poolUser('ghost', {})]))}`],
    ...['--group', `editors=${fileOf('b.json', pageOf(users.slice(0, 2)))}`],
    ...['--role-of', 'admins=admin', '--role-of', 'editors=user'],
  ]
  const notes = [
    'Users of group admins who are not in FILE: 1.',
    'Pages of group editors after which it has more users: 1.',
    '',
  ].join('\n')
  const outcome = await importPool(pagesOf(users), ...groups)
  expect({ ...outcome, stderr: outcome.stderr.replace(/in \/.*:/, 'in FILE:') }).toEqual({
    ...added(3),
    stderr: notes,
  })
  const roles = await Promise.all(['ada', 'bob', 'carl'].map(async (name) => (await store.user(name))?.role))
  expect(roles).toEqual(['admin', 'user', 'user'])
})

test('--map gives attributes in their types, and replaces names', async () => {
  const ada = poolUser('k-17', {
    ...ADDRESS,
    'custom:tier': 'pro',
    'custom:seats': '5',
    'custom:beta': 'true',
    'custom:mfa': '1',
  })
  const map =
    'username=email,mustEnrol=custom:mfa,attributes.plan=custom:tier,attributes.seats=custom:seats,attributes.beta=custom:beta'
  expect(await importPool(pagesOf([ada]), '--map', map)).toEqual(added(1))
  expect(await store.user('ada@example.org')).toMatchObject({
    attributes: { plan: 'pro', seats: 5, beta: true },
    mustEnrol: true,
    passwordFrom: 'k-17',
  })
})

describe('identities', () => {
  const GOOGLE = 'https://accounts.google.com'

  test('come for the providers that --provider-of names, and others are counted', async () => {
    await addProvider(store.table, { id: 'google', kind: 'google', issuer: GOOGLE })
    const linked = [identityAt('Google', 'Google', '2'), identityAt('Facebook', 'Facebook', '3')]
    const users = [
      socialUser('Google', 'Google', '1', { email: 'eve@example.org', email_verified: 'false' }),
      socialUser('Corp', 'SAML', 'x', { email: 'sam@example.org' }),
      poolUser('ada', { ...ADDRESS, identities: JSON.stringify(linked) }),
    ]
    expect(
      await importPool(pagesOf(users), '--provider-of', 'Google=google', '--provider-of', 'Corp=google'),
    ).toEqual({
      ...added(3),
      stderr: [
        'Identities of Facebook that are left out, because no --provider-of names it: 1.',
        'Identities of Corp that are left out, because SAML has no counterpart here: 1.',
        '',
      ].join('\n'),
    })
    const eve = await store.user('eve@example.org')
    expect(eve).toMatchObject({ emailVerified: false, passwordHash: DECOY_HASH })
    expect(eve?.passwordFrom).toBeUndefined()
    expect(await findIdentities(store.table, eve?.id ?? '')).toEqual([
      {
        id: identityIdOf({ issuer: GOOGLE, subject: '1' }),
        provider: 'google',
        issuer: GOOGLE,
        subject: '1',
        label: 'eve@example.org',
        createdAt: '2024-01-31T12:00:00.000Z',
      },
    ])
    const ada = await store.user('ada')
    expect(ada?.passwordFrom).toBe('ada')
    expect(await findIdentities(store.table, ada?.id ?? '')).toMatchObject([{ subject: '2' }])
  })

  test('of a user with a password keep the address, and the second user of it is reported', async () => {
    const users = [
      socialUser('Google', 'Google', '1', ADDRESS),
      poolUser(generated(1), { ...ADDRESS, sub: generated(1) }),
    ]
    const { stderr } = await importPool(pagesOf(users))
    expect(stderr).toContain('line 3: Same username as line 28.\n')
    expect(await store.user('ada@example.org')).toMatchObject({ passwordFrom: generated(1) })
  })

  test.each([
    [
      'of a provider that does not exist',
      'Google=gogle',
      'Provider gogle does not exist. Did you mean google?',
    ],
    [
      'of Microsoft',
      'Corp=corp',
      'Identities of provider corp cannot move: Cognito has other ids of its users.',
    ],
    ['without an id', 'Google', 'Invalid --provider-of. Use NAME=ID.'],
  ])('%s are refused', async (_what, given, line) => {
    await addProvider(store.table, { id: 'google', kind: 'google', issuer: GOOGLE })
    await addProvider(store.table, { id: 'corp', kind: 'entra', issuer: 'https://login.example/v2.0' })
    expect(await importPool(pagesOf([poolUser('ada', {})]), '--provider-of', given)).toEqual(refusal(2, line))
    expect(await store.user('ada')).toBeUndefined()
  })
})

test.each([false, true])(
  'each user who cannot come is named by line, with a dry run %s',
  async (isDryRun) => {
    const users = [
      poolUser('ada', ADDRESS),
      poolUser('ADA', {}),
      poolUser('bob', { email: 'ada@example.org', email_verified: 'true' }),
      poolUser('carl', { email: 'carl@example.org' }, { UserStatus: 'UNCONFIRMED' }),
      poolUser(generated(1), { phone_number: '+4930123456' }),
      poolUser('dora', {}, { UserStatus: 'FORCE_CHANGE_PASSWORD' }),
      poolUser('élan', {}),
      { ...poolUser('eve', {}), Attributes: [] },
    ].map((user) => JSON.stringify(user))
    const { stdout, stderr } = await importPool(
      `{"Users":[\n${users.join(',\n')}],"NextToken":"x"}`,
      ...(isDryRun ? ['--dry-run'] : []),
    )
    expect(stderr.replace(/of \/.*\.json/, 'of FILE').split('\n')).toEqual([
      'line 4: Same e-mail address as line 2.',
      'line 3: Same username as line 2.',
      'line 5: Has not confirmed the registration in the pool.',
      'line 6: Has no address, and a generated username. Use --map username=ATTRIBUTE.',
      expect.stringMatching(/^line 8: username: Must be /),
      'line 9: Has no sub. List users without --attributes-to-get.',
      'Pages of FILE after which the pool has more users: 1.',
      'Users who must choose a new password by mail, as in the pool: 1.',
      isDryRun ? 'Some lines are invalid.' : 'The invalid lines were skipped.',
      '',
    ])
    expect(stdout).toMatch(isDryRun ? /^Dry run: 2 to add, 0 already there, 6 invalid\./ : /^2 added, /)
    expect(await store.items()).toHaveLength(isDryRun ? 0 : 5)
  },
)

describe('import of a pool refuses at once', () => {
  const users = pagesOf([poolUser('ada', {})])
  const NOT_JSON = 'is not JSON as aws cognito-idp list-users prints it.'
  const AGAIN = 'Run the command of AWS again, in Git Bash or CloudShell.'

  test.each<[string, string | Buffer, string]>([
    ['a table', 'ada | CONFIRMED\n', NOT_JSON],
    ['the beginning of a file', users.slice(0, -20), `${NOT_JSON} It is something else from line 1 on.`],
    [
      'another command after a page',
      `${users}{"Groups":[]}`,
      `${NOT_JSON} It is something else from line 18 on.`,
    ],
    [
      'users without attributes',
      '{"Users":[{"Username":"ada"}]}',
      `${NOT_JSON} It is something else from line 1 on.`,
    ],
    [
      'UTF-16 of PowerShell',
      Buffer.from(`\ufeff${users}`, 'utf16le'),
      `is in UTF-16, as PowerShell writes it. ${AGAIN}`,
    ],
    ['another encoding', Buffer.from(users.replace('ada', '\xe4'), 'latin1'), `is not in UTF-8. ${AGAIN}`],
    ['no users', '{"Users":[]}', 'has no users.'],
  ])('%s', async (_what, content, line) => {
    const { status, stderr } = await importPool(content)
    expect({ status, stderr: stderr.replace(/^\S+users\.json /, '') }).toEqual({
      status: 2,
      stderr: `${line}\n`,
    })
    expect(await store.items()).toEqual([])
  })

  test('a file that is cut within a long text', () => {
    const file = fileOf('users.json', `{"Users":[{"Username":"${'a'.repeat(2_048)}`)
    const module = join(root, 'scripts/users/import/cognito/pool-file.ts')
    // In a process, which can be ended while an expression is matched.
    const code = `import { readPoolFile } from '${module}'; await readPoolFile('${file}', {})`
    const { signal, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
      encoding: 'utf8',
      timeout: 60_000,
    })
    expect(signal).toBeNull()
    expect(stderr).toContain(`${NOT_JSON} It is something else from line 1 on.`)
  })

  test.each([
    [['--group', 'admins=missing'], 'Group admins has no role. Add --role-of admins=ROLE.'],
    [['--role-of', 'admins=admin'], 'Group admins has no users. Add --group admins=FILE.'],
    [['--role-of', 'admins=admn'], 'Invalid --role-of. Use one of user, admin. Did you mean admin?'],
    [['--role-of', 'admins'], 'Invalid --role-of. Use GROUP=ROLE.'],
    [['--group', 'a=missing', '--role-of', 'a=user'], 'Cannot read missing: ENOENT.'],
    [['--map', 'attributes.pln=x'], 'Invalid --map. There is no attribute pln. Did you mean plan?'],
    [['--format', 'csv'], 'Use --passwords-from cognito with --from cognito, and without --format.'],
  ])('%j', async (options, line) => {
    expect(await importPool(users, ...options)).toEqual(refusal(2, line))
    expect(await store.items()).toEqual([])
  })

  test('a pool without a role or a place of passwords, and options of a pool without one', async () => {
    const file = fileOf('users.json', users)
    const csv = fileOf('users.csv', 'username\nada\n')
    for (const [args, line] of [
      [
        ['import', file, '--from', 'cognito', '--passwords-from', 'cognito'],
        'Use --role, for users without a group of --role-of.',
      ],
      [
        ['import', file, '--from', 'cognito'],
        'A pool has no hashes. Use --passwords-from cognito or --without-passwords.',
      ],
      [
        ['import', csv, '--group', 'a=b'],
        'Use --group, --role-of and --provider-of with JSON of aws cognito-idp.',
      ],
      [
        ['import', csv, '--passwords-from', 'cognito'],
        'Use --passwords-from cognito with --from cognito, and without --format.',
      ],
    ] as const) {
      expect(await store.run([...args])).toEqual(refusal(2, line))
    }
  })
})

test('--without-passwords adds the users of a pool who get a password by mail', async () => {
  const file = fileOf('users.json', pagesOf([poolUser('ada', ADDRESS)]))
  const args = ['import', file, '--from', 'cognito', '--without-passwords', '--role', 'user']
  expect(await store.run(args)).toEqual(added(1))
  expect(await store.user('ada')).toMatchObject({ passwordHash: DECOY_HASH, externalId: subOf('ada') })
  expect((await store.user('ada'))?.passwordFrom).toBeUndefined()
})

describe('--passwords-from url', () => {
  const URL = ['--passwords-from', 'url', '--role', 'user']

  test.each([
    [
      'firebase',
      'users.jsonl',
      '{"localId":"f1","email":"Ada@example.org","emailVerified":true}',
      'externalId=localId',
    ],
    [
      'auth0',
      'users.jsonl',
      '{"user_id":"f1","email":"Ada@example.org","email_verified":true}',
      'externalId=user_id',
    ],
    ['a table', 'users.csv', 'id,login\nf1,Ada@example.org', 'externalId=id,username=login'],
  ])('of %s needs no hashes, and stores the name as it is there', async (program, name, content, map) => {
    const from = program === 'a table' ? [] : ['--from', program]
    const file = fileOf(name, `${content}\n`)
    expect(await store.run(['import', file, ...from, ...URL, '--map', map])).toEqual(added(1))
    expect(await store.user('ada@example.org')).toMatchObject({
      passwordHash: DECOY_HASH,
      passwordFrom: 'Ada@example.org',
      externalId: 'f1',
    })
    expect(await store.run(['import', file, ...from, ...URL, '--map', map])).toEqual(added(0, 1))
  })

  test('says which users of another program have the ids of its lines', async () => {
    const earlier = ['ada', 'bob'].map((username, id) =>
      JSON.stringify({ username, passwordHash: readyHash(), externalId: `${id}` }),
    )
    await store.run(['import', fileOf('users.jsonl', earlier.join('\n')), '--role', 'user'])
    const rows = [
      { username: 'carl', externalId: '0' },
      { username: 'dora', externalId: '2' },
      { username: 'eve', externalId: '2' },
    ].map((row) => JSON.stringify(row))
    expect(await store.run(['import', fileOf('users.jsonl', rows.join('\n')), ...URL])).toEqual({
      status: 1,
      stdout: '1 added, 1 already there (1 under another name), 1 invalid.\n',
      stderr: 'line 3: Same externalId as line 2.\nThe invalid lines were skipped.\n',
    })
  })

  test('leaves the hashes of lines that have one', async () => {
    const rows = [
      { username: 'ada', passwordHash: readyHash(), externalId: '1' },
      { username: 'bob', externalId: '2', passwordFrom: 'BOB' },
      { username: 'carl' },
      { username: 'dora', externalId: '4', passwordFrom: 'D', passwordHash: readyHash() },
    ].map((row) => JSON.stringify(row))
    const { stderr } = await store.run(['import', fileOf('users.jsonl', rows.join('\n')), ...URL])
    expect(stderr.split('\n').slice(0, 2)).toEqual([
      'line 3: passwordFrom: Needs externalId.',
      'line 4: passwordFrom: The line has a password or hash.',
    ])
    expect((await store.user('ada'))?.passwordFrom).toBeUndefined()
    expect(await store.user('bob')).toMatchObject({ passwordFrom: 'BOB', passwordHash: DECOY_HASH })
  })

  test('refuses a map without the id that the old place gives', async () => {
    const file = fileOf('users.jsonl', '{"email":"ada@example.org"}')
    expect(await store.run(['import', file, '--from', 'auth0', ...URL])).toEqual(
      refusal(2, 'The map needs externalId, the id that the old place gives: --map externalId=COLUMN.'),
    )
  })
})
