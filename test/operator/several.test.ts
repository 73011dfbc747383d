import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { beforeEach, expect, test } from 'vitest'
import { ROLES } from '../../lib/application/roles.ts'
import { ServiceError } from '../../lib/errors.ts'
import { disable } from '../../scripts/users/changes.ts'
import { usersCommand } from '../../scripts/users/command.ts'
import { remove } from '../../scripts/users/remove.ts'
import { changeUsers } from '../../scripts/users/several.ts'
import { beginInProcess } from '../support/process/command.ts'
import { readyHash, temporaryFolder, useStore } from '../support/process/operator.ts'
import { addTestUser } from '../support/users/users.ts'

const store = await useStore()

const created = new Date('2026-01-31T12:00:00.250Z')

beforeEach(async () => {
  await store.clear()
  for (const username of ['ada', 'bob', 'carl']) {
    const email = `${username}@example.org`
    await addTestUser(store.table, { username, email, passwordHash: readyHash() }, created)
  }
})

test('disable and enable take several names, and a user with two of them is changed once', async () => {
  const before = (await store.user('ada'))?.generation ?? 0
  expect(await store.run(['disable', 'ada', 'Bob@example.org', 'ada@example.org'])).toEqual(
    success(
      'ada is disabled. All sessions have ended.\n' +
        'bob@example.org is disabled. All sessions have ended.\n2 of 2 users changed.\n',
    ),
  )
  expect(await store.user('ada')).toMatchObject({ disabled: true, generation: before + 1 })
  expect(await store.user('bob')).toMatchObject({ disabled: true })
  expect(await store.user('carl')).toMatchObject({ disabled: false })
  expect(await store.run(['enable', 'ada', 'bob'])).toEqual(
    success('ada is enabled.\nbob is enabled.\n2 of 2 users changed.\n'),
  )
})

test.each(['a file', 'standard input'])('set-role takes the names in %s', async (from) => {
  const text = '\ufeffada\r\n\n  CARL  \n'
  const args = ['set-role', 'admin', '--file', from === 'a file' ? fileOf(text) : '-']
  expect(await store.run(args, from === 'a file' ? '' : text)).toEqual(
    success(
      `${['ada', 'carl']
        .map((name) => `${name} has role admin. Access tokens issued before are revoked.\n`)
        .join('')}2 of 2 users changed.\n`,
    ),
  )
  expect(await store.user('carl')).toMatchObject({ role: 'admin' })
  expect(await store.user('bob')).toMatchObject({ role: 'user' })
})

test('an unknown name in the middle prevents all changes, and all wrong names are printed', async () => {
  expect(await store.run(['disable', 'ada', 'ghost', 'bob', 'spirit'])).toEqual({
    status: 1,
    stdout: '',
    stderr: 'User ghost does not exist.\nUser spirit does not exist.\nNothing was changed.\n',
  })
  expect(await store.run(['set-role', 'admin', '--file', fileOf('ada\nghost\nbob\n')])).toMatchObject({
    status: 1,
    stderr: 'line 2: User ghost does not exist.\nNothing was changed.\n',
  })
  expect(await store.run(['enable', '--file', fileOf('ada\nno name\n')])).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^line 2: Invalid username: .*\nNothing was changed\.\n$/),
  })
  await unchanged()
})

test('a dry run prints the users and changes none', async () => {
  const head = 'username               role  state    created     changed\n'
  const row = 'ada <ada@example.org>  user  enabled  2026-01-31  2026-01-31\n'
  expect(await store.run(['disable', '--dry-run', 'ada'])).toEqual(
    success(`${head}${row}1 user.\nDry run. Nothing was changed.\n`),
  )
  expect(await store.run(['set-role', '--dry-run', 'ada', 'bob', 'admin'])).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/\n2 users\.\nDry run\. Nothing was changed\.\n$/),
  })
  expect(await store.run(['disable', '--dry-run', 'ada', 'ghost'])).toMatchObject({ status: 1 })
  await unchanged()
})

