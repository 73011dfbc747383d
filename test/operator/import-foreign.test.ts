import '../support/process/real-argon2.ts'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { hasPassword } from '../../lib/passwords/hash.ts'
import { firebaseHash, foreignHashes } from '../security/hashes/foreign-hashes.ts'
import { refusal, success } from '../support/process/command.ts'
import { PASSWORD, readyHash, temporaryFolder, useStore } from '../support/process/operator.ts'
import { addTestUser } from '../support/users/users.ts'

// Files as other programs export them.

const store = await useStore()
beforeEach(() => store.clear())

/** Returns a hash of a program, which a sign-in replaces. */
const hashOf = (program: string, kind: string) => {
  const found = foreignHashes.rows.find((row) => row.program === program && row.kind === kind)
  if (found === undefined) throw new Error(`no ${kind} of ${program}`)
  return found
}
const bcrypt = hashOf('bcrypt', 'bcrypt')
const django = hashOf('Django', 'PBKDF2')
const { firebase } = foreignHashes

describe('--from', () => {
  test('django reads auth_user, and its users sign in unless they are inactive', async () => {
    const file = fileOf(
      'auth_user.csv',
      'id,password,last_login,is_superuser,username,first_name,last_name,email,is_staff,is_active,date_joined',
      `1,${django.hash},,t,Ada,Ada,Lovelace,Ada@Example.org,t,t,2024-01-31 12:00:00.25+01`,
      `2,${django.hash},,0,bob,Bob,,,0,0,2024-01-31T12:00:00`,
    )
    expect(await store.run(['import', file, '--from', 'django', '--role', 'user'])).toEqual(added(2))
    expect(await store.user('ada')).toMatchObject({
      username: 'ada',
      email: 'ada@example.org',
      emailVerified: false,
      role: 'user',
      disabled: false,
      passwordHash: django.hash,
      createdAt: '2024-01-31T11:00:00.250Z',
    })
    expect(await store.user('bob')).toMatchObject({ disabled: true, createdAt: '2024-01-31T12:00:00.000Z' })
    expect(await store.canLogIn('ada@example.org', django.password)).toBe(true)
    expect(await store.canLogIn('ada', `${django.password}x`)).toBe(false)
  })

  test('auth0 reads its JSON lines', async () => {
    const file = fileOf('auth0.jsonl', {
      _id: { $oid: '60425dc43519d90068f82973' },
      email_verified: true,
      email: 'ada@example.org',
      passwordHash: bcrypt.hash,
      tenant: 'example',
      connection: 'Username-Password-Authentication',
    })
    expect(await store.run(['import', file, '--from', 'auth0', '--role', 'user'])).toEqual(added(1))
    expect(await store.user('ada@example.org')).toMatchObject({ emailVerified: true })
    expect(await store.canLogIn('ada@example.org', bcrypt.password)).toBe(true)
  })

  test('supabase reads auth.users, with the times at which addresses were confirmed', async () => {
    const file = fileOf(
      'users.csv',
      'id,email,encrypted_password,email_confirmed_at,banned_until,created_at,raw_user_meta_data',
      `7a…,ada@example.org,${bcrypt.hash},2024-01-31 12:00:00.123456+00,,2024-01-31 11:59:00+00,"{""a"": 1}"`,
      `7b…,bob@example.org,${firebaseHash.hash.replaceAll(/(.*)/g, '"$1"').replace(/""$/, '')},,2924-01-31 12:00:00+00,,{}`,
    )
    expect(await store.run(['import', file, '--from', 'supabase', '--role', 'user'])).toEqual(added(2))
    expect(await store.user('ada@example.org')).toMatchObject({
      emailVerified: true,
      disabled: false,
      createdAt: '2024-01-31T11:59:00.000Z',
    })
    expect(await store.user('bob@example.org')).toMatchObject({
      emailVerified: false,
      disabled: true,
      passwordHash: firebaseHash.hash,
    })
  })

  test('clerk reads its CSV', async () => {
    const file = fileOf(
      'clerk.csv',
      'id,first_name,username,primary_email_address,totp_secret,password_digest,password_hasher',
      `user_1,Ada,,ada@example.org,,${bcrypt.hash},bcrypt`,
    )
    expect(await store.run(['import', file, '--from', 'clerk', '--role', 'user'])).toEqual(added(1))
    expect(await store.canLogIn('ada@example.org', bcrypt.password)).toBe(true)
  })

  test('firebase joins hash and salt with the parameters of the project', async () => {
    const { parameters, password, ...hash } = firebase
    const ada = { localId: 'x', email: 'ada@example.org', emailVerified: true, createdAt: '1706702400000' }
    const urlSafe = (text: string) => text.replaceAll('+', '-').replaceAll('/', '_')
    const file = fileOf(
      'users.jsonl',
      { ...ada, ...hash, disabled: false },
      {
        email: 'bob@example.org',
        salt: urlSafe(hash.salt),
        passwordHash: urlSafe(hash.passwordHash),
      },
    )
    const given = ['--firebase-parameters', fileOf('parameters.txt', parameters)]
    const outcome = await store.run(['import', file, '--from', 'firebase', '--role', 'user', ...given])
    expect(outcome).toEqual(added(2))
    expect(await store.user('ada@example.org')).toMatchObject({
      emailVerified: true,
      passwordHash: firebaseHash.hash,
      createdAt: '2024-01-31T12:00:00.000Z',
    })
    for (const name of ['ada@example.org', 'bob@example.org']) {
      expect(await store.canLogIn(name, password)).toBe(true)
      expect(await store.canLogIn(name, PASSWORD)).toBe(false)
    }
  })

  test('cognito reads users without passwords, who sign in once they have one', async () => {
    const file = fileOf(
      'cognito.csv',
      'cognito:username,name,email,email_verified',
      '7a5f0c0e-1111,Ada,ada@example.org,TRUE',
    )
    const args = ['import', file, '--from', 'cognito', '--role', 'user']
    expect(await store.run(args)).toMatchObject({ status: 2 })
    expect(await store.run([...args, '--without-passwords'])).toEqual(added(1))
    const user = await store.user('ada@example.org')
    expect(user).toMatchObject({ emailVerified: true, disabled: false })
    expect(hasPassword(user?.passwordHash ?? '')).toBe(false)
    expect(await store.canLogIn('ada@example.org', PASSWORD)).toBe(false)
    await store.run(['set-password', 'ada@example.org'], `${PASSWORD}\n`)
    expect(await store.canLogIn('ada@example.org', PASSWORD)).toBe(true)
  })
})

