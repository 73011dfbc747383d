import { describe, expect, test, vi } from 'vitest'
import { type Item, transact } from '../../lib/aws/dynamodb.ts'
import { approvalOf } from '../../lib/oauth/grants/app.ts'
import { newGrant } from '../../lib/oauth/grants/store.ts'
import { createUser, removeUser } from '../../lib/users/names.ts'
import { revokeTokens } from '../../lib/users/revocation.ts'
import { changeUser, findUser, findUserByName } from '../../lib/users/store.ts'
import type { User } from '../../lib/users/user.ts'
import { testGrant } from '../../test/oauth/clients.ts'
import { type Call, type Fate, startWire } from '../../test/support/aws/wire.ts'
import { loadHandler } from '../../test/support/http/handlers.ts'
import { parsed, sampleEvent } from '../../test/support/http/lambda.ts'
import {
  attempts,
  aws,
  begin,
  call,
  context,
  eventOf,
  handlerOf,
  hashOfUser,
  invalid,
  invalidToken,
  later,
  login,
  noContent,
  now,
  problem,
  records,
  refresh,
  rejectsOtherContexts,
  service,
  stored,
  table,
  throttled,
  useRoutes,
} from '../../test/support/http/routes.ts'
import { addTestUser, testAct, testUser } from '../../test/support/users/users.ts'

useRoutes()

const rejected = problem(401, 'Unauthorized', 'Could not validate credentials.')
const wrong = invalid('#/currentPassword', 'Incorrect password.')

/** Returns the request of `user`. */
const eventOfUser = (currentPassword = 'user') =>
  eventOf('DELETE /me', { body: JSON.stringify({ currentPassword }) })

async function deleteAccount(currentPassword = 'user') {
  const handler = await handlerOf('delete-me')
  return parsed(await handler(await eventOfUser(currentPassword), context))
}

/** Returns the request of another caller than `user`. */
async function eventOfCaller({ id, generation, username, role }: User) {
  const event = await eventOfUser()
  const caller = { userId: id, generation: String(generation), username, role }
  Object.assign(event.requestContext.authorizer ?? {}, caller)
  return event
}

/** Sends a request whose calls of AWS meet their fates. */
async function sendOverWire(decide: (call: Call) => Fate | Promise<Fate>) {
  const wire = await startWire(aws)
  wire.intercept(decide)
  const endpoints = { ...aws.settings.endpoints, dynamodb: new URL(wire.url) }
  const settings = { ...aws.settings, endpoints }
  const handler = await loadHandler(service, 'delete-me', { ...aws, settings })
  const response = parsed(await handler(await eventOfUser(), context))
  wire.stop()
  return response
}

const isRemoval = ({ operation }: Call) => operation === 'TransactWriteItems'

/** Returns the keys of all items that belong to a user or a name. */
async function keysOf(...partitions: string[]): Promise<string[]> {
  const { Items } = await table.aws('dynamodb', 'Scan', { TableName: table.name })
  const keys = (Items as Item[]).map(({ pk, sk }) => [Object(pk).S, Object(sk).S])
  return keys.filter(([pk]) => partitions.includes(pk)).map(([pk, sk]) => `${pk} ${sk}`)
}

