import { beforeEach, describe, expect, test, vi } from 'vitest'
import { attribute, writeIf } from '../../lib/aws/dynamodb.ts'
import { eventsOfUser } from '../../lib/events/store.ts'
import {
  type ClientWithSecrets,
  changeClient,
  clientKey,
  findClientWithSecrets,
} from '../../lib/oauth/clients/store.ts'
import { findApp } from '../../lib/oauth/grants/app.ts'
import { isoOf, secondOf } from '../../lib/time.ts'
import { revokeTokens } from '../../lib/users/revocation.ts'
import { changeUser } from '../../lib/users/store.ts'
import { addApi, addClient, CALLBACK, credentialsOf } from '../../test/oauth/clients.ts'
import { approve as approveBy, clickOf, codeFor, exchange, refreshGrant } from '../../test/oauth/requests.ts'
import {
  begin,
  call,
  eventOf,
  later,
  logout,
  noContent,
  now,
  ok,
  problem,
  rejectsOtherContexts,
  stored,
  table,
  useRoutes,
} from '../../test/support/http/routes.ts'
import { testAct } from '../../test/support/users/users.ts'

useRoutes()

let cookie: string
beforeEach(async () => {
  cookie = await begin()
})

const notFound = problem(404, 'Not Found', 'Resource not found.')
const revoked = problem(401, 'Unauthorized', 'Could not validate credentials.')

/** Asks for a code as the page does, by default with a click. */
async function approve(client_id: string, scope: string, more: object = {}) {
  const click = 'prompt' in more ? {} : await clickOf(scope)
  return (await approveBy(cookie, { client_id, scope, ...more }, click)).body
}

/** Signs the user in to an app. @returns The refresh token. */
async function signInTo(client_id: string, scope = 'openid', more: object = {}): Promise<string> {
  const { location } = await approve(client_id, scope, more)
  const code = String(new URL(location).searchParams.get('code'))
  return (await exchange(code, credentialsOf(client_id))).body.refresh_token
}

const phone = credentialsOf('phone')

const list = async () => (await call('sessions', 'GET /apps')).body.apps
const idsOf = (apps: { id: string }[]) => apps.map(({ id }) => id)
const remove = (id: string, changes: object = {}) =>
  call('sessions', 'DELETE /apps/{id}', { pathParameters: { id }, ...changes })

const addPhone = (values: Parameters<typeof addClient>[1] = {}) =>
  addClient(table, { id: 'phone', name: 'A phone', type: 'native', redirectUris: [CALLBACK], ...values })

const setOfShop = (name: string, value: boolean | number) =>
  writeIf(table, 'UpdateItem', {
    Key: clientKey('shop'),
    UpdateExpression: 'SET #name = :value',
    ExpressionAttributeNames: { '#name': name },
    ExpressionAttributeValues: { ':value': attribute(value) },
  })

