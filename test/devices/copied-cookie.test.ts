import { readFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { API_ROUTES } from '../../lib/openapi/routes/rows.ts'
import { tableIn } from '../docs/table.ts'
import { addClient } from '../oauth/clients.ts'
import { approve } from '../oauth/requests.ts'
import { OWN_PAGE, withHeaders } from '../support/http/cookies.ts'
import { call, later, sessionOf, table, useRoutes } from '../support/http/routes.ts'
import { root } from '../support/process/service-description.ts'
import { bind, cookies, refresh, signIn } from './device.ts'

// The column of SECURITY.md on sessions of a device: what a copy of `__Host-refresh` gains at each route that takes it.

useRoutes()

const send = (functionKey: string, sample: string, token: string, body: object = {}, more = {}) =>
  call(functionKey, sample, {
    ...withHeaders({ ...OWN_PAGE, ...cookies(token), ...more }),
    body: JSON.stringify(body),
  })
const REFUSED = { statusCode: 401, body: { error: 'device_required' } }

/** Uses of a copy by the first route of a row. Each expects what the copy gains. */
const USES: Record<string, { gains: string; use: (copy: string) => Promise<void> }> = {
  'POST /refresh': {
    gains: 'nothing: 401',
    async use(copy) {
      expect(await send('refresh', 'refresh', copy)).toMatchObject(REFUSED)
      expect(await send('refresh', 'refresh', '', { refreshToken: copy })).toMatchObject(REFUSED)
    },
  },
  'POST /oauth2/approve': {
    gains: 'nothing: 401',
    async use(copy) {
      await addClient(table, { id: 'shop', scopes: ['openid'] })
      const response = await approve(copy)
      expect(response).toMatchObject(REFUSED)
      expect(JSON.stringify(response.body)).not.toContain('user')
    },
  },
  'GET /admin-api/{proxy+}': {
    gains: 'nothing: 401',
    async use(copy) {
      const [Operator = ''] = copy.split('.')
      for (const [key, sample] of Object.entries(CONSOLE)) {
        expect(await send(key, sample, copy, {}, { Operator }), sample).toMatchObject(REFUSED)
      }
    },
  },
  'POST /oauth2/signout': {
    gains: 'the username, and the end of the session',
    async use(copy) {
      await addClient(table, { id: 'shop', scopes: ['openid'] })
      const [sub] = copy.split('.')
      const ask = (body: object) => send('logout', 'POST /oauth2/signout', copy, body)
      expect((await ask({ query: '?client_id=shop' })).body).toMatchObject({ user: { username: 'user' } })
      await ask({ query: '?client_id=shop', sub })
      expect(await sessionOf(copy)).toBeUndefined()
    },
  },
  'POST /logout': {
    gains: 'the end of the session, or of all sessions',
    async use(copy) {
      const other = await signIn()
      expect((await send('logout', 'logout', copy, { everywhere: true })).statusCode).toBe(204)
      expect((await refresh(cookies(copy))).statusCode).toBe(401)
      expect((await refresh(cookies(other.refreshToken))).statusCode).toBe(401)
    },
  },
  'POST /login': {
    gains: 'nothing: the session stays',
    async use(copy) {
      const before = await sessionOf(copy)
      await signIn(cookies(copy))
      const other = { username: 'admin', password: 'user', session: 'cookie' }
      expect((await send('login', 'login', copy, other)).statusCode).toBe(200)
      expect(await sessionOf(copy)).toEqual(before)
    },
  },
}

/** A request of each function of the console. */
const CONSOLE = {
  'admin-read': 'GET /admin-api/me',
  'admin-change': 'POST /admin-api/users/{id}/sessions/end',
  'admin-danger': 'DELETE /admin-api/users/{id}',
  'act-as': 'POST /act-as',
}

const rows = tableIn(readFileSync(`${root}/docs/SECURITY.md`, 'utf8'), 'Route').filter((cells) =>
  /^`POST \/|^`GET \/admin/.test(cells[0] ?? ''),
)

test('the table has each route that takes the cookie, and words that are proved here', () => {
  expect(rows.map(([routes = '']) => routes.replaceAll('`', '').split(', ')[0])).toEqual(Object.keys(USES))
  expect(rows.map((cells) => cells.at(-1))).toEqual(Object.values(USES).map(({ gains }) => gains))
  expect(API_ROUTES.filter(({ cookie }) => cookie).length).toBeGreaterThan(20)
})

test.each(Object.keys(USES))(
  'a copy of the cookie of a bound session gains at %s what the table says',
  async (route) => {
    const { refreshToken, bound } = await bind()
    await USES[route]?.use(refreshToken)
    const isOver = /sign-?out|logout/.test(route)
    expect((await refresh(cookies(refreshToken, bound))).statusCode).toBe(isOver ? 401 : 200)
  },
)

test('a copy of both cookies refreshes for 630 seconds, and then gets 401', async () => {
  const { refreshToken, bound } = await bind()
  vi.setSystemTime(later(629))
  expect((await refresh(cookies(refreshToken, bound))).statusCode).toBe(200)
  vi.setSystemTime(later(631))
  expect(await refresh(cookies(refreshToken, bound))).toMatchObject(REFUSED)
})
