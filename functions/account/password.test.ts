import { describe, expect, test, vi } from 'vitest'
import { secondOf } from '../../lib/time.ts'
import { changeUser, findUser } from '../../lib/users/store.ts'
import { parsed } from '../../test/support/lambda.ts'
import {
  begin,
  behindAuthorizer,
  call,
  context,
  eventOf,
  handlerOf,
  hashOfUser,
  invalid,
  invalidToken,
  later,
  login,
  logout,
  noContent,
  now,
  problem,
  records,
  refresh,
  rejectsOtherContexts,
  sessionIdOf,
  stored,
  table,
  useRoutes,
} from '../../test/support/routes.ts'

useRoutes()

describe('PUT /password', () => {
  const change = (currentPassword: string, newPassword: string) =>
    call('password', 'password', { body: JSON.stringify({ currentPassword, newPassword }) })
  const wrong = invalid('#/currentPassword', 'Incorrect password.')
  const fresh = 'a longer one than that'

  test('changes the password (events/password.json)', async () => {
    expect(await call('password', 'password')).toEqual(noContent)
    expect(records).toEqual([{ event: 'password.changed', username: 'user' }])
    expect((await login('user')).statusCode).toBe(401)
    expect((await login(fresh)).statusCode).toBe(200)
  })

  test('revokes all access tokens and all other sessions', async () => {
    const [mine, other] = [await begin(), await begin()]
    const before = await stored()
    const from = await behindAuthorizer('password', sessionIdOf(mine))
    expect(await call('password', 'password', from)).toEqual(noContent)
    const mark = secondOf(now) + 1
    expect(await stored()).toEqual({
      ...before,
      passwordHash: expect.stringMatching(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/),
      changedAt: '2026-11-24T15:00:00.400Z',
      validAfter: mark,
      sessionsValidAfter: mark,
      survivingSession: sessionIdOf(mine),
    })
    expect(await refresh(other)).toEqual(invalidToken)
    // A token of the moment after the change is issued one second later, with the whole lifetime.
    expect((await refresh(mine)).statusCode).toBe(200)
  })

  test('keeps a session revoked that ended while API Gateway cached its token', async () => {
    const mine = await begin()
    const from = await behindAuthorizer('password', sessionIdOf(mine))
    await logout(mine)
    expect(await call('password', 'password', from)).toEqual(noContent)
    expect(await stored()).toMatchObject({ survivingSession: undefined })
    expect(await refresh(mine)).toEqual(invalidToken)
  })

  test('rejects a wrong current password (events/password-wrong-current.json)', async () => {
    const before = await stored()
    expect(await call('password', 'password-wrong-current')).toEqual(wrong)
    expect(await stored()).toEqual(before)
  })

  test('rejects a password that is too short (events/password-too-short.json)', async () => {
    expect(await call('password', 'password-too-short')).toEqual(
      invalid('#/newPassword', 'Must be at least 15 characters.'),
    )
  })

  test.each([
    ['🙂'.repeat(14), 'Must be at least 15 characters.'],
    ['e\u0301'.repeat(14), 'Must be at least 15 characters.'],
    ['k'.repeat(129), 'Must not exceed 128 characters.'],
    ['PasswordPassword', 'Must not be a commonly used password.'],
  ])('rejects %s with its rule, before it verifies the current password', async (newPassword, detail) => {
    const before = await stored()
    expect(await change('guess', newPassword)).toEqual(invalid('#/newPassword', detail))
    expect(await stored()).toEqual(before)
  })

  test('rejects the username in any case', async () => {
    const username = 'ada.lovelace-1815'
    const { requestContext } = await eventOf('password')
    const authorizer = { ...requestContext.authorizer, username }
    const body = JSON.stringify({ currentPassword: 'user', newPassword: 'Ada.Lovelace-1815' })
    const from = { requestContext: { ...requestContext, authorizer }, body }
    expect(await call('password', 'password', from)).toEqual(
      invalid('#/newPassword', 'Must not be the username.'),
    )
  })

  test('accepts 15 emoji, and login accepts the password in another normalisation form', async () => {
    expect(await change('user', `caf\u00e9${'🙂'.repeat(11)}`)).toEqual(noContent)
    expect((await login(`cafe\u0301${'🙂'.repeat(11)}`)).statusCode).toBe(200)
  })

  test('shares its limits with login', async () => {
    for (let guess = 0; guess < 3; guess += 1) expect(await change('guess', fresh)).toEqual(wrong)
    for (let guess = 0; guess < 2; guess += 1) expect((await login('guess')).statusCode).toBe(401)
    const throttled = problem(
      429,
      'Too Many Requests',
      'Too many failed attempts. Try again later.',
      {},
      { 'Retry-After': '900' },
    )
    expect(await change('user', fresh)).toEqual(throttled)
    expect(await login('user')).toEqual(throttled)
    vi.setSystemTime(later(899))
    expect(await change('user', fresh)).toEqual({
      ...throttled,
      headers: { ...throttled.headers, 'Retry-After': '1' },
    })
    vi.setSystemTime(later(900))
    expect(await change('user', fresh)).toEqual(noContent)
  })

  test('called twice at once succeeds once, and login accepts that password', async () => {
    const passwords = ['the first of the two', 'the second of the two']
    const events = await Promise.all(
      passwords.map((newPassword) =>
        eventOf('password', { body: JSON.stringify({ currentPassword: 'user', newPassword }) }),
      ),
    )
    const handler = await handlerOf('password')
    const responses = (await Promise.all(events.map((event) => handler(event, context)))).map(parsed)
    const conflict = problem(409, 'Conflict', 'The account was modified concurrently. Reload and try again.')
    expect(responses).toContainEqual(noContent)
    expect(responses).toContainEqual(conflict)
    const statuses = await Promise.all(passwords.map(async (password) => (await login(password)).statusCode))
    expect(statuses).toEqual(responses.map(({ statusCode }) => (statusCode === 204 ? 200 : 401)))
  })

  test('rejects a removed user like a wrong password', async () => {
    const event = await eventOf('password')
    const Key = { pk: { S: 'user#user' }, sk: { S: 'profile' } }
    await table.aws('dynamodb', 'DeleteItem', { TableName: table.name, Key })
    expect(parsed(await (await handlerOf('password'))(event, context))).toEqual(wrong)
    expect(await findUser(table, 'user')).toBeUndefined()
  })
  rejectsOtherContexts('password')
})

describe('a stored hash that costs too much', () => {
  const beyond = `$argon2id$v=19$m=262145,t=1,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`

  test.each(['login', 'password'] as const)(
    'matches no password in %s, and later requests succeed',
    async (route) => {
      const user = await stored()
      await changeUser(table, user, { passwordHash: beyond })
      const status = route === 'login' ? 401 : 422
      for (let time = 0; time < 2; time += 1) expect((await call(route, route)).statusCode).toBe(status)
      const refused = { event: 'hash.refused', reason: 'exceeds the cost limits' }
      expect(records.filter((record) => (record as { event: string }).event === 'hash.refused')).toEqual([
        refused,
        refused,
      ])
      expect(JSON.stringify(records)).not.toContain(beyond)
      await changeUser(table, { ...user, passwordHash: beyond }, { passwordHash: hashOfUser })
      expect((await call(route, route)).statusCode).toBe(route === 'login' ? 200 : 204)
    },
  )
})
