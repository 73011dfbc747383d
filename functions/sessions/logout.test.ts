import { describe, expect, test, vi } from 'vitest'
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
  noContent,
  problem,
  records,
  refresh,
  service,
  sessionEvent,
  sessionOf,
  stored,
  tokenPair,
  useRoutes,
} from '../../test/support/http/routes.ts'

useRoutes()

const everywhere = (refreshToken: string) =>
  call('logout', 'logout', { body: JSON.stringify({ refreshToken, everywhere: true }) })

describe('POST /logout', () => {
  test('ends the session', async () => {
    const [token, other] = [await begin(), await begin()]
    expect(await call('logout', 'logout')).toEqual(noContent)
    expect(await logout(token)).toEqual(noContent)
    expect(await refresh(token)).toEqual(invalidToken)
    expect(await refresh(other)).toEqual(tokenPair)
  })

  test('returns the same for an unknown token, and ends nothing', async () => {
    const token = await begin()
    const secret = token.split('.').slice(2).join('.')
    const { id } = await stored('admin')
    const unknown = [token.replace(/^[^.]+/, id), `${'A'.repeat(22)}.00000000${'A'.repeat(22)}.${secret}`]
    for (const one of [...unknown, 'garbage', '']) expect(await logout(one)).toEqual(noContent)
    expect(await refresh(token)).toEqual(tokenPair)
  })

  test('ends the session of a token that was replaced moments ago, and logs it', async () => {
    const token = await begin()
    const { body } = await refresh(token)
    expect(await logout(token)).toEqual(noContent)
    expect(records).toEqual([sessionEvent('session.repeated', token)])
    expect(await refresh(body.refreshToken)).toEqual(invalidToken)
  })

  test('ends only the session of a token that was replaced earlier, also everywhere', async () => {
    const [token, other] = [await begin(), await begin()]
    const { body } = await refresh(token)
    vi.setSystemTime(later(10))
    expect(await everywhere(token)).toEqual(noContent)
    expect(records).toEqual([sessionEvent('session.reuse', token)])
    expect(await refresh(body.refreshToken)).toEqual(invalidToken)
    expect(await refresh(other)).toEqual(tokenPair)
  })

  test('ends all sessions of the user', async () => {
    const [mine, others] = [await begin(), await begin('admin')]
    const before = await stored()
    expect(await call('logout', 'POST /logout everywhere')).toEqual(noContent)
    expect(await refresh(mine)).toEqual(invalidToken)
    expect((await refresh(others)).statusCode).toBe(200)
    expect(await stored()).toEqual({
      ...before,
      generation: before.generation + 1,
      sessionGeneration: before.sessionGeneration + 1,
      changeId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
  })

  test.each([false, true])(
    'ends nothing if the token is of another user (everywhere %s)',
    async (everywhere) => {
      const [token, other] = [await begin(), await begin('admin')]
      const before = [await stored(), await stored('admin')]
      const body = JSON.stringify({ refreshToken: token, everywhere, sub: (await stored('admin')).id })
      const detail = 'Another user has signed in in this browser. Nothing was changed.'
      expect(await call('logout', 'logout', { body })).toEqual(
        problem(409, 'Conflict', detail, { error: 'other_user' }),
      )
      expect([await stored(), await stored('admin')]).toEqual(before)
      expect(await refresh(token)).toEqual(tokenPair)
      expect((await refresh(other)).statusCode).toBe(200)
    },
  )

  test('ends the session if the token is of the user that the body names', async () => {
    const token = await begin()
    const body = JSON.stringify({ refreshToken: token, sub: (await stored()).id })
    expect(await call('logout', 'logout', { body })).toEqual(noContent)
    expect(await refresh(token)).toEqual(invalidToken)
  })

  test('ends its own session too, for any later generation', async () => {
    const token = await begin()
    await everywhere(token)
    expect(await sessionOf(token)).toBeUndefined()
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

  test.each([false, true])('returns 503 if the store is down (everywhere %s)', async (everywhere) => {
    const token = await begin()
    const { handler, environment } = service.functions.logout ?? { handler: '' }
    const functions = { logout: { handler, environment: { ...environment, TABLE_NAME: 'missing' } } }
    const storeless = await loadHandler({ ...service, functions }, 'logout', aws)
    const body = JSON.stringify({ refreshToken: token, everywhere })
    expect(parsed(await storeless(await eventOf('logout', { body }), context))).toMatchObject({
      statusCode: 503,
    })
    expect(await refresh(token)).toEqual(tokenPair)
  })

  test.each([
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
