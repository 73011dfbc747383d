import { expect, test, vi } from 'vitest'
import { API_ROUTES } from '../../lib/openapi/routes/rows.ts'
import { DEVICE_PATHS } from '../../lib/sessions/device/instructions.ts'
import { expectSeen } from '../http/openapi/check.ts'
import { addClient } from '../oauth/clients.ts'
import { approve } from '../oauth/requests.ts'
import { OWN_PAGE, withHeaders } from '../support/http/cookies.ts'
import { later, table, useRoutes } from '../support/http/routes.ts'
import { ask, bind, cookies } from './device.ts'

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
  const { device, refreshToken, bound } = await bind()
  const asCopy = async (more = {}) =>
    expectSeen(
      'POST',
      '/oauth2/approve',
      await approve(refreshToken, {}, { headers: { ...cookies(refreshToken), ...more } }),
    )
  expect(await asCopy()).toMatchObject({ statusCode: 401, body: { error: 'device_required' } })
  const lie = { 'Secure-Session-Skipped': `server_error;session_identifier="${device.id}"` }
  expect(await asCopy(lie)).toMatchObject({ statusCode: 503, body: { error: 'device_busy' } })
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

const demanding = API_ROUTES.filter(({ path }) => /^\/(refresh|act-as|admin-api\/.*)$/.test(path))

test.each(demanding)(
  'a copy of the refresh token gets 401 at $method $path, and 503 with a lie',
  async ({ method, path, function: key = '' }) => {
    const { device, refreshToken, bound } = await bind()
    const [Operator = ''] = refreshToken.split('.')
    const send = (more: Record<string, string>) =>
      ask(key, `${method.toUpperCase()} ${path}`, {
        ...withHeaders({ ...OWN_PAGE, Operator, ...more }),
        ...(path === '/refresh' && { body: '{}' }),
      })
    const copied = cookies(refreshToken)
    const skipped = `server_error;session_identifier="${device.id}"`
    expect(await send(copied)).toMatchObject({ statusCode: 401, body: { error: 'device_required' } })
    expect(await send({ ...copied, 'Secure-Session-Skipped': skipped })).toMatchObject({
      statusCode: 503,
      body: { error: 'device_busy' },
    })
    expect(String((await send(cookies(refreshToken, bound))).body.error)).not.toMatch(/^device/)
  },
)