test('a terminal shows a progress bar', async () => {
  const args = ['disable', 'ada', 'bob', '--local', '--endpoint', store.endpoint]
  const { outcome, rawStderr } = beginInProcess(usersCommand, args, {}, { columns: 80 })
  expect(await outcome).toMatchObject({ status: 0 })
  expect(rawStderr()).toContain('users |')
})

test.each([
  [['disable'], 2, 'Use either usernames or --file.'],
  [['disable', 'ada', '--file', 'names.txt'], 2, 'Use either usernames or --file.'],
  [['set-role', 'admin'], 2, 'Use either usernames or --file.'],
  [['set-role', 'ada', 'king'], 2, `Invalid role. Use one of ${ROLES.join(', ')}.`],
  [['enable', '--file', '/nowhere'], 2, 'Cannot read /nowhere: ENOENT.'],
  [['enable', '--file', '/dev/null'], 2, '/dev/null has no users.'],
])('%j is refused', async (args, status, line) => {
  expect(await store.run(args)).toEqual({ status, stdout: '', stderr: `${line}\n` })
})

/** Changes ada, bob and carl by a function, and returns what is printed and thrown. */
async function changeAll(change: (name: string) => Promise<string>) {
  const { io, outcome } = beginInProcess(usersCommand, ['show', 'ada'])
  await outcome
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const loginNames = ['ada', 'bob', 'carl']
  const ended = changeUsers(store.table, { loginNames }, change, { ...io, stdout, stderr })
  const error = await ended.catch((thrown: Error) => thrown.message)
  return { stdout: String(stdout.read()), stderr: String(stderr.read() ?? ''), error }
}

test('a user who is removed meanwhile is named, and the others are changed', async () => {
  const { io } = beginInProcess(usersCommand, ['--help'])
  const { stdout, stderr, error } = await changeAll(async (name) => {
    if (name === 'bob') await remove(store.table, 'bob', true, io)
    return await disable(store.table, name)
  })
  expect(stdout).toMatch(/^ada is disabled.*\ncarl is disabled.*\n2 of 3 users changed\.\n$/)
  expect({ stderr, error }).toEqual({
    stderr: 'User bob does not exist.\n',
    error: 'Users with an error are as they were.',
  })
})

test('an outage ends the command, which says how many users are changed', async () => {
  const { stdout, error } = await changeAll(async (name) => {
    if (name === 'ada') return 'ada is changed.\n'
    throw new ServiceError('unavailable', 'dynamodb failed')
  })
  expect({ stdout, error }).toEqual({
    stdout: 'ada is changed.\n1 of 3 users changed.\n',
    error: 'dynamodb failed',
  })
})

test('Ctrl-C finishes the changes that have begun', async () => {
  for (let index = 0; index < 20; index += 1) {
    await addTestUser(store.table, { username: `user-${index}`, passwordHash: readyHash() }, created)
  }
  const names = Array.from({ length: 20 }, (_, index) => `user-${index}`)
  const command = store.begin('disable', ...names)
  command.interrupt()
  const { status, stdout, stderr } = await command.outcome
  expect({ status, stderr }).toEqual({
    status: 130,
    stderr: 'Interrupted before the end. Run the command again for the rest.\n',
  })
  const [, changed] = /(\d+) of 20 users changed\.\n$/.exec(stdout) ?? []
  const users = await Promise.all(names.map((name) => store.user(name)))
  expect(users.filter((user) => user?.disabled)).toHaveLength(Number(changed))
})

const success = (stdout: string) => ({ status: 0, stdout, stderr: '' })

const unchanged = async () => {
  for (const name of ['ada', 'bob', 'carl']) {
    expect(await store.user(name)).toMatchObject({
      role: 'user',
      disabled: false,
      changedAt: created.toISOString(),
    })
  }
}

function fileOf(text: string): string {
  const file = join(temporaryFolder(), 'names.txt')
  writeFileSync(file, text)
  return file
}
