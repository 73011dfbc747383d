import { randomUUID } from 'node:crypto'
import { beforeEach, expect, test, vi } from 'vitest'
import { attributesOf, transact, writeIf } from '../../lib/aws/dynamodb.ts'
import { addPasskey as addStored } from '../../lib/factors/passkeys/store.ts'
import type { Counter } from '../../lib/throttling/counter.ts'
import { challengeCounters } from '../../lib/throttling/factor-counters.ts'
import type { Factor } from '../../lib/users/factors.ts'
import { revokeTokens } from '../../lib/users/revocation.ts'
import { changeUser } from '../../lib/users/store.ts'
import type { Fate } from '../support/aws/wire.ts'
import type { ApiResponse } from '../support/http/functions.ts'
import { recordLogs } from '../support/logs.ts'
import { ORIGIN, useWiredService } from '../support/service.ts'
import {
  addPasskey,
  addTotp,
  beginLogin,
  bodyOf,
  signInByPasskey,
  signInWith,
  totpCode,
  wrongTotpCode,
} from '../support/users/factors.ts'
import { PASSWORD } from '../support/users/sessions.ts'
import { testAct } from '../support/users/users.ts'
import { createPasskey } from '../support/users/webauthn/authenticator.ts'

// Refusals of the routes of second factors that no other test meets.

const { service, wire, wired } = await useWiredService()
const { functions } = service
const covered = await service.load({ REQUIRE_SECOND_FACTOR: 'all' })
let sources = 0

beforeEach(() => {
  recordLogs()
})

const PASSKEY = {
  publicKey: 'AA',
  counter: 0,
  transports: undefined,
  deviceType: 'singleDevice' as const,
  backedUp: false,
  uvInitialized: true,
  name: 'A passkey',
  createdAt: '2026-11-26T00:00:00.000Z',
}

const change = { currentPassword: PASSWORD }

test.each([
  ['POST /factors/totp', ''],
  ['DELETE /factors/totp', ''],
  ['POST /factors/recovery-codes', ''],
  ['POST /passkeys/options', ''],
  ['DELETE /passkeys/{id}', 'A'.repeat(43)],
])('%s returns 429 after ten wrong passwords', async (route, id) => {
  const { token } = await userWith()
  const sourceIp = newSource()
  const asking = { token, sourceIp, ...(id && { id }), body: { currentPassword: 'not the password' } }
  for (let attempt = 0; attempt < 10; attempt += 1) {
    expect((await functions.ask(route, asking)).status).toBe(422)
  }
  expect((await functions.ask(route, { ...asking, body: change })).status).toBe(429)
})

test('DELETE /factors/totp without an app is not found', async () => {
  const { token } = await userWith()
  const response = await functions.ask('DELETE /factors/totp', { token, body: change })
  expect(shown(response)).toMatchObject(refusedWith(404))
})

test('DELETE /passkeys/{id} demands step-up, and keeps the last factor under the policy', async () => {
  const { token, passkeyId: id, username } = await userWith('passkey')
  const last = await covered.ask('DELETE /passkeys/{id}', { token, id, body: change })
  expect(shown(last)).toMatchObject(refusedWith(409, 'last_factor'))
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 301_000 })
  const late = await functions.ask('DELETE /passkeys/{id}', { token, id, body: change })
  vi.useRealTimers()
  expect(shown(late)).toMatchObject(refusedWith(401, 'insufficient_user_authentication'))
  expect((await service.user(username)).factors).toBe('passkey')
})

test.each([
  ['POST /factors/recovery-codes', ['totp']],
  ['DELETE /passkeys/{id}', ['passkey']],
] as const)('%s returns 409 if the user changes meanwhile', async (route, factors) => {
  const { username, token, passkeyId } = await userWith(...factors)
  const asking = { token, ...(passkeyId && { id: passkeyId }), body: change }
  let changes = 0
  wire.intercept(async ({ operation }): Promise<Fate> => {
    if (operation.includes('TransactWriteItems') && changes === 0) {
      changes += 1
      const user = await service.user(username)
      await changeUser(
        service.table,
        user,
        { changes: revokeTokens(user), changeId: randomUUID() },
        testAct(),
      )
    }
    return 'pass'
  })
  expect(shown(await wired.ask(route, asking))).toMatchObject(refusedWith(409))
  expect(changes).toBe(1)
})

