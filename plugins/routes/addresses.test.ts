import { expect, onTestFinished, test, vi } from 'vitest'
import type { Serverless } from '../framework.d.ts'
import { noticesOfAddresses } from './addresses.ts'

const at = (event: { http?: unknown; httpApi?: unknown }) => ({
  it: { handler: 'it.handler', events: [event] },
})
const auth = { publicUrl: 'https://accounts.example', allowedOrigins: '' }

test('a project without http events reads that sign-in has an API of its own, and its address', () => {
  const open = at({ httpApi: 'GET /' })
  expect(noticesOfAddresses(open, auth)).toEqual([
    'The project has no http event, so sign-in has an API of its own, at https://accounts.example.',
  ])
  expect(noticesOfAddresses({}, { ...auth, publicUrl: { 'Fn::Join': [] } })).toEqual([
    'The project has no http event, so sign-in has an API of its own, at the address in the output PublicUrl of the stack.',
  ])
  const rest = { handler: 'x', events: [{ schedule: 'rate(1 day)' }, { http: 'GET /' }] }
  expect(noticesOfAddresses({ ...open, rest }, auth)).toEqual([])
})

test.each([
  ['a project with the package', true, ['login'], 1],
  ['a project with the package and http events', true, [], 0],
  ['this repository', false, ['login'], 0],
])('%s reads notices about functions of the project: %s, %j', async (_, isPackage, keys, count) => {
  vi.resetModules()
  vi.doMock('../../project/origin.ts', () => ({ IS_PACKAGE: isPackage }))
  const said = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => {
    vi.doUnmock('../../project/origin.ts')
    said.mockRestore()
  })
  const functions = { login: { handler: 'x', events: [{ http: 'POST /login' }] } }
  const serverless = { service: { functions, custom: { auth }, provider: {} } } as object as Serverless
  const { setOwnership } = await import('../project/ownership.ts')
  setOwnership(serverless, { brought: new Set(keys) })
  const { sayAddresses } = await import('./addresses.ts')
  sayAddresses(serverless)
  expect(said).toHaveBeenCalledTimes(count)
})

test('a project with protected routes at its HTTP API and other origins reads that cors is missing', () => {
  const own = {
    ...at({ httpApi: { method: 'get', path: '/', authorizer: 'auth' } }),
    ...at({ http: 'GET /' }),
  }
  const both = {
    rest: { handler: 'x', events: [{ http: 'GET /' }] },
    ...at({ httpApi: { path: '*', authorizer: 'auth' } }),
  }
  const origins = { ...auth, allowedOrigins: 'https://shop.example' }
  const line =
    'provider.httpApi.cors is missing, so pages of the parameter allowedOrigins cannot call the httpApi routes.'
  expect(noticesOfAddresses(both, origins)).toEqual([line])
  expect(noticesOfAddresses(both, origins, { cors: true })).toEqual([])
  expect(noticesOfAddresses(both, auth)).toEqual([])
  // The default of the stage dev.
  expect(noticesOfAddresses(both, { ...auth, allowedOrigins: '*' })).toEqual([])
  expect(noticesOfAddresses(own, origins)).toEqual([])
})
