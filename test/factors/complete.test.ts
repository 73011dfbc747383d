import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { attribute, getItems, type Key, writeIf } from '../../lib/aws/dynamodb.ts'
import { originOf } from '../../lib/http/headers.ts'
import { pageOf } from '../../lib/http/sessions/request.ts'
import { sessionResponse } from '../../lib/http/sessions/response.ts'
import { factorResetKey } from '../../lib/mail/factor-reset.ts'
import { readRefreshToken, withSecret } from '../../lib/sessions/refresh-token.ts'
import { findSessions } from '../../lib/sessions/store.ts'
import { completeFactorSignIn, type FactorSignIn } from '../../lib/sign-in/factor.ts'
import { loginTokenKey } from '../../lib/sign-in/login-token.ts'
import { totpCounter } from '../../lib/throttling/factor-counters.ts'
import { isKnownSource } from '../../lib/throttling/known-sources.ts'
import { knownSourceKey } from '../../lib/throttling/limits.ts'
import { reserveAttempt } from '../../lib/throttling/store.ts'
import { AMR } from '../../lib/users/factors.ts'
import type { User } from '../../lib/users/user.ts'
import { keeping } from '../support/aws/table.ts'
import { loginEvent, parsed } from '../support/http/lambda.ts'
import { fieldError } from '../support/http/problems.ts'
import {
  begin,
  tokenPair as handled,
  later,
  now,
  records,
  service,
  sessionIdOf,
  stored,
  table,
  useRoutes,
} from '../support/http/routes.ts'
import { inRounds } from '../support/rounds.ts'
import { addFakeFactor, beginLogin, fakeStep, lastFakeStep } from '../support/users/fake-factor.ts'
import { testAt } from '../support/users/users.ts'

useRoutes()

/** The response before the handler of the route adds the header for HTTPS. */
const { 'Strict-Transport-Security': _, ...headers } = handled.headers
const tokenPair = { ...handled, headers }

const SOURCE = '203.0.113.7'
const config = {
  SESSION_TTL_SECONDS: 86_400,
  SESSION_IDLE_TTL_SECONDS: 7_200,
  REFRESH_GRACE_SECONDS: 10,
  MAILER: `${service.custom.auth.tableName}-mailer`,
  NOTIFY_NEW_SOURCE: 'on',
}
const tokens = {
  SIGNING_KEY: service.custom.auth.signingKey,
  TOKEN_ISSUER: 'https://issuer.example',
  TOKEN_AUDIENCE: 'the audience',
  TOKEN_TTL_SECONDS: 900,
}

let user: User

beforeEach(async () => {
  await addFakeFactor(table, await stored())
  user = await stored()
})
afterEach(() => vi.restoreAllMocks())

