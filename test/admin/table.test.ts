import { readFileSync } from 'node:fs'
import { afterAll, beforeEach, expect, test, vi } from 'vitest'
import { rightsOf } from '../../lib/application/permissions.ts'
import { lacksText, NO_RIGHTS } from '../../lib/operators/refusals.ts'
import { faultsOfConfig } from '../../plugins/config/faults.ts'
import { tableIn } from '../docs/table.ts'
import { recordLogs } from '../support/logs.ts'
import { root } from '../support/process/service-description.ts'
import { PASSWORD } from '../support/users/sessions.ts'
import { readTable, routesIn, startWithCallers } from './callers.ts'
import { REQUESTS, ROUTE_NAMES, send } from './routes.ts'

// The table of SECURITY.md: which status each caller gets at each route of the console's API.

vi.mock('../../auth.config.ts', async () => ({
  default: {
    roles: ['user', 'support', 'admin'],
    administrators: ['admin'],
    can: { support: { over: ['user'], may: (await import('../../project/permissions.ts')).DELEGABLE } },
    attributes: { plan: { type: 'string', values: ['free', 'pro'] } },
  },
}))

recordLogs()
const { service, named, callers, restore } = await startWithCallers()
const { columns, rows } = readTable()

let count = 0
afterAll(() => {
  vi.useRealTimers()
  console.log(`Who may use the console: ${count} requests to ${rows.length} routes`)
})
beforeEach(restore)

test('the table has each route once, and the callers that are tried', () => {
  const listed = rows.map(({ route }) => route)
  expect(listed.toSorted()).toEqual(ROUTE_NAMES.toSorted())
  expect(Object.keys(REQUESTS).toSorted()).toEqual(listed.toSorted())
  expect(columns).toEqual(Object.keys(callers))
})

test.each(rows)('each caller of $route gets what the table says', async ({ route, cells }) => {
  const before = await accounts()
  const found: string[] = []
  for (const column of columns) {
    for (const headers of callers[column] ?? []) {
      const { status, text } = await send(service.functions, route, named, headers)
      count += 1
      found.push(`${column}: ${status}`)
      if (status < 300) {
        await service.settled()
        await restore()
      }
      if (status >= 500) throw new Error(text)
      // Of the user whom it shows, and of all others.
      expect(text).not.toMatch(/argon2|hash|secret|salt|generation|passwordFrom|arn:/i)
      if (column === 'user' && status === 403) expect(JSON.parse(text).detail).toBe(lackingOf(route))
    }
  }
  const expected = columns.flatMap((column, index) =>
    (callers[column] ?? []).map(() => `${column}: ${cells[index]}`),
  )
  expect(found).toEqual(expected)
  // A request that is refused changes nothing.
  expect(await accounts()).toEqual(before)
})

test('the password of support leads to no session, and adds no factor', async () => {
  const { body } = await service.ask('POST /login', { body: { username: 'trainee', password: PASSWORD } })
  expect(body).toMatchObject({ next: 'enrolment', enrolmentToken: expect.any(String) })
  expect(body).not.toHaveProperty('authToken')
  const { enrolmentToken } = body
  const refused = await service.ask('POST /enrolment/totp', { body: { enrolmentToken } })
  expect(refused).toMatchObject({ status: 403, body: { error: 'proof_required' } })
})

/** The permission of each route, as ADMIN.md says it. */
const guide = readFileSync(`${root}/docs/ADMIN.md`, 'utf8')
const permissions = ['Permission', 'Reserved'].flatMap((heading) =>
  tableIn(guide, heading).flatMap(([permission = '', routes = '']) =>
    routesIn(routes).map((route) => [route, permission.replaceAll('`', '')] as const),
  ),
)

test('ADMIN.md names each permission, and that of each route', () => {
  const named = new Set(permissions.map(([, permission]) => permission))
  expect([...named].toSorted()).toEqual(['any', ...rightsOf('admin').may].toSorted())
  const listed = permissions.map(([route]) => route)
  expect(rows.map(({ route }) => route).toSorted()).toEqual(listed.toSorted())
})

const lackingOf = (route: string) => {
  const permission = new Map(permissions).get(route)
  return permission === 'any' ? NO_RIGHTS : lacksText(String(permission))
}

test('the example of ADMIN.md is a valid configuration, and gives support no more than it says', () => {
  const [, example = ''] = /^```ts\n(.*?)^```$/ms.exec(guide) ?? []
  const config = new Function(`return {${example}}`)()
  expect(faultsOfConfig(config)).toEqual([])
  expect(config.can.support.over).toEqual(['user'])
  expect(config.can.support.may).not.toContain('act-as')
})

/** Returns all items but counters. */
const accounts = async () =>
  (await service.scan()).filter(({ sk }) => !/^(attempts|reads|changes|operator)/.test(String(Object(sk).S)))
