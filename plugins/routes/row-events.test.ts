import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import type { Route } from '../../lib/openapi/route.ts'
import { gatewayPathOf, ROWS } from '../../lib/openapi/routes/rows.ts'
import { ROOT } from '../../project/origin.ts'
import { filesIn } from '../functions/functions.ts'
import { rowsOfEvent, withRoutes } from './row-events.ts'

test('a function has the routes of its rows, and auth where they demand a token of the gateway', () => {
  const schedule = { schedule: 'rate(1 day)' }
  const me = { handler: 'me.handler', events: [schedule] }
  const userinfo = { handler: 'userinfo.handler' }
  const authorizer = { handler: 'authorizer.handler' }
  expect(withRoutes({ me, userinfo, authorizer })).toEqual({
    me: {
      handler: 'me.handler',
      events: [
        { http: { method: 'get', path: 'me', authorizer: 'auth' } },
        { http: { method: 'get', path: 'me/events', authorizer: 'auth' } },
        schedule,
      ],
    },
    userinfo: {
      handler: 'userinfo.handler',
      events: [{ http: { method: 'get', path: 'userinfo' } }, { http: { method: 'post', path: 'userinfo' } }],
    },
    authorizer,
  })
})

test.each([
  ['userinfo', 'get', 'userinfo', ['get /userinfo']],
  ['userinfo', 'post', 'userinfo', ['post /userinfo']],
  ['userinfo', 'put', 'userinfo', []],
  ['me', 'get', 'userinfo', []],
])('the rows of function %s for %s %s', (key, method, path, expected) => {
  const rows = rowsOfEvent(key, { method, path })
  expect(rows.map((row) => `${row.method} ${row.path}`)).toEqual(expected)
})

test('every row names a function of a functions.yml, and no such file has a route', () => {
  const files = filesIn(ROOT).map((path) => parse(readFileSync(`${ROOT}/${path}`, 'utf8')))
  const functions: Record<string, { events?: object[] }> = Object.assign({}, ...files)
  const rows = ROWS
  expect(rows.filter((row) => !Object.hasOwn(functions, String(row.function)))).toEqual([])
  const events = Object.values(functions).flatMap((definition) => definition.events ?? [])
  expect(events.filter((event) => 'http' in event)).toEqual([])
})

test('rows that share a method and a path of the gateway have one function, and the same protection', () => {
  const nameOf = (row: Route) => `${row.method} ${gatewayPathOf(row)}`
  const shared = ROWS.filter((row) => row.gatewayPath)
  expect(shared.length).toBeGreaterThan(10)
  for (const row of shared) {
    for (const other of ROWS.filter((one) => nameOf(one) === nameOf(row))) {
      expect([other.path, other.function, other.isProtected]).toEqual([
        other.path,
        row.function,
        row.isProtected,
      ])
    }
  }
})
