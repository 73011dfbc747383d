import { describe, expect, test, vi } from 'vitest'
import { eventWith, sampleEvent } from '../../test/support/http/lambda.ts'
import { principalOf } from './principal.ts'

const EXPIRES_AT = 1_795_534_200
const valid = {
  principalId: 'Ada-Lovelace-1815-12-A',
  userId: 'Ada-Lovelace-1815-12-A',
  username: 'ada',
  role: 'admin',
  expiresAt: String(EXPIRES_AT),
  generation: '7',
  sessionId: 'the-session',
  acr: 'aal1',
  authTime: '1795532400',
}
const at = (second: number) => new Date(second * 1000)
const now = at(EXPIRES_AT - 60)

test('the caller is the one in the authorizer context', () => {
  expect(principalOf(eventWith(valid), now)).toEqual({
    userId: 'Ada-Lovelace-1815-12-A',
    username: 'ada',
    role: 'admin',
    expiresAt: EXPIRES_AT,
    generation: 7,
    sessionId: 'the-session',
    acr: 'aal1',
    authTime: 1_795_532_400,
    attributes: {},
  })
})

test('a context is accepted until the second before its token expires', () => {
  const event = eventWith(valid)
  expect(principalOf(event, new Date(EXPIRES_AT * 1000 - 1)).username).toBe('ada')
  expect(() => principalOf(event, at(EXPIRES_AT))).toThrow(
    expect.objectContaining({
      code: 'invalid_token',
      message: 'the token has expired',
    }),
  )
})

test('no other value of the context is read', () => {
  const authorizer = { ...valid, username: 'user', role: 'user', claims: { sub: 'root', role: 'admin' } }
  expect(principalOf(eventWith({ ...authorizer, principalId: 'root', sub: 'root' }), now)).toEqual({
    userId: valid.userId,
    username: 'user',
    role: 'user',
    expiresAt: EXPIRES_AT,
    generation: 7,
    sessionId: 'the-session',
    acr: 'aal1',
    authTime: 1_795_532_400,
    attributes: {},
  })
  expect(() => principalOf(eventWith({ claims: valid }), now)).toThrow()
})

describe('a context is rejected', () => {
  test.each<[string, unknown]>([
    ['that is missing', undefined],
    ['that is null', null],
    ['that is text', 'ada'],
    ['that is empty', {}],
    ['without a user id', { ...valid, userId: undefined }],
    ['with a user id of another form', { ...valid, userId: 'ada' }],
    ['without a generation', { ...valid, generation: undefined }],
    ['with a generation that is a number', { ...valid, generation: 7 }],
    ['with a fraction of a generation', { ...valid, generation: '7.5' }],
    ['without an acr', { ...valid, acr: undefined }],
    ['with an unknown acr', { ...valid, acr: 'aal3' }],
    ['without the time of the sign-in', { ...valid, authTime: undefined }],
    ['with an empty session', { ...valid, sessionId: '' }],
    ['without a session', { ...valid, sessionId: undefined }],
    ['with a session that is an array', { ...valid, sessionId: ['the-session'] }],
    ['without a username', { ...valid, username: undefined }],
    ['without a role', { ...valid, role: undefined }],
    ['without an expiry', { ...valid, expiresAt: undefined }],
    ['with an empty username', { ...valid, username: '' }],
    ['with a username that is an array', { ...valid, username: ['ada'] }],
    ['with an unknown role', { ...valid, role: 'root' }],
    ['with a role that is an array', { ...valid, role: ['admin'] }],
    ['with a role that is a property of objects', { ...valid, role: 'constructor' }],
    ['with a role that is true', { ...valid, role: true }],
    ['with an expiry that is no number', { ...valid, expiresAt: 'never' }],
    ['with an expiry that is a number, which REST APIs never send', { ...valid, expiresAt: EXPIRES_AT }],
    ['with an expiry that is an array', { ...valid, expiresAt: [String(EXPIRES_AT)] }],
    ['with an endless expiry', { ...valid, expiresAt: 'Infinity' }],
    ['with an expiry in another notation', { ...valid, expiresAt: '9e15' }],
    ['with a negative expiry', { ...valid, expiresAt: '-1' }],
    ['with a fraction of a second', { ...valid, expiresAt: `${EXPIRES_AT}.5` }],
    ['with a line break behind its expiry', { ...valid, expiresAt: `${EXPIRES_AT}\n` }],
    ['whose values lie in a __proto__ member', JSON.parse(`{"__proto__":${JSON.stringify(valid)}}`)],
  ])('%s', (_what, authorizer) => {
    expect(() => principalOf(eventWith(authorizer), now)).toThrow(
      expect.objectContaining({
        code: 'invalid_token',
        message: 'no authorizer context',
      }),
    )
  })

  test('if there is no context', () => {
    const { requestContext: _, ...event } = sampleEvent('user-content')
    expect(() => principalOf(event, now)).toThrow(expect.objectContaining({ code: 'invalid_token' }))
  })
})

test('a route for one role rejects other roles', () => {
  const user = eventWith({ ...valid, role: 'user' })
  expect(principalOf(eventWith(valid), now, ['admin']).username).toBe('ada')
  expect(() => principalOf(user, now, ['admin'])).toThrow(
    expect.objectContaining({ code: 'forbidden', message: 'requires role admin' }),
  )
})

test('the roles are those of the function', () => {
  const user = eventWith({ ...valid, role: 'user' })
  vi.stubEnv('AUTH_ROLES', 'editor,admin')
  expect(principalOf(eventWith(valid), now).username).toBe('ada')
  expect(() => principalOf(user, now)).toThrow(
    expect.objectContaining({ code: 'forbidden', message: 'requires role editor or admin' }),
  )
})

test('a route for several roles accepts each of them', () => {
  for (const role of ['user', 'admin']) {
    expect(principalOf(eventWith({ ...valid, role }), now, ['user', 'admin'])).toMatchObject({ role })
  }
})

test('an expired context is rejected as expired before its role is checked', () => {
  const user = eventWith({ ...valid, role: 'user' })
  expect(() => principalOf(user, at(EXPIRES_AT), ['admin'])).toThrow(
    expect.objectContaining({ code: 'invalid_token' }),
  )
})

test('a mistyped role does not compile', () => {
  // @ts-expect-error: `auth.config.ts` has no role of this name.
  expect(() => principalOf(eventWith(valid), now, ['admn'])).toThrow('requires role admn')
})
