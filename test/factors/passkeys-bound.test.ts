import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { ApiResponse } from '../support/http/functions.ts'
import { recordLogs } from '../support/logs.ts'
import { ORIGIN, useService } from '../support/service.ts'
import {
  addPasskey,
  addTotp,
  beginLogin,
  bodyOf,
  enterPassword,
  signInByPasskey,
} from '../support/users/factors.ts'
import type { Tokens } from '../support/users/sessions.ts'
import { PASSWORD } from '../support/users/sessions.ts'
import { createPasskey, usePasskey } from '../support/users/webauthn/authenticator.ts'

const service = await useService({ settings: { LIMIT_USER_AND_SOURCE: '999/900', LIMIT_SOURCE: '9999/900' } })
const { ask } = service.functions

const begunAt = Date.parse('2026-11-26T10:00:00Z')
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: begunAt })
  recordLogs()
})
const REFUSED = { status: 401, error: 'passkey_refused', detail: 'The passkey was not accepted.' }

describe('a challenge', () => {
  test('is not one that the service did not make', async () => {
    const { passkey } = await passkeyUser()
    for (const challenge of ['A'.repeat(43), 'short', '']) {
      refused(
        await ask('POST /login/passkey', { body: { response: usePasskey(passkey, { challenge }, ORIGIN) } }),
      )
    }
  })

  test('adds one passkey, 20 times at once', async () => {
    const { username, token } = await newUser()
    const { passkey, response } = createPasskey(await beginNew(token), ORIGIN)
    const all = await Promise.all(
      Array.from({ length: 20 }, () => ask('POST /passkeys', { token, body: { response } })),
    )
    expect(all.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(all.filter(({ status }) => ![200, 401, 409].includes(status))).toEqual([])
    const { id } = await service.user(username)
    const stored = Object.keys(await service.items(`user#${id}`)).filter((sk) => sk.startsWith('passkey#'))
    expect(stored).toHaveLength(1)
    expect((await signInByPasskey({ ask }, passkey)).status).toBe(200)
  })
})

test('the list of passkeys is refused after a revocation that the gateway does not know', async () => {
  const { username, token } = await newUser()
  const { context: authorization } = await service.functions.authorize(token)
  expect((await ask('GET /passkeys', { authorization })).status).toBe(200)
  await service.change(username, {})
  const { status, text } = await ask('GET /passkeys', { authorization })
  expect([status, JSON.parse(text)]).toEqual([
    401,
    {
      type: 'about:blank',
      title: 'Unauthorized',
      status: 401,
      detail: 'Could not validate credentials.',
      code: 'invalid_token',
    },
  ])
})

test('a credential id that another user has is refused', async () => {
  const [ada, eve] = [await passkeyUser(), await newUser()]
  const idBytes = ada.passkey.id.length
  const stolen = createPasskey(
    await beginNew(eve.token),
    ORIGIN,
    { idBytes },
    {
      authenticatorData: (bytes) =>
        Buffer.concat([bytes.subarray(0, 55), ada.passkey.id, bytes.subarray(55 + idBytes)]),
      response: { id: ada.passkey.id.toString('base64url'), rawId: ada.passkey.id.toString('base64url') },
    },
  )
  const { status } = await ask('POST /passkeys', { token: eve.token, body: { response: stolen.response } })
  expect(status).toBe(409)
  expect((await signInByPasskey({ ask }, ada.passkey)).status).toBe(200)
})

test.each([
  ['an app', addTotp],
  ['a passkey', addPasskey],
])('the first second factor, %s, ends a reset that an operator asked for meanwhile', async (_what, add) => {
  const { username, token } = await newUser()
  const { id } = await service.user(username)
  await service.storeReset(id, begunAt / 1_000)
  await add({ ask }, token)
  expect(Object.keys(await service.items(`user#${id}`))).not.toContain('factor-reset')
})

test('a user who deletes the account leaves no factor, and frees the ids of the passkeys', async () => {
  const { username, token } = await passkeyUser()
  await addTotp({ ask }, token)
  const { id } = await service.user(username)
  const itemsOf = async () => Object.keys(await service.items(`user#${id}`))
  const claims = async () => (await service.scan()).filter(({ userId }) => Object(userId).S === id)
  const isOfFactors = (sk: string) => /^(totp$|recovery-codes$|passkey#)/.test(sk)
  expect((await itemsOf()).filter(isOfFactors)).toHaveLength(3)
  expect((await claims()).map(({ sk }) => Object(sk).S)).toContain('credential')
  expect((await ask('DELETE /me', { token, body: { currentPassword: PASSWORD } })).status).toBe(204)
  expect((await itemsOf()).filter(isOfFactors)).toEqual([])
  expect((await claims()).filter(({ sk }) => Object(sk).S === 'credential')).toEqual([])
})

test('a counter that went back is refused after an accepted one', async () => {
  const { token } = await newUser()
  const { passkey } = await addPasskey({ ask }, token, { counter: 1 })
  expect((await signInByPasskey({ ask }, passkey)).status).toBe(200)
  const copy = { ...passkey }
  expect((await signInByPasskey({ ask }, passkey)).status).toBe(200)
  refused(await signInByPasskey({ ask }, copy))
  expect((await signInByPasskey({ ask }, passkey)).status).toBe(200)
})

test('the passkey of another user is no second factor, and is not called unknown', async () => {
  const [ada, eve] = [await passkeyUser(), await passkeyUser()]
  refused(await signInByPasskey({ ask }, eve.passkey, await beginLogin({ ask }, ada.username)))
})

test('a disabled user is refused', async () => {
  const { username, passkey } = await passkeyUser()
  const { id } = await service.user(username)
  await service.table.aws('dynamodb', 'UpdateItem', {
    TableName: service.table.name,
    Key: { pk: { S: `user#${id}` }, sk: { S: 'profile' } },
    UpdateExpression: 'SET disabled = :true',
    ExpressionAttributeValues: { ':true': { BOOL: true } },
  })
  refused(await signInByPasskey({ ask }, passkey))
})

const refused = ({ status, text }: ApiResponse) =>
  expect({ status, ...JSON.parse(text) }).toMatchObject(REFUSED)

const parsed = ({ text }: ApiResponse) => JSON.parse(text)

async function newUser() {
  const { username } = await service.addUser()
  const { authToken: token } = bodyOf<Tokens>(await enterPassword({ ask }, username))
  return { username, token }
}

async function passkeyUser() {
  const { username, token } = await newUser()
  const { passkey } = await addPasskey({ ask }, token)
  const { authToken } = bodyOf<Tokens>(await signInByPasskey({ ask }, passkey))
  return { username, passkey, token: authToken }
}

const beginNew = async (token: string) =>
  parsed(await ask('POST /passkeys/options', { token, body: { currentPassword: PASSWORD } }))
