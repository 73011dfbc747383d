import { beforeEach, describe, expect, test } from 'vitest'
import { text } from '../../lib/aws/dynamodb.ts'
import { nameKey } from '../../lib/users/store.ts'
import type { User } from '../../lib/users/user.ts'
import { refusal, success } from '../support/process/command.ts'
import { PASSWORD, readyHash, run, useStore } from '../support/process/operator.ts'
import { addTestUser } from '../support/users/users.ts'

let ada: User

const store = await useStore()
beforeEach(async () => {
  await store.clear()
  const names = { username: 'ada', email: 'ada@example.org', emailVerified: true }
  ada = await addTestUser(store.table, { ...names, passwordHash: readyHash() }, new Date(0))
})

describe('add', () => {
  test('with --email gives the user a second login name', async () => {
    const outcome = await store.run(['add', 'Grace', '--email', 'Grace@Example.org'], PASSWORD)
    expect(outcome).toEqual(success('Added grace with role user.\n'))
    const names = { username: 'grace', email: 'grace@example.org', emailVerified: false }
    expect(await store.user('grace')).toMatchObject(names)
    expect(await store.user('grace@example.org')).toEqual(await store.user('grace'))
    expect(await store.canLogIn('grace@example.org', PASSWORD)).toBe(true)
  })

  test('takes an address as username, which is then the address of the user, too', async () => {
    const outcome = await store.run(['add', 'Grace@example.org'], PASSWORD)
    expect(outcome).toEqual(success('Added grace@example.org with role user.\n'))
    const email = 'grace@example.org'
    expect(await store.user(email)).toMatchObject({ username: email, email, emailVerified: false })
  })

  test.each([
    [['ada'], 'ada'],
    [['ada@example.org'], 'ada@example.org'],
    [['grace', '--email', 'ada@example.org'], 'ada@example.org'],
  ])('%j refuses a login name of another user', async (args, name) => {
    const before = await store.items()
    const outcome = await store.run(['add', ...args], PASSWORD)
    expect(outcome).toEqual(refusal(1, `User ${name} already exists.`))
    expect(await store.items()).toEqual(before)
  })
})

test.each([
  ['rename', ['rename', 'ada', 'countess'], 'ada', 'ada@example.org'],
  ['set-email', ['set-email', 'ada', 'ada@example.com'], 'ada@example.org', 'ada'],
  ['set-email --remove', ['set-email', 'ada', '--remove'], 'ada@example.org', 'ada'],
])('%s deletes the known sources and counters of the freed name', async (_, args, freed, kept) => {
  const attachedTo = (name: string) =>
    ['known#192.0.2.1', 'attempts#192.0.2.1#1'].map((sk) => ({ ...nameKey(name), sk: { S: sk } }))
  for (const Item of [...attachedTo(freed), ...attachedTo(kept)]) {
    await store.table.aws('dynamodb', 'PutItem', { TableName: store.table.name, Item })
  }
  expect(await store.run(args)).toMatchObject({ status: 0, stderr: '' })
  const left = await store.items()
  expect(left.filter((item) => text(item, 'pk') === nameKey(freed).pk.S)).toEqual([])
  expect(left).toEqual(expect.arrayContaining(attachedTo(kept)))
})

test('a stored name that begins with a hyphen comes after --', async () => {
  await addTestUser(store.table, { username: '--help', passwordHash: readyHash() })
  const change = (...args: string[]) => run(['--local', '--endpoint', store.endpoint, ...args])
  expect(await change('disable', '--', '--help')).toMatchObject({ status: 0 })
  expect(await store.user('--help')).toMatchObject({ disabled: true })
  expect(await change('rename', '--', '--help', 'help')).toMatchObject({ status: 0 })
})

/** Returns what a change of names makes of a user. */
const changed = (user: User, names: Partial<User>) => ({
  ...user,
  ...names,
  // Who read the old address may have signed in by a mail.
  ...('email' in names && { sessionGeneration: Number(user.sessionGeneration) + 1 }),
  generation: user.generation + 1,
  changeId: expect.any(String),
  changedAt: expect.not.stringMatching(user.changedAt),
})