describe('a complete sign-in', () => {
  test('spends the login token and the factor, and stores the session', async () => {
    const { login } = await beginLogin(table, user, now)
    const response = await complete(login, 7, { more: { recoveryCodes: ['a'] } })
    expect(response).toEqual({ ...tokenPair, body: { ...tokenPair.body, recoveryCodes: ['a'] } })
    const id = sessionIdOf(response.body.refreshToken)
    expect(await state(login.id)).toEqual({ lastStep: 7, spentBy: { S: id }, sessions: 1 })
    expect(await sessions()).toEqual([
      expect.objectContaining({ id, amr: 'pwd otp mfa', authTime: 1_795_532_400 }),
    ])
    const claims = JSON.parse(Buffer.from(response.body.authToken.split('.')[1], 'base64url').toString())
    expect(claims).toMatchObject({
      sid: id,
      amr: ['pwd', 'otp', 'mfa'],
      acr: 'aal2',
      auth_time: 1_795_532_400,
    })
    expect(records).toEqual([{ event: 'login.accepted', userId: user.id }])
  })

  test('gives back what the login token names, and the codes, and marks the source', async () => {
    const pair = { key: { pk: { S: 'name#user' }, sk: { S: 'attempts#x#1' } }, maxAttempts: 10, endsAt: 2e9 }
    const totp = totpCounter(user.id, now)
    for (const id of ['a', 'b', 'c']) await reserveAttempt(keeping(table), [pair], id, now)
    for (const id of ['d', 'e']) await reserveAttempt(keeping(table), [totp], id, now)
    const { login } = await beginLogin(table, user, now, { pairSk: 'attempts#x#1', pairAttempts: ['a', 'b'] })
    await complete(login, 1)
    expect((await item(pair.key))?.ids).toEqual({ SS: ['c'] })
    expect((await item(totp.key))?.ids).toBeUndefined()
    expect(isKnownSource(await item(knownSourceKey('user', SOURCE)), user.id, now)).toBe(true)
  })

  test('keeps a code that is counted after the read', async () => {
    const totp = totpCounter(user.id, now)
    await reserveAttempt(keeping(table), [totp], 'early', now)
    const { login } = await beginLogin(table, user, now)
    await complete(login, 1, {
      around:
        (call) =>
        async (...parameters) => {
          if (parameters[1] === 'TransactWriteItems')
            await reserveAttempt(keeping(table), [totp], 'late', now)
          return call(...parameters)
        },
    })
    expect((await item(totp.key))?.ids).toEqual({ SS: ['late'] })
  })

  test('cancels a reset of the factors', async () => {
    await writeIf(table, 'PutItem', { Item: { ...factorResetKey(user.id), mailId: attribute('r') } })
    const { login } = await beginLogin(table, user, now)
    await complete(login, 1)
    expect(await item(factorResetKey(user.id))).toBeUndefined()
  })

  test('ends the session that the login token names, and no other', async () => {
    const other = readRefreshToken(await begin())
    const replaces = withSecret(await begin(), 'A'.repeat(43))
    const { login } = await beginLogin(table, user, now, { replaces })
    const { body } = await complete(login, 1)
    expect((await sessions()).map(({ id }) => id).sort()).toEqual(
      [other.sessionId, sessionIdOf(body.refreshToken)].sort(),
    )
  })

  test('stores no tombstone for a replaced session that is not there', async () => {
    const replaces = `${user.id}.0${'0'.repeat(29)}.00000000.${'A'.repeat(43)}`
    const { login } = await beginLogin(table, user, now, { replaces })
    expect(await complete(login, 1)).toEqual(tokenPair)
    const { sessionId } = readRefreshToken(replaces)
    const key = { pk: { S: `user#${user.id}` }, sk: { S: `session#${sessionId}` } }
    expect(await item(key)).toBeUndefined()
  })

  test('notifies the user of a new source once', async () => {
    await writeIf(table, 'UpdateItem', {
      Key: { pk: { S: `user#${user.id}` }, sk: { S: 'profile' } },
      UpdateExpression: 'SET email = :email',
      ExpressionAttributeValues: { ':email': attribute('ada@example.org') },
    })
    user = await stored()
    const sent: unknown[] = []
    const around =
      (call: typeof table.aws) =>
      (...parameters: Parameters<typeof table.aws>) => {
        if (parameters[0] === 'lambda') sent.push(Object(parameters[2]).kind)
        return call(...parameters)
      }
    await complete((await beginLogin(table, user, now)).login, 1, { around })
    await complete((await beginLogin(table, user, now)).login, 2, { around })
    expect(sent).toEqual(['new-source'])
  })

  test('puts the refresh token into the cookie that the login token chose', async () => {
    const { login } = await beginLogin(table, user, now, { inCookie: true })
    const { headers, body } = await complete(login, 1, { headers: { 'Sec-Fetch-Site': 'same-origin' } })
    expect(headers?.['Set-Cookie']).toMatch(/^__Host-refresh=[\w-]{22}\.[\w.-]+; Max-Age=7200; /)
    expect(body).not.toHaveProperty('refreshToken')
  })

  test('needs no login token, if the passkey was both factors', async () => {
    const response = await complete({ inCookie: false }, 1)
    expect(response).toEqual(tokenPair)
    expect(isKnownSource(await item(knownSourceKey('user', SOURCE)), user.id, now)).toBe(true)
  })

  test('makes three rounds: it signs and reads, stores, and gives back', async () => {
    const { login } = await beginLogin(table, user, now, { pairSk: 'attempts#x#1', pairAttempts: ['a'] })
    let rounds = () => [] as string[][]
    // The first signature also reads the public key.
    await complete({ inCookie: false }, 1)
    await complete(login, 2, {
      around: (call) => {
        const watched = inRounds(call)
        rounds = watched.rounds
        return watched.aws
      },
    })
    const own = `user#${user.id}`
    expect(rounds()).toEqual([
      [
        `BatchGetItem name#user known#${SOURCE}, ${own} attempts#totp#1795478400, ${own} factor-reset`,
        'Sign',
      ],
      ['TransactWriteItems'],
      ['UpdateItem DELETE name#user attempts#x#1'],
    ])
  })
})

