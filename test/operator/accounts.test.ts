import { statSync } from 'node:fs'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { optionalText } from '../../lib/aws/dynamodb.ts'
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

const begun = new Date('2026-01-31T12:00:00.250Z')

/** Adds a user of long ago, whose password nobody knows. */
const given = (username: string, role: Role = 'user') =>
  addUser(store.table, newUser(username, role, readyHash(), begun))

const refusal = (status: number, line: string) => ({ status, stdout: '', stderr: `${line}\n` })
const success = (stdout: string) => ({ status: 0, stdout, stderr: '' })

test('a user who is added with a password from standard input can log in with it, and with no other', async () => {
  const outcome = await store.run(['add', 'ada'], `${PASSWORD}\n`)
  expect(outcome).toEqual(success('Added ada with role user.\n'))
  expect(await store.canLogIn('ada', PASSWORD)).toBe(true)
  expect(await store.canLogIn('ada', `${PASSWORD} `)).toBe(false)
})

test('a user is added with a role, and under a name in lower case', async () => {
  const outcome = await store.run(['add', 'Grace', '--role', 'admin'], PASSWORD)
  expect(outcome).toEqual(success('Added grace with role admin.\n'))
  expect(await store.user('grace')).toMatchObject({ username: 'grace', role: 'admin', disabled: false })
})

test('a password is the first line of standard input, without its ending, in normalisation form C', async () => {
  const composed = 'P\u00e4ssw\u00f6rter sind sch\u00f6n'
  await store.run(['add', 'umlaut'], `\ufeff${composed.normalize('NFD')}\r\nand another line\n`)
  expect(await store.canLogIn('umlaut', composed)).toBe(true)
})

test.each([
  ['fourteen chars', 'At least 15 characters.'],
  ['x'.repeat(129), 'At most 128 characters.'],
  ['weak.and-weary.', 'Must not be the username.'],
  ['PasswordPassword', 'Must not be one of the passwords that many people use.'],
  [`${PASSWORD}\0`, 'Must be text without NUL.'],
])('the password %j is refused for a new user and for one who is there: %s', async (password, rule) => {
  const refused = refusal(1, `The password was refused: ${rule}`)
  expect(await store.run(['add', 'weak.and-weary.'], `${password}\n`)).toEqual(refused)
  expect(await store.user('weak.and-weary.')).toBeUndefined()

  const username = 'weak.and-weary.'
  await given(username)
  const before = await store.user(username)
  expect(await store.run(['set-password', username], `${password}\n`)).toEqual(refused)
  expect(await store.user(username)).toEqual(before)
  await store.run(['remove', username, '--yes'])
})

test('without a password on standard input nobody is added', async () => {
  const refused = refusal(2, 'There was no password on standard input.')
  expect(await store.run(['add', 'nobody'])).toEqual(refused)
  expect(await store.user('nobody')).toBeUndefined()
})

test('adding a user who is there changes nothing', async () => {
  await given('hedy')
  const before = await store.items()
  const outcome = await store.run(['add', 'hedy', '--role', 'admin'], PASSWORD)
  expect(outcome).toEqual(refusal(1, 'There is a user hedy already.'))
  expect(await store.items()).toEqual(before)
})

