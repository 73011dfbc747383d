import { readFileSync } from 'node:fs'
import { vi } from 'vitest'
import { readRefreshToken } from '../../lib/sessions/refresh-token.ts'
import { endSession, findSession } from '../../lib/sessions/store.ts'
import { AMR } from '../../lib/users/factors.ts'
import type { User } from '../../lib/users/user.ts'
import { tableIn } from '../docs/table.ts'
import { root as folder } from '../support/process/service-description.ts'
import { type TestService, useService } from '../support/service.ts'
import { testAct } from '../support/users/users.ts'
import { bearers } from './bearers.ts'
import { addWithFactors, beginInCookie, consoleHeaders, nameAll } from './console.ts'

const NOW = Date.UTC(2027, 0, 15, 12)
const ORIGIN = 'https://app.example.com'

/** Request headers. */
type Headers = Record<string, string>

/** Starts the service with users of all kinds, at an instant at which time stands still. */
export async function startWithCallers() {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW })
  const service = await useService({
    settings: { REQUIRE_SECOND_FACTOR: 'administrators', AUTH_ALLOWED_ORIGINS: ORIGIN },
  })
  const named = await nameAll(service, await addWithFactors(service, { username: 'ada' }))
  const callers = await callersOf(service, named.target)
  return { service, named, callers, restore: await service.restorer() }
}

/** Returns the headers of each caller, by the heading of the column in SECURITY.md. A column may have several. */
async function callersOf(service: TestService, target: User): Promise<Record<string, Headers[]>> {
  const add = (username: string, role: User['role'], more: Partial<User> = {}) =>
    addWithFactors(service, { username, role, ...more })
  const opened = async (user: User) => consoleHeaders(await beginInCookie(service, user), user.id)
  const admin = await add('root', 'admin')
  const bare = await service.addUser({ username: 'bare', role: 'admin' })
  const ofBare = consoleHeaders(await beginInCookie(service, bare, AMR.password), bare.id)
  const trainee = await service.addUser({ username: 'trainee', role: 'support' as User['role'] })
  const ofTrainee = consoleHeaders(await beginInCookie(service, trainee, AMR.password), trainee.id)
  const { Cookie: _, ...withoutCookie } = await opened(admin)
  const tokens = Object.values(await bearers(service, admin, target))
  return {
    'no session': [withoutCookie],
    user: [await opened(await add('bob', 'user'))],
    support: [await opened(await add('clerk', 'support' as User['role']))],
    administrator: [await opened(admin)],
    disabled: [await opened(await add('gone', 'admin', { disabled: true }))],
    'no factor': [ofBare, ofTrainee],
    '`allowedOrigins`': [{ ...(await opened(admin)), 'Sec-Fetch-Site': 'same-site', Origin: ORIGIN }],
    bearer: tokens.map((token) => ({ ...withoutCookie, Authorization: `Bearer ${token}` })),
    replaced: [await replaced(service, admin)],
    ended: [await ended(service, admin)],
    'another user': [{ ...(await opened(await add('boss', 'admin'))), Operator: admin.id }],
  }
}

/** A cookie that a refresh has replaced, longer ago than its client may need. */
async function replaced(service: TestService, user: User): Promise<Headers> {
  const headers = consoleHeaders(await beginInCookie(service, user), user.id)
  vi.setSystemTime(NOW - 60_000)
  await service.functions.ask('POST /refresh', { headers, body: {} })
  vi.setSystemTime(NOW)
  return headers
}

/** A cookie whose session has ended. */
async function ended(service: TestService, user: User): Promise<Headers> {
  const refreshToken = await beginInCookie(service, user)
  const { userId, sessionId } = readRefreshToken(refreshToken)
  const { session } = await findSession(service.table, userId, sessionId)
  if (session) await endSession(service.table, session, 'ended', testAct())
  return consoleHeaders(refreshToken, user.id)
}

const HEADING = 'Routes of the console'

/** Returns the columns of the table in SECURITY.md, and its cells by route. */
export function readTable() {
  const page = readFileSync(`${folder}/docs/SECURITY.md`, 'utf8')
  const [, ...columns] = page
    .split('\n')
    .filter((line) => line.startsWith(`| ${HEADING} |`))
    .flatMap((line) => line.split('|').slice(1, -1))
    .map((cell) => cell.trim())
  const rows = tableIn(page, HEADING).flatMap(([routes = '', ...cells]) =>
    routesIn(routes).map((route) => ({ route, cells })),
  )
  return { columns, rows }
}

/** Returns the routes of a cell. `GET me` is below `/admin-api`, and `POST /act-as` is not. */
export const routesIn = (cell: string): string[] =>
  [...cell.matchAll(/`(GET|PATCH|PUT|POST|DELETE) ([^`]+)`/g)].map(
    ([, method, path = '']) => `${method} ${path.startsWith('/') ? path : `/admin-api/${path}`}`,
  )
