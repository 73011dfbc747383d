import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Role } from '../../lib/application/roles.ts'
import { attribute, type Item, updateOf, writeIf } from '../../lib/aws/dynamodb.ts'
import { eventsOfUser } from '../../lib/events/store.ts'
import { findFactorReset } from '../../lib/mail/factor-reset.ts'
import { setDisabled, setRole } from '../../lib/operators/changes.ts'
import { FACTOR_RESETS } from '../../lib/operators/limits.ts'
import { type OperatorRequest, operatorCounter } from '../../lib/throttling/operator-counters.ts'
import { nameKey, profileKey } from '../../lib/users/store.ts'
import type { User } from '../../lib/users/user.ts'
import { loadHandler } from '../support/http/handlers.ts'
import {
  aws,
  invalid,
  later,
  mailEvents,
  noContent,
  now,
  problem,
  records,
  refresh,
  service,
  sessionIdOf,
  sessionOf,
  stored,
  table,
  useRoutes,
} from '../support/http/routes.ts'
import { giveFactors, testAct } from '../support/users/users.ts'
import { add, type Console, openConsole, send } from './requests.ts'

useRoutes()

let ada: Console
let support: Console
let user: User
beforeEach(async () => {
  await add('admin', 'ada')
  await add('support')
  ada = await openConsole('ada')
  support = await openConsole('support')
  await giveAddress({ email: 'user@example.org', emailVerified: true })
})

describe('support', () => {
  test('disables and enables a user, whose sessions end', async () => {
    const { cookie } = await openConsole('user')
    expect(await change(support, 'PATCH users/{id}', { disabled: true })).toEqual(noContent)
    expect(await stored()).toMatchObject({ disabled: true })
    expect((await refresh(cookie)).statusCode).toBe(401)
    expect(await change(support, 'PATCH users/{id}', { disabled: false })).toEqual(noContent)
    // Both are of one instant.
    const by = { actor: 'administrator', actorId: support.id, via: 'PATCH /admin-api/users/{id}' }
    expect(await newest(2)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ type: 'user.updated', detail: 'enabled', ...by }),
        expect.objectContaining({ type: 'user.updated', detail: 'disabled', ...by }),
      ]),
    )
  })

  test('ends all sessions of a user', async () => {
    const { cookie } = await openConsole('user')
    expect(await change(support, 'POST users/{id}/sessions/end')).toEqual(noContent)
    expect((await refresh(cookie)).statusCode).toBe(401)
    expect(await newest(1)).toMatchObject([{ detail: 'sessions-ended', actorId: support.id }])
  })

  test('ends one session of a user, which is repeated without effect', async () => {
    const [one, other] = [(await openConsole('user')).cookie, (await openConsole('user')).cookie]
    const route = `POST users/{id}/sessions/${sessionIdOf(one)}/end`
    expect(await change(support, route)).toEqual(noContent)
    expect(await change(support, route)).toEqual(noContent)
    expect([await sessionOf(one), await sessionOf(other)]).toMatchObject([undefined, {}])
    const { events } = await eventsOfUser(table, user.id, { limit: 9 })
    expect(events.filter(({ type }) => type === 'session.ended')).toHaveLength(1)
    expect(await change(support, 'POST users/{id}/sessions/none/end')).toMatchObject({ statusCode: 404 })
  })

  test('has a link for a new password sent, which the user sees', async () => {
    expect(await change(support, 'POST users/{id}/reset')).toEqual(noContent)
    const { username: loginName, generation } = user
    const mail = { kind: 'reset', loginName, generation, by: 'administrator', at: now.toISOString() }
    expect(mailEvents).toEqual([{ ...mail, mailId: expect.any(String) }])
    expect(await newest(1)).toMatchObject([{ type: 'mail.requested', detail: 'reset', actorId: support.id }])
  })

  test('announces a reset of the second factors, with the role of the user', async () => {
    await giveFactors(table, user)
    expect(await change(support, 'POST users/{id}/factors/reset')).toEqual(noContent)
    const reset = await findFactorReset(table, user.id)
    expect(reset).toEqual({ mailId: expect.any(String), ofRole: 'user' })
    const mail = { kind: 'factor-reset', userId: user.id, by: 'administrator', at: now.toISOString() }
    expect(mailEvents).toEqual([{ ...mail, mailId: reset?.mailId }])
    expect(await newest(1)).toMatchObject([{ changes: ['factor-reset'], detail: 'requested' }])
  })

  test.each<[string, string, Partial<User>]>([
    ['POST users/{id}/reset', 'This user has no e-mail address.', { email: undefined, emailVerified: false }],
    [
      'POST users/{id}/reset',
      'This user is disabled, or has a former role. Enable the user, or change the role, first.',
      { disabled: true },
    ],
    [
      'POST users/{id}/factors/reset',
      'This user has no verified e-mail address.',
      { emailVerified: false, factors: 'totp' },
    ],
  ])('%s gets 409: %s', async (route, detail, values) => {
    await giveAddress(values)
    const before = await newest(9)
    expect(await change(support, route)).toEqual(problem(409, 'Conflict', detail))
    expect([await newest(9), mailEvents]).toEqual([before, []])
  })
})