test('POST /login/passkey/options refuses the login token of a user without passkeys', async () => {
  const { username } = await userWith('totp')
  const body = { loginToken: await beginLogin(functions, username) }
  const response = await functions.ask('POST /login/passkey/options', { body })
  expect(shown(response)).toMatchObject(refusedWith(401, 'passkey_refused'))
})

test('a user adds 20 passkeys, and not one more', async () => {
  const { id, token } = await userWith('passkey')
  const begin = () => functions.ask('POST /passkeys/options', { token, body: change })
  const add = (begun: ApiResponse) => {
    const { response } = createPasskey(JSON.parse(begun.text), ORIGIN)
    return functions.ask('POST /passkeys', { token, body: { response } })
  }
  const [last, late] = [await begin(), await begin()]
  for (let index = 1; index < 19; index += 1) {
    const credentialId = Buffer.from(`${id}-${index}`).toString('base64url')
    expect(await transact(service.table, addStored(id, { ...PASSKEY, credentialId }))).toBeUndefined()
  }
  expect((await add(last)).status).toBe(200)
  const tooMany = {
    ...refusedWith(409, 'too_many_passkeys'),
    detail: 'An account can have at most 20 passkeys. Remove one first.',
  }
  for (const refused of [await begin(), await add(late)]) expect(shown(refused)).toMatchObject(tooMany)
})

/** Uses up the challenges that a source may ask for after a password, as ten users would. */
async function useUpChallenges(source: string) {
  const [, ofSource] = challengeCounters(source, 'a user', new Date()) as [Counter, Counter]
  const { key, maxAttempts, endsAt } = ofSource
  const ids = Array.from({ length: maxAttempts }, (_, index) => `attempt ${index}`)
  await writeIf(service.table, 'PutItem', { Item: { ...key, ...attributesOf({ ids, expiresAt: endsAt }) } })
}

/** Begins an enrolment under the policy. */
async function beginEnrolment(isProved: boolean) {
  const { username } = await service.addUser()
  const enrolmentToken = await beginLogin(covered, username)
  if (isProved) await service.proveEnrolments(username, [enrolmentToken])
  return enrolmentToken
}

test('registrations of passkeys are limited by source, and refused ones are given back', async () => {
  const sourceIp = newSource()
  const { token, id } = await userWith()
  const enrolmentToken = await beginEnrolment(true)
  await useUpChallenges(sourceIp)
  const asked = [
    await functions.ask('POST /passkeys/options', { token, sourceIp, body: change }),
    await covered.ask('POST /enrolment/passkey/options', { sourceIp, body: { enrolmentToken } }),
  ]
  expect(asked.map(({ status }) => status)).toEqual([429, 429])
  const counters = Object.entries(await service.items(`user#${id}`)).filter(([sk]) => /^challenges/.test(sk))
  expect(counters).toEqual([[expect.stringContaining(`challenges#${sourceIp}#`), expect.anything()]])
  expect(counters[0]?.[1]).not.toHaveProperty('ids')
})

/** Asks for a mail of an enrolment, and returns the status. */
const askForMail = async (enrolmentToken: string, sourceIp: string, at = covered) =>
  (await at.ask('POST /enrolment/mail', { sourceIp, body: { enrolmentToken } })).status

test('mails that strangers ask for keep no user at their address from an enrolment', async () => {
  const sourceIp = newSource()
  const enrolmentToken = await beginEnrolment(false)
  const body = { login: 'nobody' }
  const asked = await Promise.all(
    Array.from({ length: 31 }, () => functions.ask('POST /password/forgot', { sourceIp, body })),
  )
  expect(asked.filter(({ status }) => status === 429)).toHaveLength(1)
  expect(await askForMail(enrolmentToken, sourceIp)).toBe(202)
})

