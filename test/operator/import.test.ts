import { ROLES } from '../../lib/application/roles.ts'
import '../support/process/real-argon2.ts'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { AwsCall } from '../../lib/aws/client.ts'
import { text } from '../../lib/aws/dynamodb.ts'
import { findObstacle } from '../../scripts/users/import/obstacle.ts'
import { crash } from '../security/faults/faults.ts'
import { HASH_VECTORS, ONE_OF_EACH_COST } from '../security/hashes/hash-vectors.ts'
import { startProxy } from '../support/aws/aws-proxy.ts'
import { begin, refusal, success } from '../support/process/command.ts'
import {
  PASSWORD,
  readyHash,
  run,
  type Store,
  temporaryFolder,
  useStore,
} from '../support/process/operator.ts'
import { proof } from '../support/rows.ts'
import { addTestUser } from '../support/users/users.ts'

const store = await useStore()
beforeEach(() => store.clear())

/** Starts a store that only one test uses. */
async function startOwnStore(): Promise<Store> {
  const own = await useStore()
  onTestFinished(own.stop)
  return own
}

const HASH = readyHash()
const PLAINTEXT = '--plaintext-passwords'
const HEADER = 'username,role,passwordHash\n'

const rows = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `user-${from + index},user,"${readyHash()}"\n`).join('')

function fileOf(name: string, content: string | Buffer): string {
  const file = join(temporaryFolder(), name)
  writeFileSync(file, content)
  return file
}

/** Returns the names of the users in the table, one per profile. */
const usernames = async (of = store) =>
  (await of.items())
    .filter((item) => text(item, 'sk') === 'profile')
    .map((item) => text(item, 'username'))
    .sort()

describe('a valid file', () => {
  const umlauts = 'P\u00e4ssw\u00f6rter, "sch\u00f6n" wie nie'
  const csv = [
    '\ufeffusername,password,role,disabled',
    `Ada,${PASSWORD},admin,`,
    '',
    `"bob","${umlauts.replaceAll('"', '""')}",user,TRUE`,
    `carl,${PASSWORD},user,false`,
    '',
  ].join('\r\n')
  const jsonLines = [
    { username: 'Ada', password: PASSWORD, role: 'admin' },
    { username: 'bob', password: umlauts.normalize('NFD'), role: 'user', disabled: true },
    { username: 'carl', password: PASSWORD, role: 'user', disabled: false },
  ]
  const jsonl = jsonLines.map((row) => JSON.stringify(row)).join('\n')

  test.each([
    ['CSV with byte order mark, CRLF, quotes and an empty line', 'users.csv', csv],
    ['CSV with semicolons, as Excel writes it in Europe', 'users.csv', csv.replaceAll(/,(?! )/g, ';')],
    ['JSON lines without a newline at the end', 'users.jsonl', jsonl],
    [
      'JSON lines with byte order mark and CRLF',
      'users.NDJSON',
      `\ufeff${jsonl.replaceAll('\n', '\r\n\r\n')}\r\n`,
    ],
  ])('import reads %s, and all users can log in', async (_, name, content) => {
    const outcome = await store.run(['import', fileOf(name, content), PLAINTEXT])
    expect(outcome).toEqual(success('3 added, 0 already there, 0 invalid.\n'))
    expect(await store.user('ada')).toMatchObject({ role: 'admin', disabled: false })
    expect(await store.user('bob')).toMatchObject({ role: 'user', disabled: true })
    expect(await store.user('carl')).toMatchObject({ role: 'user', disabled: false })
    expect(await store.canLogIn('ada', PASSWORD)).toBe(true)
    expect(await store.canLogIn('bob', umlauts)).toBe(false)
    await store.run(['enable', 'bob'])
    expect(await store.canLogIn('bob', umlauts)).toBe(true)
  })

  test('import reads standard input in the given format', async () => {
    const outcome = await store.run(['import', '-', '--format', 'csv', PLAINTEXT], csv)
    expect(outcome).toMatchObject({ status: 0, stdout: '3 added, 0 already there, 0 invalid.\n' })
  })
})

