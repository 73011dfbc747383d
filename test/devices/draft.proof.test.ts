import { expect, test } from 'vitest'
import { deviceOf, isSignedBy, readProof } from '../../lib/sessions/device/proof.ts'
import { OWN_PAGE, withHeaders } from '../support/http/cookies.ts'
import { call, invalidToken, useRoutes } from '../support/http/routes.ts'
import {
  bind,
  boundIn,
  challengeIn,
  cookies,
  type Response,
  refresh,
  renew,
  signIn,
  start,
} from './device.ts'
import { type Device, newDevice, proofOf, registration, renewal } from './key.ts'

// What the draft of Device Bound Session Credentials and its web platform tests say about servers: their examples, with values of this service.

useRoutes()

const TOKEN = String.raw`[A-Za-z*][\w!#$%&'*+.^\`|~:/-]*`
const STRING = String.raw`"((?:[ !#-[\]-~]|\\["\\])*)"`
const PARAMETERS = `((?:; *[a-z*][a-z0-9_.*-]*=${STRING})*)`

/** Returns the parameters of an item of a structured field (RFC 9651 section 3.1.2), all of them strings. */
const parametersOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(new RegExp(`; *([a-z*][a-z0-9_.*-]*)=${STRING}`, 'g'))].map(([, key, value]) => [
      key,
      value,
    ]),
  )

const signInHeaders = async (): Promise<Response['headers']> => {
  const body = JSON.stringify({ username: 'user', password: 'user', session: 'cookie' })
  return (await call('login', 'login', { body, ...withHeaders(OWN_PAGE) })).headers
}

test('Secure-Session-Registration is a list of algorithms with a path and a challenge', async () => {
  const header = String((await signInHeaders())?.['Secure-Session-Registration'])
  const list = new RegExp(String.raw`^\((${TOKEN}(?: ${TOKEN})*)\)${PARAMETERS}$`).exec(header)
  expect(list?.[1]?.split(' ')).toEqual(['ES256', 'RS256'])
  const { path = '', challenge, ...others } = parametersOf(list?.[2] ?? '')
  expect(new URL(path, 'https://example.com/login').href).toBe('https://example.com/sessions/bind')
  expect(challenge).toMatch(/^[\w-]{22}$/)
  expect(others).toEqual({})
})

test('Secure-Session-Challenge is a string with the identifier of the session', async () => {
  const { device, refreshToken } = await bind()
  const asked = await renew(refreshToken, `"${device.id}"`)
  expect(asked.statusCode).toBe(403)
  const header = String(asked.headers?.['Secure-Session-Challenge'])
  const item = new RegExp(`^${STRING}${PARAMETERS}$`).exec(header)
  expect(item?.[1]).toMatch(/^[\w-]{22}$/)
  expect(parametersOf(item?.[2] ?? '')).toEqual({ id: device.id })
})

/** The example of a proof in the draft. It has the key among its claims, and was changed after it was signed. */
const EXAMPLE = [
  'eyJhbGciOiJFUzI1NiIsInR5cCI6ImRic2Mrand0In0',
  'eyJhdWQiOiJodHRwczovL2V4YW1wbGUuY29tL3JlZyIsImp0aSI6ImN2IiwiaWF0IjoiMTcyNTU3OTA1NSIsImp3ayI6eyJrdHkiOiJFQyIsImNydiI6IlAtMjU2IiwieCI6IjZfR0Iydm9RMHFyb01oNk9sREZDRlNfU0pyaVFpMVBUdnZCT2hHWjNiSEkiLCJ5IjoiSWVnT0pVTHlFN1N4SF9DZDFLQ0VSN2xXQnZHRkhRLWgweHlqelVqRUlXRSJ9LCJhdXRob3JpemF0aW9uIjoiYWMifQ',
  '6Fb_vVBDmfNghQiBmIGe8o7tBfYPbPCywhQruP0vIhxgmcJmuNTaMHeVn_M8ZnOm1_bzIitbZqCWEn-1Qzmtyw',
].join('.')

