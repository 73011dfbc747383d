import { statSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { DECOY_HASH, hashPassword, SALT_BYTES } from '../../lib/passwords/hash.ts'
import type { User } from '../../lib/users/user.ts'
import type { Functions } from '../support/http/functions.ts'
import { success } from '../support/process/command.ts'
import { readyHash, temporaryFolder } from '../support/process/operator.ts'
import { type TestService, useService } from '../support/service.ts'
import { PASSWORD, partsOf, refresh, signIn } from '../support/users/sessions.ts'
import { addTestUser } from '../support/users/users.ts'
import { operate } from './moved-users.ts'

// A service moves to another table with its users, who have the same ids there.

vi.spyOn(console, 'warn').mockReturnValue()
vi.spyOn(console, 'info').mockReturnValue()
const [from, to] = await Promise.all([useService(), useService()])
const passwordHash = await hashPassword(PASSWORD, Buffer.alloc(SALT_BYTES, 1))
afterAll(() => {
  from.aws.stop()
  to.aws.stop()
})
beforeEach(async () => {
  for (const stores of [from, to]) {
    for (const { pk, sk } of await stores.scan()) {
      await stores.table.aws('dynamodb', 'DeleteItem', { TableName: stores.table.name, Key: { pk, sk } })
    }
  }
})

test('import reads what export wrote: the same users with the same ids and passwords', async () => {
  const address = { email: 'ada@example.org', emailAsWritten: 'Ada@Example.org', emailVerified: true }
  const externalId = 'auth0|5f7c8ec7c33c6c004bbafe82'
  const ada = await add(from, 'ada', { role: 'admin', ...address, externalId })
  const bob = await add(from, 'bob@example.org', { email: 'bob@example.org' })
  const moving = { externalId: 'old-carl', passwordFrom: 'carl of the pool', mustEnrol: true }
  await add(from, 'carl', { disabled: true, passwordHash: DECOY_HASH, ...moving })
  const old = await signIn(await from.load(), 'ada')

  const file = join(temporaryFolder(), 'users.jsonl')
  const written = success(`Wrote 3 users to ${file}.\n`)
  expect(await operate(from, 'export', '--output', file)).toEqual(written)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const printed = await operate(from, 'export')
  expect(await readFile(file, 'utf8')).toBe(printed.stdout)

  const imported = success('3 added, 0 already there, 0 invalid.\n')
  expect(await operate(to, 'import', file)).toEqual(imported)
  expect((await operate(to, 'export')).stdout).toBe(printed.stdout)
  expect((await operate(to, 'show', 'ada')).stdout).toContain(`external  ${externalId}\n`)
  const listed = JSON.parse((await operate(to, 'list', '--json')).stdout)
  expect(listed).toContainEqual(expect.objectContaining({ username: 'ada', externalId }))
  expect(await to.scan()).toHaveLength(3 + 4)
  expect(await to.user('ada')).toMatchObject(address)
  expect(await to.user('carl')).toMatchObject(moving)

  const functions = await to.load()
  for (const name of ['ada', 'ada@example.org']) {
    const { authToken, refreshToken } = await signIn(functions, name)
    const { principalId, context } = await functions.authorize(authToken)
    expect({ principalId, context }).toMatchObject({
      principalId: ada.id,
      context: { userId: ada.id, username: 'ada', role: 'admin' },
    })
    expect(partsOf(refreshToken).userId).toBe(ada.id)
  }
  expect(partsOf((await signIn(functions, 'bob@example.org')).refreshToken).userId).toBe(bob.id)
  const refused = await functions.ask('login', { body: { username: 'carl', password: PASSWORD } })
  expect(refused.status).toBe(401)
  await expectInvalid(functions, old)

  const again = success('0 added, 3 already there, 0 invalid.\n')
  expect(await operate(to, 'import', file)).toEqual(again)
})

test('import with the id of a removed user revives no token and no session', async () => {
  await add(from, 'ada', { role: 'admin' })
  const functions = await from.load()
  const stolen = await signIn(functions, 'ada')
  const { stdout } = await operate(from, 'export')
  const file = fileOf(JSON.parse(stdout))
  const session = (await from.scan()).find(({ sk }) => Object(sk).S.startsWith('session#'))
  await operate(from, 'remove', 'ada', '--yes')
  // A copy of the session in a table that is restored.
  await from.table.aws('dynamodb', 'PutItem', { TableName: from.table.name, Item: session })

  expect(await operate(from, 'import', file)).toMatchObject({ status: 0 })
  await expectInvalid(functions, stolen)
  const own = await signIn(functions, 'ada')
  expect(partsOf(own.refreshToken).userId).toBe(partsOf(stolen.refreshToken).userId)
  expect(await functions.opens(own.authToken)).toBe(true)
})

describe('a line with names and an id', () => {
  const ID = 'Ada_Lovelace-1815-12-A'
  const OTHER_ID = 'Grace_Hopper-1906-12-A'
  const row = (values: object) => ({ role: 'user', passwordHash: readyHash(), ...values })

  test.each([
    ['skips a user with the same id and name', { username: 'ada', id: ID }],
    ['skips a user with the same name, without an id', { username: 'ada' }],
    ['skips a user whose address differs', { username: 'ada', email: 'bob@example.org' }],
    [
      'refuses another id for a name',
      { username: 'ada', id: OTHER_ID },
      'id: The user of this name has another id.',
    ],
    [
      'refuses another name for an id',
      { username: 'grace', id: ID },
      'id: The user with this id has another name.',
    ],
    [
      'refuses a username that is the address of another user',
      { username: 'ada@example.org' },
      'username: Is the address of another user.',
    ],
    [
      'refuses the address of another user',
      { username: 'grace', email: 'ada@example.org' },
      'email: Another user exists with this login name.',
    ],
    [
      'refuses an address that is the username of another user',
      { username: 'grace', email: 'bob@example.org' },
      'email: Another user exists with this login name.',
    ],
    [
      'refuses an invalid id',
      { username: 'grace', id: 'grace' },
      'id: Must be 16 bytes in base64url, such as JNzD6W0lqWmZ0Fqr0sq1ew.',
    ],
    [
      'refuses an address with a route',
      { username: 'grace', email: 'x%y.example@example.org' },
      'email: Must not begin with a hyphen, or contain %, !, =? or misplaced dots before the @.',
    ],
    ['refuses an invalid address', { username: 'grace', email: 'g' }, 'email: Must be an e-mail address.'],
    [
      'refuses a verified address that is missing',
      { username: 'grace', emailVerified: true },
      'emailVerified: There is no address.',
    ],
  ])('%s', async (_, values, fault?: string) => {
    await add(to, 'ada', { id: ID, email: 'ada@example.org' })
    await add(to, 'bob@example.org', { email: 'bob@example.org' })
    const before = await to.scan()
    const counted = fault === undefined ? '1 already there, 0 invalid' : '0 already there, 1 invalid'
    const end = (line: string) => (fault === undefined ? '' : `line 1: ${fault}\n${line}\n`)
    for (const secret of [{ passwordHash: readyHash() }, { passwordHash: undefined, password: PASSWORD }]) {
      const file = fileOf({ ...row(values), ...secret })
      expect(await operate(to, 'import', file, '--plaintext-passwords')).toEqual({
        status: fault === undefined ? 0 : 1,
        stdout: `0 added, ${counted}.\n`,
        stderr: end('The invalid lines were skipped.'),
      })
      expect(await operate(to, 'import', file, '--plaintext-passwords', '--dry-run')).toEqual({
        status: fault === undefined ? 0 : 1,
        stdout: `Dry run: 0 to add, ${counted}. Nothing was written.\n`,
        stderr: end('Some lines are invalid.'),
      })
    }
    expect(await to.scan()).toEqual(before)
  })

  test('is invalid if an earlier line has one of its names, or its id', async () => {
    const file = fileOf(
      row({ username: 'ada', email: 'ada@example.org', id: ID }),
      row({ username: 'ada' }),
      row({ username: 'ada@example.org' }),
      row({ username: 'grace', email: 'ada@example.org' }),
      row({ username: 'bob', id: ID }),
      row({ username: 'carl', id: OTHER_ID }),
    )
    expect(await operate(to, 'import', file)).toEqual({
      status: 1,
      stdout: '2 added, 0 already there, 4 invalid.\n',
      stderr: [
        'line 2: Same username as line 1.',
        'line 3: Same e-mail address as line 1.',
        'line 4: Same e-mail address as line 1.',
        'line 5: Same id as line 1.',
        'The invalid lines were skipped.',
        '',
      ].join('\n'),
    })
  })

  test('may come from CSV, with an address as username', async () => {
    const file = join(temporaryFolder(), 'users.csv')
    writeFileSync(
      file,
      `id;username;email;emailVerified;role;passwordHash\n${ID};Ada@Example.org;;TRUE;user;${readyHash()}\n`,
    )
    expect(await operate(to, 'import', file)).toMatchObject({ status: 0 })
    const email = 'ada@example.org'
    expect(await to.user(email)).toMatchObject({ id: ID, username: email, email, emailVerified: true })
  })
})

const add = (stores: TestService, username: string, values: Partial<User> = {}) =>
  addTestUser(stores.table, { username, passwordHash, ...values }, new Date('2026-01-31T12:00:00.250Z'))

function fileOf(...rows: object[]): string {
  const file = join(temporaryFolder(), 'users.jsonl')
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  return file
}

/** Expects that a stolen access token and refresh token are rejected. */
async function expectInvalid(
  functions: Functions,
  stolen: Awaited<ReturnType<typeof signIn>>,
): Promise<void> {
  expect(await functions.opens(stolen.authToken)).toBe(false)
  expect((await refresh(functions, stolen.refreshToken)).status).toBe(401)
}
