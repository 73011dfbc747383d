import { expect, test } from 'vitest'
import { testAct } from '../../test/support/users/users.ts'
import { text } from '../aws/dynamodb.ts'
import { eventOf, freedNameOf, partitionOf } from './event.ts'
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

test('a free name leaves its hash and who had it, and not the name', () => {
  const { Item } = putIn(freedNameOf(table, testAct(now), userId, 'ada@example.org'))
  expect(text(Item, 'pk')).toMatch(/^name#[0-9a-f]{64}$/)
  expect(text(Item, 'sk')).toBe(`2026-11-28T14:05:06.789Z#${userId}`)
  expect(JSON.stringify(Item)).not.toContain('ada@')
})