test('show tells all of a user but the hash, as text and as JSON', async () => {
  await given('shown', 'admin')
  await store.run(['disable', 'shown'])
  const { changedAt, createdAt } = (await store.user('shown')) ?? {}
  expect(createdAt).toBe(begun.toISOString())
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

test('list tells of all users by name, over many pages, and of no hash and nothing else in the table', async () => {
  const own = await startStore()
  try {
    expect(await own.run(['list'])).toEqual(success('No users.\n'))
    const names = Array.from({ length: 1_200 }, (_, index) => `user-${1_000 + index}`)
    for (const name of names.toReversed()) {
      await addUser(own.table, newUser(name, 'user', readyHash(), begun))
    }
    await own.signIn('user-1000')
    const at = begun.toISOString()
    const listed = names.map((username) => ({
      username,
      role: 'user',
      disabled: false,
      createdAt: at,
      changedAt: at,
    }))
    const { stdout } = await own.run(['list', '--json'])
    expect(JSON.parse(stdout)).toEqual(listed)

    const table = await own.run(['list'])
    const lines = table.stdout.split('\n')
    expect(lines).toHaveLength(names.length + 5)
    expect(lines[1]).toMatch(/^│ username +│ role +│ state +│ created +│ changed +│$/)
    expect(lines[3]).toBe(`│ user-1000 │ user │ enabled │ ${at} │ ${at} │`)
    expect(table.stdout).not.toContain('argon2')
  } finally {
    own.stop()
  }
})

test('set-role gives another role and kills the access tokens issued before, and sessions go on', async () => {
  await given('climber')
  const session = await store.signIn('climber')
  const outcome = await store.run(['set-role', 'climber', 'admin'])
  expect(outcome).toEqual(
    success('climber has role admin. Access tokens issued before are no longer good.\n'),
  )
  const user = await store.user('climber')
  expect(user).toMatchObject({ role: 'admin', disabled: false })
  expect(user?.validAfter).toBeGreaterThan(session.createdAt)
  expect(user?.changedAt).not.toBe(begun.toISOString())
  expect(await sessionIds('climber')).toEqual([session.id])
})

test('set-password makes the old password useless and ends all sessions', async () => {
  await store.run(['add', 'changer'], PASSWORD)
  await store.signIn('changer')
  const outcome = await store.run(['set-password', 'changer'], 'a quite different one\n')
  expect(outcome).toEqual(success('changer has a new password. All sessions are over.\n'))
  expect(await store.canLogIn('changer', PASSWORD)).toBe(false)
  expect(await store.canLogIn('changer', 'a quite different one')).toBe(true)
  expect(await sessionIds('changer')).toEqual([])
})

test('a disabled user cannot log in, and once enabled can, while the sessions of before stay over', async () => {
  await store.run(['add', 'suspect'], PASSWORD)
  const { createdAt } = await store.signIn('suspect')
  expect(await store.run(['disable', 'suspect'])).toEqual(
    success('suspect is disabled. All sessions are over.\n'),
  )
  expect(await store.canLogIn('suspect', PASSWORD)).toBe(false)
  expect(await sessionIds('suspect')).toEqual([])
  expect((await store.user('suspect'))?.validAfter).toBeGreaterThan(createdAt)

  expect(await store.run(['enable', 'suspect'])).toEqual(success('suspect is enabled.\n'))
  expect(await store.canLogIn('suspect', PASSWORD)).toBe(true)
  expect(await sessionIds('suspect')).toEqual([])
})

test('sessions lists those that are going on, the newest first, as GET /sessions shows them', async () => {
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

test('a user agent cannot steer the terminal that sessions prints it on', async () => {
  await given('hacker')
  await store.signIn('hacker', 'good\u001b[2J\u009b2J\u202ebad')
  const { stdout } = await store.run(['sessions', 'hacker'])
  expect(stdout).toContain('│ good\ufffd[2J\ufffd2J\ufffdbad │')
  expect(stdout).not.toMatch(/[^\P{C}\n]/u)
})

test('end-sessions ends all of one user, and none of another', async () => {
  await given('leaver')
  await given('stayer')
  await store.signIn('leaver')
  await store.signIn('leaver')
  const staying = await store.signIn('stayer')
  expect(await store.run(['end-sessions', 'leaver'])).toEqual(success('All sessions of leaver are over.\n'))
  expect(await store.run(['sessions', 'leaver'])).toEqual(success('leaver has no sessions.\n'))
  expect(await sessionIds('stayer')).toEqual([staying.id])
})

test('of a user who is removed nothing is left in the table, and all of the others', async () => {
  const before = await store.items()
  await given('goner')
  for (let count = 0; count < 20; count += 1) await store.signIn('goner')
  const [pair, , user] = countersFor('goner', '192.0.2.1', LIMITS)
  for (const counter of [pair, user]) if (counter) await countFailure(store.table, counter, begun)
  expect(await store.items()).toHaveLength(before.length + 23)

  expect(await store.run(['remove', 'goner', '--yes'])).toEqual(success('Removed goner.\n'))
  expect(sorted(await store.items())).toEqual(sorted(before))
})

test('without a terminal to ask at, nobody is removed unless the command says yes', async () => {
  await given('kept')
  const before = await store.items()
  const refused = refusal(2, 'Give --yes where there is no terminal to ask at.')
  expect(await store.run(['remove', 'kept'], 'y\n')).toEqual(refused)
  expect(await store.items()).toEqual(before)
})

test('a removal that was interrupted is finished by running it again', async () => {
  await given('halfway')
  await store.signIn('halfway')
  const { aws, name } = store.table
  const Key = { pk: { S: 'user#halfway' }, sk: { S: 'profile' } }
  await aws('dynamodb', 'DeleteItem', { TableName: name, Key })
  expect(await store.run(['remove', 'halfway'])).toEqual(
    success('There was no user halfway; what was left under the name is removed.\n'),
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
])('%s %s says that there is no such user, and makes none', async (...args) => {
  const before = await store.items()
  expect(await store.run(args, PASSWORD)).toEqual(refusal(1, 'There is no user ghost.'))
  expect(await store.items()).toEqual(before)
})

test('what is exported from one service is imported by another: the same users with the same passwords', async () => {
  const from = await startStore()
  const to = await startStore()
  try {
    await from.run(['add', 'ada', '--role', 'admin'], PASSWORD)
    await addUser(from.table, newUser('bob', 'user', readyHash(), begun))
    await from.run(['disable', 'bob'])
    await from.signIn('ada')

    const file = join(temporaryFolder(), 'users.jsonl')
    const written = await from.run(['export', '--output', file])
    expect(written).toEqual(success(`2 users are in ${file}.\n`))
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const printed = await from.run(['export'])
    expect(await readFile(file, 'utf8')).toBe(printed.stdout)

    expect(await to.run(['import', file])).toEqual(success('2 added, 0 already there, 0 bad.\n'))
    expect((await to.run(['export'])).stdout).toBe(printed.stdout)
    expect(await to.canLogIn('ada', PASSWORD)).toBe(true)
    expect(await to.user('bob')).toMatchObject({ disabled: true, createdAt: begun.toISOString() })
    expect(await to.items()).toHaveLength(2)
  } finally {
    from.stop()
    to.stop()
  }
})

test('an export replaces a file only when told to, and then nobody else can read it any more', async () => {
  const file = join(temporaryFolder(), 'users.jsonl')
  await writeFile(file, 'precious')
  await chmod(file, 0o644)
  const refused = refusal(1, `${file} exists; --force replaces it.`)
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
