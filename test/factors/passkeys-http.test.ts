import { claimsOf } from '../support/http/forge.ts'
import { fieldError } from '../support/http/problems.ts'
import '../support/process/real-argon2.ts'
import { randomUUID } from 'node:crypto'
import { expect, inject, test } from 'vitest'
import { send } from '../support/http/http.ts'
import { tableAt, WEAK } from '../support/users/sessions.ts'
import { addTestUser } from '../support/users/users.ts'
import {
  createPasskey,
  FLAGS,
  type SoftPasskey,
  usePasskey,
} from '../support/users/webauthn/authenticator.ts'

const url = inject('serviceUrl')
const table = tableAt(inject('dynamoDbUrl'))
const currentPassword = WEAK.password

test('a user adds, uses, renames and removes passkeys over HTTP', async () => {
  const username = `passkeys-${randomUUID().slice(0, 8)}`
  const user = await addTestUser(table, { username, passwordHash: WEAK.hash })
  const first = await ask('POST', '/login', { body: { username, password: WEAK.password } })
  const other = await ask('POST', '/login', { body: { username, password: WEAK.password } })
  const token = first.body.authToken
  expect(await ask('GET', '/passkeys', { token })).toEqual({
    status: 200,
    body: { passkeys: [], rpId: 'localhost' },
  })

  const { status, body: options } = await ask('POST', '/passkeys/options', {
    token,
    body: { currentPassword },
  })
  expect(status).toBe(200)
  expect(options).toMatchObject({
    rp: { id: 'localhost', name: 'serverless-jwt-auth' },
    user: { id: user.id, name: username },
    excludeCredentials: [],
  })
  const { passkey, response } = createPasskey(options, url)
  const added = await ask('POST', '/passkeys', { token, body: { response, name: 'Phone' } })
  expect(added).toEqual({
    status: 200,
    body: {
      passkey: {
        id: expect.stringMatching(/^[\w-]{43}$/),
        name: 'Phone',
        createdAt: expect.any(String),
        synced: true,
        transports: ['internal', 'hybrid'],
      },
      recoveryCodes: expect.arrayContaining([expect.any(String)]),
    },
  })
  expect(added.body.recoveryCodes).toHaveLength(10)

  // The first second factor ends the other sessions and revokes the tokens.
  const refresh = (refreshToken: string) => ask('POST', '/refresh', { body: { refreshToken } })
  expect((await refresh(other.body.refreshToken)).status).toBe(401)
  expect((await refresh(first.body.refreshToken)).status).toBe(200)
  expect((await ask('POST', '/passkeys', { token, body: { response } })).status).toBe(401)

  const alone = await signIn(passkey)
  expect(alone.status).toBe(200)
  expect(claimsOf(alone.body.authToken)).toMatchObject({
    sub: user.id,
    amr: ['pop', 'user', 'mfa'],
    acr: 'aal2',
  })

  const begun = await ask('POST', '/login', { body: { username, password: WEAK.password } })
  expect(begun.body).toMatchObject({ next: 'second-factor', factors: ['passkey', 'recovery-code'] })
  const { loginToken } = begun.body
  const second = await ask('POST', '/login/passkey/options', { body: { loginToken } })
  expect(second.body).toMatchObject({ allowCredentials: [{ id: passkey.id.toString('base64url') }] })
  const asserted = usePasskey(passkey, second.body, url, { flags: FLAGS.UP | FLAGS.BE | FLAGS.BS })
  const completed = await ask('POST', '/login/passkey', { body: { loginToken, response: asserted } })
  expect(claimsOf(completed.body.authToken)).toMatchObject({ amr: ['pwd', 'pop', 'mfa'], acr: 'aal2' })
  const expired = {
    status: 401,
    body: expect.objectContaining({
      error: 'login_expired',
      detail: 'The sign-in has expired. Sign in again.',
    }),
  }
  expect(await ask('POST', '/login/passkey', { body: { loginToken, response: asserted } })).toEqual(expired)
  expect(await ask('POST', '/login/passkey/options', { body: { loginToken } })).toEqual(expired)

  const strong = completed.body.authToken
  const { id } = added.body.passkey
  expect((await ask('PATCH', `/passkeys/${id}`, { token: strong, body: { name: 'Old phone' } })).status).toBe(
    204,
  )
  expect((await ask('PATCH', '/passkeys/unknown', { token: strong, body: { name: 'A' } })).status).toBe(404)
  expect(await ask('PATCH', `/passkeys/${id}`, { token: strong, body: { name: '  ' } })).toMatchObject({
    status: 422,
    body: {
      errors: [fieldError('#/name', 'Must be 1 to 64 characters in one line, and not only spaces.')],
    },
  })
  const listed = await ask('GET', '/passkeys', { token: strong })
  expect(listed.body.passkeys).toEqual([
    {
      ...added.body.passkey,
      name: 'Old phone',
      lastUsedAt: expect.any(String),
      credentialId: passkey.id.toString('base64url'),
    },
  ])

  const removal = { token: strong, body: { currentPassword } }
  expect((await ask('DELETE', '/passkeys/unknown', removal)).status).toBe(404)
  expect(await ask('DELETE', `/passkeys/${id}`, removal)).toEqual({ status: 204 })
  expect(await signIn(passkey)).toEqual({
    status: 401,
    body: expect.objectContaining({
      error: 'unknown_passkey',
      detail: 'This passkey is not registered here.',
    }),
  })
  const plain = await ask('POST', '/login', { body: { username, password: WEAK.password } })
  expect(plain.body.authToken).toEqual(expect.any(String))
})

async function ask(
  method: string,
  path: string,
  { token = '', body }: { token?: string; body?: object } = {},
) {
  const text = body === undefined ? '' : JSON.stringify(body)
  const headers = {
    ...(token && { Authorization: `Bearer ${token}` }),
    ...(body && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }),
  }
  const response = await send(url + path, method, headers, text)
  return { status: response.status, ...(response.body && { body: JSON.parse(response.body) }) }
}

/** Signs in with a passkey as both factors. */
async function signIn(passkey: SoftPasskey) {
  const { body: options } = await ask('POST', '/login/passkey/options', { body: {} })
  return ask('POST', '/login/passkey', { body: { response: usePasskey(passkey, options, url) } })
}
