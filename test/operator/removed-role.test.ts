import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { profileKey } from '../../lib/users/store.ts'
import { success } from '../support/process/command.ts'
import { useService } from '../support/service.ts'
import { PASSWORD, partsOf, refresh, signIn } from '../support/users/sessions.ts'
import { operate } from './moved-users.ts'

let cases = 0
const error = vi.spyOn(console, 'error').mockReturnValue()
vi.spyOn(console, 'info').mockReturnValue()

const stores = await useService()
const { functions } = stores
await stores.add({ username: 'ada', role: 'admin' })

let bob: string
beforeEach(async () => {
  cases += 1
  bob = await stores.add({ username: `bob-${cases}` })
  error.mockClear()
})

afterEach(() => stores.remove(bob).catch(() => undefined))

test('a user whose role was removed cannot sign in, as a disabled one, and the log names the user', async () => {
  const { refreshToken } = await signIn(functions, bob)
  const userId = await removeRole(bob)
  expect(partsOf(refreshToken).userId).toBe(userId)
  const body = { username: bob, password: PASSWORD }
  const unknown = { username: 'unknown', password: PASSWORD }
  const [login, other] = [
    await functions.ask('login', { body }),
    await functions.ask('login', { body: unknown }),
  ]
  expect(login).toMatchObject({ status: 401, text: other.text })
  expect(await refresh(functions, refreshToken)).toMatchObject({ status: 401 })
  const records = error.mock.calls.map(([record]) => record)
  expect(records).toEqual([1, 2].map(() => ({ event: 'role.unknown', userId, role: 'former' })))
})

test('commands work for the others, and name the user whose role was removed', async () => {
  const userId = await removeRole(bob)
  const notice = `User ${bob} has the role former, which auth.config.ts does not have, and cannot sign in.\n`
  const listed = await run('list', '--role', 'former', '--filter', bob)
  expect(listed).toMatchObject({ status: 0, stderr: notice })
  expect(listed.stdout).toContain(`${bob}     former (unknown)  enabled`)
  expect(await run('list', '--filter', 'ada')).toMatchObject({ status: 0, stderr: '' })
  expect(await run('show', bob)).toMatchObject({
    stdout: expect.stringContaining('role      former (unknown)\n'),
  })
  const { stdout, stderr } = await run('export')
  expect(stderr).toBe(notice)
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(rows).toContainEqual(expect.objectContaining({ id: userId, role: 'former', disabled: false }))
  expect(rows).toContainEqual(expect.objectContaining({ username: 'ada', role: 'admin' }))
  expect(await run('start-enrolment', bob)).toEqual({
    status: 1,
    stdout: '',
    stderr: notice.replace('\n', ' Use set-role first.\n'),
  })
  expect(error).not.toHaveBeenCalled()
})

test('a search that only users with a removed role match is refused, with the role', async () => {
  await removeRole(bob)
  const named = {
    status: 1,
    stdout: '',
    stderr:
      'Users match who have a role that auth.config.ts does not have: former. Name it in formerRoles.\n',
  }
  expect(await run('list', '--filter', bob)).toEqual(named)
  expect(await run('list', '--prefix', bob, '--count')).toEqual(named)
  expect(await run('list', '--filter', bob, '--disabled')).toEqual(success('No matching users.\n'))
  expect(await run('list', '--filter', 'nobody')).toEqual(success('No matching users.\n'))
})

test('set-role gives the user a role that exists, and the user signs in again', async () => {
  await removeRole(bob)
  expect(await run('set-role', bob, 'admin')).toMatchObject({ status: 0 })
  expect(await run('list')).toMatchObject({ status: 0, stderr: '' })
  expect(await signIn(functions, bob)).toMatchObject({ refreshToken: expect.any(String) })
})

test('remove removes a user whose role was removed', async () => {
  await removeRole(bob)
  expect(await run('remove', bob, '--yes')).toEqual(success(`Removed ${bob}.\n`))
  expect(await run('show', bob)).toMatchObject({ status: 1 })
})

/** Gives a user a role that is no longer in ROLES. */
async function removeRole(username: string): Promise<string> {
  const { id } = await stores.user(username)
  await stores.table.aws('dynamodb', 'UpdateItem', {
    TableName: stores.table.name,
    Key: profileKey(id),
    UpdateExpression: 'SET #role = :role',
    ExpressionAttributeNames: { '#role': 'role' },
    ExpressionAttributeValues: { ':role': { S: 'former' } },
  })
  return id
}

const run = (...args: string[]) => operate(stores, ...args)
