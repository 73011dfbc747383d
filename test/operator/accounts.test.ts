import { statSync } from 'node:fs'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { optionalText } from '../../lib/aws/dynamodb.ts'
import { brokenPasswordRule } from '../../lib/passwords/rules.ts'
import { countersFor } from '../../lib/throttling/limits.ts'
import { countFailure } from '../../lib/throttling/store.ts'
import { addUser } from '../../lib/users/store.ts'
import { newUser, type Role } from '../../lib/users/user.ts'
import { PASSWORD, readyHash, type Store, startStore, temporaryFolder } from '../support/operator.ts'

let store: Store

beforeAll(async () => {
  store = await startStore()
})
afterAll(() => store.stop())

const created = new Date('2026-01-31T12:00:00.250Z')

/** Adds a user that was created earlier and has an unknown password. */
const given = (username: string, role: Role = 'user') =>
  addUser(store.table, newUser(username, role, readyHash(), created))

const refusal = (status: number, line: string) => ({ status, stdout: '', stderr: `${line}\n` })
const success = (stdout: string) => ({ status: 0, stdout, stderr: '' })

test('add takes a password from standard input, and the user can log in with it only', async () => {
  const outcome = await store.run(['add', 'ada'], `${PASSWORD}\n`)
  expect(outcome).toEqual(success('Added ada with role user.\n'))
  expect(await store.canLogIn('ada', PASSWORD)).toBe(true)
  expect(await store.canLogIn('ada', `${PASSWORD} `)).toBe(false)
})

test('add gives the user a role and a name in lower case', async () => {
  const outcome = await store.run(['add', 'Grace', '--role', 'admin'], PASSWORD)
  expect(outcome).toEqual(success('Added grace with role admin.\n'))
  expect(await store.user('grace')).toMatchObject({ username: 'grace', role: 'admin', disabled: false })
})

test('add reads the first line of standard input in normalisation form C', async () => {
  const composed = 'P\u00e4ssw\u00f6rter sind sch\u00f6n'
  await store.run(['add', 'umlaut'], `\ufeff${composed.normalize('NFD')}\r\nand another line\n`)
  expect(await store.canLogIn('umlaut', composed)).toBe(true)
})

test.each([
  ['fourteen chars', 'Must be at least 15 characters.'],
  ['x'.repeat(129), 'Must not exceed 128 characters.'],
  ['weak.and-weary.', 'Must not be the username.'],
  ['PasswordPassword', brokenPasswordRule('passwordpassword', 'ada')],
  [`${PASSWORD}\0`, 'Must be valid Unicode text without NUL.'],
])('add and set-password refuse the password %j: %s', async (password, rule) => {
  const refused = refusal(1, `Invalid password: ${rule}`)
  expect(await store.run(['add', 'weak.and-weary.'], `${password}\n`)).toEqual(refused)
  expect(await store.user('weak.and-weary.')).toBeUndefined()

  const username = 'weak.and-weary.'
  await given(username)
  const before = await store.user(username)
  expect(await store.run(['set-password', username], `${password}\n`)).toEqual(refused)
  expect(await store.user(username)).toEqual(before)
  await store.run(['remove', username, '--yes'])
})

test('add refuses an empty standard input', async () => {
  const refused = refusal(2, 'Missing password on standard input.')
  expect(await store.run(['add', 'ghost'])).toEqual(refused)
  expect(await store.user('ghost')).toBeUndefined()
})

test('add refuses an existing user and changes nothing', async () => {
  await given('hedy')
  const before = await store.items()
  const outcome = await store.run(['add', 'hedy', '--role', 'admin'], PASSWORD)
  expect(outcome).toEqual(refusal(1, 'User hedy already exists.'))
  expect(await store.items()).toEqual(before)
})

test('show prints everything about a user except the hash, as text and as JSON', async () => {
  await given('shown', 'admin')
  await store.run(['disable', 'shown'])
  const { changedAt, createdAt } = (await store.user('shown')) ?? {}
  expect(createdAt).toBe(created.toISOString())
  const lines = [
    'username  shown',
    'role      admin',
    'state     disabled',
    `created   ${createdAt}`,
    `changed   ${changedAt}`,
    '',
  ]
  expect(await store.run(['show', 'shown'])).toEqual(success(lines.join('\n')))
  const { stdout } = await store.run(['show', 'shown', '--json'])
  const shown = { username: 'shown', role: 'admin', disabled: true, createdAt, changedAt }
  expect(JSON.parse(stdout)).toEqual(shown)
})