describe('a sign-in is rejected, and changes nothing,', () => {
  test('if the login token is spent', async () => {
    const { login } = await beginLogin(table, user, now)
    await complete(login, 1)
    const before = await state(login.id)
    await expect(complete(login, 2)).rejects.toMatchObject({
      code: 'invalid_credentials',
      detail: 'The sign-in has expired. Sign in again.',
    })
    expect(await state(login.id)).toEqual(before)
  })

  test('if the factor is spent', async () => {
    await complete((await beginLogin(table, user, now)).login, 1)
    const { login } = await beginLogin(table, user, now)
    const before = await state(login.id)
    await expect(complete(login, 1)).rejects.toMatchObject({
      code: 'invalid_fields',
      fields: [fieldError('#/code', 'Incorrect code.')],
    })
    expect(await state(login.id)).toEqual(before)
  })

  test('if a page of another site completes it in the cookie', async () => {
    const { login } = await beginLogin(table, user, now, { inCookie: true })
    const headers = { 'Sec-Fetch-Site': 'cross-site' }
    await expect(complete(login, 1, { headers })).rejects.toMatchObject({ code: 'forbidden' })
    expect(await state(login.id)).toEqual({ lastStep: 0, spentBy: undefined, sessions: 0 })
  })
})

test('of 20 sign-ins at once with one login token and one code, one completes', async () => {
  const { login } = await beginLogin(table, user, now)
  const all = await Promise.allSettled(Array.from({ length: 20 }, () => complete(login, 1)))
  expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  expect((await state(login.id)).sessions).toBe(1)
})

test('of 20 sign-ins at once with one code and a login token each, one completes', async () => {
  const logins = await Promise.all(Array.from({ length: 20 }, () => beginLogin(table, user, now)))
  const all = await Promise.allSettled(logins.map(({ login }) => complete(login, 1)))
  expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  expect((await state(logins[0]?.login.id ?? '')).sessions).toBe(1)
})

test('an attempt of an earlier day stays counted', async () => {
  const totp = totpCounter(user.id, later(-86_400))
  await reserveAttempt(keeping(table), [totp], 'a', now)
  await complete((await beginLogin(table, user, now)).login, 1)
  expect((await item(totp.key))?.ids).toEqual({ SS: ['a'] })
})

/** Completes a sign-in with a step of the factor. */
async function complete(
  login: FactorSignIn['login'],
  step: number,
  { around = (call: typeof table.aws) => call, headers = {}, more = {} } = {},
) {
  const aws = around(table.aws)
  const sent = loginEvent({})
  const event = { ...sent, headers: { ...sent.headers, ...headers } }
  const at = testAt({ ...table, aws })
  const signedIn = await completeFactorSignIn(
    { ...at, config: { ...config, ...tokens }, origin: originOf(event) },
    { user, amr: AMR.totp, login, more, ...fakeStep(user.id, step) },
    pageOf(event, { allowedOrigins: [] }),
  )
  return parsed(sessionResponse(signedIn))
}

const item = async (key: Key) => (await getItems(table, [key]))[0]

const sessions = async () => (await findSessions(table, user.id)).sessions

/** What a sign-in would change. */
async function state(loginTokenId: string) {
  const { spentBy } = (await item(loginTokenKey(loginTokenId))) ?? {}
  return { lastStep: await lastFakeStep(table, user.id), spentBy, sessions: (await sessions()).length }
}
