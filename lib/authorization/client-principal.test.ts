import { describe, expect, test } from 'vitest'
import { eventWith } from '../../test/support/http/lambda.ts'
import { clientPrincipalOf, isFromClient } from './client-principal.ts'
import { principalOf } from './principal.ts'

const EXPIRES_AT = 1_795_534_200
const valid = {
  principalId: 'shop',
  clientId: 'shop',
  clientUserId: 'Ada-Lovelace-1815-12-A',
  clientScope: 'openid notes:read',
  clientExpiresAt: String(EXPIRES_AT),
}
/** What the authorizer adds for a user of the application. */
const ofApplication = {
  userId: 'Ada-Lovelace-1815-12-A',
  username: 'ada',
  role: 'admin',
  expiresAt: String(EXPIRES_AT),
  generation: '7',
  sessionId: 'the-session',
  acr: 'aal1',
  authTime: '1795532400',
}
const now = new Date((EXPIRES_AT - 60) * 1000)
// The service itself has no scopes.
const READ = 'notes:read' as never

test('the caller is the client in the authorizer context, and its user', () => {
  expect(clientPrincipalOf(eventWith(valid), now, READ)).toEqual({
    clientId: 'shop',
    userId: 'Ada-Lovelace-1815-12-A',
    scopes: ['openid', 'notes:read'],
    expiresAt: EXPIRES_AT,
  })
})

test('a machine calls without a user', () => {
  const { clientUserId: _, ...machine } = valid
  expect(clientPrincipalOf(eventWith(machine), now, READ).userId).toBeUndefined()
})

test('a context is accepted until the second before its token expires', () => {
  const at = (ms: number) => () => clientPrincipalOf(eventWith(valid), new Date(ms), READ)
  expect(at(EXPIRES_AT * 1000 - 1)()).toMatchObject({ clientId: 'shop' })
  expect(at(EXPIRES_AT * 1000)).toThrow(
    expect.objectContaining({ code: 'invalid_token', message: 'the token has expired' }),
  )
})

test.each(['notes:write', 'notes:rea', 'notes', 'notes:read openid', ''])(
  'without the scope %j, the response names what is missing',
  (scope) => {
    expect(() => clientPrincipalOf(eventWith(valid), now, scope as never)).toThrow(
      expect.objectContaining({
        code: 'forbidden',
        message: `requires scope ${scope}`,
        challenge: { error: 'insufficient_scope', scope },
      }),
    )
  },
)

describe('a context is rejected', () => {
  test.each<[string, unknown]>([
    ['that is missing', undefined],
    ['that is null', null],
    ['that is empty', {}],
    ['of a user of the application', ofApplication],
    ['without a client', { ...valid, clientId: undefined }],
    ['with an empty client', { ...valid, clientId: '' }],
    ['with a client that is an array', { ...valid, clientId: ['shop'] }],
    ['with another form of user id', { ...valid, clientUserId: 'ada' }],
    ['with an empty user id', { ...valid, clientUserId: '' }],
    ['without scopes', { ...valid, clientScope: undefined }],
    ['with scopes in an array', { ...valid, clientScope: ['notes:read'] }],
    ['without an expiry', { ...valid, clientExpiresAt: undefined }],
    ['with an endless expiry', { ...valid, clientExpiresAt: 'Infinity' }],
    ['whose values lie in a __proto__ member', JSON.parse(`{"__proto__":${JSON.stringify(valid)}}`)],
    ['whose values lie in claims', { claims: valid }],
  ])('%s', (_what, authorizer) => {
    expect(() => clientPrincipalOf(eventWith(authorizer), now, READ)).toThrow(
      expect.objectContaining({ code: 'invalid_token' }),
    )
  })
})

test('no handler takes a client for a user of the application, or the other way round', () => {
  expect(() => principalOf(eventWith(valid), now)).toThrow(expect.objectContaining({ code: 'invalid_token' }))
  expect([valid, ofApplication, undefined].map((context) => isFromClient(eventWith(context)))).toEqual([
    true,
    false,
    false,
  ])
})
