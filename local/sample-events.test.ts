import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { completeEvent } from './sample-events.ts'

const read = (file: string) => JSON.parse(readFileSync(new URL(`../events/${file}`, import.meta.url), 'utf8'))

test('the whole event in user-content.json is that of its route and caller, but for the ids', () => {
  const { requestContext, ...whole } = read('user-content.json')
  const ids = { principalId: '{{user id}}', userId: '{{user id}}', generation: '{{user generation}}' }
  const authorizer = { ...requestContext.authorizer, ...ids }
  expect(completeEvent({ route: 'GET /', caller: 'user' })).toEqual({
    ...whole,
    requestContext: { ...requestContext, authorizer },
  })
})

test('the whole event in login.json is that of a route and a body', () => {
  const body = { username: 'user', password: 'user' }
  expect(completeEvent({ route: 'POST /login', body })).toEqual(read('login.json'))
})

test('a client calls for its caller, or for itself', () => {
  const short = { route: 'GET /notes', client: 'shop', scope: 'notes:read' }
  const context = {
    principalId: 'shop',
    clientId: 'shop',
    clientScope: 'notes:read',
    clientExpiresAt: '4102444800',
  }
  const contextOf = (event: object) => Object(completeEvent(event)).requestContext.authorizer
  expect(contextOf(short)).toEqual(context)
  expect(contextOf({ ...short, caller: 'user' })).toEqual({ ...context, clientUserId: '{{user id}}' })
})

test('parameters fill the path, and a text is the body as it is sent', () => {
  const event = {
    route: 'DELETE /sessions/{id}',
    parameters: { id: 'a' },
    body: '{',
    headers: { Accept: 'x' },
  }
  expect(completeEvent(event)).toMatchObject({
    path: '/sessions/a',
    resource: '/sessions/{id}',
    pathParameters: { id: 'a' },
    requestContext: { path: '/dev/sessions/a', resourcePath: '/sessions/{id}' },
    headers: { Accept: 'x' },
    multiValueHeaders: { Accept: ['x'] },
    body: '{',
  })
})

test.each([
  [read('authorizer.json')],
  [read('mailer.json')],
  [{ route: 'A1', bus: 5 }],
  [{ route: 'to /home' }],
  ['text'],
  [null],
])('an event without a route stays as it is: %j', (event) => {
  expect(completeEvent(event)).toBe(event)
})
