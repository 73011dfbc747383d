import { expect, test, vi } from 'vitest'
import { testUser } from '../../../test/support/users/users.ts'
import { AMR } from '../../users/factors.ts'
import { shownScopeOf } from '../scopes.ts'
import { claimsOfScopes, clientTokenInput, idTokenInput } from './claims.ts'

vi.mock('../../../auth.config.ts', () => ({
  default: {
    roles: ['user'],
    administrators: [],
    attributes: {
      plan: { type: 'string', default: 'free', claim: 'https://notes.example/plan' },
      seats: { type: 'number', default: 1 },
    },
  },
}))

const now = new Date('2026-11-24T15:00:00.400Z')
const user = testUser({ username: 'ada', attributes: { plan: 'pro', seats: 5 } })
const grant = {
  id: 'grant',
  sessionId: 'session',
  authTime: 1_795_532_400,
  amr: AMR.password,
  resource: 'https://orders.example',
}
const issuer = 'https://auth.example.com'
const details = { issuer, publicUrl: issuer, ttlSeconds: 900, tokenId: 'id' }
const PRO = { 'https://notes.example/plan': 'pro' }

test('attributes with a claim belong to the scope profile, at /userinfo and in the id_token', () => {
  expect(claimsOfScopes(user, 'openid profile')).toEqual({ ...PRO, preferred_username: 'ada' })
  expect(claimsOfScopes(user, 'openid email')).toEqual({})
  expect(claimsIn(idTokenInput(granted('openid profile', false), details, now))).toMatchObject(PRO)
  expect(claimsIn(idTokenInput(granted('openid', false), details, now))).not.toMatchObject(PRO)
})

test('the claim locale belongs to the scope profile, and is a language of the service', () => {
  const localeFor = (locale: string, scope: string) => claimsOfScopes({ ...user, locale }, scope)
  expect(localeFor('en', 'openid profile')).toMatchObject({ locale: 'en' })
  expect(localeFor('en', 'openid email offline_access')).not.toHaveProperty('locale')
  expect(localeFor('de', 'openid profile')).toMatchObject({ locale: undefined })
})

test('access tokens of first-party clients alone have attributes', () => {
  expect(claimsIn(clientTokenInput(granted('openid', true), details, now))).toMatchObject(PRO)
  expect(claimsIn(clientTokenInput(granted('openid profile', false), details, now))).not.toMatchObject(PRO)
})

test('the screen of an app says that the scope profile gives more than the username', () => {
  expect(shownScopeOf('profile', undefined)).toEqual({ name: 'profile', attributes: true })
})

const claimsIn = (input: (kid: string) => string): object =>
  JSON.parse(Buffer.from(input('kid').split('.')[1] ?? '', 'base64url').toString())

const granted = (scope: string, firstParty: boolean) => ({
  grant,
  client: { id: 'shop', firstParty },
  user,
  scope,
})
