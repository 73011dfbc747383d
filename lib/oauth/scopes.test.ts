import { expect, test, vi } from 'vitest'
import type { Api } from './apis/api.ts'
import { urlClientOf } from './clients/url-client.ts'
import { readParameters } from './parameters.ts'
import {
  CLAIMS,
  entriesOf,
  entryOf,
  identifiersFor,
  identifiersOf,
  isScopeName,
  STANDARD_SCOPES,
  scopeIn,
  scopesOf,
  shownScopeOf,
  standardScopesOf,
} from './scopes.ts'

const apiWith = (identifier: string, ...scopes: string[]): Api => ({
  identifier,
  name: identifier,
  scopes: scopes.map((name) => ({ name, sentence: `Use ${name}` })),
  changeId: 'x',
  createdAt: '',
  changedAt: '',
})
const shop = apiWith('https://shop.example', 'orders:read', 'orders:write')

test('a scope of an API has a name of its own, without spaces', () => {
  expect(['orders:read', 'a', 'read/all', '0.1'].filter((name) => !isScopeName(name))).toEqual([])
  const others = [
    '',
    'a b',
    'openid',
    'profile',
    'email',
    'offline_access',
    'address',
    'phone',
    '-a',
    'ä',
    'a"',
  ]
  expect([...others, 'a'.repeat(65), undefined].filter(isScopeName)).toEqual([])
})

test('the standard scopes depend on the type', () => {
  expect(standardScopesOf('web')).toEqual(STANDARD_SCOPES)
  expect(standardScopesOf('native')).toEqual(standardScopesOf('web'))
  expect(standardScopesOf('browser')).toEqual(STANDARD_SCOPES.filter((name) => name !== 'offline_access'))
  expect(standardScopesOf('machine')).toEqual([])
})

test('an entry of a client names the scope and its API', () => {
  expect(scopeIn(entryOf(shop, 'orders:read'))).toEqual({
    identifier: 'https://shop.example',
    scope: 'orders:read',
  })
  expect(scopeIn('openid')).toEqual({ scope: 'openid' })
})

test('the entries of a request name the API, except for standard scopes', () => {
  expect(entriesOf(['openid', 'orders:read'], shop)).toEqual(['openid', 'https://shop.example orders:read'])
  expect(entriesOf(['openid'], undefined)).toEqual(['openid'])
  const scopes = ['https://b.example b', 'openid', 'https://a.example a', 'https://b.example c']
  expect(identifiersOf({ scopes })).toEqual(['https://a.example', 'https://b.example'])
})

test('scopes give the name and the address of a user', () => {
  const claims = Object.entries({ ...CLAIMS.profile, ...CLAIMS.email })
  const valuesOf = (user: object) => Object.fromEntries(claims.map(([name, of]) => [name, of(user as never)]))
  const user = { username: 'ada', email: 'ada@example.org', attributes: {} }
  const expected = { preferred_username: 'ada', email: 'ada@example.org' }
  expect(valuesOf({ ...user, emailVerified: true })).toMatchObject({ ...expected, email_verified: true })
  expect(valuesOf({ ...user, emailVerified: false })).toMatchObject({ ...expected, email_verified: false })
  expect(valuesOf({ ...user, email: undefined, emailVerified: false }).email_verified).toBeUndefined()
})

test.each<[name: string, api: Api | undefined, shown: object]>([
  ['openid', undefined, { name: 'openid' }],
  ['profile', undefined, { name: 'profile' }],
  ['orders:write', shop, { name: 'orders:write', sentence: 'Use orders:write' }],
  ['orders:gone', shop, { name: 'orders:gone', sentence: 'orders:gone' }],
  ['orders:gone', undefined, { name: 'orders:gone', sentence: 'orders:gone' }],
])('a page shows %s', (name, api, shown) => {
  expect(shownScopeOf(name, api)).toEqual(shown)
})

test('a page shows that profile gives attributes with a claim', async () => {
  const attributes = { plan: { type: 'text', claim: 'plan' } }
  vi.resetModules()
  vi.doMock('../../auth.config.ts', () => ({ default: { roles: ['user'], administrators: [], attributes } }))
  const { shownScopeOf } = await import('./scopes.ts')
  vi.doUnmock('../../auth.config.ts')
  expect(shownScopeOf('profile', undefined)).toEqual({ name: 'profile', attributes: true })
  expect(shownScopeOf('email', undefined)).toEqual({ name: 'email' })
})

test('a client has the scopes of its entries, each with its API', () => {
  const client = { scopes: [entryOf(shop, 'orders:read'), 'openid'] }
  expect(identifiersOf(client)).toEqual(['https://shop.example'])
  expect([...scopesOf(client, [shop])]).toEqual([
    ['orders:read', shop],
    ['openid', undefined],
  ])
})

test('a scope that its API gave up is not the client’s any longer, also if another API took it', () => {
  const crm = apiWith('https://crm.example', 'orders:read', 'contacts')
  const client = { scopes: [entryOf(shop, 'orders:read'), entryOf(crm, 'contacts')] }
  const without = apiWith('https://shop.example', 'orders:write')
  expect([...scopesOf(client, [without, crm]).keys()]).toEqual(['contacts'])
  expect([...scopesOf(client, [crm]).keys()]).toEqual(['contacts'])
  // An entry for the new owner counts, in any order.
  const both = { scopes: [...client.scopes, entryOf(crm, 'orders:read')] }
  expect(scopesOf(both, [without, crm]).get('orders:read')).toBe(crm)
})

test('a client that is a URL has all scopes of the APIs that are open to such clients, and names one by resource', () => {
  const open = { ...apiWith('https://open.example', 'open.read'), urlClients: true }
  const closed = { ...apiWith('https://closed.example', 'closed.read'), urlClients: false }
  const client = urlClientOf('https://app.example/client.json', [])
  expect(client.scopes).toEqual([...STANDARD_SCOPES, '*'])
  expect(scopesOf(client, [open, closed, shop])).toEqual(
    new Map([...STANDARD_SCOPES.map((name) => [name, undefined] as const), ['open.read', open]]),
  )
  const resource = (text: string) => identifiersFor(client, readParameters(`?resource=${text}`))
  expect([resource('https://open.example/'), resource('open'), resource('')]).toEqual([
    ['https://open.example/'],
    [],
    [],
  ])
  const registered = { scopes: ['openid', 'https://closed.example closed.read'] }
  expect(identifiersFor(registered, readParameters('?resource=https://open.example'))).toEqual([
    'https://closed.example',
  ])
})
