import type { APIGatewayProxyEvent } from 'aws-lambda'
import { describe, expect, test } from 'vitest'
import { transact } from '../../lib/aws/dynamodb.ts'
import {
  type Act,
  byAdministrator,
  byClient,
  bySystem,
  byUser,
  eventOf as eventWrite,
  type Happening,
  partitionOf,
} from '../../lib/events/event.ts'
import { changeUser } from '../../lib/users/store.ts'
import {
  call,
  eventOf,
  invalid,
  later,
  now,
  ok,
  problem,
  stored,
  table,
  useRoutes,
} from '../../test/support/http/routes.ts'
import { asOperator, testAct, testAt } from '../../test/support/users/users.ts'

useRoutes()

const ORIGIN = { sourceIp: '203.0.113.7', userAgent: 'test' }
const ARN = /arn:aws/

/** Asks for the events of the user. @param after - The cursor. */
const list = (after?: string) =>
  call('me', 'GET /me/events', { queryStringParameters: after === undefined ? null : { after } })

/** Records that something happened to a user. */
const record = (userId: string, act: Act, what: Omit<Happening, 'subject'>) =>
  transact(table, [eventWrite(table, act, { subject: partitionOf(userId), ...what })])

const cursorOf = (place: string) => Buffer.from(place).toString('base64url')

const placed = (at: Date, id = 'AbCdEfGhIjKlMnOpQrStUw') => cursorOf(`${at.toISOString()}#${id}`)

const idsOf = ({ body }: Awaited<ReturnType<typeof list>>): string[] =>
  Object(body).events.map(({ session, type }: { session?: string; type: string }) => session ?? type)