test('--map keeps the ids of another program, and no sign-in depends on them', async () => {
  const file = fileOf('users.jsonl', { id: 17, email: 'ada@example.org', hash: bcrypt.hash })
  const map = 'username=email,passwordHash=hash,externalId=id'
  expect(await store.run(['import', file, '--map', map, '--role', 'user'])).toEqual(added(1))
  const { stdout } = await store.run(['show', 'ada@example.org', '--json'])
  expect(JSON.parse(stdout)).toMatchObject({ externalId: '17' })
  expect(await store.canLogIn('17', bcrypt.password)).toBe(false)
  expect(await store.run(['disable', '17'])).toMatchObject({ status: 1 })
  expect(await store.run(['remove', 'ada@example.org', '--yes'])).toMatchObject({ status: 0 })
  expect(await store.items()).toEqual([])
})

test('--map says where the values are, and other columns are not read', async () => {
  const file = fileOf('users.csv', 'id,email,password,note', `17,ada@example.org,${bcrypt.hash},x`)
  const map = 'username=email,passwordHash=password'
  expect(await store.run(['import', file, '--map', map, '--role', 'admin'])).toEqual(added(1))
  expect(await store.user('ada@example.org')).toMatchObject({ role: 'admin', passwordHash: bcrypt.hash })
})

test('a map of an opposite flag refuses lines without a flag', async () => {
  const line = { username: 'ada', role: 'user', hash: bcrypt.hash }
  const file = fileOf('users.jsonl', { ...line, active: null }, { ...line, active: '' }, line, {
    ...line,
    active: 'no',
  })
  const map = 'username,role,passwordHash=hash,disabled=!active'
  const { stderr } = await store.run(['import', file, '--map', map])
  expect(stderr.match(/^line \d: disabled: Must be true or false\.$/gm)).toHaveLength(4)
  expect(await store.items()).toEqual([])
})

