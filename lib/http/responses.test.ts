import { expect, test } from 'vitest'
import { json } from './responses.ts'

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
