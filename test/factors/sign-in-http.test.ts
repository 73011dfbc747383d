import { fieldError } from '../support/http/problems.ts'
import '../support/process/real-argon2.ts'
import { afterAll, expect, inject, test } from 'vitest'
import { OWN_PAGE } from '../support/http/cookies.ts'
import { claimsOf } from '../support/http/forge.ts'
import { sendJson } from '../support/http/http.ts'
import { authenticator, wrongCodeFor } from '../support/users/authenticator.ts'
import { operator, PASSWORD, partsOf, tableAt } from '../support/users/sessions.ts'

// The steps of a sign-in and step-up, over HTTP and in the order in which a user meets them.

const url = inject('serviceUrl')
const users = operator(tableAt(inject('dynamoDbUrl')))
const username = await users.add({
  username: 'user-of-two-factors',
  email: 'two@example.org',
  emailVerified: true,
})
let requests = 0
afterAll(() =>
  console.log(`Sign-in in steps over HTTP: ${requests} requests, each as the API description says`),
)

/** Returns a code as a keyboard with other digits types it. */
const inDigits = (zero: string, code: string) =>
  code.replaceAll(/\d/g, (digit) => String.fromCharCode(zero.charCodeAt(0) + Number(digit)))

interface Sending {
  method?: string
  token?: string
  headers?: Record<string, string>
}

/** What the test has so far. Each step is a test, and uses those before it. */
let codeOf: ReturnType<typeof authenticator>
let recoveryCodes: string[] = []
let first: { authToken: string; refreshToken: string }
let second: typeof first

test('a user without factors signs in with the password, and sets up an app by a code in full-width digits', async () => {
  const { status, body } = await login()
  expect([status, claimsOf(body.authToken).acr]).toEqual([200, 'aal1'])
  const { body: setup } = await api('/factors/totp', { currentPassword: PASSWORD }, { token: body.authToken })
  codeOf = authenticator(setup.secret)
  // The service accepts it in the next step too, which may begin before the request arrives.
  const confirmed = await api(
    '/factors/totp/confirm',
    { code: inDigits('０', codeOf(new Date())) },
    { token: body.authToken },
  )
  expect(confirmed.status).toBe(200)
  recoveryCodes = confirmed.body.recoveryCodes
  const renewed = await refresh(body.refreshToken)
  expect(renewed.status).toBe(200)
  first = renewed.body
})

test.each([
  ['PUT', '/password', { newPassword: 'a new and long password' }],
  ['PUT', '/email', { email: 'new@example.org' }],
  ['DELETE', '/me', {}],
  ['DELETE', '/factors/totp', {}],
  ['POST', '/factors/recovery-codes', {}],
])('%s %s demands a new sign-in, in the body and the renamed header', async (method, path, body) => {
  const response = await api(path, { ...body, currentPassword: PASSWORD }, { method, token: first.authToken })
  expect(response).toMatchObject({
    status: 401,
    headers: {
      'x-amzn-remapped-www-authenticate':
        'Bearer error="insufficient_user_authentication", acr_values="aal2", max_age="300"',
    },
    body: {
      type: 'about:blank',
      title: 'Unauthorized',
      status: 401,
      detail: 'Sign in again to continue.',
      code: 'invalid_token',
      error: 'insufficient_user_authentication',
      acr_values: 'aal2',
      max_age: 300,
    },
  })
  expect(response.headers).not.toHaveProperty('www-authenticate')
})

test('a new sign-in with replaces renews the session, once a code, in Arabic digits, completes it', async () => {
  const step = await login({ replaces: first.refreshToken })
  expect(step.body).toEqual({
    next: 'second-factor',
    factors: ['totp', 'recovery-code'],
    loginToken: expect.any(String),
  })
  const { loginToken } = step.body
  const wrong = await api('/login/totp', { loginToken, code: wrongCodeFor(codeOf, new Date()) })
  expect([wrong.status, wrong.body.errors]).toEqual([422, [fieldError('#/code', 'Incorrect code.')]])
  expect(await isEnded(first.refreshToken)).toBe(false)

  const complete = await api('/login/totp', { loginToken, code: inDigits('٠', codeOf(new Date(), 1)) })
  expect(complete.status).toBe(200)
  second = complete.body
  expect(claimsOf(second.authToken)).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], acr: 'aal2' })
  expect(await isEnded(first.refreshToken)).toBe(false)
  expect(claimsOf(second.authToken).sid).toBe(claimsOf(first.authToken).sid)
  expect((await refresh(first.refreshToken)).status).toBe(409)

  const again = await api('/login/totp', { loginToken, code: codeOf(new Date(), 1) })
  expect([again.status, again.body.error]).toEqual([401, 'login_expired'])
})

test('the new session may change the account', async () => {
  const change = { email: 'new@example.org', currentPassword: PASSWORD }
  expect((await api('/email', change, { method: 'PUT', token: second.authToken })).status).toBe(202)
})

test('a login token of another user does not accept the code of this one', async () => {
  const other = await users.add({ username: 'another-of-two-factors' })
  const { body } = await api('/login', { username: other, password: PASSWORD })
  const { body: setup } = await api('/factors/totp', { currentPassword: PASSWORD }, { token: body.authToken })
  const code = authenticator(setup.secret)
  await api('/factors/totp/confirm', { code: code(new Date()) }, { token: body.authToken })
  const { loginToken } = (await api('/login', { username: other, password: PASSWORD })).body
  expect((await api('/login/totp', { loginToken, code: codeOf(new Date(), 1) })).status).toBe(422)
  expect((await api('/login/recovery-code', { loginToken, code: String(recoveryCodes[3]) })).status).toBe(422)
  expect((await api('/login/totp', { loginToken, code: code(new Date(), 1) })).status).toBe(200)
})

/** Sends JSON. The response must match the API description. */
function api(path: string, body: object, { method = 'POST', token, headers = {} }: Sending = {}) {
  requests += 1
  return sendJson(url + path, method, body, { ...OWN_PAGE, ...headers, ...(token && bearer(token)) })
}

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })

const login = (more: object = {}, headers: Record<string, string> = {}) =>
  api('/login', { username, password: PASSWORD, ...more }, { headers })

const refresh = (refreshToken: string) => api('/refresh', { refreshToken })

const isEnded = async (refreshToken: string) => {
  const item = (await users.itemsOf(username))[`session#${partsOf(refreshToken).sessionId}`]
  return item?.endedAt !== undefined
}
