import { beforeEach, expect, test, vi } from 'vitest'
import { useTable } from '../../test/support/aws/table.ts'
import { inEnvironment } from '../../test/support/http/handlers.ts'
import { describeService, environmentOf } from '../../test/support/process/service-description.ts'
import { addTestUser, testAct } from '../../test/support/users/users.ts'
import { type TransactWrite, transact } from '../aws/dynamodb.ts'
import { eventsOfUser } from '../events/store.ts'
import { setLocale } from './locale-change.ts'
import { revokeSessions, revokeTokens } from './revocation.ts'
import { changeIfUnchanged, changeUser, findUser, findUserInfo, type UserChange, unrevoked } from './store.ts'
import type { User } from './user.ts'

const { table, aws: localAws } = await useTable()

let count = 0
let ada: User
beforeEach(async () => {
  count += 1
  ada = await addTestUser(table, { username: `ada-${count}`, locale: 'en' })
})

const stored = () => findUser(table, ada.id)
const newestChanges = async () => (await eventsOfUser(table, ada.id, { limit: 1 })).events[0]?.changes

/** Changes the user as it was added, by a change with the id `mine`. */
const change = (more: Omit<UserChange, 'changeId'>) =>
  changeUser(table, ada, { changeId: 'mine', ...more }, testAct())

/** Another change, which moves the change id and no generation. */
const another = () =>
  changeUser(table, ada, { changeId: 'other', changes: { generation: ada.generation } }, testAct())

test('the event of a change names what gets another value, and no attribute of every change', async () => {
  const changes = { role: 'admin' as const, disabled: ada.disabled, changedAt: '2026-11-24T15:00:00.000Z' }
  expect(await change({ changes: { ...changes, ...revokeSessions(ada, 'surviving') } })).toBe(true)
  expect(await newestChanges()).toEqual(['role'])
})

test('the event of a change names what its other writes change', async () => {
  const changes = revokeTokens(ada)
  expect(await change({ changes, moreChanges: ['identities'] })).toBe(true)
  expect(await newestChanges()).toEqual(['identities'])
})

test('the event of a change of no value names nothing', async () => {
  expect(await change({ changes: revokeTokens(ada) })).toBe(true)
  expect(await newestChanges()).toEqual([])
})

test('a change that names the change before it is refused after another one', async () => {
  const changes = { role: 'admin' as const, generation: ada.generation }
  await another()
  expect(await change({ changes, readChangeId: ada.changeId })).toBe(false)
  expect((await stored())?.role).toBe('user')
  expect(await change({ changes, readChangeId: 'other' })).toBe(true)
  expect(await stored()).toMatchObject({ role: 'admin', changeId: 'mine' })
})

test('a part of a transaction changes a user who has not changed since the read', async () => {
  const part = changeIfUnchanged(ada, { role: 'admin', changeId: 'mine' })
  expect(await transact(table, [part])).toBeUndefined()
  expect(await stored()).toMatchObject({ role: 'admin', changeId: 'mine' })
  expect(await transact(table, [changeIfUnchanged(ada, { role: 'user', changeId: 'late' })])).toEqual([true])
  expect((await stored())?.changeId).toBe('mine')
})

test('a part of a transaction requires that no session was revoked', async () => {
  const other: TransactWrite = { Put: { Item: { pk: { S: `other#${ada.id}` }, sk: { S: 'other' } } } }
  await another()
  expect(await transact(table, [unrevoked(ada), other])).toBeUndefined()
  await changeUser(table, ada, { changeId: 'ended', changes: revokeSessions(ada) }, testAct())
  expect(await transact(table, [unrevoked(ada), other])).toEqual([true, false])
})

test('a change of the language revokes nothing and is refused after another change', async () => {
  const now = new Date()
  const set = (locale: string, changeId: string) => setLocale(table, ada, { locale, changeId }, testAct(now))
  expect(await set('de', 'mine')).toBe(true)
  const expected = { ...ada, locale: 'de', changedAt: now.toISOString(), changeId: 'mine' }
  expect(await stored()).toEqual(expected)
  expect(await newestChanges()).toEqual(['locale'])
  expect(await set('fr', 'late')).toBe(false)
  expect(await stored()).toEqual(expected)
})

test('a function for events finds the user whom an event is about', async () => {
  vi.resetModules()
  const { userOf } = await import('./of-event.ts')
  const find = inEnvironment(environmentOf(describeService(), 'mailer', localAws), userOf)
  const eventOf = (subject: string) => ({ detail: { subject } }) as Parameters<typeof userOf>[0]
  expect(await find(eventOf(ada.id))).toEqual(await findUserInfo(table, ada.id))
  expect(await find(eventOf('AAAAAAAAAAAAAAAAAAAAAA'))).toBeUndefined()
})