test('import stores hashes of argon2-cffi unchanged, and their passwords match', async () => {
  const lines = HASH_VECTORS.map(({ hash }, index) =>
    JSON.stringify({ username: `cffi-${index}`, role: 'user', passwordHash: hash }),
  )
  await store.run(['import', fileOf('users.jsonl', lines.join('\n'))])
  for (const [index, vector] of HASH_VECTORS.entries()) {
    expect((await store.user(`cffi-${index}`))?.passwordHash).toBe(vector.hash)
    if (ONE_OF_EACH_COST.includes(vector))
      expect(await store.canLogIn(`cffi-${index}`, vector.password)).toBe(true)
  }
})

proof('import hashes where node:crypto has no argon2, and the passwords match where it has', async () => {
  const file = fileOf('users.csv', `username,password,role\nada,${PASSWORD},user\nbob,${PASSWORD},user\n`)
  const env = { NODE_OPTIONS: '--require=./test/security/hashes/without-argon2.cjs' }
  const target = ['--local', '--endpoint', store.endpoint]
  const { child, outcome } = begin('scripts/users.ts', ['import', file, PLAINTEXT, ...target], env)
  child.stdin.end()
  const { status, stderr } = await outcome
  expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringContaining('argon2.fallback') })
  for (const username of ['ada', 'bob']) expect(await store.canLogIn(username, PASSWORD)).toBe(true)
})

const EXCEEDS =
  'argon2id exceeds the cost limits. Accepted: at most 256 MiB, 10 passes, 16 lanes, and 768 MiB in all passes.'

test('import reports invalid lines of CSV without their values and imports the rest', async () => {
  const good = `good-1,user,${PASSWORD},,`
  const lines: [row: string | Buffer, fault?: string][] = [
    ['username,role,password,passwordHash,disabled'],
    [good],
    [
      `no name,user,${PASSWORD},,`,
      'username: Must be 1 to 64 characters (a-z, 0-9, dot, underscore or hyphen), or an e-mail address.',
    ],
    [
      `--help,user,${PASSWORD},,`,
      'username: Must not begin with a hyphen, or contain %, !, =? or misplaced dots before the @.',
    ],
    [`king,king,${PASSWORD},,`, `role: Must be one of ${ROLES.join(', ')}.`],
    [`norole,,${PASSWORD},,`, `role: Must be one of ${ROLES.join(', ')}.`],
    ['short,user,too short,,', 'password: Must be at least 15 characters.'],
    ['self-similar-name,user,Self-Similar-Name,,', 'password: Must not be the username.'],
    [`both,user,${PASSWORD},"${HASH}",`, 'Has both password and passwordHash.'],
    ['neither,user,,,', 'Missing password or passwordHash.'],
    [
      'bcrypt,user,,$2b$12$abcdefghijklmnopqrstuv,',
      'passwordHash: Malformed hash of bcrypt, or in a form that is not accepted. docs/MOVING.md lists the accepted forms.',
    ],
    [`vast,user,,"${HASH.replace('m=19456', 'm=262145')}",`, `passwordHash: ${EXCEEDS}`],
    [`slow,user,,"${HASH.replace('t=2', 't=11')}",`, `passwordHash: ${EXCEEDS}`],
    [`maybe,user,${PASSWORD},,maybe`, 'disabled: Must be true or false.'],
    [`few,user,${PASSWORD}`, 'Has 3 fields instead of 5. A field with a comma needs quotes.'],
    [`"open,user,${PASSWORD},,`, 'Not CSV. A quoted field must end on its own line.'],
    [Buffer.from(`latin1,user,${PASSWORD} \u00e9,,`, 'latin1'), 'Not UTF-8.'],
    [`long,user,${'x'.repeat(200_000)},,`, 'Longer than 64 KiB.'],
    [`GOOD-1,admin,${PASSWORD},,`, 'Same username as line 2.'],
    [`good-2,admin,,"${HASH}",`],
  ]
  const content = Buffer.concat(lines.flatMap(([row]) => [Buffer.from(row), Buffer.from('\n')]))
  const faults = lines.flatMap(([, fault], index) => (fault ? [`line ${index + 1}: ${fault}`] : []))

  const { status, stdout, stderr } = await store.run(['import', fileOf('users.csv', content), PLAINTEXT])
  expect(stderr.split('\n')).toEqual([...faults, 'The invalid lines were skipped.', ''])
  expect(stdout).toBe(`2 added, 0 already there, ${faults.length} invalid.\n`)
  expect(status).toBe(1)
  expect(await usernames()).toEqual(['good-1', 'good-2'])
  expect(await store.user('good-1')).toMatchObject({ role: 'user' })
})