test.each([[[]], [['--dry-run']]])('a hash in the column of passwords is refused %s', async (dryRun) => {
  const file = fileOf('users.csv', 'username,password', `ada,${bcrypt.hash}`, `bob,$P$B${'a'.repeat(30)}`)
  const args = ['import', file, '--role', 'user', '--plaintext-passwords', ...dryRun]
  const { status, stderr } = await store.run(args)
  expect({ status, lines: stderr.split('\n').slice(0, 2) }).toEqual({
    status: 1,
    lines: [
      'line 2: password: Is a hash of bcrypt. Read it as passwordHash, such as with --map passwordHash=password.',
      'line 3: password: Looks like a hash: phpass. Leave the column out, and add its users with --without-passwords.',
    ],
  })
  expect(await store.items()).toEqual([])
})

test('a password in plain text is refused unless the operator announces it', async () => {
  const WAYS =
    'For hashes use passwordHash, such as --map passwordHash=password. For passwords as users type them, add --plaintext-passwords.'
  const file = fileOf('users.jsonl', { username: 'ada', role: 'user', password: PASSWORD })
  for (const args of [[], ['--dry-run']]) {
    expect(await store.run(['import', file, ...args])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(`line 1: Has a password. ${WAYS}\n`),
    })
  }
  expect(await store.run(['import', file, '--map', 'username,role,password'])).toEqual(
    refusal(2, `The map has the column password. ${WAYS}`),
  )
  expect(await store.run(['import', file, '--plaintext-passwords'])).toEqual(added(1))
})

test('a time without a zone is in UTC, also on a machine in another zone', async () => {
  vi.stubEnv('TZ', 'Asia/Tokyo')
  onTestFinished(() => void vi.unstubAllEnvs())
  expect(new Date(0).getHours()).toBe(9)
  const row = `ada,user,${bcrypt.hash},2024-01-31 12:00:00`
  const file = fileOf('users.csv', 'username,role,hash,joined', row)
  const map = 'username,role,passwordHash=hash,createdAt=joined'
  expect(await store.run(['import', file, '--map', map])).toEqual(added(1))
  expect(await store.user('ada')).toMatchObject({ createdAt: '2024-01-31T12:00:00.000Z' })
})

test('--map replaces single columns of --from', async () => {
  const file = fileOf('users.jsonl', { email: 'ada@example.org', hash: bcrypt.hash, email_verified: 'f' })
  const args = ['--from', 'auth0', '--map', 'passwordHash=hash', '--role', 'user']
  expect(await store.run(['import', file, ...args])).toEqual(added(1))
  expect(await store.user('ada@example.org')).toMatchObject({
    emailVerified: false,
    passwordHash: bcrypt.hash,
  })
})

test('--without-passwords keeps the passwords and hashes that a file has', async () => {
  const file = fileOf('users.csv', 'username,password', `ada,${PASSWORD}`, 'bob,')
  const args = ['import', file, '--role', 'user']
  expect(await store.run([...args, '--without-passwords', '--plaintext-passwords'])).toEqual(added(2))
  expect(await store.canLogIn('ada', PASSWORD)).toBe(true)
  expect(hasPassword((await store.user('bob'))?.passwordHash ?? '')).toBe(false)
  const report = await store.run(['list', '--rehash-report'])
  expect(report.stdout).toContain('no password')
})

test('a user without a usable password in Django needs --without-passwords', async () => {
  const file = fileOf('users.csv', 'username,passwordHash', 'ada,!9V9ecrQukIwHgerS4qZeGyZvnSQM08HiMw0JEK5x')
  const args = ['import', file, '--role', 'user']
  const { stderr } = await store.run(args)
  expect(stderr).toBe('line 2: Missing password or passwordHash.\nThe invalid lines were skipped.\n')
  expect(await store.run([...args, '--without-passwords'])).toEqual(added(1))
})