describe('DELETE /me', () => {
  test('deletes the profile and the login name', async () => {
    const { id } = await stored()
    expect(await deleteAccount()).toEqual(noContent)
    expect(records).toEqual([{ event: 'account.deleted', userId: id }])
    expect(await attempts(id)).toEqual([0, 0, 0])
    // Empty counters are left, which DynamoDB deletes.
    expect(await keysOf(`user#${id}`, 'name#user')).toEqual([
      `user#${id} attempts#1795478400`,
      `user#${id} attempts#203.0.113.7#1795532400`,
    ])
    expect(await stored('admin')).toBeDefined()
  })

  test('deletes what the user allows apps, and nothing of another user', async () => {
    const [{ id }, admin] = [await stored(), await stored('admin')]
    const client = { id: 'shop', generation: 7 }
    for (const userId of [id, admin.id]) {
      const approval = { userId, client, generation: 3, scopes: ['openid'] }
      const grant = testGrant({ userId, sessionId: 'session' }, now)
      await transact(table, [
        approvalOf(undefined, approval, now).write,
        ...newGrant(table, grant, testAct()),
      ])
    }
    expect(await keysOf(`grants#${id}`)).toHaveLength(2)
    expect(await deleteAccount('wrong')).toEqual(wrong)
    expect(await keysOf(`grants#${id}`)).toHaveLength(2)
    expect(await deleteAccount()).toEqual(noContent)
    expect(await keysOf(`grants#${id}`)).toEqual([])
    expect(await keysOf(`grants#${admin.id}`)).toHaveLength(2)
  })

  test('frees both names of a user with an address, and only those', async () => {
    const values = { email: 'ada@example.org', emailVerified: true, passwordHash: hashOfUser }
    const ada = await addTestUser(table, { username: 'ada', ...values }, later(-60))
    const handler = await handlerOf('delete-me')
    expect(parsed(await handler(await eventOfCaller(ada), context))).toEqual(noContent)
    for (const name of ['ada', 'ada@example.org']) expect(await keysOf(`name#${name}`)).toEqual([])
    for (const name of ['user', 'admin']) expect(await stored(name)).toBeDefined()
  })

  test('lets the last administrator go', async () => {
    const values = { role: 'admin', passwordHash: hashOfUser } as const
    const root = await addTestUser(table, { username: 'root', ...values }, later(-60))
    const handler = await handlerOf('delete-me')
    expect(parsed(await handler(await eventOfCaller(root), context))).toEqual(noContent)
    expect(await findUser(table, root.id)).toBeUndefined()
  })

  /** Calls the authorizer with an access token. */
  async function authorize(authorizationToken: string | undefined) {
    const handler = await handlerOf('authorizer')
    const event = { ...sampleEvent('authorizer'), authorizationToken }
    return handler(event, context)
  }

  test.each<[what: string, next: (user: User) => User | undefined]>([
    ['has no next owner', () => undefined],
    ['belongs to a new user', () => testUser({ username: 'user', passwordHash: hashOfUser })],
    [
      'was imported with the same id',
      ({ id }) => testUser({ id, username: 'user', passwordHash: hashOfUser }),
    ],
  ])('ends sessions and tokens, also if the name %s', async (_, next) => {
    const [session, event, user] = [await begin(), await eventOfUser(), await stored()]
    const { Authorization: token } = event.headers
    expect(await authorize(token)).toMatchObject({ context: { userId: user.id } })
    expect(await deleteAccount()).toEqual(noContent)
    const owner = next(user)
    if (owner) expect(await createUser(table, owner, testAct())).toBe('done')
    await expect(authorize(token)).rejects.toThrow(/^Unauthorized$/)
    expect(await refresh(session)).toEqual(invalidToken)
    // The gateway has cached the authorizer's result, so the same request may arrive again.
    const handler = await handlerOf('delete-me')
    expect(parsed(await handler(event, context))).toEqual(rejected)
    expect(await findUserByName(table, 'user')).toEqual(owner)
    expect((await login('user')).statusCode).toBe(owner ? 200 : 401)
  })

  test('rejects a wrong password', async () => {
    const before = await stored()
    expect(await deleteAccount('not the password')).toEqual(wrong)
    expect(await stored()).toEqual(before)
    expect(await attempts()).toEqual([1, 1, 1])
    expect(records).toEqual([
      {
        event: 'password.refused',
        code: 'invalid_fields',
        reason: 'wrong current password',
        userId: before.id,
        source: '203.0.113.0/24',
      },
    ])
  })

  test('is limited together with PUT /password', async () => {
    const before = await stored()
    const guess = { currentPassword: 'guess', newPassword: 'a longer one than that' }
    for (let count = 0; count < 5; count += 1) {
      expect(await deleteAccount('guess')).toEqual(wrong)
      expect(await call('password', 'password', { body: JSON.stringify(guess) })).toEqual(wrong)
    }
    for (const password of ['user', 'guess']) expect(await deleteAccount(password)).toEqual(throttled(900))
    expect(await attempts()).toEqual([10, 10, 10])
    expect(await stored()).toEqual(before)
    vi.setSystemTime(later(900))
    expect(await deleteAccount()).toEqual(noContent)
  })

  test.each<[string, (user: User) => Promise<unknown>]>([
    ['was removed', (user) => removeUser(table, user, [], testAct())],
    [
      'revoked the access token',
      (user) => changeUser(table, user, { changes: revokeTokens(user), changeId: 'a change' }, testAct()),
    ],
    [
      'was disabled',
      (user) =>
        changeUser(
          table,
          user,
          { changes: { disabled: true, generation: user.generation }, changeId: 'a change' },
          testAct(),
        ),
    ],
  ])('rejects a user who %s, and counts nothing', async (_what, act) => {
    const event = await eventOfUser()
    const user = await stored()
    await act(user)
    const before = await findUser(table, user.id)
    expect(parsed(await (await handlerOf('delete-me'))(event, context))).toEqual(rejected)
    expect(await attempts(user.id)).toEqual([0, 0, 0])
    expect(await findUser(table, user.id)).toEqual(before)
  })

  test('returns 409 and deletes nothing if the user changes while it runs', async () => {
    const response = await sendOverWire(async (call): Promise<Fate> => {
      if (isRemoval(call)) {
        const user = await stored()
        await changeUser(
          table,
          user,
          { changes: { role: 'admin', ...revokeTokens(user) }, changeId: 'the operator' },
          testAct(),
        )
      }
      return 'pass'
    })
    expect(response).toEqual(
      problem(409, 'Conflict', 'The account was modified concurrently. Reload and try again.'),
    )
    expect(await stored()).toMatchObject({ role: 'admin', changeId: 'the operator' })
    expect(await attempts()).toEqual([0, 0, 0])
  })

  test.each([1, 2])('succeeds if its response is lost %i times', async (times) => {
    const { id } = await stored()
    let lost = 0
    const response = await sendOverWire((call) => {
      lost += Number(isRemoval(call))
      return isRemoval(call) && lost <= times ? 'cut after' : 'pass'
    })
    expect(response).toEqual(noContent)
    expect(lost).toBeGreaterThan(times)
    expect(await findUser(table, id)).toBeUndefined()
  })

  test('never deletes a user who was imported with the same id meanwhile', async () => {
    const user = await stored()
    const next = testUser({ id: user.id, username: 'user', passwordHash: hashOfUser })
    let sent = 0
    const response = await sendOverWire(async (call): Promise<Fate> => {
      if (!isRemoval(call)) return 'pass'
      sent += 1
      if (sent > 1) return 'pass'
      // The request token makes a repetition a success. Another removal has another token.
      expect(await removeUser(table, user, [], testAct())).toBe('done')
      expect(await createUser(table, next, testAct())).toBe('done')
      return 'cut before'
    })
    expect(response.statusCode).toBe(409)
    expect(await findUser(table, user.id)).toEqual(next)
  })

  test('returns 503 if the removal is refused and the user cannot be read', async () => {
    const user = await stored()
    let isRefused = false
    const response = await sendOverWire(async (call): Promise<Fate> => {
      if (isRemoval(call)) {
        isRefused = true
        await removeUser(table, user, [], testAct())
      }
      return isRefused && call.operation === 'BatchGetItem' ? 'refuse' : 'pass'
    })
    expect(response.statusCode).toBe(503)
    expect(await findUser(table, user.id)).toBeUndefined()
  })

  test('called twice at once deletes the account', async () => {
    const { id } = await stored()
    const [one, two] = [await eventOfUser(), await eventOfUser()]
    const handler = await handlerOf('delete-me')
    const responses = (await Promise.all([handler(one, context), handler(two, context)])).map(parsed)
    expect(responses).toContainEqual(noContent)
    for (const response of responses) expect([noContent, rejected]).toContainEqual(response)
    expect(await keysOf('name#user')).toEqual([])
    expect(await findUser(table, id)).toBeUndefined()
  })

  rejectsOtherContexts('delete-me', 'DELETE /me')
})
