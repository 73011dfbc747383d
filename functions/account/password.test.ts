import { describe, expect, test, vi } from 'vitest'
import { getItems } from '../../lib/aws/dynamodb.ts'
import { removeUser } from '../../lib/users/names.ts'
import { revokeTokens } from '../../lib/users/revocation.ts'
import { changeUser, findUser, replaceHash } from '../../lib/users/store.ts'
import { say } from '../../test/support/aws/fake-aws.ts'
import { startWire } from '../../test/support/aws/wire.ts'
import { RANGE, rangeWith, splitHash, startBreaches } from '../../test/support/http/fake-breaches.ts'
import { loadHandler } from '../../test/support/http/handlers.ts'
import { parsed } from '../../test/support/http/lambda.ts'
import {
  attempts,
  aws,
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
  problem,
  records,
  refresh,
  rejectsOtherContexts,
  service,
  sessionIdOf,
  stored,
  table,
  throttled,
  tokenPair,
  useRoutes,
} from '../../test/support/http/routes.ts'
import { testAct } from '../../test/support/users/users.ts'

useRoutes()

describe('PUT /password', () => {
  const change = (currentPassword: string, newPassword: string) =>
    call('password', 'password', { body: JSON.stringify({ currentPassword, newPassword }) })
  const wrong = invalid('#/currentPassword', 'Incorrect password.')
  const fresh = 'correct horse battery staple'
  test('changes the password', async () => {
    expect(await call('password', 'password')).toEqual(noContent)
    expect(records).toEqual([{ event: 'password.changed', userId: (await stored()).id }])
    expect((await login('user')).statusCode).toBe(401)
    expect((await login(fresh)).statusCode).toBe(200)
  })

  test('revokes all access tokens and all other sessions', async () => {
    const [mine, other] = [await begin(), await begin()]
    const before = await stored()
    const from = await behindAuthorizer('password', sessionIdOf(mine))
    expect(await call('password', 'password', from)).toEqual(noContent)
    expect(await stored()).toEqual({
      ...before,
      passwordHash: expect.stringMatching(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/),
      changedAt: '2026-11-24T15:00:00.400Z',
      generation: before.generation + 1,
      sessionGeneration: before.sessionGeneration + 1,
      survivingSession: `${sessionIdOf(mine)}.${mine.split('.')[2]}`,
      changeId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    expect(await refresh(other)).toEqual(invalidToken)
    expect(await refresh(mine)).toEqual(tokenPair)
  })

  test('keeps a session revoked that ended while API Gateway cached its token', async () => {
    const mine = await begin()
    const from = await behindAuthorizer('password', sessionIdOf(mine))
    await logout(mine)
    expect(await call('password', 'password', from)).toEqual(noContent)
    expect(await stored()).toMatchObject({ survivingSession: undefined })
    expect(await refresh(mine)).toEqual(invalidToken)
  })

  test('rejects a wrong current password', async () => {
    const before = await stored()
    expect(await change('not the password', fresh)).toEqual(wrong)
    expect(await stored()).toEqual(before)
  })

  test('rejects a password that is too short', async () => {
    expect(await change('user', 'short')).toEqual(invalid('#/newPassword', 'Must be at least 15 characters.'))
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

  test('is limited by user id, apart from sign-ins by name', async () => {
    for (let guess = 0; guess < 10; guess += 1) expect(await change('guess', fresh)).toEqual(wrong)
    const counted = [10, 10, 10]
    expect(await attempts()).toEqual(counted)
    records.length = 0
    for (const password of ['user', 'guess']) expect(await change(password, fresh)).toEqual(throttled(900))
    const record = { event: 'login.throttled', code: 'too_many_attempts', reason: 'too many attempts' }
    const log = { userId: (await stored()).id, source: '203.0.113.0/24' }
    expect(records).toEqual([
      { ...record, ...log },
      { ...record, ...log },
    ])
    expect(await attempts()).toEqual(counted)
    expect((await login('user')).statusCode).toBe(200)
    vi.setSystemTime(later(899))
    expect(await change('user', fresh)).toEqual(throttled(1))
    vi.setSystemTime(later(900))
    expect(await change('user', fresh)).toEqual(noContent)
  })

  test('gives a correct password back, keeps wrong ones counted, and knows no source', async () => {
    for (let guess = 0; guess < 2; guess += 1) await change('guess', fresh)
    expect(await change('user', fresh)).toEqual(noContent)
    expect(await attempts()).toEqual([2, 2, 2])
    const { id } = await stored()
    for (const pk of [`user#${id}`, 'name#user']) {
      expect(await getItems(table, [{ pk: { S: pk }, sk: { S: 'known#203.0.113.7' } }])).toEqual([undefined])
    }
  })

  test('logs a wrong password without what was typed', async () => {
    await change('hunter2', fresh)
    expect(records).toEqual([
      {
        event: 'password.refused',
        code: 'invalid_fields',
        reason: 'wrong current password',
        userId: (await stored()).id,
        source: '203.0.113.0/24',
      },
    ])
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
    expect(await attempts()).toEqual([0, 0, 0])
    const statuses = await Promise.all(passwords.map(async (password) => (await login(password)).statusCode))
    expect(statuses).toEqual(responses.map(({ statusCode }) => (statusCode === 204 ? 200 : 401)))
  })

  test('succeeds if its response is lost and an operator then changes the role', async () => {
    const wire = await startWire(aws)
    wire.intercept(async (write) => {
      const isFirst = wire.calls().filter(({ label }) => label === 'TransactWriteItems').length === 1
      if (write.label !== 'TransactWriteItems' || !isFirst) return 'pass'
      await write.send()
      const user = await stored()
      await changeUser(
        table,
        user,
        { changes: { role: 'admin', ...revokeTokens(user) }, changeId: 'the operator' },
        testAct(),
      )
      return 'cut before'
    })
    const endpoints = { ...aws.settings.endpoints, dynamodb: new URL(wire.url) }
    const handler = await loadHandler(service, 'password', {
      ...aws,
      settings: { ...aws.settings, endpoints },
    })
    const body = JSON.stringify({ currentPassword: 'user', newPassword: fresh })
    expect(parsed(await handler(await eventOf('password', { body }), context))).toEqual(noContent)
    wire.stop()
    expect((await stored()).changeId).toBe('the operator')
    expect((await login(fresh)).statusCode).toBe(200)
  })

  test.each<[string, () => Promise<unknown>]>([
    ['was removed', async () => removeUser(table, await stored(), [], testAct())],
    [
      'revoked the access token',
      async () => {
        const user = await stored()
        return changeUser(table, user, { changes: revokeTokens(user), changeId: 'request' }, testAct())
      },
    ],
  ])('rejects a user who %s, and counts nothing', async (_what, act) => {
    const event = await eventOf('password')
    const { id } = await stored()
    await act()
    const before = await findUser(table, id)
    expect(parsed(await (await handlerOf('password'))(event, context))).toEqual(
      problem(401, 'Unauthorized', 'Could not validate credentials.'),
    )
    expect(await attempts(id)).toEqual([0, 0, 0])
    expect(await findUser(table, id)).toEqual(before)
  })

  describe('with a check against known data breaches', () => {
    const breached = invalid('#/newPassword', 'Must not be a password from a known data breach.')

    async function changeWith(api: URL, currentPassword: string, newPassword: string) {
      // The handler's own environment has `off`.
      const password = {
        ...service.functions.password,
        environment: { ...environment, BREACHED_PASSWORDS: api.href },
      }
      const checking = { ...service, functions: { password } } as typeof service
      const handler = await loadHandler(checking, 'password', aws)
      const body = JSON.stringify({ currentPassword, newPassword })
      return parsed(await handler(await eventOf('password', { body }), context))
    }
    const environment = service.functions.password?.environment

    test('rejects a known password, gives the attempt back, and logs nothing of it', async () => {
      const { api, received } = await startBreaches(rangeWith(fresh, 3))
      const before = await stored()
      expect(await changeWith(api, 'user', fresh)).toEqual(breached)
      expect(await stored()).toEqual(before)
      expect(await attempts()).toEqual([0, 0, 0])
      expect(received).toHaveLength(1)
      const reason = 'the new password is from a data breach'
      expect(records).toEqual([{ event: 'request.refused', code: 'invalid_fields', reason }])
    })

    test('accepts an unknown password', async () => {
      const { api } = await startBreaches(RANGE)
      expect(await changeWith(api, 'user', fresh)).toEqual(noContent)
      expect((await login(fresh)).statusCode).toBe(200)
    })

    test('accepts a password during an outage, and logs the outage', async () => {
      const { api, received } = await startBreaches(say(503, rangeWith(fresh, 3)))
      expect(await changeWith(api, 'user', fresh)).toEqual(noContent)
      expect(received).toHaveLength(1)
      expect(records).toEqual([
        { event: 'breached.unchecked', reason: 'status 503' },
        { event: 'password.changed', userId: (await stored()).id },
      ])
      for (const part of Object.values(splitHash(fresh))) expect(JSON.stringify(records)).not.toContain(part)
    })

    test.each([
      ['the current password is wrong', 'guess', fresh, wrong],
      [
        'the new password breaks a rule',
        'user',
        'passwordpassword',
        invalid('#/newPassword', 'Must not be a commonly used password.'),
      ],
    ])('sends nothing if %s', async (_what, currentPassword, newPassword, response) => {
      const { api, received } = await startBreaches(rangeWith(newPassword, 3))
      expect(await changeWith(api, currentPassword, newPassword)).toEqual(response)
      expect(received).toEqual([])
    })
  })

  rejectsOtherContexts('password')
})

describe('a stored hash that costs too much', () => {
  const beyond = `$argon2id$v=19$m=262145,t=1,p=1$${'A'.repeat(22)}$${'Q'.repeat(42)}A`

  test.each(['login', 'password'] as const)(
    'matches no password in %s, and later requests succeed',
    async (route) => {
      await replaceHash(table, await stored(), { passwordHash: beyond })
      const status = route === 'login' ? 401 : 422
      for (let time = 0; time < 2; time += 1) expect((await call(route, route)).statusCode).toBe(status)
      const refused = { event: 'hash.refused', reason: 'argon2id exceeds the cost limits' }
      expect(records.filter((record) => (record as { event: string }).event === 'hash.refused')).toEqual([
        refused,
        refused,
      ])
      expect(JSON.stringify(records)).not.toContain(beyond)
      await replaceHash(table, await stored(), { passwordHash: hashOfUser })
      expect((await call(route, route)).statusCode).toBe(route === 'login' ? 200 : 204)
    },
  )
})
