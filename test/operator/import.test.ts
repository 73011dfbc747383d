import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { text } from '../../lib/aws/dynamodb.ts'
import { addUser } from '../../lib/users/store.ts'
import { newUser } from '../../lib/users/user.ts'
import { PASSWORD, readyHash, type Store, startStore, temporaryFolder } from '../support/operator.ts'

let store: Store

beforeEach(async () => {
  store = await startStore()
})
afterEach(() => store.stop())

const HASH = readyHash()
const HEADER = 'username,role,passwordHash\n'

const rows = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `user-${from + index},user,"${readyHash()}"\n`).join('')

function fileOf(name: string, content: string | Buffer): string {
  const file = join(temporaryFolder(), name)
  writeFileSync(file, content)
  return file
}

/** Names of the users in the table, one for each item. */
const usernames = async () =>
  (await store.items()).map((item) => text(item, 'pk').replace(/^user#/, '')).sort()

describe('a file that is read whole', () => {
  const own = 'P\u00e4ssw\u00f6rter, "sch\u00f6n" wie nie'
  const csv = [
    '\ufeffusername,password,role,disabled',
    `Ada,${PASSWORD},admin,`,
    '',
    `"bob","${own.replaceAll('"', '""')}",user,TRUE`,
    `carl,${PASSWORD},user,false`,
    '',
  ].join('\r\n')
  const jsonLines = [
    { username: 'Ada', password: PASSWORD, role: 'admin' },
    { username: 'bob', password: own.normalize('NFD'), role: 'user', disabled: true },
    { username: 'carl', password: PASSWORD, role: 'user', disabled: false },
  ]
  const jsonl = jsonLines.map((row) => JSON.stringify(row)).join('\n')

  test.each([
    ['CSV with byte order mark, CRLF, quotes and an empty line', 'users.csv', csv],
    ['JSON lines without a newline at the end', 'users.jsonl', jsonl],
    [
      'JSON lines with all that a file from Windows has',
      'users.NDJSON',
      `\ufeff${jsonl.replaceAll('\n', '\r\n\r\n')}\r\n`,
    ],
  ])('%s: all can log in with their passwords', async (_, name, content) => {
    const outcome = await store.run(['import', fileOf(name, content)])
    expect(outcome).toEqual({ status: 0, stdout: '3 added, 0 already there, 0 bad.\n', stderr: '' })
    expect(await store.user('ada')).toMatchObject({ role: 'admin', disabled: false })
    expect(await store.user('bob')).toMatchObject({ role: 'user', disabled: true })
    expect(await store.user('carl')).toMatchObject({ role: 'user', disabled: false })
    expect(await store.canLogIn('ada', PASSWORD)).toBe(true)
    expect(await store.canLogIn('bob', own)).toBe(false)
    await store.run(['enable', 'bob'])
    expect(await store.canLogIn('bob', own)).toBe(true)
  })

  test('standard input is read as the format says', async () => {
    const outcome = await store.run(['import', '-', '--format', 'csv'], csv)
    expect(outcome).toMatchObject({ status: 0, stdout: '3 added, 0 already there, 0 bad.\n' })
  })
})

test('hashes made by argon2-cffi come in as they are, and their passwords open', async () => {
  const fixture = new URL('../support/argon2-cffi.json', import.meta.url)
  const { rows } = JSON.parse(readFileSync(fixture, 'utf8')) as { rows: { password: string; hash: string }[] }
  const lines = rows.map(({ hash }, index) =>
    JSON.stringify({ username: `cffi-${index}`, role: 'user', passwordHash: hash }),
  )
  await store.run(['import', fileOf('users.jsonl', lines.join('\n'))])
  for (const [index, { password, hash }] of rows.entries()) {
    expect((await store.user(`cffi-${index}`))?.passwordHash).toBe(hash)
    expect(await store.canLogIn(`cffi-${index}`, password)).toBe(true)
  }
})

test('bad rows are told by line number, hold nothing of a password or hash, and the import goes on', async () => {
  const good = `good-1,user,${PASSWORD},,`
  const lines: [row: string | Buffer, told?: string][] = [
    ['username,role,password,passwordHash,disabled'],
    [good],
    [`no name,user,${PASSWORD},,`, 'username: 1 to 64 characters of a-z, 0-9, dot, underscore and hyphen.'],
    [`king,king,${PASSWORD},,`, 'role: Must be one of user, admin.'],
    [`norole,,${PASSWORD},,`, 'role: Must be one of user, admin.'],
    ['short,user,too short,,', 'password: At least 15 characters.'],
    ['self-similar-name,user,Self-Similar-Name,,', 'password: Must not be the username.'],
    [`both,user,${PASSWORD},"${HASH}",`, 'Either password or passwordHash is needed.'],
    ['neither,user,,,', 'Either password or passwordHash is needed.'],
    ['bcrypt,user,,$2b$12$abcdefghijklmnopqrstuv,', 'passwordHash: stored hash is no argon2id PHC string.'],
    [
      `vast,user,,"${HASH.replace('m=19456', 'm=262145')}",`,
      'passwordHash: stored hash asks for more than the bounds allow.',
    ],
    [
      `slow,user,,"${HASH.replace('t=2', 't=11')}",`,
      'passwordHash: stored hash asks for more than the bounds allow.',
    ],
    [`maybe,user,${PASSWORD},,maybe`, 'disabled: Must be true or false.'],
    [`few,user,${PASSWORD}`, '3 fields, but the header has 5; a field with commas needs quotes.'],
    [`"open,user,${PASSWORD},,`, 'Not CSV. A quoted field must end on its own line.'],
    [Buffer.from(`latin1,user,${PASSWORD} \u00e9,,`, 'latin1'), 'Not UTF-8.'],
    [`long,user,${'x'.repeat(200_000)},,`, 'Longer than 64 KiB.'],
    [`GOOD-1,admin,${PASSWORD},,`, 'This is the user of line 2 again.'],
    [`good-2,admin,,"${HASH}",`],
  ]
  const content = Buffer.concat(lines.flatMap(([row]) => [Buffer.from(row), Buffer.from('\n')]))
  const told = lines.flatMap(([, fault], index) => (fault ? [`line ${index + 1}: ${fault}`] : []))

  const { status, stdout, stderr } = await store.run(['import', fileOf('users.csv', content)])
  expect(stderr.split('\n')).toEqual([...told, 'Bad rows were left out.', ''])
  expect(stdout).toBe(`2 added, 0 already there, ${told.length} bad.\n`)
  expect(status).toBe(1)
  expect(await usernames()).toEqual(['good-1', 'good-2'])
  expect(await store.user('good-1')).toMatchObject({ role: 'user' })
})

test('bad rows of JSON lines are told the same way', async () => {
  const good = { username: 'good', role: 'user', passwordHash: HASH }
  const lines: [row: string, told?: string][] = [
    [JSON.stringify(good)],
    [`{"username": "${PASSWORD}`, 'Not a JSON object.'],
    [`["${PASSWORD}"]`, 'Not a JSON object.'],
    [JSON.stringify({ ...good, username: 'extra', [PASSWORD]: true }), 'Unknown members.'],
    [JSON.stringify({ ...good, username: 17 }), 'username: A string is needed.'],
    [JSON.stringify({ ...good, username: 'text', disabled: 'true' }), 'disabled: Must be true or false.'],
    [
      JSON.stringify({ ...good, username: 'when', createdAt: 'yesterday' }),
      'createdAt: Must be a UTC time such as 2026-01-31T12:00:00.000Z.',
    ],
  ]
  const told = lines.flatMap(([, fault], index) => (fault ? [`line ${index + 1}: ${fault}`] : []))
  const file = fileOf('users.jsonl', lines.map(([row]) => row).join('\n'))
  expect(await store.run(['import', file])).toEqual({
    status: 1,
    stdout: `1 added, 0 already there, ${told.length} bad.\n`,
    stderr: [...told, 'Bad rows were left out.', ''].join('\n'),
  })
  expect(await usernames()).toEqual(['good'])
})

test.each([
  [
    'an unknown column',
    'a.csv',
    `username,role,password,phone\nada,user,${PASSWORD},1\n`,
    'Column 4 of the CSV header is unknown: known are username, role, password, passwordHash, disabled, createdAt.',
  ],
  [
    'no header',
    'a.csv',
    `ada,${PASSWORD},user\n`,
    'Column 1 of the CSV header is unknown: known are username, role, password, passwordHash, disabled, createdAt.',
  ],
  [
    'a column too few',
    'a.csv',
    `username,password\nada,${PASSWORD}\n`,
    'The CSV header needs username, role, and password or passwordHash.',
  ],
  [
    'no column for a password',
    'a.csv',
    'username,role\nada,user\n',
    'The CSV header needs username, role, and password or passwordHash.',
  ],
  [
    'a column twice',
    'a.csv',
    `username,role,password,role\nada,user,${PASSWORD},admin\n`,
    'The CSV header repeats a column.',
  ],
  [
    'UTF-16',
    'a.csv',
    Buffer.from(`\ufeffusername,role,password\n`, 'utf16le'),
    'The first line is no CSV header in UTF-8.',
  ],
  ['nothing in it', 'a.csv', '', 'FILE holds no users.'],
  ['a header alone', 'a.csv', HEADER, 'FILE holds no users.'],
  ['empty lines alone', 'a.jsonl', '\n\n', 'FILE holds no users.'],
  [
    'a name that tells no format',
    'a.json',
    '[]',
    'Say which format the file has: --format csv or --format jsonl.',
  ],
])('a file with %s is refused in one line before anything is written', async (_, name, content, line) => {
  const file = fileOf(name, content)
  const stderr = `${line.replace('FILE', file)}\n`
  expect(await store.run(['import', file])).toEqual({ status: 2, stdout: '', stderr })
  expect(await store.items()).toEqual([])
})

test('a file that cannot be read is refused in one line', async () => {
  const folder = temporaryFolder()
  const missing = join(folder, 'missing.csv')
  const refused = (line: string) => ({ status: 2, stdout: '', stderr: `${line}\n` })
  expect(await store.run(['import', missing])).toEqual(refused(`Cannot read ${missing}: ENOENT.`))
  const directory = await store.run(['import', folder, '--format', 'csv'])
  expect(directory).toEqual(refused(`Cannot read ${folder}: EISDIR.`))
})

test('users who are there stay as they are, whatever the file says of them', async () => {
  await addUser(store.table, newUser('ada', 'admin', HASH, new Date(0)))
  await addUser(store.table, newUser('bob', 'user', HASH, new Date(0)))
  const before = await store.items()
  const file = fileOf(
    'users.csv',
    `username,role,password,passwordHash\nada,user,${PASSWORD},\nbob,admin,,"${readyHash()}"\n`,
  )
  expect(await store.run(['import', file])).toEqual({
    status: 0,
    stdout: '0 added, 2 already there, 0 bad.\n',
    stderr: '',
  })
  expect(await store.items()).toEqual(before)
})

test('an import that is killed in the middle and run again neither loses nor doubles a user', async () => {
  const [first, rest] = [rows(0, 1_100), rows(1_100, 1_500)]
  // The rest never comes, so that the import cannot end before it is killed.
  const { child, outcome, told } = store.begin('import', '-', '--format', 'csv')
  child.stdin.write(HEADER + first)
  await told('1,000 rows')
  child.kill('SIGKILL')
  expect((await outcome).status).toBeNull()
  const there = await store.items()
  expect(there.length).toBeGreaterThanOrEqual(1_000)
  expect(there.length).toBeLessThanOrEqual(1_100)

  const again = await store.run(['import', fileOf('users.csv', HEADER + first + rest)])
  const added = 1_500 - there.length
  expect(again).toMatchObject({
    status: 0,
    stdout: `${added} added, ${there.length} already there, 0 bad.\n`,
  })
  const names = await usernames()
  expect(names).toHaveLength(1_500)
  expect(new Set(names).size).toBe(1_500)
  expect(await store.items()).toEqual(expect.arrayContaining(there))
})

test('an interrupted import finishes what it has begun, and says how far it came', async () => {
  const { child, outcome, told } = store.begin('import', '-', '--format', 'csv')
  child.stdin.write(HEADER + rows(0, 1_500))
  await told('1,000 rows')
  // From a terminal a Ctrl-C comes twice: npm passes it on.
  child.kill('SIGINT')
  child.kill('SIGINT')
  const { status, stdout, stderr } = await outcome
  expect(status).toBe(130)
  expect(stderr).toBe('1,000 rows\nStopped before the end. Run it again for the rest.\n')
  expect(stdout).toBe(`${(await store.items()).length} added, 0 already there, 0 bad.\n`)
})

test('an import whose store fails in the middle does not wait for more rows, and says how far it came', async () => {
  const { child, outcome, told } = store.begin('import', '-', '--format', 'csv')
  child.stdin.write(HEADER + rows(0, 1_000))
  await told('1,000 rows')
  store.stop()
  child.stdin.write(rows(1_000, 1_001))
  const { status, stdout, stderr } = await outcome
  expect(status).toBe(3)
  expect(stdout).toBe('1000 added, 0 already there, 0 bad.\n')
  expect(stderr).toMatch(
    /^1,000 rows\nThe store failed: .*ECONNREFUSED .*\. Is the service running there\?\n$/,
  )
})

test('users with ready hashes come in at a rate of 10,000 in under 60 seconds, with a line for each 1,000', async () => {
  const count = 2_000
  const file = fileOf('users.csv', HEADER + rows(0, count))
  const beganMs = performance.now()
  const outcome = await store.run(['import', file])
  const seconds = (performance.now() - beganMs) / 1_000
  console.log(`${count} users with ready hashes imported in ${seconds.toFixed(1)} s`)
  expect(outcome).toEqual({
    status: 0,
    stdout: `${count} added, 0 already there, 0 bad.\n`,
    stderr: '1,000 rows\n2,000 rows\n',
  })
  expect(seconds).toBeLessThan((60 * count) / 10_000)
})
