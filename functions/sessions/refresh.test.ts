import { randomBytes, randomUUID } from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import { rotated } from '../../lib/sessions/session.ts'
import { secondOf } from '../../lib/time.ts'
import { readUnverified, verifyAccessToken } from '../../lib/tokens/access-token.ts'
import { publicKeyCache } from '../../lib/tokens/public-keys.ts'
import { revokeTokens } from '../../lib/users/revocation.ts'
import { changeUser } from '../../lib/users/store.ts'
import { fifty } from '../../test/support/at-once.ts'
import { type Fate, startWire } from '../../test/support/aws/wire.ts'
import { loadHandler } from '../../test/support/http/handlers.ts'
import { parsed } from '../../test/support/http/lambda.ts'
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
  ok,
  problem,
  records,
  refresh,
  service,
  sessionEvent,
  sessionIdOf,
  sessionOf,
  stored,
  table,
  tokenPair,
  useRoutes,
} from '../../test/support/http/routes.ts'
import { tokenPartiesOf } from '../../test/support/process/service-description.ts'
import { testAct } from '../../test/support/users/users.ts'

useRoutes()

const unavailable = problem(
  503,
  'Service Unavailable',
  'The service is temporarily unavailable. Try again shortly.',
  {},
  { 'Retry-After': '5' },
)

const lifetimes = { absoluteTtlSeconds: 86_400, idleTtlSeconds: 7_200 }

/** Loads the handler with other settings or other addresses of KMS and DynamoDB. */
function loadRefresh(changes: Record<string, string>, endpoints: { kms?: URL; dynamodb?: URL } = {}) {
  const { handler, environment } = service.functions.refresh ?? { handler: '' }
  const functions = { refresh: { handler, environment: { ...environment, ...changes } } }
  const settings = { ...aws.settings, endpoints: { ...aws.settings.endpoints, ...endpoints } }
  return loadHandler({ ...service, functions }, 'refresh', { ...aws, settings })
}

/** Refreshes a token by a handler with other settings. */
async function refreshWith(changes: Record<string, string>, refreshToken: string) {
  const handler = await loadRefresh(changes)
  return parsed(await handler(await eventOf('refresh', bodyOf(refreshToken)), context))
}

const bodyOf = (refreshToken: string) => ({ body: JSON.stringify({ refreshToken }) })
const secretOf = (refreshToken: string) => refreshToken.split('.')[3]