test('set-role changes the role, revokes access tokens and ends no session', async () => {
  await given('climber')
  const session = await store.signIn('climber')
  const outcome = await store.run(['set-role', 'climber', 'admin'])
  expect(outcome).toEqual(success('climber has role admin. Access tokens issued before are revoked.\n'))
  const user = await store.user('climber')
  expect(user).toMatchObject({ role: 'admin', disabled: false })
  expect(user?.validAfter).toBeGreaterThan(session.createdAt)
  expect(user?.changedAt).not.toBe(created.toISOString())
  expect(await sessionIds('climber')).toEqual([session.id])
})

test('set-password replaces the password and ends all sessions', async () => {
  await store.run(['add', 'changer'], PASSWORD)
  await store.signIn('changer')
  const outcome = await store.run(['set-password', 'changer'], 'a quite different one\n')
  expect(outcome).toEqual(success('changer has a new password. All sessions have ended.\n'))
  expect(await store.canLogIn('changer', PASSWORD)).toBe(false)
  expect(await store.canLogIn('changer', 'a quite different one')).toBe(true)
  expect(await sessionIds('changer')).toEqual([])
})

test('disable prevents logins, enable allows them again and revives no session', async () => {
  await store.run(['add', 'suspect'], PASSWORD)
  const { createdAt } = await store.signIn('suspect')
  expect(await store.run(['disable', 'suspect'])).toEqual(
    success('suspect is disabled. All sessions have ended.\n'),
  )
  expect(await store.canLogIn('suspect', PASSWORD)).toBe(false)
  expect(await sessionIds('suspect')).toEqual([])
  expect((await store.user('suspect'))?.validAfter).toBeGreaterThan(createdAt)

  expect(await store.run(['enable', 'suspect'])).toEqual(success('suspect is enabled.\n'))
  expect(await store.canLogIn('suspect', PASSWORD)).toBe(true)
  expect(await sessionIds('suspect')).toEqual([])
})

test('sessions --json lists live sessions, the last used first, as GET /sessions does', async () => {
  await given('visitor')
  const first = await store.signIn('visitor', 'first')
  const second = await store.signIn('visitor', 'second')
  const { aws, name } = store.table
  await aws('dynamodb', 'UpdateItem', {
    TableName: name,
    Key: { pk: { S: 'user#visitor' }, sk: { S: `session#${second.id}` } },
    UpdateExpression: 'SET lastUsedAt = :later',
    ExpressionAttributeValues: { ':later': { N: String(second.lastUsedAt + 60) } },
  })
  const { stdout } = await store.run(['sessions', 'visitor', '--json'])
  const iso = (second: number) => new Date(second * 1_000).toISOString()
  const shown = ({ id, createdAt, expiresAt, userAgent }: typeof first, lastUsedAt: number) => ({
    id,
    createdAt: iso(createdAt),
    lastUsedAt: iso(lastUsedAt),
    expiresAt: iso(expiresAt),
    sourceIp: '192.0.2.1',
    userAgent,
  })
  expect(JSON.parse(stdout)).toEqual([shown(second, second.lastUsedAt + 60), shown(first, first.lastUsedAt)])
})

test('sessions prints rows of at most 80 columns, with source and user agent below', async () => {
  await given('visited')
  const browser =
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'
  const { id, createdAt, lastUsedAt, expiresAt } = await store.signIn('visited', browser)
  const minute = (second: number) => new Date(second * 1_000).toISOString().slice(0, 16).replace('T', ' ')
  const { stdout } = await store.run(['sessions', 'visited'])
  expect(stdout.split('\n')).toEqual([
    'id                      created (UTC)     last used         expires',
    `${id}  ${[createdAt, lastUsedAt, expiresAt].map(minute).join('  ')}`,
    '  192.0.2.1  Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like',
    '  Gecko) Chrome/140.0.0.0 Safari/537.36',
    '',
  ])
})

test('sessions replaces control characters of a user agent', async () => {
  await given('hacker')
  await store.signIn('hacker', 'good\u001b[2J\u009b2J\u202ebad')
  const { stdout } = await store.run(['sessions', 'hacker'])
  expect(stdout).toContain('  192.0.2.1  good\ufffd[2J\ufffd2J\ufffdbad\n')
  expect(stdout).not.toMatch(/[^\P{C}\n]/u)
})

test('end-sessions ends all sessions of one user and none of another', async () => {
  await given('leaver')
  await given('stayer')
  await store.signIn('leaver')
  await store.signIn('leaver')
  const staying = await store.signIn('stayer')
  expect(await store.run(['end-sessions', 'leaver'])).toEqual(success('All sessions of leaver have ended.\n'))
  expect(await store.run(['sessions', 'leaver'])).toEqual(success('leaver has no sessions.\n'))
  expect(await sessionIds('stayer')).toEqual([staying.id])
})

