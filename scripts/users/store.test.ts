import { beforeEach, expect, test } from 'vitest'
import type { AwsCall } from '../../lib/aws/client.ts'
import { removeUser } from '../../lib/users/names.ts'
import { revokeTokens } from '../../lib/users/revocation.ts'
import { changeUser, findUser } from '../../lib/users/store.ts'
import type { User } from '../../lib/users/user.ts'
import { useStore } from '../../test/support/process/operator.ts'
import { addTestUser, testAct } from '../../test/support/users/users.ts'
import { changeExisting } from './store.ts'

let ada: User

const store = await useStore()
beforeEach(async () => {
  await store.clear()
  ada = await addTestUser(store.table, { username: 'ada', email: 'ada@example.org' })
})

const MOVED = 'User ada was removed or renamed concurrently. List the users and try again.'

test('a change that another one overtakes starts again from the changed user', async () => {
  const seen: number[] = []
  await promote(overtaken(revoke, 3), seen)
  expect(seen).toEqual([0, 1, 2, 3])
  expect(await store.user('ada')).toMatchObject({ role: 'admin', generation: ada.generation + 4 })
})

test('a change that is overtaken many times fails and changes nothing', async () => {
  await expect(promote(overtaken(revoke, 100))).rejects.toMatchObject({
    code: 'unavailable',
    message: 'the user kept changing',
  })
  expect(await store.user('ada')).toMatchObject({ role: 'user' })
})

test('a change whose response is lost is made once', async () => {
  let lost = false
  const aws: AwsCall = async (...call) => {
    if (call[1] === 'TransactWriteItems' && !lost) {
      lost = true
      await store.table.aws(...call)
    }
    return store.table.aws(...call)
  }
  await promote({ ...store.table, aws })
  expect(await store.user('ada')).toMatchObject({ role: 'admin', generation: ada.generation + 1 })
})

test('a change does not bring back a user who is removed meanwhile', async () => {
  const remove = () => removeUser(store.table, ada, [], testAct())
  await expect(promote(overtaken(remove, 1))).rejects.toThrow(MOVED)
  expect(await store.items()).toEqual([])
})

test('a change stops if the name belongs to another user meanwhile', async () => {
  await expect(promote(overtaken(replace, 1))).rejects.toThrow(MOVED)
  expect(await store.user('ada')).toMatchObject({ role: 'user' })
})

/** Returns the table, with another operator who acts right before each of the first writes. */
function overtaken(act: () => Promise<unknown>, times: number) {
  let left = times
  const aws: AwsCall = async (...call) => {
    if (call[1] === 'TransactWriteItems' && left > 0) {
      left -= 1
      await act()
    }
    return store.table.aws(...call)
  }
  return { ...store.table, aws }
}

async function revoke() {
  const user = await findUser(store.table, ada.id)
  if (user) await changeUser(store.table, user, { changes: revokeTokens(user), changeId: 'other' }, testAct())
}

async function replace() {
  await removeUser(store.table, ada, [], testAct())
  await addTestUser(store.table, { username: 'ada' })
}

/** Makes ada an administrator. */
const promote = (table = store.table, seen: number[] = []) =>
  changeExisting(table, 'ada', ada, (user, changeId) => {
    seen.push(user.generation - ada.generation)
    return changeUser(
      table,
      user,
      { changes: { role: 'admin', ...revokeTokens(user) }, changeId: changeId },
      testAct(),
    )
  })
