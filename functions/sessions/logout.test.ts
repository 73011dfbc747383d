import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { secondOf } from '../../lib/time.ts'
import { parsed } from '../../test/support/lambda.ts'
import {
  begin,
  call,
  context,
  eventOf,
  handlerOf,
  invalid,
  invalidToken,
  logout,
  noContent,
  now,
  refresh,
  sessionIdOf,
  sessionOf,
  stored,
  tokenPair,
  useRoutes,
} from '../../test/support/routes.ts'

useRoutes()

describe('POST /logout', () => {
  test('ends the session (events/logout.json)', async () => {
    const [token, other] = [await begin(), await begin()]
    expect(await call('logout', 'logout')).toEqual(noContent)
    expect(await logout(token)).toEqual(noContent)
    expect(await refresh(token)).toEqual(invalidToken)
    expect(await refresh(other)).toEqual(tokenPair)
  })

  test('returns the same for an unknown token, and ends nothing', async () => {
    const token = await begin()
    const unknown = `${sessionIdOf(token)}.${randomBytes(32).toString('base64url')}.user`
    for (const one of [unknown, 'garbage', '']) expect(await logout(one)).toEqual(noContent)
    expect(await refresh(token)).toEqual(tokenPair)
  })

  test('ends all sessions of the user (events/logout-everywhere.json)', async () => {
    const [mine, others] = [await begin(), await begin('admin')]
    const before = await stored()
    expect(await call('logout', 'logout-everywhere')).toEqual(noContent)
    expect(await refresh(mine)).toEqual(invalidToken)
    expect((await refresh(others)).statusCode).toBe(200)
    const mark = secondOf(now) + 1
    expect(await stored()).toEqual({ ...before, validAfter: mark, sessionsValidAfter: mark })
  })

  test('ends only one session if everywhere is false', async () => {
    const [mine, other] = [await begin(), await begin()]
    const body = JSON.stringify({ refreshToken: mine, everywhere: false })
    expect(await call('logout', 'logout', { body })).toEqual(noContent)
    expect([(await refresh(mine)).statusCode, (await refresh(other)).statusCode]).toEqual([401, 200])
  })

  test('is never undone by a concurrent refresh', async () => {
    for (let round = 0; round < 5; round += 1) {
      const token = await begin()
      const body = JSON.stringify({ refreshToken: token })
      const [refreshing, leaving] = [await eventOf('refresh', { body }), await eventOf('logout', { body })]
      const [refreshed, left] = await Promise.all([
        (await handlerOf('refresh'))(refreshing, context),
        (await handlerOf('logout'))(leaving, context),
      ])
      expect(parsed(left)).toEqual(noContent)
      expect(await sessionOf(token)).toBeUndefined()
      const { statusCode, body: response } = parsed(refreshed)
      const next = statusCode === 200 ? response.refreshToken : token
      expect(await refresh(next)).toEqual(invalidToken)
    }
  })

  test.each([
    ['no token', {}, '#/refreshToken', 'Must be a string.'],
    [
      'a word for everywhere',
      { refreshToken: 'x', everywhere: 'yes' },
      '#/everywhere',
      'Must be true or false.',
    ],
  ])('rejects a body with %s', async (_what, body, pointer, detail) => {
    expect(await call('logout', 'logout', { body: JSON.stringify(body) })).toEqual(invalid(pointer, detail))
  })
})