test('one user asks for five mails of enrolments at a source, and takes none from the neighbours', async () => {
  const sourceIp = newSource()
  const [user, neighbour] = [await beginEnrolment(false), await beginEnrolment(false)]
  const burst = await Promise.all(Array.from({ length: 40 }, () => askForMail(user, sourceIp)))
  expect(burst.toSorted()).toEqual([...Array(5).fill(202), ...Array(35).fill(429)])
  const stored = await service.items(`source#${sourceIp}`)
  expect(Object.keys(stored)).toEqual([expect.stringMatching(/^mails#verified#\d+$/)])
  expect(Object(Object.values(stored)[0]?.ids).SS).toHaveLength(5)
  expect(await askForMail(neighbour, sourceIp)).toBe(202)
  expect(await askForMail(user, newSource())).toBe(202)
})

test('mails of enrolments are limited by source, and refused ones are given back', async () => {
  const limited = await service.load({ REQUIRE_SECOND_FACTOR: 'all', LIMIT_MAIL_SOURCE: '1/3600' })
  const sourceIp = newSource()
  expect(await askForMail(await beginEnrolment(false), sourceIp, limited)).toBe(202)
  const { username, id } = await service.addUser()
  expect(await askForMail(await beginLogin(covered, username), sourceIp, limited)).toBe(429)
  const counters = Object.entries(await service.items(`user#${id}`)).filter(([sk]) => /^mails/.test(sk))
  expect(counters).toEqual([[expect.stringContaining(`mails#${sourceIp}#`), expect.anything()]])
  expect(counters[0]?.[1]).not.toHaveProperty('ids')
})

test('codes of mails that prove an enrolment are limited by source', async () => {
  const sourceIp = newSource()
  const enrolmentToken = await beginEnrolment(false)
  const statuses = new Set<number>()
  for (let attempt = 0; attempt < 51; attempt += 1) {
    const mailId = `request-${attempt}`
    const body = { enrolmentToken, mailId, code: '12345678' }
    statuses.add((await covered.ask('POST /enrolment/proof', { sourceIp, body })).status)
  }
  expect([...statuses]).toEqual([400, 429])
})

test('codes that confirm the app of an enrolment are limited to ten', async () => {
  const enrolmentToken = await beginEnrolment(true)
  const { secret = '' } = bodyOf(await covered.ask('POST /enrolment/totp', { body: { enrolmentToken } }))
  const confirm = (code: string) =>
    covered.ask('POST /enrolment/totp/confirm', { body: { enrolmentToken, code } })
  for (let attempt = 0; attempt < 10; attempt += 1) {
    expect((await confirm(wrongTotpCode(secret, attempt))).status).toBe(422)
  }
  expect((await confirm(totpCode(secret))).status).toBe(429)
})

const newSource = () => {
  sources += 1
  return `198.51.100.${sources}`
}

const refusedWith = (status: number, error?: string) => ({ status, ...(error && { error }) })

const shown = ({ status, text }: ApiResponse) => ({ status, ...JSON.parse(text || '{}') })

/** Adds a user with these factors, and returns a token of a sign-in with all of them. */
async function userWith(...factors: Factor[]) {
  const { username, id } = await service.addUser()
  let token = (await signInWith(functions, { username, recoveryCodes: [] })).authToken
  let passkeyId = ''
  if (factors.includes('passkey')) {
    const { passkey, id: added } = await addPasskey(functions, token)
    passkeyId = added
    token = bodyOf(await signInByPasskey(functions, passkey)).authToken ?? ''
  }
  if (factors.includes('totp')) {
    const { recoveryCodes: [code] = [] } = await addTotp(functions, token)
    const body = { loginToken: await beginLogin(functions, username), code }
    token = bodyOf(await functions.ask('POST /login/recovery-code', { body })).authToken ?? ''
  }
  return { username, id, token, passkeyId }
}
