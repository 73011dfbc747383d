import { beforeAll, expect, test } from 'vitest'
import { switchDevices, withoutDevices } from '../../plugins/functions/devices.ts'
import { addClient } from '../oauth/clients.ts'
import { approve } from '../oauth/requests.ts'
import { loadHandlers } from '../support/http/handlers.ts'
import { aws, context, eventOf, service, table, useRoutes } from '../support/http/routes.ts'
import { ask, cookies, refresh, signIn } from './device.ts'

// Functions of a service with `deviceBoundSessions=off`, the default of a deployment. The local service has it on, and other sources.

const described = Object.entries(service.functions).map(([key, definition]) => ({ key, ...definition }))
const switched = described.filter(
  // The description of the API says what devices send.
  ({ key, handler }) => key !== 'openapi' && withoutDevices(handler) !== handler,
)
for (const definition of Object.values(service.functions)) {
  definition.handler = withoutDevices(definition.handler)
}
switchDevices(service.functions, false)

useRoutes()

test('a sign-in, a refresh, an app and the list of sessions know no device', async () => {
  await addClient(table, { id: 'shop', scopes: ['openid', 'offline_access'] })
  const { refreshToken, challenge } = await signIn()
  expect(challenge).toBe('')
  // A browser that was bound before the switch sends what no one reads.
  const bound = cookies(refreshToken, 'a cookie of before')
  expect(await approve(refreshToken, { scope: 'openid offline_access' }, { headers: bound })).toMatchObject({
    statusCode: 200,
    body: { next: 'screen' },
  })
  const refreshed = await refresh(bound, { 'Secure-Session-Skipped': 'server_error' })
  expect(refreshed.statusCode).toBe(200)
  expect(Object.keys(refreshed.headers ?? {}).join()).not.toContain('Secure-Session')
  const { body } = await ask('sessions', 'GET /sessions')
  expect(body.sessions.length).toBeGreaterThan(0)
  for (const session of body.sessions) expect(session).not.toHaveProperty('device')
  expect(JSON.stringify(await ask('openapi', 'openapi'))).not.toContain('Secure-Session')
})

let handlers: Awaited<ReturnType<typeof loadHandlers>>
beforeAll(async () => {
  const functions = { ...service.functions }
  for (const { key, ...definition } of switched) functions[`${key} with devices`] = definition
  const keys = switched.flatMap(({ key }) => [key, `${key} with devices`])
  handlers = await loadHandlers({ ...service, functions }, keys, aws)
})

test.each(switched.map(({ key }) => key))('%s answers as with devices', async (key) => {
  const event = await eventOf(key, { body: '{' })
  const responseOf = async (name: string) => handlers.get(name)?.(event, context)
  const response = await responseOf(key)
  expect(response.statusCode).toBeLessThan(500)
  expect(response).toEqual(await responseOf(`${key} with devices`))
})
