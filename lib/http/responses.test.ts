import { expect, test } from 'vitest'
import { ServiceError } from '../errors.ts'
import { json, problem } from './responses.ts'

test('a JSON response is not stored by caches, nor sniffed by browsers', () => {
  expect(json(201, { name: 'ada' })).toEqual({
    statusCode: 201,
    headers: {
      'Content-Type': 'application/json',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
    },
    body: '{"name":"ada"}',
  })
})

test('headers of a response replace the default ones', () => {
  expect(json(200, {}, { 'Cache-Control': 'public' }).headers).toEqual({
    'Content-Type': 'application/json',
    'Cache-Control': 'public',
    'X-Content-Type-Options': 'nosniff',
  })
})

test('a problem with a challenge has it in the body and in the header (RFC 9470 section 3)', () => {
  const challenge = {
    error: 'insufficient_user_authentication',
    acr_values: 'aal2',
    max_age: 300,
  } as const
  const { statusCode, headers, body } = problem(new ServiceError('invalid_token', 'old', { challenge }))
  expect([statusCode, headers?.['WWW-Authenticate'], JSON.parse(body)]).toEqual([
    401,
    'Bearer error="insufficient_user_authentication", acr_values="aal2", max_age="300"',
    {
      type: 'about:blank',
      title: 'Unauthorized',
      status: 401,
      detail: 'Could not validate credentials.',
      code: 'invalid_token',
      ...challenge,
    },
  ])
})

test('a problem may have a member that clients compare', () => {
  const { body } = problem(
    new ServiceError('conflict', 'inside', { error: 'last_factor', detail: 'Add one.' }),
  )
  expect(JSON.parse(body)).toEqual({
    type: 'about:blank',
    title: 'Conflict',
    status: 409,
    detail: 'Add one.',
    code: 'conflict',
    error: 'last_factor',
  })
})