describe('GET /apps', () => {
  test('lists apps by their names, with places and sentences', async () => {
    await addApi(table)
    await addClient(table, {
      redirectUris: [CALLBACK, 'https://shop.example/other', 'https://b.example', 'http://localhost:5173/'],
      scopes: ['openid', 'https://orders.example orders.write', 'https://orders.example orders.read'],
      names: ['de Laden'],
    })
    await addPhone({ name: 'Your phone', redirectUris: [CALLBACK, 'com.example.app:/callback'] })
    await signInTo('shop', 'openid orders.write orders.read')
    vi.setSystemTime(later(5))
    await signInTo('phone', 'openid offline_access')
    expect(await call('sessions', 'GET /apps')).toEqual(
      ok({
        apps: [
          {
            id: 'shop',
            name: 'Shop',
            names: { de: 'Laden' },
            type: 'web',
            places: ['b.example', 'localhost:5173', 'shop.example'],
            scopes: [
              { name: 'openid' },
              { name: 'orders.read', sentence: 'See your orders' },
              { name: 'orders.write', sentence: 'Change your orders' },
            ],
            offline: false,
            approvedAt: isoOf(secondOf(now)),
            lastUsedAt: isoOf(secondOf(now)),
          },
          {
            id: 'phone',
            name: 'Your phone',
            type: 'native',
            places: ['com.example.app', 'shop.example'],
            scopes: [{ name: 'openid' }, { name: 'offline_access' }],
            offline: true,
            approvedAt: isoOf(secondOf(now) + 5),
            lastUsedAt: isoOf(secondOf(now) + 5),
          },
        ],
      }),
    )
  })

  test('shows a use to the hour, after its hour is over', async () => {
    await addPhone()
    const refresh_token = await signInTo('phone', 'openid offline_access')
    const lastUsedAt = async () => (await list())[0].lastUsedAt
    vi.setSystemTime(later(4_000))
    await refreshGrant(refresh_token, phone)
    expect(await lastUsedAt()).toBe(isoOf(secondOf(now)))
    vi.setSystemTime(later(7_200))
    expect(await lastUsedAt()).toBe(isoOf(secondOf(now) + 3_600))
  })

  test('joins what an app has from several sign-ins', async () => {
    await addPhone()
    await signInTo('phone', 'openid offline_access')
    vi.setSystemTime(later(60))
    await signInTo('phone', 'profile')
    expect(await list()).toMatchObject([
      {
        id: 'phone',
        scopes: [{ name: 'openid' }, { name: 'profile' }, { name: 'offline_access' }],
        offline: true,
        lastUsedAt: isoOf(secondOf(now) + 60),
      },
    ])
  })

  test('lists no scope that the client has lost', async () => {
    const client = await addClient(table)
    await signInTo('shop', 'openid profile offline_access')
    const lose = async (...scopes: string[]) => {
      const now = (await findClientWithSecrets(table, client.id)) as ClientWithSecrets
      expect(await changeClient(table, now, { changes: { scopes } }, testAct())).toBe('done')
      return (await list()).map((app: { scopes: { name: string }[] }) => app.scopes.map(({ name }) => name))
    }
    expect(await lose('openid', 'offline_access')).toEqual([['openid', 'offline_access']])
    // Without the scope, its grant depends on the session again.
    expect(await lose('openid')).toEqual([['openid']])
    expect(await list()).toMatchObject([{ offline: false }])
    expect(await lose('email')).toEqual([])
  })

  test('lists no app of another user', async () => {
    await addClient(table)
    cookie = await begin('admin')
    await codeFor(cookie, {}, 'admin')
    expect(await list()).toEqual([])
    expect(await remove('shop')).toEqual(notFound)
  })

  test('keeps an app after the session, if it gets access without a question or has offline_access', async () => {
    await addClient(table)
    // Its screen comes each time.
    await addClient(table, { id: 'phone', type: 'native', redirectUris: [CALLBACK] })
    await signInTo('phone')
    await addClient(table, { id: 'own', firstParty: true, scopes: ['openid', 'email', 'offline_access'] })
    await signInTo('shop')
    await signInTo('own', 'openid', { prompt: 'none' })
    expect(idsOf(await list()).sort()).toEqual(['own', 'phone', 'shop'])
    await logout(cookie)
    // The operator's own app needs no consent, but to offline_access.
    expect(await list()).toMatchObject([
      { id: 'own', scopes: [{ name: 'email' }, { name: 'openid' }], offline: false },
      { id: 'shop', scopes: [{ name: 'openid' }], offline: false },
    ])
    expect((await list())[0]).not.toHaveProperty('lastUsedAt')

    cookie = await begin()
    // The grant of the phone is of the earlier session.
    expect(idsOf(await list())).toEqual(['own', 'shop'])
    await signInTo('own', 'openid offline_access')
    await logout(cookie)
    expect(await list()).toMatchObject([{ id: 'own', offline: true }, { id: 'shop' }])
  })

  test.each<[string, () => Promise<unknown>]>([
    [
      'is disabled and has another generation',
      async () => {
        await setOfShop('disabled', true)
        await setOfShop('generation', 8)
      },
    ],
    ['has another generation', () => setOfShop('generation', 8)],
    [
      'was removed',
      () => table.aws('dynamodb', 'DeleteItem', { TableName: table.name, Key: clientKey('shop') }),
    ],
    ['was removed by the user', () => remove('shop')],
  ])('does not list an app whose client %s', async (_what, happen) => {
    await addClient(table)
    await signInTo('shop', 'openid offline_access')
    expect(await list()).toHaveLength(1)
    await happen()
    expect(await list()).toEqual([])
    // It exists still, so its access can be removed.
    expect(await remove('shop')).toEqual(noContent)
  })

  test('rejects a revoked access token that is cached as valid', async () => {
    const { requestContext } = await eventOf('GET /apps')
    const user = await stored()
    await changeUser(table, user, { changes: revokeTokens(user), changeId: 'x' }, testAct())
    expect(await call('sessions', 'GET /apps', { requestContext })).toEqual(revoked)
  })
  rejectsOtherContexts('sessions', 'GET /apps')
})

