import type { IDToken } from 'oauth4webapi'
import { describe, expect, test } from 'vitest'
import type { Provider } from '../provider.ts'
import { claimedOf } from './claimed.ts'

const TENANT = '6f8b2c1e-0000-4000-8000-000000000001'
const OID = '0F8B2C1E-0000-4000-8000-00000000000a'

const providerOf = (changes: Partial<Provider>): Provider => ({
  id: 'demo',
  kind: 'oidc',
  name: 'Demo',
  issuer:
    changes.kind === 'entra' ? `https://login.microsoftonline.com/${TENANT}/v2.0` : 'https://idp.example',
  clientId: 'a-client',
  clientAuthentication: 'basic',
  authorizationEndpoint: 'https://idp.example/authorize',
  tokenEndpoint: 'https://idp.example/token',
  jwksUri: 'https://idp.example/keys',
  scope: 'openid',
  algorithms: ['RS256'],
  sendsIssuer: false,
  mailDomains: [],
  disabled: false,
  changeId: 'a-change',
  createdAt: '2026-12-01T00:00:00.000Z',
  changedAt: '2026-12-01T00:00:00.000Z',
  ...changes,
})
const claimed = (changes: Partial<Provider>, claims: object) =>
  claimedOf(providerOf(changes), { sub: 'a-subject', tid: TENANT, oid: OID, ...claims } as unknown as IDToken)

const verified = { email_verified: true }

test.each<[Partial<Provider>, object, boolean]>([
  [{ kind: 'google' }, { email: 'a@gmail.com', ...verified }, true],
  [{ kind: 'google' }, { email: 'a@googlemail.com', ...verified }, true],
  [{ kind: 'google' }, { email: 'a@firm.example', hd: 'firm.example', ...verified }, true],
  [{ kind: 'google' }, { email: 'a@firm.example', ...verified }, false],
  [{ kind: 'google' }, { email: 'a@firm.example', hd: '', ...verified }, false],
  [{ kind: 'google' }, { email: 'a@gmail.com', email_verified: 'true' }, false],
  [{ kind: 'google' }, { email: 'a@gmail.com.evil.example', ...verified }, false],
  [{ kind: 'apple' }, { email: 'a@icloud.com', email_verified: 'true' }, true],
  [{ kind: 'apple' }, { email: 'a@privaterelay.appleid.com', ...verified }, true],
  [{ kind: 'apple' }, { email: 'a@firm.example', ...verified }, false],
  [{ kind: 'apple' }, { email: 'a@icloud.com', email_verified: 'false' }, false],
  [{ mailDomains: ['firm.example'] }, { email: 'A@Firm.example', ...verified }, true],
  [{ mailDomains: ['firm.example'] }, { email: 'a@firm.example' }, false],
  [{ mailDomains: ['firm.example'] }, { email: 'a@sub.firm.example', ...verified }, false],
  [{}, { email: 'a@firm.example', ...verified }, false],
  [{ kind: 'entra', mailDomains: ['firm.example'] }, { email: 'a@firm.example' }, true],
  [{ kind: 'entra' }, { email: 'a@firm.example', xms_edov: true, ...verified }, false],
])('of %j, %j is proven: %s', (provider, claims, isProven) => {
  expect(claimed(provider, claims)).toMatchObject({ isProven })
})

describe('Entra', () => {
  test('has the id of the user in the tenant as subject', () => {
    expect(claimed({ kind: 'entra' }, {}).subject).toBe(OID.toLowerCase())
  })

  test.each([
    ['without an id', { oid: undefined }],
    ['with an id that is no GUID', { oid: 'ada' }],
    ['of another tenant', { tid: '6f8b2c1e-0000-4000-8000-000000000002' }],
    ['without a tenant', { tid: undefined }],
    ['with an empty tenant', { tid: '' }],
  ])('%s is refused', (_, claims) => {
    expect(() => claimed({ kind: 'entra' }, claims)).toThrow(
      expect.objectContaining({ message: 'the subject is invalid' }),
    )
  })
})

test.each([
  ['ada@example.org', { email: 'Ada@Example.org', preferred_username: 'ada' }],
  ['ada', { preferred_username: ' ada ' }],
  ['…ubject', {}],
  ['…ubject', { email: 'ada\u202e@example.org', preferred_username: 'a\u202eb' }],
  ['…ubject', { email: 'no address', preferred_username: 'a\nb' }],
  ['…ubject', { email: ['a@example.org'], preferred_username: 7 }],
  ['a'.repeat(64), { preferred_username: 'a'.repeat(65) }],
])('the label is %s for %j', (label, claims) => {
  expect(claimed({}, claims).label).toBe(label)
})
