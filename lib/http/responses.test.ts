import { expect, test } from 'vitest'
import { json } from './responses.ts'

test('a JSON answer is kept by nobody and sniffed by nobody', () => {
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

test('an answer may say for itself who keeps it', () => {
  expect(json(200, {}, { 'Cache-Control': 'public' }).headers).toEqual({
    'Content-Type': 'application/json',
    'Cache-Control': 'public',
    'X-Content-Type-Options': 'nosniff',
  })
})