test('import reports invalid lines of JSON the same way', async () => {
  const good = { username: 'good', role: 'user', passwordHash: HASH }
  const lines: [row: string, fault?: string][] = [
    [JSON.stringify(good)],
    [`{"username": "${PASSWORD}`, 'Not a JSON object.'],
    [`["${PASSWORD}"]`, 'Not a JSON object.'],
    [JSON.stringify({ ...good, username: 'extra', [PASSWORD]: true }), 'Unknown member.'],
    [
      `{"role":"user",${JSON.stringify({ ...good, username: 'twice', role: 'admin' }).slice(1)}`,
      'Repeats the member role.',
    ],
    [`{"${PASSWORD}":1,"${PASSWORD}":2}`, 'Repeats a member.'],
    [JSON.stringify({ ...good, username: 17 }), 'username: Must be a string.'],
    [JSON.stringify({ ...good, username: undefined }), 'Missing username.'],
    [
      JSON.stringify({
        username: 'ada',
        role: 'user',
        email: 'ada@example.org',
        password: 'ada@example.org',
      }),
      'password: Must not be the e-mail address.',
    ],
    [JSON.stringify({ ...good, username: 'text', disabled: 'true' }), 'disabled: Must be true or false.'],
    [
      JSON.stringify({ ...good, username: 'when', createdAt: 'yesterday' }),
      'createdAt: Must be a UTC time such as 2026-01-31T12:00:00.000Z.',
    ],
    ...['', 'a\u009b', 'a'.repeat(256)].map((externalId, index): [string, string] => [
      JSON.stringify({ ...good, username: `external-${index}`, externalId }),
      'externalId: Must be 1 to 255 characters without control characters.',
    ]),
  ]
  const faults = lines.flatMap(([, fault], index) => (fault ? [`line ${index + 1}: ${fault}`] : []))
  const file = fileOf('users.jsonl', lines.map(([row]) => row).join('\n'))
  expect(await store.run(['import', file, PLAINTEXT])).toEqual({
    status: 1,
    stdout: `1 added, 0 already there, ${faults.length} invalid.\n`,
    stderr: [...faults, 'The invalid lines were skipped.', ''].join('\n'),
  })
  expect(await usernames()).toEqual(['good'])
})

