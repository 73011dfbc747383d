import { expect, test } from 'vitest'
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
  expect(noticesOfAddresses({ ...open, rest: { handler: 'x', events: [{ http: 'GET /' }] } }, auth)).toEqual(
    [],
  )
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