test('a hash that is not accepted is refused with its kind, and no part of it is printed', async () => {
  const KINDS = 'argon2id, argon2i, bcrypt, bcrypt-sha256, PBKDF2, scrypt, Firebase scrypt'
  const COST = 'is outside the cost limits. Accepted:'
  const lines: [hash: string, fault: string][] = [
    ...Object.entries(foreignHashes.unsupported).map(
      ([kind, hash]) =>
        [hash, `${kind.replace('Django ', '')} is not accepted. Accepted: ${KINDS}.`] as [string, string],
    ),
    ['$2x$04$zzzz', `bcrypt of the faulty version 2x is not accepted. Accepted: ${KINDS}.`],
    ['$y$j9T$zzzz', `yescrypt is not accepted. Accepted: ${KINDS}.`],
    ['secret-of-zzzz', `An unknown kind of hash. Accepted: ${KINDS}.`],
    [bcrypt.hash.replace('$04$', '$15$'), `bcrypt ${COST} cost 4 to 14.`],
    [
      django.hash.replace(/\$\d+\$/, '$4000001$'),
      `PBKDF2 ${COST} at most 4,000,000 iterations over all blocks.`,
    ],
    [
      hashOf('werkzeug', 'scrypt').hash.replace(/:\d+:/, ':4194304:'),
      `scrypt ${COST} N a power of two, at most 256 MiB, N × r × p at most 4,194,304, and r × p at most 131,072.`,
    ],
    [
      django.hash.replace(/\$\d+\$/, '$4000000000$'),
      `PBKDF2 ${COST} at most 4,000,000 iterations over all blocks.`,
    ],
    [
      readyHash().replace(/m=\d+/, 'm=4194304000'),
      'argon2id exceeds the cost limits. Accepted: at most 256 MiB, 10 passes, 16 lanes, and 768 MiB in all passes.',
    ],
    ...(
      [
        [bcrypt.hash.slice(0, 40), 'bcrypt'],
        [`bcrypt_sha256$${bcrypt.hash.slice(0, 40)}`, 'bcrypt-sha256'],
        [django.hash.replace('sha256', 'md5'), 'PBKDF2'],
        [hashOf('werkzeug', 'scrypt').hash.slice(0, 40), 'scrypt'],
        [readyHash().replace('v=19', 'v=16'), 'argon2'],
        [firebaseHash.hash.slice(0, 40), 'Firebase scrypt'],
      ] as const
    ).map(([hash, kind]): [string, string] => [
      hash,
      `Malformed hash of ${kind}, or in a form that is not accepted. docs/MOVING.md lists the accepted forms.`,
    ]),
    [firebase.passwordHash, 'Firebase scrypt without its parameters. Use --firebase-parameters.'],
  ]
  const rows = lines.map(([passwordHash], index) => ({ username: `u${index}`, role: 'user', passwordHash }))
  const { stdout, stderr } = await store.run(['import', fileOf('users.jsonl', ...rows)])
  expect(stderr.split('\n')).toEqual([
    ...lines.map(([, fault], index) => `line ${index + 1}: passwordHash: ${fault}`),
    'The invalid lines were skipped.',
    '',
  ])
  expect(stdout).toBe(`0 added, 0 already there, ${lines.length} invalid.\n`)
  console.log(`${lines.length} cases`)
})

test('two users of one address are reported with both lines', async () => {
  const file = fileOf(
    'users.jsonl',
    { username: 'ada', email: 'a@example.org', role: 'user', passwordHash: readyHash() },
    { username: 'bob', email: 'A@example.org', role: 'user', passwordHash: readyHash() },
  )
  const { stderr } = await store.run(['import', file])
  expect(stderr).toBe('line 2: Same e-mail address as line 1.\nThe invalid lines were skipped.\n')
})

