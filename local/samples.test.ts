import { expect, test } from 'vitest'
import { sampleOf, samplesOf } from './samples.ts'

const authorizer = { name: 'authorizer' }
const route = (method: string, path: string, more = {}) => ({ http: { method, path, ...more } })

test('sampleOf sends the first role that may use a route of the project', () => {
  const events = [{ schedule: 'rate(1 day)' }, route('get', '/notes/{id}', { authorizer }), route('get', 'b')]
  const note = { route: 'GET /notes/{id}', parameters: { id: 'id' } }
  expect(sampleOf({ events, environment: { AUTH_ROLES: 'editor,admin' } })).toEqual({
    ...note,
    caller: 'editor',
  })
  expect(sampleOf({ events })).toEqual({ ...note, caller: 'user' })
})

test('sampleOf sends the first example of a row, with tokens of the demo user', () => {
  expect(sampleOf({ events: [route('post', 'refresh')] })).toEqual({
    route: 'POST /refresh',
    body: { refreshToken: '{{user refresh token}}' },
  })
  expect(sampleOf({ events: [route('get', 'userinfo')] })).toEqual({
    route: 'GET /userinfo',
    headers: { Authorization: 'Bearer {{user token}}' },
  })
})

test('sampleOf is not in the way of routes that it cannot describe', () => {
  const odd = { http: { path: 'b', method: undefined } }
  expect(sampleOf({ events: [odd] })).toMatchObject({ route: 'UNDEFINED /b' })
  const unread = {
    path: 'b',
    get method() {
      throw new Error('read')
    },
  }
  expect(sampleOf({ events: [route('get', 'a'), { http: unread }] })).toEqual({ route: 'GET /a' })
})

test('sampleOf has nothing for a function without a route', () => {
  expect(sampleOf({ events: [{ schedule: 'rate(1 day)' }] })).toBeUndefined()
  expect(sampleOf({})).toBeUndefined()
})

test('samplesOf names each route, and each further example of its row', () => {
  const samples = samplesOf({ events: [route('post', 'refresh'), route('post', 'oauth2/token')] })
  expect(samples).toEqual({
    'POST /refresh': sampleOf({ events: [route('post', 'refresh')] }),
    'POST /refresh cookie': {
      route: 'POST /refresh',
      headers: expect.objectContaining({ Cookie: '__Host-refresh={{user cookie token}}' }),
      body: {},
    },
    'POST /oauth2/token': {
      route: 'POST /oauth2/token',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: expect.stringMatching(/^grant_type=authorization_code&client_id=shop&code=/),
    },
  })
})