test.each([
  [
    'an unknown column',
    'a.csv',
    `username,role,password,phone\nada,user,${PASSWORD},1\n`,
    'Column 4 of the CSV header is unknown. Known columns: id, username, email, emailVerified, locale, role, password, passwordHash, disabled, createdAt, externalId, passwordFrom, mustEnrol, attributes, identities. For others use --from or --map.',
  ],
  [
    'a column in the spelling of another program',
    'a.csv',
    `username,role,password_hash\nada,user,${HASH}\n`,
    'Column 3 of the CSV header is unknown. Known columns: id, username, email, emailVerified, locale, role, password, passwordHash, disabled, createdAt, externalId, passwordFrom, mustEnrol, attributes, identities. For others use --from or --map. Did you mean passwordHash?',
  ],
  [
    'no header',
    'a.csv',
    `ada,${PASSWORD},user\n`,
    'Column 1 of the CSV header is unknown. Known columns: id, username, email, emailVerified, locale, role, password, passwordHash, disabled, createdAt, externalId, passwordFrom, mustEnrol, attributes, identities. For others use --from or --map.',
  ],
  [
    'a column too few',
    'a.csv',
    `username,password\nada,${PASSWORD}\n`,
    'The CSV header needs username, role, and password or passwordHash. In their place use --role and --without-passwords.',
  ],
  [
    'no column for a password',
    'a.csv',
    'username,role\nada,user\n',
    'The CSV header needs username, role, and password or passwordHash. In their place use --role and --without-passwords.',
  ],
  [
    'passwords that were not announced',
    'a.csv',
    `username,role,password\nada,user,${PASSWORD}\n`,
    'The CSV header has the column password. For hashes use passwordHash, such as --map passwordHash=password. For passwords as users type them, add --plaintext-passwords.',
  ],
  [
    'a column twice',
    'a.csv',
    `username,role,passwordHash,role\nada,user,x,admin\n`,
    'The CSV header repeats a column.',
  ],
  [
    'UTF-16',
    'a.csv',
    Buffer.from(`\ufeffusername,role,password\n`, 'utf16le'),
    'The first line is not a CSV header in UTF-8.',
  ],
  ['nothing in it', 'a.csv', '', 'FILE has no users.'],
  ['a header alone', 'a.csv', HEADER, 'FILE has no users.'],
  ['empty lines alone', 'a.jsonl', '\n\n', 'FILE has no users.'],
  [
    'a name that does not say its format',
    'a.json',
    '[]',
    'The file name does not say the format. Use --format csv or --format jsonl.',
  ],
])('import refuses a file with %s and writes nothing', async (_, name, content, line) => {
  const file = fileOf(name, content)
  const stderr = `${line.replace('FILE', file)}\n`
  expect(await store.run(['import', file])).toEqual({ status: 2, stdout: '', stderr })
  expect(await store.items()).toEqual([])
})

test('import refuses a file that it cannot read', async () => {
  const folder = temporaryFolder()
  const missing = join(folder, 'missing.csv')
  const refused = (line: string) => refusal(2, line)
  expect(await store.run(['import', missing])).toEqual(refused(`Cannot read ${missing}: ENOENT.`))
  const directory = await store.run(['import', folder, '--format', 'csv'])
  expect(directory).toEqual(refused(`Cannot read ${folder}: EISDIR.`))
})

test('import does not change existing users', async () => {
  await addTestUser(store.table, { username: 'ada', role: 'admin', passwordHash: HASH })
  await addTestUser(store.table, { username: 'bob', passwordHash: HASH })
  const before = await store.items()
  const file = fileOf(
    'users.csv',
    `username,role,password,passwordHash\nada,user,${PASSWORD},\nbob,admin,,"${readyHash()}"\n`,
  )
  expect(await store.run(['import', file, PLAINTEXT])).toEqual(
    success('0 added, 2 already there, 0 invalid.\n'),
  )
  expect(await store.items()).toEqual(before)
})

test.each([{ id: 'A'.repeat(22) }, { email: 'ada@example.org' }])(
  'a user whom another import adds meanwhile is already there, with %o',
  async (values) => {
    let reads = 0
    const aws: AwsCall = async (...call) => {
      reads += 1
      const response = await store.table.aws(...call)
      if (reads === 1) await addTestUser(store.table, { username: 'ada', ...values })
      return response
    }
    const row = { username: 'ada', role: 'user' as const, emailVerified: false, disabled: false }
    expect(await findObstacle({ ...store.table, aws }, { ...row, email: undefined, ...values })).toBe(
      'present',
    )
  },
)