describe('an administrator', () => {
  test('gives a role, and one with permissions raises an alarm', async () => {
    expect(await change(ada, 'PUT users/{id}/role', { role: 'support' })).toEqual(noContent)
    expect(await stored()).toMatchObject({ role: 'support' })
    const given = { event: 'permissions.given', userId: user.id, role: 'support', by: ada.id }
    expect(records).toEqual([expect.objectContaining(given)])
    expect(await change(ada, 'PUT users/{id}/role', { role: 'user' })).toEqual(noContent)
    expect(records).toHaveLength(1)
    // Both are of one instant.
    const details = (await newest(2)).map(({ detail, actorId }) => [detail, actorId])
    expect(details.sort()).toEqual([
      ['support', ada.id],
      ['user', ada.id],
    ])
  })

  test('changes the names, of which the user gets a mail without the origin of the request', async () => {
    const names = { username: 'Eve', email: 'Eve@example.org' }
    expect(await change(ada, 'PUT users/{id}/names', names)).toEqual(noContent)
    const after = { username: 'eve', email: 'eve@example.org', emailAsWritten: 'Eve@example.org' }
    expect(await stored('eve')).toMatchObject({ ...after, emailVerified: false })
    const mail = { kind: 'address-changed', to: 'user@example.org', username: 'user' }
    expect(mailEvents).toEqual([{ ...mail, id: expect.any(String), at: now.toISOString() }])
  })

  test.each([
    [{ username: 'ada', email: 'user@example.org' }, '#/username', 'This username is taken.'],
    [{ username: 'user', email: 'x@example.org' }, '#/email', 'This address already has an account.'],
  ])('gets 422 for the names %j of another user', async (names, pointer, detail) => {
    await giveAddress({ email: 'x@example.org' }, 'admin')
    expect(await change(ada, 'PUT users/{id}/names', names)).toEqual(invalid(pointer, detail))
    expect(await stored()).toEqual(user)
  })

  test('invites with a role without permissions only', async () => {
    const invite = (role: Role) => send(ada, 'PUT invitations', { body: { email: 'Bob@example.org', role } })
    expect(await invite('user')).toMatchObject({ statusCode: 202 })
    expect(mailEvents).toMatchObject([{ kind: 'invitation', by: 'administrator' }])
    for (const role of ['support', 'admin'] as const) {
      expect(await invite(role)).toEqual(
        problem(403, 'Forbidden', 'Invite with another role, and change the role afterwards.'),
      )
    }
    expect(mailEvents).toHaveLength(1)
  })

  test('invites no user while registration is off', async () => {
    const danger = service.functions['admin-danger']
    const off = { ...danger, environment: { ...danger?.environment, REGISTRATION: 'off' } }
    const functions = { ...service.functions, 'admin-danger': off as NonNullable<typeof danger> }
    const handler = await loadHandler({ ...service, functions }, 'admin-danger', aws)
    const body = { email: 'bob@example.org', role: 'user' }
    // The description of such a service does not have the route.
    await expect(send(ada, 'PUT invitations', { body, handler })).rejects.toThrow(
      '404, which is not described',
    )
    expect(mailEvents).toEqual([])
  })

  test('has no link sent to a user of a former role', async () => {
    vi.doMock('../../lib/application/permissions.ts', () => ({
      rightsOf: () => ({ may: ['users:reset'], over: ['former'] }),
      hasRights: () => true,
    }))
    const handler = await loadHandler(service, 'admin-change', aws)
    vi.doUnmock('../../lib/application/permissions.ts')
    await writeIf(table, 'UpdateItem', { Key: profileKey(user.id), ...updateOf({ role: 'former' }, {}) })
    expect(await send(ada, `POST users/${user.id}/reset`, { ...sent(), handler })).toEqual(
      problem(
        409,
        'Conflict',
        'This user is disabled, or has a former role. Enable the user, or change the role, first.',
      ),
    )
    expect(mailEvents).toEqual([])
  })

  test('does not invite a user', async () => {
    const body = { email: 'USER@example.org', role: 'user' }
    expect(await send(ada, 'PUT invitations', { body })).toEqual(
      invalid('#/email', 'This address already has an account.'),
    )
    expect(mailEvents).toEqual([])
  })

  test('removes the second factors, and deletes the account, each with a mail', async () => {
    await giveFactors(table, user)
    expect(await change(ada, 'DELETE users/{id}/factors')).toEqual(noContent)
    expect((await stored()).factors).toBeUndefined()
    expect(await newest(1)).toMatchObject([{ changes: ['passkey'], detail: 'removed', actorId: ada.id }])
    expect(await change(ada, 'DELETE users/{id}')).toEqual(noContent)
    expect(await stored()).toBeUndefined()
    expect(await newest(9)).toContainEqual(expect.objectContaining({ type: 'user.deleted', actorId: ada.id }))
    const mail = { to: 'user@example.org', username: 'user', id: expect.any(String), at: now.toISOString() }
    expect(mailEvents).toEqual([
      { ...mail, kind: 'factors-removed' },
      { ...mail, kind: 'account-deleted' },
    ])
  })

  test('sets no attribute that the application does not define', async () => {
    expect(await change(ada, 'PUT users/{id}/attributes', { plan: 'pro' })).toMatchObject({ statusCode: 422 })
    expect(await change(ada, 'PUT users/{id}/attributes', {})).toEqual(noContent)
    expect(await stored()).toEqual(user)
  })
})

