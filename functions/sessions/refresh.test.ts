import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test, vi } from 'vitest'
import { secondOf } from '../../lib/time.ts'
import { readUnverified, verifyAccessToken } from '../../lib/tokens/access-token.ts'
import { publicKeyCache } from '../../lib/tokens/public-keys.ts'
import { revokeTokens } from '../../lib/users/revocation.ts'
import { changeUser } from '../../lib/users/store.ts'
import { loadHandler } from '../../test/support/handlers.ts'
import { parsed } from '../../test/support/lambda.ts'
import {
  aws,
  begin,
  call,
  context,
  eventOf,
  handlerOf,
  invalid,
  invalidToken,
  later,
  logout,
  now,
  problem,
  records,
  refresh,
  service,
  sessionIdOf,
  sessionOf,
  stored,
  table,
  tokenPair,
  useRoutes,
} from '../../test/support/routes.ts'
import { tokenPartiesOf } from '../../test/support/service-description.ts'

useRoutes()

const unavailable = problem(
  503,
  'Service Unavailable',
  'The service is temporarily unavailable. Try again shortly.',
  {},
  { 'Retry-After': '5' },
)

/** Loads the handler with another signing key or another address of KMS. */
function loadRefresh({ signingKey, kms = aws.settings.endpoints.kms }: { signingKey?: string; kms?: URL }) {
  const { handler, environment } = service.functions.refresh ?? { handler: '' }
  const changed = { ...environment, ...(signingKey !== undefined && { SIGNING_KEY: signingKey }) }
  const functions = { refresh: { handler, environment: changed } }
  const settings = { ...aws.settings, endpoints: { ...aws.settings.endpoints, kms } }
  return loadHandler({ ...service, functions }, 'refresh', { ...aws, settings })
}

describe('POST /refresh', () => {
  test('exchanges a refresh token for new tokens (events/refresh.json)', async () => {
    expect(await call('refresh', 'refresh')).toEqual(tokenPair)
  })

  test('rotates the refresh token of the same session at each call', async () => {
    const first = await begin()
    const tokens = [first]
    for (let time = 1; time <= 3; time += 1) {
      const response = await refresh(tokens.at(-1) ?? '')
      expect(response).toEqual(tokenPair)
      tokens.push(response.body.refreshToken)
    }
    expect(new Set(tokens).size).toBe(4)
    expect(new Set(tokens.map(sessionIdOf)).size).toBe(1)
    expect(await sessionOf(first)).toMatchObject({ generation: 3 })
  })

  test('returns an access token of that session, which verifies', async () => {
    const first = await begin()
    const { body } = await refresh(first)
    const keys = await publicKeyCache()(table.aws, [service.custom.signingKey], undefined, now)
    expect(
      await verifyAccessToken(readUnverified(body.authToken), keys, tokenPartiesOf(service), now),
    ).toEqual({
      username: 'user',
      role: 'user',
      sessionId: sessionIdOf(first),
      issuedAt: secondOf(now),
      expiresAt: secondOf(now) + 900,
    })
  })

  test('does not extend a session beyond its absolute lifetime', async () => {
    let token = await begin()
    const left: number[] = []
    for (let hours = 1; hours < 24; hours += 1) {
      vi.setSystemTime(later(hours * 3_600 - 1))
      const { body } = await refresh(token)
      token = body.refreshToken
      left.push(body.refreshExpiresIn)
    }
    expect(left).toEqual([...Array<number>(22).fill(7_200), 3_601])
    vi.setSystemTime(later(86_400))
    expect(await refresh(token)).toEqual(invalidToken)
  })

  test('returns the same next token to a replaced token, for ten seconds', async () => {
    const token = await begin()
    const { body } = await refresh(token)
    vi.setSystemTime(later(9.999))
    const again = await refresh(token)
    expect(again).toMatchObject({ statusCode: 200, body: { refreshToken: body.refreshToken } })
    expect(again.body.authToken).not.toBe(body.authToken)
    expect(again.body.refreshExpiresIn).toBe(7_200 - 10)
    expect(await refresh(body.refreshToken)).toEqual(tokenPair)
    expect(records).toEqual([])
  })

  test('detects reuse after that: ends the session and logs it', async () => {
    const token = await begin()
    const { body } = await refresh(token)
    vi.setSystemTime(later(10))
    expect(await refresh(token)).toEqual(invalidToken)
    expect(await refresh(body.refreshToken)).toEqual(invalidToken)
    expect(records.slice(0, 1)).toEqual([
      { event: 'session.reuse', username: 'user', sessionId: sessionIdOf(token) },
    ])
    expect(JSON.stringify(records)).not.toContain(token.split('.')[1])
  })

  test('returns one next token to 50 concurrent requests, and the session stays live', async () => {
    const token = await begin()
    const events = await Promise.all(
      Array.from({ length: 50 }, () => eventOf('refresh', { body: JSON.stringify({ refreshToken: token }) })),
    )
    const handler = await handlerOf('refresh')
    const responses = await Promise.all(events.map((event) => handler(event, context)))
    expect(new Set(responses.map(({ statusCode }) => statusCode))).toEqual(new Set([200]))
    const next = new Set(responses.map(({ body }) => JSON.parse(body).refreshToken))
    expect(next.size).toBe(1)
    expect(await sessionOf(token)).toMatchObject({ generation: 1 })
    expect(await refresh([...next][0])).toEqual(tokenPair)
  })

  test('reads the current role', async () => {
    const token = await begin()
    const user = await stored()
    await changeUser(table, user, { role: 'admin', ...revokeTokens(user, now) })
    const { body } = await refresh(token)
    const claims = JSON.parse(Buffer.from(body.authToken.split('.')[1], 'base64url').toString())
    expect(claims).toMatchObject({ role: 'admin', iat: secondOf(now) + 1 })
  })

  test('rejects all invalid tokens with the same response', async () => {
    const secret = randomBytes(32).toString('base64url')
    const [token, expired, disabled] = [await begin(), await begin(), await begin('admin')]
    await changeUser(table, await stored('admin'), { disabled: true })
    expect(await refresh(`${sessionIdOf(token)}.${secret}.user`)).toEqual(invalidToken)
    expect(await refresh(`${sessionIdOf(token)}.${token.split('.')[1]}.admin`)).toEqual(invalidToken)
    expect(await refresh(disabled)).toEqual(invalidToken)
    expect(await refresh('garbage')).toEqual(invalidToken)
    expect(await refresh('')).toEqual(invalidToken)
    expect(await call('refresh', 'refresh-unknown-token')).toEqual(invalidToken)
    vi.setSystemTime(later(3_599.9))
    expect(await refresh(expired)).toEqual(invalidToken)
  })

  test.each([
    ['no token', {}, invalid('#/refreshToken', 'Must be a string.')],
    ['a number', { refreshToken: 7 }, invalid('#/refreshToken', 'Must be a string.')],
    [
      'too long a token',
      { refreshToken: 'x'.repeat(257) },
      invalid('#/refreshToken', 'Must not exceed 256 characters.'),
    ],
    ['more', { refreshToken: 'x', everywhere: true }, invalid('#', 'Unknown fields are not allowed.')],
  ])('rejects a body with %s', async (_what, body, response) => {
    expect(await call('refresh', 'refresh', { body: JSON.stringify(body) })).toEqual(response)
  })

  test('changes nothing if signing fails, so that the refresh token stays valid', async () => {
    const token = await begin()
    const before = await sessionOf(token)
    const event = await eventOf('refresh', { body: JSON.stringify({ refreshToken: token }) })
    const keyless = await loadRefresh({ signingKey: 'alias/missing' })
    expect(parsed(await keyless(event, context))).toEqual(unavailable)
    expect(await sessionOf(token)).toEqual(before)
    expect(await refresh(token)).toEqual(tokenPair)
  })
})