describe('POST /refresh', () => {
  test('exchanges a refresh token for new tokens', async () => {
    expect(await call('refresh', 'refresh')).toEqual(tokenPair)
    expect(records).toEqual([])
  })

  test('rotates the secret of the same session each time after the grace', async () => {
    const first = await begin()
    const session = await sessionOf(first)
    const tokens = [first]
    for (let time = 1; time <= 3; time += 1) {
      vi.setSystemTime(later(time * 10))
      const response = await refresh(tokens.at(-1) ?? '')
      expect(response).toEqual(tokenPair)
      tokens.push(response.body.refreshToken)
    }
    expect(new Set(tokens.map(secretOf)).size).toBe(4)
    expect(new Set(tokens.map((token) => token.slice(0, token.lastIndexOf('.')))).size).toBe(1)
    const last = session && rotated(session, secretOf(tokens[3] ?? '') ?? '', lifetimes, later(30))
    expect(await sessionOf(first)).toEqual(last)
  })

  test('returns an access token of that session, which verifies', async () => {
    const first = await begin()
    const { id, generation } = await stored()
    const { body } = await refresh(first)
    const keys = await publicKeyCache()(table.aws, [service.custom.auth.signingKey], undefined, now)
    expect(
      await verifyAccessToken(readUnverified(body.authToken), keys, tokenPartiesOf(service), now),
    ).toEqual({
      userId: id,
      username: 'user',
      role: 'user',
      generation,
      sessionId: sessionIdOf(first),
      expiresAt: secondOf(now) + 900,
      acr: 'aal1',
      authTime: expect.any(Number),
      attributes: {},
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

  test('returns a fresh refresh token unchanged for ten seconds, and logs it', async () => {
    const token = await begin()
    const { body } = await refresh(token)
    const session = await sessionOf(body.refreshToken)
    vi.setSystemTime(later(9.999))
    const again = await refresh(body.refreshToken)
    expect(again).toEqual(
      ok({ ...tokenPair.body, refreshToken: body.refreshToken, refreshExpiresIn: 7_200 - 10 }),
    )
    expect(again.body.authToken).not.toBe(body.authToken)
    expect(await sessionOf(body.refreshToken)).toEqual(session)
    vi.setSystemTime(later(10))
    expect((await refresh(body.refreshToken)).body.refreshToken).not.toBe(body.refreshToken)
    expect(records).toEqual([sessionEvent('session.repeated', token)])
  })

  test('returns the same next token to a repeated token for ten seconds, and logs it', async () => {
    const token = await begin()
    const { body } = await refresh(token)
    vi.setSystemTime(later(9.999))
    const again = await refresh(token)
    expect(again).toEqual(
      ok({ ...tokenPair.body, refreshToken: body.refreshToken, refreshExpiresIn: 7_200 - 10 }),
    )
    expect(again.body.authToken).not.toBe(body.authToken)
    expect(records).toEqual([sessionEvent('session.repeated', token)])
    expect(await refresh(body.refreshToken)).toMatchObject({ statusCode: 200 })
  })

  test('detects reuse after that: ends the session and logs it', async () => {
    const token = await begin()
    const { body } = await refresh(token)
    vi.setSystemTime(later(10))
    expect(await refresh(token)).toEqual(invalidToken)
    expect(await refresh(body.refreshToken)).toEqual(invalidToken)
    expect(records[0]).toEqual(sessionEvent('session.reuse', token))
    expect(records.filter((record) => Object(record).event === 'session.reuse')).toHaveLength(1)
    expect(JSON.stringify(records)).not.toContain(secretOf(token))
  })

  test('detects reuse at once if the grace is 0 seconds, and rotates each time', async () => {
    const handler = await loadRefresh({ REFRESH_GRACE_SECONDS: '0' })
    const token = await begin()
    const tokens = [token]
    for (let time = 1; time <= 3; time += 1) {
      const { body } = parsed(await handler(await eventOf('refresh', bodyOf(tokens.at(-1) ?? '')), context))
      tokens.push(body.refreshToken)
    }
    expect(new Set(tokens).size).toBe(4)
    expect(parsed(await handler(await eventOf('refresh', bodyOf(tokens[2] ?? '')), context))).toEqual(
      invalidToken,
    )
    expect(records[0]).toEqual(sessionEvent('session.reuse', token))
    expect(await sessionOf(token)).toBeUndefined()
  })

  test('returns one next token to 50 concurrent requests, and the session stays live', async () => {
    const token = await begin()
    const event = await eventOf('refresh', bodyOf(token))
    const handler = await handlerOf('refresh')
    const responses = await fifty(() => handler(event, context))
    expect(new Set(responses.map(({ statusCode }) => statusCode))).toEqual(new Set([200]))
    const next = new Set(responses.map(({ body }) => JSON.parse(body).refreshToken))
    expect(next.size).toBe(1)
    expect(await refresh([...next][0])).toMatchObject({ statusCode: 200 })
  })

  test('reads the current role and generation', async () => {
    const token = await begin()
    const user = await stored()
    await changeUser(
      table,
      user,
      { changes: { role: 'admin', ...revokeTokens(user) }, changeId: randomUUID() },
      testAct(),
    )
    const { body } = await refresh(token)
    const claims = JSON.parse(Buffer.from(body.authToken.split('.')[1], 'base64url').toString())
    expect(claims).toMatchObject({ role: 'admin', gen: user.generation + 1, iat: secondOf(now) })
  })

  test('rejects all invalid tokens with the same response', async () => {
    const [token, other, expired] = [await begin(), await begin('admin'), await begin()]
    const [disabled, admin] = [await begin('admin'), await stored('admin')]
    const [, selector, signIn, secret] = token.split('.')
    const unknown = [
      `${(await stored()).id}.${other.split('.')[1]}.${signIn}.${secret}`,
      `${admin.id}.${selector}.${signIn}.${secret}`,
      `${'A'.repeat(22)}.${selector}.${signIn}.${secret}`,
      `${'A'.repeat(22)}.6b065d8a${'A'.repeat(22)}.6b065d8a.${'A'.repeat(43)}`,
      'garbage',
      '',
    ]
    for (const one of unknown) expect(await refresh(one)).toEqual(invalidToken)
    expect(reasons()).toEqual([...Array(4).fill('no such session'), ...Array(2).fill('not a refresh token')])
    expect(await sessionOf(token)).toBeDefined()

    await changeUser(
      table,
      admin,
      { changes: { disabled: true, ...revokeTokens(admin) }, changeId: randomUUID() },
      testAct(),
    )
    expect(await refresh(disabled)).toEqual(invalidToken)
    vi.setSystemTime(later(3_599.9))
    expect(await refresh(expired)).toEqual(invalidToken)
  })

  test('rejects a session of one factor if the policy demands two, and changes nothing', async () => {
    const token = await begin()
    const before = await sessionOf(token)
    expect(await refreshWith({ REQUIRE_SECOND_FACTOR: 'all' }, token)).toEqual(invalidToken)
    expect(records).toEqual([
      {
        event: 'request.refused',
        code: 'invalid_refresh_token',
        reason: 'the policy demands a second factor',
      },
    ])
    expect(await sessionOf(token)).toEqual(before)
    expect(await refresh(token)).toEqual(tokenPair)
  })

  test('rejects a session that is older than sessions may become now, and changes nothing', async () => {
    const token = await begin()
    const before = await sessionOf(token)
    const shorter = { SESSION_TTL_SECONDS: '1800', SESSION_IDLE_TTL_SECONDS: '1800' }
    vi.setSystemTime(later(1_800))
    expect(await refreshWith(shorter, token)).toEqual(invalidToken)
    expect(await sessionOf(token)).toEqual(before)
    expect(await refresh(token)).toEqual(tokenPair)
  })

  test('ends the session for a made-up secret with its selector', async () => {
    const token = await begin()
    const madeUp = token.replace(/[^.]+$/, randomBytes(32).toString('base64url'))
    expect(await refresh(madeUp)).toEqual(invalidToken)
    expect(await refresh(token)).toEqual(invalidToken)
    expect(records[0]).toEqual(sessionEvent('session.reuse', token))
  })

  test.each([
    ['a number', { refreshToken: 7 }, invalid('#/refreshToken', 'Must be a string.', { rule: 'type' })],
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
    expect(await refreshWith({ SIGNING_KEY: 'alias/missing' }, token)).toEqual(unavailable)
    expect(await sessionOf(token)).toEqual(before)
    expect(await refresh(token)).toEqual(tokenPair)
  })

  test('returns 503 if the store is down, and the refresh token stays valid', async () => {
    const token = await begin()
    const before = await sessionOf(token)
    expect(await refreshWith({ TABLE_NAME: 'missing' }, token)).toEqual(unavailable)
    expect(await sessionOf(token)).toEqual(before)
  })
})

describe('POST /refresh, while the access token is being signed', () => {
  /** Refreshes a token, and runs another action right before the first call to KMS. */
  async function refreshWhile(refreshToken: string, act: () => Promise<unknown>) {
    const wire = await startWire(aws)
    let acted: Promise<unknown> | undefined
    wire.intercept(async (): Promise<Fate> => {
      acted ??= act()
      await acted
      return 'pass'
    })
    const slow = await loadRefresh({}, { kms: new URL(wire.url) })
    const response = parsed(await slow(await eventOf('refresh', bodyOf(refreshToken)), context))
    wire.stop()
    expect(acted).toBeDefined()
    return response
  }

  test('rejects a session that ended in the meantime, and does not revive it', async () => {
    const token = await begin()
    expect(await refreshWhile(token, () => logout(token))).toEqual(invalidToken)
    expect(await sessionOf(token)).toBeUndefined()
  })

  test('begins the grace period after a slow signature', async () => {
    const token = await begin()
    const { body } = await refreshWhile(token, async () => void vi.setSystemTime(later(4)))
    expect((await sessionOf(token))?.rotatedAtMs).toBe(later(4).getTime())
    expect(body.refreshExpiresIn).toBe(7_200)
    vi.setSystemTime(later(13.999))
    expect((await refresh(token)).body.refreshToken).toBe(body.refreshToken)
  })

  test('returns the next token that a concurrent request created', async () => {
    const token = await begin()
    let other: Awaited<ReturnType<typeof refresh>> | undefined
    const response = await refreshWhile(token, async () => {
      vi.setSystemTime(later(0.001))
      other = await refresh(token)
      vi.setSystemTime(later(0.002))
    })
    expect(response).toEqual(tokenPair)
    expect(response.body.refreshToken).toBe(other?.body.refreshToken)
    expect(records).toEqual([sessionEvent('session.repeated', token)])
    expect(await refresh(response.body.refreshToken)).toEqual(tokenPair)
  })
})

/** Returns why requests were refused, in order. */
const reasons = () => records.flatMap((record) => Object(record).reason ?? [])
