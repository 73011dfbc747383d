import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AwsCall } from '../../lib/aws/client.ts'
import { revokeTokens } from '../../lib/users/revocation.ts'
import { addUser, changeUser, findUser } from '../../lib/users/store.ts'
import { newUser } from '../../lib/users/user.ts'
import { type Store, startStore } from '../../test/support/operator.ts'
import { changeExisting, removeUser } from './store.ts'

let store: Store

beforeAll(async () => {
  store = await startStore()
})
afterAll(() => store.stop())

/** Returns the table, with another operator who revokes the user's tokens right before each of the first writes. */
function overtaken(username: string, times: number) {
  let left = times
  const aws: AwsCall = async (...call) => {
    if (call[1] === 'UpdateItem' && left > 0) {
      left -= 1
      const user = await findUser(store.table, username)
      if (user) await changeUser(store.table, user, revokeTokens(user, new Date()))
    }
    return store.table.aws(...call)
  }
  return { ...store.table, aws }
}

test('a change that another one overtakes starts again from the changed user', async () => {
  await addUser(store.table, newUser('ada', 'user', 'hash', new Date(0)))
  const seen: number[] = []
  await changeExisting(overtaken('ada', 3), 'ada', (user) => {
    seen.push(user.validAfter)
    return { role: 'admin' }
  })
  expect(seen).toHaveLength(4)
  expect(new Set(seen).size).toBe(4)
  expect(await store.user('ada')).toMatchObject({ role: 'admin', validAfter: seen.at(-1) })
})

test('a change that is overtaken many times fails and changes nothing', async () => {
  await addUser(store.table, newUser('bob', 'user', 'hash', new Date(0)))
  const change = changeExisting(overtaken('bob', 100), 'bob', () => ({ role: 'admin' }))
  await expect(change).rejects.toMatchObject({ code: 'unavailable', message: 'the user kept changing' })
  expect(await store.user('bob')).toMatchObject({ role: 'user' })
})

test('a change does not bring back a user who is removed meanwhile', async () => {
  await addUser(store.table, newUser('carl', 'user', 'hash', new Date(0)))
  const aws: AwsCall = async (...call) => {
    if (call[1] === 'UpdateItem') await removeUser(store.table, 'carl')
    return store.table.aws(...call)
  }
  const change = changeExisting({ ...store.table, aws }, 'carl', () => ({ role: 'admin' }))
  await expect(change).rejects.toThrow('User carl does not exist.')
  expect(await store.user('carl')).toBeUndefined()
})
