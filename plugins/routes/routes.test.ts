import { expect, test } from 'vitest'
import { eventsOf, matches, routesOf, withAuthorizer } from './routes.ts'

test.each([
  ['get /notes/', 'GET', ['notes'], false],
  ['* /', 'ANY', [], false],
  ['any notes/{id}', 'ANY', ['notes', '{id}'], false],
  [{ method: 'put', path: '/a/b' }, 'PUT', ['a', 'b'], false],
  [{ method: 'get', path: '/', authorizer: 'aws_iam' }, 'GET', [], true],
  [{ method: 'get' }, 'GET', [], false],
])('the event http %j is the route %s %j', (http, method, path, isProtected) => {
  expect(routesOf({ events: [{ http }] })).toEqual([{ method, path, isProtected }])
})

test('a function whose events are no list has no events', () => {
  expect(eventsOf({ events: { http: 'GET /' } as never })).toEqual([])
})

test.each([
  ['GET a/b', 'GET ab', false],
  ['GET ab', 'GET a/b', false],
  ['ANY a/{id}', 'GET a/b', true],
  ['GET a/{id}', 'ANY a/b', true],
  ['GET a/{id}', 'PUT a/b', false],
  ['GET a/b/{id}', 'GET a', false],
  ['GET a/b/{id}', 'GET a/b', true],
  ['GET a/b/{id}', 'GET x/b/c', false],
  ['GET a/b/{id}', 'GET {proxy+}', true],
  ['GET a/b/c/{id}', 'GET a/{proxy+}', true],
  ['GET a/b/{id}', 'GET x/{proxy+}', false],
  ['GET a/{id}', 'GET a/b/c/{proxy+}', true],
])('whether resources of %s match requests of %s: %s', (one, other, expected) => {
  const [route, another] = routesOf({ events: [{ http: one }, { http: other }] })
  expect(route && another && matches(route, another)).toBe(expected)
})

test('only a route of a REST API gets the authorizer as the framework reads it', () => {
  const httpApi = { method: 'get', path: '/', authorizer: 'auth' }
  expect(withAuthorizer({ httpApi }, { name: 'it' })).toStrictEqual({ httpApi })
  const http = { method: 'get', path: '/', authorizer: 'auth' }
  expect(withAuthorizer({ http }, { name: 'it' })).toEqual({ http: { ...http, authorizer: { name: 'it' } } })
})