/** Each change of a user, with the permission that it needs, and whether the sign-in must be recent. */
const CHANGES: [route: string, may: string, isDanger: boolean, body?: object][] = [
  ['PATCH users/{id}', 'users:disable', false, { disabled: true }],
  ['POST users/{id}/sessions/end', 'sessions:end', false],
  ['POST users/{id}/sessions/AbCdEfGhIjKlMnOpQrStUw/end', 'sessions:end', false],
  ['POST users/{id}/grants/notes/end', 'sessions:end', false],
  ['POST users/{id}/reset', 'users:reset', false],
  ['POST users/{id}/factors/reset', 'users:reset', true],
  ['PUT users/{id}/role', 'roles:set', true, { role: 'admin' }],
  ['PUT users/{id}/names', 'users:rename', true, { username: 'eve' }],
  ['PUT users/{id}/attributes', 'attributes:set', true, {}],
  ['DELETE users/{id}', 'users:remove', true],
  ['DELETE users/{id}/factors', 'factors:remove', true],
]

describe.each(CHANGES)('%s', (route, may, isDanger, body) => {
  const refused = async (given: ReturnType<typeof send>, expected: object) => {
    const before = await profile()
    expect(await given).toEqual(expected)
    expect([await profile(), mailEvents]).toEqual([before, []])
  }

  test('is refused without the permission, and of support for whom it is not over', async () => {
    const lacks = problem(403, 'Forbidden', `Your role does not have ${may}.`)
    const none = problem(404, 'Not Found', 'No user whom you may help has this name.')
    const isReserved = !/^(sessions|users:(disable|reset))/.test(may)
    await setRole(table, user, { role: 'admin', changeId: randomUUID() }, testAct())
    await refused(change(support, route, body), isReserved ? lacks : none)
  })

  test('is refused of the operator, and of no user', async () => {
    const own = route.replace('{id}', ada.id)
    await refused(
      send(ada, own, sent(body)),
      problem(403, 'Forbidden', 'Change your own account at /account.'),
    )
    const nobody = route.replace('{id}', 'AbCdEfGhIjKlMnOpQrStUw')
    await refused(
      send(ada, nobody, sent(body)),
      problem(404, 'Not Found', 'No user whom you may help has this name.'),
    )
  })

  test('is refused of another version of the user', async () => {
    const conflict = problem(409, 'Conflict', 'This user was changed. Load the user again.')
    const path = route.replace('{id}', user.id)
    for (const match of ['', '"other"', user.changeId, '*']) {
      await refused(send(ada, path, { ...sent(body), match }), conflict)
    }
  })

  test(`needs a sign-in of ${isDanger ? '5 minutes' : '12 hours'}`, async () => {
    const seconds = isDanger ? 300 : 43_200
    const old = await openConsole('ada', later(-seconds - 1))
    const response = await change(old, route, body)
    expect(response).toMatchObject({
      statusCode: 401,
      body: { error: 'insufficient_user_authentication', max_age: seconds },
    })
  })

  test('is refused over the limit of one administrator', async () => {
    await fill(ada, 'changes', 120, 3_600)
    expect(await change(ada, route, body)).toMatchObject({
      statusCode: 429,
      body: { detail: 'Too many requests. Try again later.' },
    })
    expect(records).toEqual([expect.objectContaining({ event: 'admin.limited', userId: ada.id })])
  })
})