describe('import refuses at once', () => {
  const users = () => fileOf('users.csv', 'email,hash,salt', 'ada@example.org,x,x')
  const NEEDS =
    'needs username, role, and password or passwordHash. In their place use --role and --without-passwords.'
  test.each([
    [
      'hashes of Firebase without parameters',
      ['--from', 'firebase', '--role', 'user'],
      'Hashes of Firebase need the parameters of their project. Use --firebase-parameters.',
    ],
    [
      'parameters of Firebase without its hashes',
      ['--from', 'auth0', '--role', 'user', '--firebase-parameters', 'missing'],
      'Use --firebase-parameters with --from firebase, or with a column salt in --map.',
    ],
    [
      'parameters that cannot be read',
      ['--from', 'firebase', '--role', 'user', '--firebase-parameters', 'missing'],
      'Cannot read missing: ENOENT.',
    ],
    ['a map without a role', ['--map', 'username=email,passwordHash=hash'], `The map ${NEEDS}`],
    ['a map without a username', ['--map', 'passwordHash=hash', '--role', 'user'], `The map ${NEEDS}`],
    ['a map without a password', ['--map', 'username=email', '--role', 'user'], `The map ${NEEDS}`],
    [
      'a map of a column that the file lacks',
      ['--map', 'username=email,passwordHash=digest', '--role', 'user'],
      'The CSV header has no column digest.',
    ],
    ...['name=email', 'username=', '=email', 'username=!email', 'disabled=!'].map(
      (map): [string, string[], string] => [
        `the map ${map}`,
        ['--map', map],
        'Invalid --map. Use COLUMN=COLUMN_OF_THE_FILE, separated by commas, and ! before a flag that means the opposite.',
      ],
    ),
  ])('%s', async (_what, args, line) => {
    expect(await store.run(['import', users(), ...args])).toEqual(refusal(2, line))
    expect(await store.items()).toEqual([])
  })

  test('parameters of Firebase that are incomplete', async () => {
    const parameters = fileOf('parameters.txt', firebase.parameters.replace('rounds: 8,', ''))
    const args = ['--from', 'firebase', '--role', 'user', '--firebase-parameters', parameters]
    expect(await store.run(['import', users(), ...args])).toEqual(
      refusal(2, `${parameters} has no rounds. Save what the console shows as password hash parameters.`),
    )
  })

  test.each([
    [/mem_cost: \d+/, 'mem_cost: 31', 'Firebase scrypt is outside the cost limits.'],
    [/base64_signer_key: .{9}/, 'base64_signer_key: ', 'Malformed hash of Firebase scrypt,'],
  ])('parameters of Firebase with an invalid %s', async (pattern, replacement, fault) => {
    const parameters = fileOf('parameters.txt', firebase.parameters.replace(pattern, replacement))
    const args = ['--from', 'firebase', '--role', 'user', '--firebase-parameters', parameters]
    expect(await store.run(['import', users(), ...args])).toEqual({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining(`${parameters} has invalid parameters: ${fault}`),
    })
  })
})

test('list --rehash-report counts the kinds of hash that are left', async () => {
  const hashes = [bcrypt.hash, bcrypt.hash, django.hash, readyHash()]
  const rows = hashes.map((passwordHash, index) => ({
    username: `u${index}`,
    role: index === 0 ? 'admin' : 'user',
    passwordHash,
  }))
  await store.run(['import', fileOf('users.jsonl', ...rows)])
  await addTestUser(store.table, { username: 'broken', passwordHash: 'unreadable' })
  expect(await store.run(['list', '--rehash-report'])).toEqual({
    status: 0,
    stdout: [
      'hash      users  replaced',
      'bcrypt    2      at the next sign-in',
      'PBKDF2    1      at the next sign-in',
      'argon2id  1      no',
      'unusable  1      no',
      '',
    ].join('\n'),
    stderr: '',
  })
  const admins = await store.run(['list', '--rehash-report', '--role', 'admin', '--json'])
  expect(JSON.parse(admins.stdout)).toEqual([{ hash: 'bcrypt', users: 1, isReplaced: true }])
  expect(await store.run(['list', '--rehash-report', '--role', 'king'])).toMatchObject({ status: 2 })
  expect(await store.run(['list', '--rehash-report', '--filter', 'zzz'])).toMatchObject({
    stdout: 'No users.\n',
  })
  expect(await store.run(['list', '--rehash-report', '--limit', '1'])).toMatchObject({
    status: 2,
    stderr: 'Use --rehash-report without --limit.\n',
  })
})

const added = (count: number) => success(`${count} added, 0 already there, 0 invalid.\n`)

function fileOf(name: string, ...lines: (string | object)[]): string {
  const file = join(temporaryFolder(), name)
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)))
  writeFileSync(file, `${text.join('\n')}\n`)
  return file
}
