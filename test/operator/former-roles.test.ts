import { expect, test, vi } from 'vitest'
import type { Role } from '../../lib/application/roles.ts'
import { refusal, success } from '../support/process/command.ts'
import { useService } from '../support/service.ts'
import { operate } from './moved-users.ts'

vi.mock('../../auth.config.ts', () => ({
  default: { roles: ['user', 'admin'], administrators: ['admin'], formerRoles: ['author', 'guest'] },
}))

const stores = await useService()
await stores.add({ username: 'ada', role: 'admin' })
// A role that is in formerRoles, and one that is in no list.
await stores.add({ username: 'bob', role: 'author' as Role })
await stores.add({ username: 'carl', role: 'editor' as Role })

test('list finds users of former roles, also by their name', async () => {
  expect(await named()).toEqual(['ada', 'admin', 'bob', 'user'])
  expect(await named('--prefix', 'b')).toEqual(['bob'])
  expect(await named('--role', 'author')).toEqual(['bob'])
  expect(await run('list', '--count')).toEqual(success('4\n'))
})

test('list by a former role without users finds none, and one by a mistyped role is refused', async () => {
  expect(await run('list', '--role', 'guest')).toEqual(success('No matching users.\n'))
  expect(await run('list', '--role', 'autor')).toEqual(
    refusal(2, 'Invalid --role. No user has it. Use one of user, admin.'),
  )
})

test('a user of a former role is changeable', async () => {
  for (const change of [
    ['rename', 'bob', 'bert'],
    ['disable', 'bert'],
    ['enable', 'bert'],
  ]) {
    expect(await run(...change), change.join(' ')).toMatchObject({ status: 0 })
  }
  expect((await run('show', 'bert')).stdout).toContain('role      author (unknown)\nstate     enabled\n')
})

const run = (...args: string[]) => operate(stores, ...args)

const named = async (...args: string[]) =>
  JSON.parse((await run('list', '--json', ...args)).stdout).map(
    ({ username }: { username: string }) => username,
  )