test('support requests 20 resets of factors in a day', async () => {
  await fill(support, 'factor-resets', FACTOR_RESETS.attempts, FACTOR_RESETS.windowSeconds)
  await giveFactors(table, user)
  expect((await change(support, 'POST users/{id}/factors/reset')).statusCode).toBe(429)
  expect((await change(support, 'PATCH users/{id}', { disabled: true })).statusCode).toBe(204)
})

test.each<[string, object?]>([
  ['PATCH users/{id}', { disabled: true }],
  ['POST users/{id}/sessions/end'],
  ['POST users/{id}/reset'],
  ['POST users/{id}/factors/reset'],
  ['PUT users/{id}/role', { role: 'support' }],
  ['PUT users/{id}/names', { username: 'eve' }],
  ['DELETE users/{id}/factors'],
])('of 20 requests %s at once with one version, one succeeds', async (route, body) => {
  await giveFactors(table, user)
  user = await stored()
  const before = (await newest(99)).length
  const match = `"${user.changeId}"`
  const path = route.replace('{id}', user.id)
  const all = await Promise.all(Array.from({ length: 20 }, () => send(ada, path, { ...sent(body), match })))
  const statuses = all.map(({ statusCode }) => statusCode)
  expect(statuses.filter((status) => status === 204)).toHaveLength(1)
  expect(statuses.filter((status) => status === 409)).toHaveLength(19)
  expect(await newest(99)).toHaveLength(before + 1)
})

test.each<[string, object?]>([
  ['PATCH users/{id}', { disabled: false }],
  ['PUT users/{id}/role', { role: 'user' }],
  ['PUT users/{id}/names', { username: 'user', email: 'user@example.org' }],
  ['PUT users/{id}/attributes', {}],
  ['POST users/{id}/factors/reset'],
  ['DELETE users/{id}/factors'],
])('%s %j of a user who is so already writes nothing', async (route, body) => {
  const [before, past] = [await profile(), await newest(99)]
  expect(await change(ada, route, body)).toEqual(noContent)
  expect([await profile(), await newest(99), mailEvents]).toEqual([before, past, []])
})

test('20 deletions of a user at once leave one event and one mail', async () => {
  const match = `"${user.changeId}"`
  const deletion = () => send(ada, `DELETE users/${user.id}`, { match })
  const all = await Promise.all(Array.from({ length: 20 }, deletion))
  // A user who is deleted already is unchanged, or is unknown.
  const statuses = new Set(all.map(({ statusCode }) => statusCode))
  expect([204, 404, 409]).toEqual(expect.arrayContaining([...statuses]))
  expect(statuses).toContain(204)
  expect((await newest(99)).filter(({ type }) => type === 'user.deleted')).toHaveLength(1)
  expect(new Set(mailEvents.map((event) => Object(event).id)).size).toBe(1)
})

test('of a change of the API and one of a command at once, one is made', async () => {
  for (let round = 0; round < 10; round += 1) {
    user = await stored()
    const role = user.role === 'support' ? 'user' : 'support'
    const [api, command] = await Promise.all([
      send(ada, `PUT users/${user.id}/role`, sent({ role })),
      setDisabled(table, user, { disabled: !user.disabled, changeId: randomUUID() }, testAct()),
    ])
    const isApi = api.statusCode === 204
    expect(isApi).toBe(!command)
    const after = await stored()
    expect([after.role !== user.role, after.disabled !== user.disabled]).toEqual([isApi, command])
  }
})

const sent = (body?: object) => ({ match: `"${user.changeId}"`, ...(body && { body }) })

/** Sends a change of `user`, as the page shows this user. */
async function change(console: Console, route: string, body?: object) {
  user = (await stored()) ?? user
  return send(console, route.replace('{id}', user.id), sent(body))
}

const newest = async (limit: number) => (await eventsOfUser(table, user.id, { limit })).events

const profile = async (): Promise<Item> => {
  const { Item } = await table.aws('dynamodb', 'GetItem', { TableName: table.name, Key: profileKey(user.id) })
  return Item as Item
}

/** Changes values of a user in the store. */
async function giveAddress(values: Partial<User>, username = 'user'): Promise<void> {
  const { id } = await stored(username)
  await writeIf(table, 'UpdateItem', { Key: profileKey(id), ...updateOf(values, {}) })
  if (values.email) {
    const name = nameKey(values.email)
    await writeIf(table, 'PutItem', { Item: { ...name, userId: attribute(id) } })
  }
  user = await stored()
}

/** Fills a counter of an operator. */
const fill = ({ id }: Console, kind: OperatorRequest, attempts: number, windowSeconds: number) => {
  const { key } = operatorCounter(id, kind, { attempts, windowSeconds }, now)
  const ids = Array.from({ length: attempts }, (_, index) => `${index}`)
  return writeIf(table, 'PutItem', { Item: { ...key, ids: { SS: ids } } })
}