test('the proof in the draft is read, and binds nothing: its key is among its claims', async () => {
  const proof = readProof(`"${EXAMPLE}"`)
  expect(proof).toMatchObject({ algorithm: 'ES256', jti: 'cv', jwk: undefined })
  const { jwk } = JSON.parse(Buffer.from(EXAMPLE.split('.')[1] ?? '', 'base64url').toString())
  expect(isSignedBy(proof, deviceOf({ ...proof, jwk }))).toBe(false)
  const { refreshToken } = await signIn()
  expect(await start(refreshToken, `"${EXAMPLE}"`)).toEqual(invalidToken)
})

test.each([
  ['a string', (proof: string) => `"${proof}"`],
  ['no string, as Chromium sends it', (proof: string) => proof],
])('a proof and an identifier bind and renew in %s', async (_, quoted) => {
  const device = newDevice()
  const { refreshToken, challenge } = await signIn()
  const authorized = proofOf({ jwk: device.jwk }, { jti: challenge, authorization: 'ac' }, device.key)
  const first = boundIn(await start(refreshToken, quoted(authorized)))
  boundIn(await renew(refreshToken, quoted(device.id), quoted(renewal(device, first.challenge))))
})

test('the instructions have all that the draft demands, and the cookie fits them', async () => {
  const device = newDevice()
  const { refreshToken, challenge } = await signIn()
  const { headers, body } = await start(refreshToken, registration(device, challenge))
  const { session_identifier, refresh_url, scope, credentials, allowed_refresh_initiators, ...others } = body
  expect(headers?.['Content-Type']).toBe('application/json')
  expect(session_identifier).toBe(device.id)
  expect(new URL(refresh_url, 'https://example.com/sessions/bind').href).toBe(
    'https://example.com/sessions/renew',
  )
  expect(scope.include_site).toBe(false)
  for (const { type, domain, path } of scope.scope_specification) {
    expect([/^(include|exclude)$/.test(type), domain, path.startsWith('/')]).toEqual([true, '*', true])
  }
  const [{ type, name, attributes }] = credentials
  expect([type, credentials.length]).toEqual(['cookie', 1])
  // Max-Age and Expires do not count.
  const cookie = String(headers?.['Set-Cookie']).replace(/ Max-Age=\d+;/, '')
  expect(cookie.replace(/=[^;]+/, '')).toBe(`${name}; ${attributes}`)
  expect(allowed_refresh_initiators).toEqual([])
  expect(others).toEqual({})
})

test('a renewal repeats the instructions, and its challenge is the next one', async () => {
  const device = newDevice()
  const { refreshToken, challenge } = await signIn()
  const bound = await start(refreshToken, registration(device, challenge))
  const first = await renew(refreshToken, `"${device.id}"`, renewal(device, challengeIn(bound.headers)))
  const second = await renew(refreshToken, `"${device.id}"`, renewal(device, challengeIn(first.headers)))
  expect([first.statusCode, second.statusCode]).toEqual([200, 200])
  expect([first.body, second.body]).toEqual([bound.body, bound.body])
})

test('a renewal after the end of the session names it, and does not continue', async () => {
  const { device, refreshToken, challenge } = await bind()
  await call('logout', 'logout', { body: '{}', ...withHeaders({ ...OWN_PAGE, ...cookies(refreshToken) }) })
  const over = await renew(refreshToken, `"${device.id}"`, renewal(device, challenge))
  expect(over).toMatchObject({ statusCode: 200, body: { session_identifier: device.id, continue: false } })
  expect(over.headers?.['Set-Cookie']).toBeUndefined()
})

const skipped = (one: string, other: string) => ({
  'Secure-Session-Skipped': `unreachable;session_identifier="${one}", quota_exceeded;session_identifier="${other}"`,
})

test.each([
  ['first', ({ id }: Device) => skipped(id, '456'), 503],
  ['last', ({ id }: Device) => skipped('123', id), 503],
  ['not', () => skipped('123', '456'), 401],
])(
  'a request is an outage if its session is %s in the list of the skipped ones',
  async (_, headers, status) => {
    const { device, refreshToken } = await bind()
    expect((await refresh(cookies(refreshToken), headers(device))).statusCode).toBe(status)
  },
)
