import { expect, test } from 'vitest'
import {
  asShown,
  isOfScreen,
  maySkipScreen,
  type Seen,
  screenReasonOf,
  shownPlaceOf,
  shownScopesOf,
  withClickedScopes,
} from './screen.ts'

test.each([
  ['https://shop.example:8443/callback', { place: 'shop.example:8443' }],
  ['http://[::1]:4000/callback', { place: '[::1]:4000', device: 'address' }],
  ['com.example.app:/callback', { place: 'com.example.app', device: 'scheme' }],
  ['com.example.app://bank.example/callback', { place: 'com.example.app', device: 'scheme' }],
  ['com.example.http://localhost/callback', { place: 'com.example.http', device: 'scheme' }],
  ['com.example.http:/callback', { place: 'com.example.http', device: 'scheme' }],
])('%s leads to %j', (redirectUri, place) => {
  expect(shownPlaceOf(redirectUri)).toEqual(place)
})

test.each(['constructor', 'toString', '__proto__'])(
  'a scope named %s has the sentence of its API',
  (name) => {
    const scopes = [{ name, sentence: 'See your orders' }]
    const api = {
      identifier: 'https://orders.example',
      name: 'Orders',
      scopes,
      changeId: 'a',
      createdAt: '',
      changedAt: '',
    }
    expect(shownScopesOf({ scopes: [name], api })).toEqual(scopes)
  },
)

const client = { type: 'web', silent: false, firstParty: false, generation: 7 } as const
const OWN = { ...client, firstParty: true } as const
const app = { scopes: ['openid', 'email'], clientGeneration: 7, revokedAt: undefined }
const request = { prompts: [], scopes: ['openid'] }
const seen: Seen = {
  client,
  request,
  redirectUri: 'https://a.example',
  app,
  user: { id: 'a', username: 'ada' },
}
const asking = (more: Partial<Seen['request']>) => ({ request: { ...request, ...more } })

test.each<[reason: ReturnType<typeof screenReasonOf>, changes: Partial<Seen>]>([
  [undefined, {}],
  [undefined, asking({ scopes: ['email', 'openid'] })],
  ['consent_required', asking({ scopes: ['openid', 'profile'] })],
  ['consent_required', { app: undefined }],
  ['consent_required', { app: { ...app, clientGeneration: 6 } }],
  ['consent_required', { client: OWN, app: { ...app, revokedAt: 1 } }],
  [undefined, { client: OWN, app: undefined }],
  ['consent_required', { client: OWN, ...asking({ scopes: ['openid', 'offline_access'] }) }],
  [
    undefined,
    { client: OWN, app: { ...app, scopes: ['offline_access'] }, ...asking({ scopes: ['offline_access'] }) },
  ],
  ['consent_required', asking({ prompts: ['consent'] })],
  ['interaction_required', asking({ prompts: ['select_account'] })],
  ['interaction_required', { lastUserId: 'b' }],
  [undefined, { lastUserId: 'a' }],
  [undefined, asking({ loginHint: 'ADA' })],
  ['interaction_required', asking({ loginHint: 'eve' })],
  [undefined, asking({ loginHint: 'eve', prompts: ['none'] })],
  ['interaction_required', { client: { ...client, type: 'native', silent: true } }],
  ['interaction_required', { client: { ...client, type: 'browser' } }],
  [undefined, { client: { ...client, type: 'browser', silent: true } }],
  [
    'interaction_required',
    { client: { ...client, type: 'browser', silent: true }, redirectUri: 'http://localhost/' },
  ],
  [undefined, { redirectUri: 'http://localhost/' }],
])('the reason for a screen is %s with %j', (reason, changes) => {
  expect(screenReasonOf({ ...seen, ...changes })).toBe(reason)
})

test('only web clients and silent browser clients may skip the screen', () => {
  const clients = (['web', 'browser', 'native', 'machine'] as const).flatMap((type) =>
    [true, false].map((silent) => ({ type, silent })),
  )
  const skipping = clients.filter(maySkipScreen).map(({ type, silent }) => `${type} ${silent}`)
  expect(skipping).toEqual(['web true', 'web false', 'browser true'])
})

test('a quiet request has offline_access only after a click', () => {
  const asked = { ...request, scopes: ['openid', 'offline_access'] }
  const quiet = { ...asked, prompts: ['none' as const] }
  const clicked = { ...app, scopes: ['offline_access'] }
  expect(withClickedScopes(asked, { client, app })).toEqual(asked)
  expect(withClickedScopes(quiet, { client, app: clicked })).toEqual(quiet)
  expect(withClickedScopes(quiet, { client, app })).toEqual({ ...quiet, scopes: ['openid'] })
})

test.each([
  [{ sub: 'a', scope: 'openid email' }, true],
  [{ sub: 'a', scope: 'email openid' }, true],
  [{ sub: 'b', scope: 'email openid' }, false],
  [{ sub: 'a', scope: 'openid' }, false],
  [{ sub: 'b', scope: 'openid' }, false],
  [{ sub: 'a', scope: 'emailopenid' }, false],
])('the click %j is of the screen: %s', (click, isSame) => {
  expect(isOfScreen(click, { user: seen.user, request: { ...request, scopes: ['openid', 'email'] } })).toBe(
    isSame,
  )
})

test('offline_access is shown last, and the other scopes keep their order', () => {
  expect(asShown(['openid', 'offline_access', 'email', 'a'])).toEqual([
    'openid',
    'email',
    'a',
    'offline_access',
  ])
  expect(asShown(['b', 'a', 'offline_access'])).toEqual(['b', 'a', 'offline_access'])
})