describe('rename', () => {
  test('changes the username, revokes access tokens and frees the old name', async () => {
    const { id } = await store.signIn('ada')
    const outcome = await store.run(['rename', 'ada', 'Countess'])
    const line = 'ada now has the username countess. Access tokens issued before are revoked.\n'
    expect(outcome).toEqual(success(line))
    expect(await store.user('countess')).toEqual(changed(ada, { username: 'countess' }))
    expect(await store.user('ada@example.org')).toEqual(await store.user('countess'))
    expect(await store.user('ada')).toBeUndefined()
    const { stdout } = await store.run(['sessions', 'countess', '--json'])
    expect(JSON.parse(stdout)).toMatchObject([{ id }])
    expect(await store.run(['add', 'ada'], PASSWORD)).toMatchObject({ status: 0 })
  })

  test('changes username and address together if both are the same address', async () => {
    await store.run(['rename', 'ada', 'ada@example.org'])
    const same = { username: 'ada@example.org', email: 'ada@example.org', emailVerified: true }
    expect(await store.user('ada@example.org')).toMatchObject(same)
    expect(await store.user('ada')).toBeUndefined()

    await store.run(['rename', 'ada@example.org', 'ada@example.com'])
    const both = { username: 'ada@example.com', email: 'ada@example.com', emailVerified: false }
    expect(await store.user('ada@example.com')).toMatchObject(both)
    expect(await store.user('ada@example.org')).toBeUndefined()

    expect((await store.run(['rename', 'ada@example.com', 'ada'])).stdout).toBe(
      'ada@example.com now has the username ada. Access tokens issued before are revoked.\n' +
        'The address ada@example.com still signs in. Remove it: npm run users -- set-email ada --remove\n',
    )
    expect(await store.user('ada@example.com')).toMatchObject({ username: 'ada', email: 'ada@example.com' })
  })

  test.each(['bob', 'bob@example.org'])('refuses %s, a login name of another user', async (name) => {
    await addTestUser(store.table, { username: 'bob', email: 'bob@example.org' })
    const before = await store.items()
    expect(await store.run(['rename', 'ada', name])).toEqual(refusal(1, `User ${name} already exists.`))
    expect(await store.run(['rename', 'ada@example.org', name])).toEqual(
      refusal(1, `User ${name} already exists.`),
    )
    expect(await store.items()).toEqual(before)
  })
})

describe('set-email', () => {
  test('changes the address, which is not verified any longer, and frees the old one', async () => {
    const outcome = await store.run(['set-email', 'ada@example.org', 'Ada@Example.com'])
    const line = 'ada@example.org now has the address Ada@Example.com. All sessions have ended.\n'
    expect(outcome).toEqual(success(line))
    const email = 'ada@example.com'
    const names = { email, emailVerified: false, emailAsWritten: 'Ada@Example.com' }
    expect(await store.user('ada')).toEqual(changed(ada, names))
    expect(await store.user(email)).toEqual(await store.user('ada'))
    expect(await store.user('ada@example.org')).toBeUndefined()
  })

  test('to the same address leaves it verified', async () => {
    await store.run(['set-email', 'ada', 'ada@example.org'])
    expect(await store.user('ada')).toEqual(changed(ada, {}))
  })

  test('changes the username, too, if that is the address', async () => {
    await store.run(['rename', 'ada', 'ada@example.org'])
    await store.run(['set-email', 'ada@example.org', 'ada@example.com'])
    const email = 'ada@example.com'
    expect(await store.user(email)).toMatchObject({ id: ada.id, username: email, email })
    expect(await store.user('ada@example.org')).toBeUndefined()
  })

  test('--remove removes the address', async () => {
    const outcome = await store.run(['set-email', 'ada', '--remove'])
    expect(outcome).toEqual(success('ada now has no address. All sessions have ended.\n'))
    expect(await store.user('ada')).toEqual(changed(ada, { email: undefined, emailVerified: false }))
    expect(await store.user('ada@example.org')).toBeUndefined()
  })

  test('--remove refuses a username that is an address', async () => {
    await store.run(['rename', 'ada', 'ada@example.org'])
    const before = await store.items()
    expect(await store.run(['set-email', 'ada@example.org', '--remove'])).toEqual(
      refusal(1, 'The username ada@example.org is an address. Rename the user first.'),
    )
    expect(await store.items()).toEqual(before)
  })

  test('refuses an address of another user', async () => {
    await addTestUser(store.table, { username: 'bob', email: 'other@example.org' })
    const before = await store.items()
    expect(await store.run(['set-email', 'ada', 'other@example.org'])).toEqual(
      refusal(1, 'User other@example.org already exists.'),
    )
    expect(await store.items()).toEqual(before)
  })
})

test.each([
  ['set-role', 'admin'],
  ['set-password'],
  ['disable'],
  ['enable'],
  ['end-sessions'],
  ['sessions'],
  ['show'],
  ['remove', '--yes'],
])('%s finds the user by the address', async (command, ...rest) => {
  const outcome = await store.run([command, 'ADA@example.org', ...rest], PASSWORD)
  expect(outcome).toMatchObject({ status: 0, stderr: '' })
  const user = await store.user('ada')
  if (command === 'remove') expect(await store.items()).toEqual([])
  else expect(user?.changeId === ada.changeId).toBe(['sessions', 'show'].includes(command))
})