describe('--dry-run', () => {
  test('counts lines, says with --verbose what becomes of each, in order, and writes nothing', async () => {
    await addTestUser(store.table, { username: 'bob', passwordHash: HASH })
    const before = await store.items()
    const content = [
      'username;role;password;disabled',
      `Ada;admin;${PASSWORD};`,
      `bob;user;${PASSWORD};`,
      `carl;user;${PASSWORD};true`,
    ]
    const file = fileOf('users.csv', content.join('\n'))
    expect(await store.run(['import', file, PLAINTEXT, '--verbose'])).toMatchObject({ status: 2 })
    const args = ['import', file, PLAINTEXT, '--dry-run']
    const summary = 'Dry run: 2 to add, 1 already there, 0 invalid. Nothing was written.\n'
    expect(await store.run(args)).toEqual({ status: 0, stdout: summary, stderr: '' })
    expect(await store.run([...args, '--verbose'])).toEqual({
      status: 0,
      stdout: [
        'line 2: add ada, admin, enabled',
        'line 3: skip bob, which exists',
        'line 4: add carl, user, disabled',
        summary,
      ].join('\n'),
      stderr: '',
    })
    expect(await store.items()).toEqual(before)
  })

  test('reports invalid lines and fails, as the import would', async () => {
    const content = [HEADER.trim().replaceAll(',', ';'), `ada;user;${HASH}`, 'bob;user;two;fields']
    const file = fileOf('users.csv', content.join('\n'))
    expect(await store.run(['import', file, '--dry-run'])).toEqual({
      status: 1,
      stdout: 'Dry run: 1 to add, 0 already there, 1 invalid. Nothing was written.\n',
      stderr:
        'line 3: Has 4 fields instead of 3. A field with a semicolon needs quotes.\nSome lines are invalid.\n',
    })
    expect(await store.items()).toEqual([])
  })

  proof('writes nothing when it is interrupted', async () => {
    const { stdin, outcome, printed, interrupt } = store.begin('import', '-', '--format', 'csv', '--dry-run')
    stdin.write(HEADER + rows(0, 1_000))
    await printed('1,000 lines')
    interrupt()
    expect(await outcome).toMatchObject({
      status: 130,
      stderr: '1,000 lines\nInterrupted before the end. Nothing was written.\n',
    })
    expect(await store.items()).toEqual([])
  })
})

proof('import that gets two SIGINT finishes what it has begun and prints a summary', async () => {
  const own = await startOwnStore()
  const { child, outcome, printed } = own.beginProcess('import', '-', '--format', 'csv')
  child.stdin.write(HEADER + rows(0, 1_100))
  await printed('1,000 lines')
  // From a terminal a Ctrl-C arrives twice: npm passes it on.
  child.kill('SIGINT')
  child.kill('SIGINT')
  const { status, stdout, stderr } = await outcome
  expect(status).toBe(130)
  expect(stderr).toBe('1,000 lines\nInterrupted before the end. Run the command again for the rest.\n')
  expect(stdout).toBe(`${(await usernames(own)).length} added, 0 already there, 0 invalid.\n`)
})

test('import that the store stops counts the users it does not know about, and says to run it again', async () => {
  const own = await startOwnStore()
  const proxy = await startProxy(new URL(own.endpoint))
  onTestFinished(() => proxy.close())
  proxy.inject({ operation: 'TransactWriteItems', text: 'user-1', say: crash })
  const file = fileOf('three.csv', HEADER + rows(0, 3))
  const importFile = () => run(['--local', '--endpoint', String(proxy.url), 'import', file])
  const { status, stdout, stderr } = await importFile()
  expect(status).toBe(3)
  expect(stdout).toBe('2 added, 0 already there, 0 invalid, 1 with an unknown outcome.\n')
  expect(stderr).toMatch(/The store failed: .*\. Run the command again for the rest\.\n$/)
  await proxy.recover()
  expect((await importFile()).stdout).toBe('1 added, 2 already there, 0 invalid.\n')
})

proof('import whose store fails does not wait for more lines and prints a summary', async () => {
  const own = await startOwnStore()
  const { stdin, outcome, printed } = own.begin('import', '-', '--format', 'csv')
  stdin.write(HEADER + rows(0, 1_000))
  await printed('1,000 lines')
  own.stop()
  stdin.write(rows(1_000, 1_001))
  const { status, stdout, stderr } = await outcome
  expect(status).toBe(3)
  expect(stdout).toBe('1000 added, 0 already there, 0 invalid.\n')
  expect(stderr).toMatch(
    /^1,000 lines\nThe store failed: .*ECONNREFUSED .*\. Is the service running there\? Run the command again for the rest\.\n$/,
  )
})