describe('POST /refresh, while the access token is being signed', () => {
  /** Refreshes a token, and runs another action right before the first call to KMS. */
  async function refreshWhile(refreshToken: string, act: () => Promise<unknown>) {
    let acted: Promise<unknown> | undefined
    const kms = createServer(async (request, response) => {
      acted ??= act()
      await acted
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      const { authorization = '', 'x-amz-date': date = '', 'x-amz-target': target = '' } = request.headers
      const forwarded = await fetch(aws.settings.endpoints.kms, {
        method: 'POST',
        headers: { Authorization: authorization, 'X-Amz-Date': String(date), 'X-Amz-Target': String(target) },
        body: Buffer.concat(chunks),
      })
      response.writeHead(forwarded.status).end(await forwarded.text())
    })
    await once(kms.listen(0, '127.0.0.1'), 'listening')
    const url = `http://127.0.0.1:${(kms.address() as AddressInfo).port}`
    const slow = await loadRefresh({ kms: new URL(url) })
    const event = await eventOf('refresh', { body: JSON.stringify({ refreshToken }) })
    const response = parsed(await slow(event, context))
    kms.close()
    kms.closeAllConnections()
    expect(acted).toBeDefined()
    return response
  }

  test('rejects a session that ended in the meantime, and does not revive it', async () => {
    const token = await begin()
    expect(await refreshWhile(token, () => logout(token))).toEqual(invalidToken)
    expect(await sessionOf(token)).toBeUndefined()
  })

  test('returns the next token that a concurrent request created', async () => {
    const token = await begin()
    let other: Awaited<ReturnType<typeof refresh>> | undefined
    const response = await refreshWhile(token, async () => {
      other = await refresh(token)
    })
    expect(response).toEqual(tokenPair)
    expect(response.body.refreshToken).toBe(other?.body.refreshToken)
    expect(await sessionOf(token)).toMatchObject({ generation: 1 })
    expect(await refresh(response.body.refreshToken)).toEqual(tokenPair)
  })
})
