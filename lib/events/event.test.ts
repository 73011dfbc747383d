import { expect, test } from 'vitest'
import { testAct, testAt } from '../../test/support/users/users.ts'
import { text } from '../aws/dynamodb.ts'
import { byAdministrator, byClient, bySystem, byUser, eventOf, freedNameOf, partitionOf } from './event.ts'
import { ACCOUNT_EVENTS, CLIENT_EVENTS, type EventType } from './types.ts'

const now = new Date('2026-11-28T14:05:06.789Z')
const table = { aws: () => Promise.reject(new Error('a call')), name: 'users' }
const userId = 'Ada-Lovelace-1815-12-A'
const subject = partitionOf(userId)
const putIn = (write: object) => Object(write).Put

test('an event stands in the table of events, under its subject, class and time', () => {
  const write = eventOf(table, testAct(now), {
    type: 'user.updated',
    subject,
    changes: ['role'],
    detail: 'admin',
  })
  const { TableName, Item } = putIn(write)
  expect(TableName).toBe('users-events')
  expect(text(Item, 'pk')).toBe(subject)
  expect(text(Item, 'sk')).toMatch(/^change#2026-11-28T14:05:06\.789Z#[\w-]{22}$/)
  expect(text(Item, 'day')).toMatch(/^2026-11-28#change#[0-3]$/)
  expect(Item).toMatchObject({
    at: { S: now.toISOString() },
    changes: { SS: ['role'] },
    expiresAt: { N: String(now.getTime() / 1_000 - 0.789 + 365 * 86_400) },
  })
  expect(Item).not.toHaveProperty('sourceIp')
})

const EVENTS = { ...ACCOUNT_EVENTS, ...CLIENT_EVENTS }
test.each(Object.keys(EVENTS) as EventType[])('%s is kept as long as the table says', (type) => {
  const { Item } = putIn(eventOf(table, testAct(now), { type, subject }))
  const days = (Number(Item.expiresAt.N) - Math.floor(now.getTime() / 1_000)) / 86_400
  const [kind] = text(Item, 'sk').split('#')
  expect({ class: kind, days }).toEqual({
    class: EVENTS[type].class,
    days: { session: 180, change: 365 }[EVENTS[type].class],
  })
})

test('the end of a session is kept for half a year', () => {
  const { Item } = putIn(eventOf(table, testAct(now), { type: 'session.ended', subject, session: 's' }))
  expect(text(Item, 'sk')).toMatch(/^session#/)
  expect(Number(Item.expiresAt.N)).toBe(Math.floor(now.getTime() / 1_000) + 180 * 86_400)
})

test('a free name leaves its hash and who had it for a year, and not the name', () => {
  const { TableName, Item } = putIn(freedNameOf(table, testAct(now), userId, 'ada@example.org'))
  expect(TableName).toBe('users-events')
  expect(Item).toEqual({
    pk: { S: expect.stringMatching(/^name#[0-9a-f]{64}$/) },
    sk: { S: `2026-11-28T14:05:06.789Z#${userId}` },
    expiresAt: { N: String(Math.floor(now.getTime() / 1_000) + 365 * 86_400) },
  })
})

const demands = [{ ConditionCheck: { Key: { pk: { S: 'user#a' }, sk: { S: 'profile' } } } }] as never[]

test('the act of a request has its origin, and says who acts', () => {
  const at = testAt(table, now)
  expect(byUser(at, 'a user')).toEqual({ ...at, actor: 'user', actorId: 'a user' })
  expect(byClient(at, 'an app')).toEqual({ ...at, actor: 'client', actorId: 'an app' })
  expect(bySystem(at)).toEqual({ ...at, actor: 'system' })
  const administrator = { ...at, actor: 'administrator', actorId: 'a user', demands }
  expect(byAdministrator(at, 'a user', demands)).toEqual(administrator)
})

test('the write of an event has the demands of its act', () => {
  const happening = { type: 'user.viewed', subject } as const
  const write = eventOf(table, { ...testAct(now), demands }, happening)
  expect(write).toEqual({ Put: expect.anything(), demands })
  expect(Object.keys(eventOf(table, testAct(now), happening))).toEqual(['Put'])
})
