import { describe, expect, test } from 'vitest'
import {
  ada,
  later,
  policy,
  refreshToken,
  session,
  stored,
  table,
} from '../../test/support/session-per-test.ts'
import type { Table } from '../aws/dynamodb.ts'
import { AMR } from '../users/factors.ts'
import { readRefreshToken } from './refresh-token.ts'
import type { Session } from './session.ts'
import { replacedSession, sessionOfName, signIn } from './sign-in.ts'
import { findSessions } from './store.ts'

const origin = { sourceIp: '203.0.113.7', userAgent: 'curl/8.14.1' }
const failure = new Error('the step failed')

/** Signs in, in place of the session of the test unless a token is given. */
function signInWith(
  changes: { refreshToken?: string; inCookie?: boolean } = {},
  issue: (session: Session) => Promise<object> = async ({ id }) => ({ authToken: id }),
  alongside: Promise<unknown>[] = [],
  at: Table = table,
) {
  const details = { user: ada, amr: AMR.password, origin, lifetimes: policy, inCookie: false }
  return signIn(at, { ...details, refreshToken, ...changes }, later(1), issue, alongside)
}
const liveIds = async () => (await findSessions(table, ada.id)).sessions.map(({ id }) => id)

describe('a sign-in', () => {
  test('stores the session that its token names, and ends the one that it replaces', async () => {
    const { statusCode, body } = await signInWith()
    const { authToken, refreshToken: next, refreshExpiresIn } = JSON.parse(body)
    const { sessionId } = readRefreshToken(next)
    expect({ statusCode, authToken, refreshExpiresIn }).toEqual({
      statusCode: 200,
      authToken: sessionId,
      refreshExpiresIn: policy.idleTtlSeconds,
    })
    expect(await liveIds()).toEqual([sessionId])
    expect(await stored(sessionId)).toMatchObject({ ...origin, amr: 'pwd', userId: ada.id })
  })

  test('into the cookie has no refresh token in its body', async () => {
    const { headers, body } = await signInWith({ inCookie: true })
    expect(Object.keys(JSON.parse(body))).toEqual(['authToken', 'refreshExpiresIn'])
    expect(headers).toMatchObject({ 'Set-Cookie': expect.stringContaining('__Host-refresh=') })
  })

  test.each(['', 'no token'])('that replaces %j ends no session', async (replaced) => {
    await signInWith({ refreshToken: replaced })
    expect(await liveIds()).toHaveLength(2)
    expect(await liveIds()).toContain(session.id)
  })

  test('for which no token is issued leaves the earlier session alone', async () => {
    await expect(signInWith({}, () => Promise.reject(failure))).rejects.toBe(failure)
    expect(await liveIds()).toEqual([session.id])
  })

  test('of which a step alongside fails leaves the earlier session alone', async () => {
    await expect(signInWith({}, undefined, [Promise.reject(failure)])).rejects.toBe(failure)
    expect(await liveIds()).toEqual([session.id])
  })

  test('fails with its first error, also if the session cannot be abandoned', async () => {
    const aws: Table['aws'] = (service, operation, input) =>
      operation === 'UpdateItem' ? Promise.reject(new Error('down')) : table.aws(service, operation, input)
    const failing = signInWith({ refreshToken: '' }, () => Promise.reject(failure), [], { ...table, aws })
    await expect(failing).rejects.toBe(failure)
  })
})

test('the name of a replaced session leads back to it, and contains no secret', () => {
  const name = replacedSession(refreshToken)
  expect(name).toBe(`${ada.id}.${session.id}`)
  expect(sessionOfName(String(name))).toEqual({ userId: ada.id, id: session.id })
  expect(replacedSession('')).toBeUndefined()
  expect(sessionOfName('')).toEqual({ userId: '', id: '' })
})
