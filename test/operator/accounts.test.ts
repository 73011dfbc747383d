import { statSync } from 'node:fs'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { AwsCall } from '../../lib/aws/client.ts'
import { optionalText } from '../../lib/aws/dynamodb.ts'
import { brokenPasswordRule } from '../../lib/passwords/rules.ts'
import { isLive, type Session } from '../../lib/sessions/session.ts'
import { findSession, findSessions } from '../../lib/sessions/store.ts'
import { isoOf } from '../../lib/time.ts'
import type { User } from '../../lib/users/user.ts'
import { usersCommand } from '../../scripts/users/command.ts'
import { remove } from '../../scripts/users/remove.ts'
import { beginInProcess, refusal, success } from '../support/process/command.ts'
import { PASSWORD, readyHash, type Store, temporaryFolder, useStore } from '../support/process/operator.ts'
import { addTestUser } from '../support/users/users.ts'

const store = await useStore()

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

const created = new Date('2026-01-31T12:00:00.250Z')

/** Adds a user that was created earlier and has an unknown password. */
const given = (username: string, values: Partial<User> = {}) =>
  addTestUser(store.table, { username, passwordHash: readyHash(), ...values }, created)

test.each([
  ['fourteen chars', 'Must be at least 15 characters.'],
  ['x'.repeat(129), 'Must not exceed 128 characters.'],
  ['weak.and-weary.', 'Must not be the username.'],
  ['PasswordPassword', brokenPasswordRule('passwordpassword', { username: 'ada' })?.detail],
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

test('add and set-password refuse the address as the password', async () => {
  const refused = refusal(1, 'Invalid password: Must not be the e-mail address.')
  const email = 'mary.ward@example.org'
  expect(await store.run(['add', 'mary', '--email', email], `${email}\n`)).toEqual(refused)
  expect(await store.user('mary')).toBeUndefined()
  await given('mary', { email })
  expect(await store.run(['set-password', 'mary'], 'Mary.Ward@example.org\n')).toEqual(refused)
  await store.run(['remove', 'mary', '--yes'])
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
  const { id } = await given('shown', { role: 'admin', email: 'shown@example.org' })
  await store.run(['disable', 'shown'])
  const { changedAt, createdAt } = (await store.user('shown')) ?? {}
  expect(createdAt).toBe(created.toISOString())
  const lines = [
    'username  shown',
    'address   shown@example.org, not verified',
    `id        ${id}`,
    'role      admin',
    'state     disabled',
    `created   ${createdAt}`,
    `changed   ${changedAt}`,
    'sign-in   none in 180 days',
    '',
  ]
  expect(await store.run(['show', 'shown'])).toEqual(success(lines.join('\n')))
  expect(await store.run(['show', 'Shown@example.org'])).toEqual(success(lines.join('\n')))
  const { stdout } = await store.run(['show', 'shown', '--json'])
  const names = { username: 'shown', email: 'shown@example.org', emailVerified: false }
  expect(JSON.parse(stdout)).toEqual({
    id,
    ...names,
    role: 'admin',
    disabled: true,
    createdAt,
    changedAt,
    wrongPasswords: 0,
  })
})

test('set-role changes the role, revokes access tokens and ends no session', async () => {
  const before = await given('climber')
  const session = await store.signIn('climber')
  const outcome = await store.run(['set-role', 'climber', 'admin'])
  expect(outcome).toEqual(success('climber has role admin. Access tokens issued before are revoked.\n'))
  expect(await store.user('climber')).toEqual({
    ...before,
    role: 'admin',
    generation: before.generation + 1,
    changeId: expect.any(String),
    changedAt: expect.any(String),
  })
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
  const before = await store.user('suspect')
  await store.signIn('suspect')
  expect(await store.run(['disable', 'suspect'])).toEqual(
    success('suspect is disabled. All sessions have ended.\n'),
  )
  expect(await store.canLogIn('suspect', PASSWORD)).toBe(false)
  expect(await sessionIds('suspect')).toEqual([])
  expect((await store.user('suspect'))?.generation).toBe((before?.generation ?? 0) + 1)

  expect(await store.run(['enable', 'suspect'])).toEqual(success('suspect is enabled.\n'))
  expect(await store.canLogIn('suspect', PASSWORD)).toBe(true)
  expect(await sessionIds('suspect')).toEqual([])
})

test('sessions --json lists all live sessions, the newest first, as GET /sessions does', async () => {
  await given('visitor')
  const seconds = Array.from({ length: 120 }, (_, index) => index)
  const begun = []
  for (const second of seconds) begun.push(await store.signIn('visitor', `client ${second}`, second))
  const { stdout } = await store.run(['sessions', 'visitor', '--json'])
  const wholeHour = (second: number) => second - (second % 3600)
  expect(JSON.parse(stdout)).toEqual(
    begun.toReversed().map(({ id, authTime, expiresAt, userAgent }) => ({
      id,
      createdAt: isoOf(authTime),
      lastUsedAt: isoOf(authTime),
      expiresAt: isoOf(wholeHour(expiresAt)),
      sourceIp: '192.0.2.1',
      userAgent,
    })),
  )
})

test('sessions prints rows of at most 80 columns, with source and user agent below', async () => {
  await given('visited')
  const browser =
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'
  const { id, authTime, expiresAt } = await store.signIn('visited', browser)
  const minute = (second: number) => isoOf(second).slice(0, 16).replace('T', ' ')
  const { stdout } = await store.run(['sessions', 'visited'])
  expect(stdout.split('\n')).toEqual([
    'id                              created (UTC)     last used         expires',
    `${id}  ${minute(authTime)}  ${minute(authTime)}  ${isoOf(expiresAt).slice(0, 10)}`,
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

/** Stores items that sign-ins and wrong passwords leave. */
async function leaveItems(pk: string, ...sortKeys: string[]): Promise<void> {
  for (const sk of sortKeys) {
    const Item = { pk: { S: pk }, sk: { S: sk }, expiresAt: { N: '4000000000' } }
    await store.table.aws('dynamodb', 'PutItem', { TableName: store.table.name, Item })
  }
}

test.each(['goner', 'goner@example.org'])(
  'remove %s deletes all of one user and nothing of others',
  async (name) => {
    await leaveItems('name#stranger', 'known#192.0.2.1', 'attempts#0')
    const before = await store.items()
    const { id } = await given('goner', { email: 'goner@example.org' })
    for (let count = 0; count < 20; count += 1) await store.signIn('goner')
    await leaveItems(`user#${id}`, 'attempts#192.0.2.1#0')
    await leaveItems(`grants#${id}`, 'app#shop', 'grant#1')
    await leaveItems('name#goner', 'known#192.0.2.1', 'attempts#192.0.2.1#0', 'attempts#0')
    await leaveItems('name#goner@example.org', 'attempts#0')
    expect(await store.items()).toHaveLength(before.length + 30)

    expect(await store.run(['remove', name, '--yes'])).toEqual(success(`Removed ${name}.\n`))
    expect(sorted(await store.items())).toEqual(sorted(before))
  },
)

test('remove deletes no session of a user who was imported meanwhile with the same id', async () => {
  const user = { username: 'moving', id: 'Ada-Lovelace-1815-12-A' }
  await addTestUser(store.table, user)
  await store.signIn('moving')
  const { io } = beginInProcess(usersCommand, ['--help'])
  let session: Session | undefined
  const aws: AwsCall = async (...call) => {
    const output = await store.table.aws(...call)
    if (call[1] === 'TransactWriteItems') {
      await addTestUser(store.table, user)
      session = await store.signIn('moving')
    }
    return output
  }
  await remove({ ...store.table, aws }, 'moving', true, io)
  const { sessions } = await findSessions(store.table, user.id)
  expect(sessions).toEqual([session])
})

test('remove without a terminal needs --yes', async () => {
  await given('kept')
  const before = await store.items()
  const refused = refusal(2, 'Cannot ask without a terminal. Use --yes to confirm.')
  expect(await store.run(['remove', 'kept'], 'y\n')).toEqual(refused)
  expect(await store.items()).toEqual(before)
})

test('remove deletes what an interrupted removal left under the name', async () => {
  await leaveItems('name#halfway', 'known#192.0.2.1', 'attempts#0')
  expect(await store.run(['remove', 'halfway'])).toEqual(
    success('User halfway does not exist. Deleted what was left under the name.\n'),
  )
  expect((await store.items()).filter((item) => optionalText(item, 'pk') === 'name#halfway')).toEqual([])
  expect(await store.run(['remove', 'halfway'])).toEqual(refusal(1, 'User halfway does not exist.'))
})

test('remove that is interrupted leaves no user and no name, and its sessions are invalid', async () => {
  const { id } = await given('cut')
  const session = await store.signIn('cut')
  const { io } = beginInProcess(usersCommand, ['--help'])
  const aws: AwsCall = async (...call) => {
    if (call[1] === 'DeleteItem') throw new Error('interrupted')
    return store.table.aws(...call)
  }
  await expect(remove({ ...store.table, aws }, 'cut', true, io)).rejects.toThrow('interrupted')
  expect(await store.user('cut')).toBeUndefined()
  const left = await findSession(store.table, id, session.id)
  expect(left.session && isLive(left.session, left.user, new Date())).toBe(false)
  expect(await store.run(['add', 'cut'], PASSWORD)).toEqual(success('Added cut with role user.\n'))
})

test.each([
  ['show', 'ghost'],
  ['set-role', 'ghost', 'admin'],
  ['rename', 'ghost', 'spirit'],
  ['set-email', 'ghost', 'ghost@example.org'],
  ['set-email', 'ghost', '--remove'],
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

async function sessionIds(username: string): Promise<string[]> {
  const { stdout } = await store.run(['sessions', username, '--json'])
  return JSON.parse(stdout).map(({ id }: { id: string }) => id)
}

const sorted = (items: Awaited<ReturnType<Store['items']>>) =>
  items.map((item) => JSON.stringify(item)).sort()
