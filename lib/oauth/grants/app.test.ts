import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { useTable } from '../../../test/support/aws/table.ts'
import { addTestUser, testAct } from '../../../test/support/users/users.ts'
import { type TransactWrite, transact } from '../../aws/dynamodb.ts'
import { eventsOfUser } from '../../events/store.ts'
import { secondOf } from '../../time.ts'
import {
  type App,
  appIdOf,
  approvalOf,
  consentedScopes,
  findAllowedApp,
  findApp,
  findAppById,
  mayMail,
  revokeApp,
} from './app.ts'

const { table } = await useTable()
const now = new Date()
const client = { id: 'shop', generation: 7 }
const addUser = () => addTestUser(table, { username: `u${randomBytes(8).toString('hex')}` })

const isStored = async (...writes: TransactWrite[]) => (await transact(table, writes)) === undefined

test('an app collects scopes while the client has the same generation', async () => {
  const user = await addUser()
  const approve = async (scopes: string[] | undefined, more = {}) => {
    const app = await findApp(table, user.id, client.id)
    const approval = { userId: user.id, client: { ...client, ...more }, scopes, generation: 3 }
    expect(await isStored(approvalOf(app, approval, now).write)).toBe(true)
    const after = await findApp(table, user.id, client.id)
    return [after?.generation, after?.clientGeneration, after?.scopes.toSorted()]
  }
  expect(await approve(undefined)).toEqual([3, 7, []])
  expect(await approve(['openid'])).toEqual([3, 7, ['openid']])
  expect(await approve(['email'])).toEqual([3, 7, ['email', 'openid']])
  expect(await approve(undefined)).toEqual([3, 7, ['email', 'openid']])
  expect(await approve(undefined, { generation: 8 })).toEqual([3, 7, ['email', 'openid']])
  expect(await approve(['profile'], { generation: 8 })).toEqual([3, 8, ['profile']])
})

test('an approval is refused if the app is not as read', async () => {
  const user = await addUser()
  const approval = { userId: user.id, client, scopes: ['openid'], generation: 3 }
  const absent = approvalOf(undefined, approval, now).write
  expect(await isStored(absent)).toBe(true)
  expect(await isStored(absent)).toBe(false)
  const app = await findApp(table, user.id, client.id)
  for (const scopes of [['email'], undefined]) {
    const other = app && { ...app, generation: 4 }
    expect(await isStored(approvalOf(other, { ...approval, scopes }, now).write)).toBe(false)
  }
  expect(await findApp(table, user.id, client.id)).toEqual(app)
})

test('of two clicks at once that ask for a mail, one is refused', async () => {
  const user = await addUser()
  const approval = { userId: user.id, client, scopes: ['offline_access'], generation: 3 }
  await isStored(approvalOf(undefined, { ...approval, isMailed: true }, now).write)
  const read = async () => (await findApp(table, user.id, client.id)) as App
  const hour = new Date(now.getTime() + 3_600_000)
  expect([mayMail(undefined, now), mayMail(await read(), now), mayMail(await read(), hour)]).toEqual([
    true,
    false,
    true,
  ])
  const { write } = approvalOf(await read(), { ...approval, isMailed: true }, hour)
  expect([await isStored(write), await isStored(write)]).toEqual([true, false])
  expect(mayMail(await read(), hour)).toBe(false)
  // A click without a mail leaves the instant as it is.
  expect(await isStored(approvalOf(await read(), approval, hour).write)).toBe(true)
  expect((await read()).mailedAt).toBe(secondOf(hour))
})

test('a removed access has another generation and no scopes, until the next approval', async () => {
  const user = await addUser()
  const approval = { userId: user.id, client, scopes: ['openid'], generation: 3 }
  await isStored(approvalOf(undefined, approval, now).write)
  const app = (await findApp(table, user.id, client.id)) as App
  const revoked = { ...app, generation: 4, scopes: [], revokedAt: secondOf(now) }
  await revokeApp(table, user.id, app, testAct(now))
  expect(await findApp(table, user.id, client.id)).toEqual(revoked)

  // What was read before: another removal, which changes nothing, and an approval, which is refused.
  await revokeApp(table, user.id, app, testAct(now))
  expect(await isStored(approvalOf(app, approval, now).write)).toBe(false)
  expect(await findApp(table, user.id, client.id)).toEqual(revoked)
  const { events } = await eventsOfUser(table, user.id, { limit: 10 })
  expect(events.filter(({ type }) => type === 'consent.revoked')).toMatchObject([{ ref: 'shop' }])

  for (const more of [{}, { generation: 8 }]) {
    const before = (await findApp(table, user.id, client.id)) as App
    const again = { ...approval, client: { ...client, ...more }, scopes: ['email'] }
    expect(await isStored(approvalOf(before, again, now).write)).toBe(true)
    const after = (await findApp(table, user.id, client.id)) as App
    expect(after).toEqual({
      ...app,
      generation: before.generation,
      clientGeneration: again.client.generation,
      scopes: ['email'],
      revokedAt: undefined,
    })
    await revokeApp(table, user.id, after, testAct(now))
  }
})

test('the access of an app that does not exist cannot be removed', async () => {
  const user = await addUser()
  const app = { clientId: 'shop', generation: 3, clientGeneration: 7, scopes: [], createdAt: 0 }
  await revokeApp(table, user.id, app, testAct(now))
  expect(await findApp(table, user.id, client.id)).toBeUndefined()
})

test('the app of a URL is found by its whole id only', async () => {
  const user = await addUser()
  const url = 'https://client.example/metadata.json'
  const approval = { userId: user.id, client: { id: url, generation: 7 }, scopes: ['openid'], generation: 3 }
  await isStored(approvalOf(undefined, approval, now).write)
  const id = appIdOf(url)
  expect(id).toMatch(/^URL_[\w-]{43}$/)
  expect(await findAppById(table, user.id, id)).toMatchObject({ clientId: url, scopes: ['openid'] })
  for (const other of [`x${id}`, `${id}x`]) expect(await findAppById(table, user.id, other)).toBeUndefined()
})

test('an app is allowed while its user has consented to a scope of the client', async () => {
  const user = await addUser()
  const allowed = (more = {}) => findAllowedApp(table, user.id, { ...client, ...more })
  expect(await allowed()).toBeUndefined()
  const approval = { userId: user.id, client, scopes: ['openid'], generation: 3 }
  await isStored(approvalOf(undefined, approval, now).write)
  const app = (await findApp(table, user.id, client.id)) as App
  expect(await allowed()).toEqual(app)
  expect(await allowed({ generation: 8 })).toBeUndefined()
  await revokeApp(table, user.id, app, testAct(now))
  expect(await allowed()).toBeUndefined()
})

test('a consent counts only with the generation that the client had', () => {
  const app: App = { clientId: 'shop', generation: 1, clientGeneration: 7, scopes: ['openid'], createdAt: 0 }
  expect(consentedScopes(app, { generation: 7 })).toEqual(['openid'])
  expect(consentedScopes(app, { generation: 8 })).toEqual([])
  expect(consentedScopes(undefined, { generation: 7 })).toEqual([])
})