describe('GET /me/events', () => {
  test('returns the events of the caller, the newest first', async () => {
    const { id } = await stored()
    const by = (seconds: number) => byUser(testAt(table, later(seconds)), id)
    const signIn = { type: 'session.created', session: 'a session', detail: 'pwd', failures: 2 } as const
    await record(id, by(1), signIn)
    await record(id, by(2), { type: 'user.updated', changes: ['totp'], detail: 'added' })
    const own = { id: expect.stringMatching(/^[\w-]{22}$/), by: 'account', via: 'POST /test', ...ORIGIN }
    expect(await list()).toEqual(
      ok({
        events: [
          { ...own, at: later(2).toISOString(), type: 'user.updated', changes: ['totp'], detail: 'added' },
          { ...own, at: later(1).toISOString(), ...signIn, changes: [] },
          {
            id: own.id,
            at: expect.any(String),
            type: 'user.created',
            by: 'system',
            via: 'test',
            changes: [],
            detail: 'user',
          },
        ],
      }),
    )
  })

  test('shows nothing of others: no source, browser or session, no ARN, and no id', async () => {
    const [user, other] = [await stored(), await stored('admin')]
    const origin = { sourceIp: '198.51.100.9', userAgent: 'the browser of another user' }
    await record(user.id, byUser({ ...testAt(table, later(1)), origin }, other.id), {
      type: 'session.ended',
      session: 'a session',
      detail: 'replaced',
    })
    const operator = asOperator(table, () => later(2)).act()
    await record(user.id, operator, { type: 'user.updated', changes: ['role'], detail: 'admin' })
    await record(other.id, byUser(testAt(table, later(3)), other.id), { type: 'session.created' })
    const { body } = await list()
    expect(Object(body).events).toMatchObject([{ by: 'operator' }, { by: 'other' }, { by: 'system' }])
    for (const event of Object(body).events) {
      for (const name of ['sourceIp', 'userAgent', 'session', 'actorId', 'requestId', 'subject']) {
        expect(event).not.toHaveProperty(name)
      }
    }
    const text = JSON.stringify(body)
    for (const hidden of [ARN, other.id, user.id, origin.sourceIp, origin.userAgent]) {
      expect(text).not.toMatch(hidden)
    }
  })

  test('says who acted, and where a correct password came from', async () => {
    const [{ id }, { id: adminId }] = [await stored(), await stored('admin')]
    const at = (seconds: number) => testAt(table, later(seconds))
    await record(id, byClient(at(1), 'shop'), { type: 'grant.created', ref: 'shop' })
    await record(id, byAdministrator(at(2), adminId, []), { type: 'user.viewed' })
    await record(id, bySystem(at(3)), { type: 'factor.required', detail: 'enrolment' })
    const { events } = Object((await list()).body)
    const shown = events.map(({ type, by, sourceIp, userAgent }: Record<string, unknown>) => ({
      ...{ type, by, sourceIp, userAgent },
    }))
    expect(shown).toEqual([
      { type: 'factor.required', by: 'system', ...ORIGIN },
      { type: 'user.viewed', by: 'operator' },
      { type: 'grant.created', by: 'app' },
      { type: 'user.created', by: 'system' },
    ])
  })

  test('leaves out a correct password whose sign-in has a session, also on an earlier page', async () => {
    const { id } = await stored()
    const at = (seconds: number) => testAt(table, later(seconds))
    const password = (detail: 'enrolment' | 'more', loginId: string) =>
      ({ type: 'factor.required', detail, loginId }) as const
    await record(id, bySystem(at(1)), password('enrolment', 'done'))
    await record(id, bySystem(at(2)), password('more', 'done'))
    await record(id, bySystem(at(3)), password('enrolment', 'open'))
    await record(id, byUser(at(60), id), { type: 'session.created', session: 'own', loginId: 'done' })
    for (const after of [undefined, placed(later(30), '-')]) {
      const { events } = Object((await list(after)).body)
      const details = events.map(({ type, detail }: Record<string, string>) => detail ?? type)
      const passwords = ['enrolment', 'more', 'user']
      expect(details).toEqual(after === undefined ? ['session.created', ...passwords] : passwords)
    }
  })

  test('has pages, which leave no event out and repeat none', async () => {
    const { id } = await stored()
    const sessions = Array.from({ length: 120 }, (_, index) => String(index))
    for (const session of sessions) {
      // Those of one second have one time.
      const act = byUser(testAt(table, later(Math.floor(Number(session) / 40))), id)
      await record(id, act, { type: 'session.created', session })
    }
    const pages: string[][] = []
    let next: string | undefined
    do {
      const page = await list(next)
      pages.push(idsOf(page))
      next = Object(page.body).next
    } while (next !== undefined)
    expect(pages.map(({ length }) => length)).toEqual([50, 50, 21])
    const all = pages.flat()
    expect(all.pop()).toBe('user.created')
    expect(all.toSorted()).toEqual(sessions.toSorted())
  })

  test('begins at the end of an earlier account, also if the clock of the import was behind', async () => {
    const { id } = await stored()
    const minute = (minutes: number) => later(minutes * 60)
    await record(id, byUser(testAt(table, minute(7)), id), { type: 'session.created', session: 'earlier' })
    await record(id, byUser(testAt(table, minute(9)), id), { type: 'session.created', session: 'earlier' })
    await record(id, byUser(testAt(table, minute(10)), id), { type: 'user.deleted' })
    const imported = asOperator(table, () => minute(6)).act()
    await record(id, imported, { type: 'user.created', detail: 'user' })
    await record(id, byUser(testAt(table, minute(11)), id), { type: 'session.created', session: 'own' })
    expect(idsOf(await list())).toEqual(['own', 'user.created'])
    expect(Object((await list()).body).next).toBeUndefined()
    for (const minutes of [6, 8, 10]) {
      expect(await list(placed(minute(minutes), '-'))).toEqual(ok({ events: [] }))
    }
    expect(idsOf(await list(placed(minute(11), '-')))).toEqual(['user.created'])
  })

  test('begins at the latest creation of the account, also with a made-up cursor', async () => {
    const { id } = await stored()
    await record(id, byUser(testAt(table, later(1)), id), { type: 'session.created', session: 'earlier' })
    await record(id, byUser(testAt(table, later(2)), id), { type: 'user.deleted' })
    const imported = asOperator(table, () => later(3)).act()
    await record(id, imported, { type: 'user.created', detail: 'user' })
    await record(id, byUser(testAt(table, later(4)), id), { type: 'session.created', session: 'own' })
    expect(idsOf(await list())).toEqual(['own', 'user.created'])
    expect(idsOf(await list(placed(later(4), '-')))).toEqual(['user.created'])
    for (const seconds of [0, 1, 2, 3]) {
      // Before every id of that instant.
      expect(await list(placed(later(seconds), '-'))).toEqual(ok({ events: [] }))
    }
  })

  test('has no page behind the end of an earlier account', async () => {
    const { id } = await stored()
    const earlier = byUser(testAt(table, later(1)), id)
    for (let count = 0; count < 51; count += 1) {
      await record(id, earlier, { type: 'session.created', session: 'earlier' })
    }
    await record(id, byUser(testAt(table, later(2)), id), { type: 'user.deleted' })
    expect(await list()).toEqual(ok({ events: [] }))
  })

  test('puts the creation of the account last, and a password without its factor by its time', async () => {
    const { id } = await stored()
    const start = new Date('2026-11-24T15:10:00.000Z')
    const at = (minutes: number) => testAt(table, new Date(start.getTime() + minutes * 60_000))
    const by = (minutes: number) => byUser(at(minutes), id)
    await record(id, by(0), { type: 'user.created' })
    // As in a registration. The places of some are before that of the creation.
    const first = ['0', '1', '2', '3', '4', '5', '6', '7']
    for (const session of first) await record(id, by(0), { type: 'session.created', session })
    await record(id, by(1), { type: 'session.created', session: 'second' })
    await record(id, bySystem(at(2)), { type: 'factor.required', detail: 'second-factor' })
    await record(id, by(3), { type: 'session.created', session: 'third' })
    const ids = idsOf(await list())
    expect(ids.splice(3, 8).sort()).toEqual(first)
    expect(ids).toEqual(['third', 'factor.required', 'second', 'user.created'])
  })

  test.each([
    '',
    'x',
    placed(now).slice(0, 19),
    Buffer.from(`change#${'x'.repeat(30)}`).toString('base64url'),
    cursorOf('2026-99-99T00:00:00.000Z#AbCdEfGhIjKlMnOpQrStUw'),
    cursorOf(`x${now.toISOString()}#AbCdEfGhIjKlMnOpQrStUw`),
    cursorOf(`${now.toISOString()}#AbCdEfGhIjKlMnOpQrStU#`),
    `!${placed(now)}`,
    `${placed(now)}!`,
    placed(now, 'x'.repeat(60)),
    cursorOf('9999-12-31T23:59:59.999Z#AbCdEfGhIjKlMnOpQrStUw'),
  ])('rejects the cursor %j', async (after) => {
    expect(await list(after)).toEqual(invalid('#/after', 'Must be the `next` of a previous page.'))
  })

  test.each([{ generation: 1 }, { disabled: true }])('rejects a revoked token: %j', async (change) => {
    const event: APIGatewayProxyEvent = await eventOf('GET /me/events')
    const user = await stored()
    const changes = { generation: user.generation, ...change }
    expect(await changeUser(table, user, { changes, changeId: 'a change' }, testAct())).toBe(true)
    expect(await call('me', 'GET /me/events', event)).toEqual(
      problem(401, 'Unauthorized', 'Could not validate credentials.'),
    )
  })
})
