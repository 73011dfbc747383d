import { expect, test, vi } from 'vitest'
import { API_ROUTES } from '../../lib/openapi/routes/rows.ts'
import { DEVICE_PATHS } from '../../lib/sessions/device/instructions.ts'
import { addClient } from '../oauth/clients.ts'
import { approve } from '../oauth/requests.ts'
import { OWN_PAGE, withHeaders } from '../support/http/cookies.ts'
import { call, later, table, useRoutes } from '../support/http/routes.ts'
import { bind, cookies } from './device.ts'

useRoutes()

test('the browser waits at every route that takes the cookie, but where a session ends', () => {
  const taking = API_ROUTES.filter(
    ({ cookie, path }) => cookie !== undefined || /^\/(admin-api|act-as$)/.test(path),
  )
  const waiting = ({ path }: { path: string }) =>
    DEVICE_PATHS.some((one) => path === one || path.startsWith(`${one}/`))
  expect([...new Set(taking.filter((route) => !waiting(route)).map(({ path }) => path))].sort()).toEqual([
    '/logout',
    '/oauth2/signout',
  ])
})

test('a copy of the refresh token gets 401 at the page of an app, and the device does not', async () => {
  await addClient(table, { id: 'shop', scopes: ['openid', 'offline_access'] })
  const { refreshToken, bound } = await bind()
  const copied = await approve(refreshToken)
  expect(copied).toMatchObject({ statusCode: 401, body: { error: 'device_required' } })
  expect(await approve(refreshToken, {}, { headers: cookies(refreshToken, bound) })).toMatchObject({
    statusCode: 200,
    body: { next: 'screen' },
  })
})

test('lasting access of an app needs a sign-in of the last five minutes', async () => {
  await addClient(table, { id: 'shop', scopes: ['openid', 'offline_access'] })
  const { refreshToken, bound } = await bind()
  const ask = (scope: string) =>
    approve(refreshToken, { scope }, { headers: cookies(refreshToken, bound) }).then(({ body }) => body.next)
  vi.setSystemTime(later(300))
  expect(await ask('openid offline_access')).toBe('screen')
  vi.setSystemTime(later(301))
  expect(await ask('openid offline_access')).toBe('sign-in')
  expect(await ask('openid')).toBe('screen')
})

test('a page that names an earlier start gets no lasting access from an older sign-in', async () => {
  await addClient(table, { id: 'shop', scopes: ['openid', 'offline_access'] })
  const { refreshToken, bound } = await bind()
  const scope = 'openid offline_access'
  const ask = () => approve(refreshToken, { scope }, { start: 0, headers: cookies(refreshToken, bound) })
  vi.setSystemTime(later(300))
  expect(await ask()).toMatchObject({ statusCode: 200, body: { next: 'screen' } })
  vi.setSystemTime(later(301))
  expect(await ask()).toMatchObject({ statusCode: 200, body: { next: 'sign-in', again: true } })
})

test('a page that repeats its request after 401 is one without a session', async () => {
  await addClient(table, { id: 'shop', scopes: ['openid'] })
  const { refreshToken } = await bind()
  const ask = (prompt: string) => approve(refreshToken, { prompt }, { changed: true })
  expect(await ask('login')).toMatchObject({ statusCode: 200, body: { next: 'sign-in', again: true } })
  const { statusCode, body } = await ask('none')
  expect([statusCode, body.next]).toEqual([200, 'client'])
  expect(new URL(String(body.location)).searchParams.get('error')).toBe('login_required')
})

test('a copy of the refresh token gets 401 at the console, and the device does not', async () => {
  const { refreshToken, bound } = await bind()
  const [Operator = ''] = refreshToken.split('.')
  const me = (cookie: Record<string, string>) =>
    call('admin-read', 'GET /admin-api/me', withHeaders({ ...OWN_PAGE, Operator, ...cookie }))
  expect(await me(cookies(refreshToken))).toMatchObject({
    statusCode: 401,
    body: { error: 'device_required' },
  })
  expect((await me(cookies(refreshToken, bound))).statusCode).toBe(403)
})