describe('DELETE /apps/{id}', () => {
  const eventsOf = async () => {
    const { events } = await eventsOfUser(table, (await stored()).id, { limit: 50 })
    return events.filter(({ type }) => type === 'consent.revoked')
  }

  test('removes the access with one event, also if it is repeated', async () => {
    await addClient(table)
    await signInTo('shop')
    const { id } = await stored()
    for (const _ of [1, 2, 3]) expect(await remove('shop')).toEqual(noContent)
    expect(await eventsOf()).toMatchObject([
      { actor: 'user', actorId: id, ref: 'shop', via: 'DELETE /apps/{id}', sourceIp: '203.0.113.7' },
    ])
    expect(await findApp(table, id, 'shop')).toMatchObject({ revokedAt: secondOf(now), scopes: [] })
    await signInTo('shop')
    expect(await remove('shop')).toEqual(noContent)
    expect(await eventsOf()).toHaveLength(2)
  })

  test('at the same time as another succeeds with one event', async () => {
    await addClient(table)
    await signInTo('shop')
    const responses = await Promise.all([remove('shop'), remove('shop'), remove('shop')])
    expect(responses).toEqual([noContent, noContent, noContent])
    expect(await eventsOf()).toHaveLength(1)
  })

  test('removes the access of one app, and of no other', async () => {
    await addClient(table)
    await addPhone()
    await signInTo('shop')
    const refresh_token = await signInTo('phone')
    await remove('shop')
    expect(idsOf(await list())).toEqual(['phone'])
    expect((await refreshGrant(refresh_token, phone)).body).toHaveProperty('access_token')
  })

  test.each([true, false])(
    'lets the next sign-in ask the user again, first-party: %s',
    async (firstParty) => {
      await addClient(table, { firstParty })
      await signInTo('shop')
      expect((await approve('shop', 'openid', { prompt: 'none' })).location).toContain('code=')
      await remove('shop')
      expect(await list()).toEqual([])
      expect((await approve('shop', 'openid', { prompt: 'none' })).location).toContain(
        'error=consent_required',
      )
      await signInTo('shop')
      expect((await approve('shop', 'openid', { prompt: 'none' })).location).toContain('code=')
    },
  )

  test.each([
    ['of an unknown app', 'demo-native'],
    ['of an app that the user has not signed in to', 'shop'],
    ['with nothing', ''],
    ['with a path', '../shop'],
    ['with the key of another item', 'x#shop'],
    ['with 2,000 characters', 'x'.repeat(2_000)],
  ])('%s returns 404', async (_what, id) => {
    await addClient(table)
    expect(await remove(id)).toEqual(notFound)
    expect(await eventsOf()).toEqual([])
  })

  test('without an id returns 404', async () => {
    expect(await remove('', { pathParameters: null })).toEqual(notFound)
  })

  test('rejects a revoked access token that is cached as valid', async () => {
    await addClient(table)
    await signInTo('shop')
    const { requestContext } = await eventOf('DELETE /apps/{id}')
    const user = await stored()
    await changeUser(table, user, { changes: revokeTokens(user), changeId: 'x' }, testAct())
    expect(await remove('shop', { requestContext })).toEqual(revoked)
    expect(await eventsOf()).toEqual([])
  })
  rejectsOtherContexts('sessions', 'DELETE /apps/{id}')
})