test('remove deletes everything about one user and nothing about others', async () => {
  const before = await store.items()
  await given('goner')
  for (let count = 0; count < 20; count += 1) await store.signIn('goner')
  const [pair, , user] = countersFor('goner', '192.0.2.1', LIMITS)
  for (const counter of [pair, user]) if (counter) await countFailure(store.table, counter, created)
  expect(await store.items()).toHaveLength(before.length + 23)

  expect(await store.run(['remove', 'goner', '--yes'])).toEqual(success('Removed goner.\n'))
  expect(sorted(await store.items())).toEqual(sorted(before))
})

test('remove without a terminal needs --yes', async () => {
  await given('kept')
  const before = await store.items()
  const refused = refusal(2, 'Cannot ask without a terminal. Use --yes to confirm.')
  expect(await store.run(['remove', 'kept'], 'y\n')).toEqual(refused)
  expect(await store.items()).toEqual(before)
})

test('remove finishes an interrupted removal', async () => {
  await given('halfway')
  await store.signIn('halfway')
  const { aws, name } = store.table
  const Key = { pk: { S: 'user#halfway' }, sk: { S: 'profile' } }
  await aws('dynamodb', 'DeleteItem', { TableName: name, Key })
  expect(await store.run(['remove', 'halfway'])).toEqual(
    success('User halfway did not exist. Removed what an earlier removal had left.\n'),
  )
  expect((await store.items()).filter((item) => optionalText(item, 'pk') === Key.pk.S)).toEqual([])
})

test.each([
  ['show', 'ghost'],
  ['set-role', 'ghost', 'admin'],
  ['set-password', 'ghost'],
  ['disable', 'ghost'],
  ['enable', 'ghost'],
  ['remove', 'ghost', '--yes'],
  ['sessions', 'ghost'],
  ['sessions', 'ghost', '--json'],
  ['end-sessions', 'ghost'],
])('%s refuses an unknown user: %s', async (...args) => {
  const before = await store.items()
  expect(await store.run(args, PASSWORD)).toEqual(refusal(1, 'User ghost does not exist.'))
  expect(await store.items()).toEqual(before)
})

test('import reads what export wrote: the same users with the same passwords', async () => {
  const from = await startStore()
  const to = await startStore()
  try {
    await from.run(['add', 'ada', '--role', 'admin'], PASSWORD)
    await addUser(from.table, newUser('bob', 'user', readyHash(), created))
    await from.run(['disable', 'bob'])
    await from.signIn('ada')

    const file = join(temporaryFolder(), 'users.jsonl')
    const written = await from.run(['export', '--output', file])
    expect(written).toEqual(success(`Wrote 2 users to ${file}.\n`))
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const printed = await from.run(['export'])
    expect(await readFile(file, 'utf8')).toBe(printed.stdout)

    expect(await to.run(['import', file])).toEqual(success('2 added, 0 already there, 0 invalid.\n'))
    expect((await to.run(['export'])).stdout).toBe(printed.stdout)
    expect(await to.canLogIn('ada', PASSWORD)).toBe(true)
    expect(await to.user('bob')).toMatchObject({ disabled: true, createdAt: created.toISOString() })
    expect(await to.items()).toHaveLength(2)
  } finally {
    from.stop()
    to.stop()
  }
})

test('export replaces a file only with --force, and only its owner can read it', async () => {
  const file = join(temporaryFolder(), 'users.jsonl')
  await writeFile(file, 'precious')
  await chmod(file, 0o644)
  const refused = refusal(1, `${file} exists. Use --force to replace it.`)
  expect(await store.run(['export', '--output', file])).toEqual(refused)
  expect(await readFile(file, 'utf8')).toBe('precious')

  expect(await store.run(['export', '--output', file, '--force'])).toMatchObject({ status: 0, stderr: '' })
  expect(await readFile(file, 'utf8')).toBe((await store.run(['export'])).stdout)
  expect(statSync(file).mode & 0o777).toBe(0o600)
})

const unlimited = { failures: 1_000, windowSeconds: 60 }
const LIMITS = { userAndSource: unlimited, source: unlimited, user: unlimited }

async function sessionIds(username: string): Promise<string[]> {
  const { stdout } = await store.run(['sessions', username, '--json'])
  return JSON.parse(stdout).map(({ id }: { id: string }) => id)
}

const sorted = (items: Awaited<ReturnType<Store['items']>>) =>
  items.map((item) => JSON.stringify(item)).sort()
