import { beforeEach, expect, test, vi } from 'vitest'
import { changeUser } from '../../lib/users/store.ts'
import { later, problem, refresh, stored, table, useRoutes } from '../support/http/routes.ts'
import { testAct } from '../support/users/users.ts'
import { add, type Console, openConsole, send } from './requests.ts'

useRoutes()

let ada: Console
beforeEach(async () => {
  await add('admin', 'ada')
  ada = await openConsole('ada')
})

const unauthorized = problem(401, 'Unauthorized', 'Could not validate credentials.')

test('GET /admin-api/me shows an administrator all permissions and roles', async () => {
  expect(await send(ada, 'GET me')).toMatchObject({
    statusCode: 200,
    body: {
      id: ada.id,
      username: 'ada',
      role: 'admin',
      may: expect.arrayContaining(['users:read', 'roles:set']),
      over: ['user', 'support', 'admin'],
      roles: ['user', 'support', 'admin'],
    },
  })
})

test('GET /admin-api/me shows support what `can` gives it', async () => {
  await add('support')
  const { body } = await send(await openConsole('support'), 'GET me')
  expect(body).toMatchObject({ role: 'support', over: ['user'] })
  expect(body.may).not.toContain('roles:set')
})

test('a user without permissions gets 403', async () => {
  expect(await send(await openConsole('user'), 'GET me')).toEqual(
    problem(403, 'Forbidden', 'Your role may not administer accounts.'),
  )
})

test.each(['same-site', 'cross-site', 'none', ''])('a page with Sec-Fetch-Site %j gets 403', async (site) => {
  expect(await send(ada, 'GET me', { headers: { 'Sec-Fetch-Site': site } })).toEqual(
    problem(403, 'Forbidden', 'This request needs the header Sec-Fetch-Site: same-origin.'),
  )
})

test.each([
  ['another user', 'AAAAAAAAAAAAAAAAAAAAAA'],
  ['nobody', ''],
])('a page that shows %s gets 409', async (_, Operator) => {
  expect(await send(ada, 'GET me', { headers: { Operator } })).toEqual(
    problem(409, 'Conflict', 'Another user has signed in in this browser. Nothing was changed.', {
      error: 'other_user',
    }),
  )
})

test('no token opens the API without the cookie', async () => {
  const { body } = await refresh(ada.cookie)
  expect(
    await send(ada, 'GET me', { headers: { Cookie: '', Authorization: `Bearer ${body.authToken}` } }),
  ).toEqual(unauthorized)
})

test.each([
  ['that was replaced earlier', () => refresh(ada.cookie).then(() => vi.setSystemTime(later(11)))],
  ['of a disabled user', () => change('ada', { disabled: true })],
  ['whose sessions have ended', async () => change('ada', { sessionGeneration: 1 })],
])('a cookie %s gets 401', async (_, before) => {
  await before()
  expect(await send(ada, 'GET me')).toEqual(unauthorized)
})

test('a role that was taken gives nothing at once', async () => {
  await change('ada', { role: 'user' })
  expect((await send(ada, 'GET me')).statusCode).toBe(403)
})

test('a sign-in of more than 12 hours ago must be repeated', async () => {
  const of = async (seconds: number) => (await send(await openConsole('ada', later(-seconds)), 'GET me')).body
  expect(await of(43_200)).toMatchObject({ username: 'ada' })
  expect(await of(43_201)).toMatchObject({
    status: 401,
    error: 'insufficient_user_authentication',
    max_age: 43_200,
  })
})

async function change(username: string, changes: object): Promise<void> {
  const user = await stored(username)
  const all = { generation: user.generation + 1, ...changes }
  expect(await changeUser(table, user, { changes: all, changeId: 'a change' }, testAct())).toBe(true)
}
