import { randomBytes } from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import { handler as refresh } from '../../functions/sessions/refresh.ts'
import { attribute, writeIf } from '../../lib/aws/dynamodb.ts'
import { SESSION_RANDOM_BYTES, startSession } from '../../lib/sessions/session.ts'
import { putSession } from '../../lib/sessions/store.ts'
import { AMR, type Amr } from '../../lib/users/factors.ts'
import { profileKey } from '../../lib/users/store.ts'
import { inEnvironment } from '../support/handlers.ts'
import { parsed } from '../support/lambda.ts'
import {
  aws,
  context,
  eventOf,
  invalidToken,
  later,
  records,
  service,
  sessionOf,
  stored,
  table,
  tokenPair,
  useRoutes,
} from '../support/routes.ts'
import { environmentOf } from '../support/service-description.ts'

useRoutes()

/** Begins a session of `user` that is a minute old. */
async function begin(amr: Amr): Promise<string> {
  const origin = { sourceIp: '203.0.113.7', userAgent: 'curl/8.14.1' }
  const lifetimes = { absoluteTtlSeconds: 86_400, idleTtlSeconds: 7_200 }
  const random = randomBytes(SESSION_RANDOM_BYTES)
  const { session, refreshToken } = startSession(
    await stored(),
    { amr, origin, lifetimes },
    later(-60),
    random,
  )
  await putSession(table, session)
  return refreshToken
}

async function send(refreshToken: string, policy = 'none') {
  const environment = { ...environmentOf(service, 'refresh', aws), REQUIRE_SECOND_FACTOR: policy }
  const event = await eventOf('refresh', { body: JSON.stringify({ refreshToken }) })
  return parsed(await inEnvironment(environment, refresh)(event, context))
}

const claimsOf = (authToken: string) =>
  JSON.parse(Buffer.from(authToken.split('.')[1] ?? '', 'base64url').toString())

async function setRole(role: string): Promise<void> {
  await writeIf(table, 'UpdateItem', {
    Key: profileKey((await stored()).id),
    UpdateExpression: 'SET #role = :role',
    ExpressionAttributeNames: { '#role': 'role' },
    ExpressionAttributeValues: { ':role': attribute(role) },
  })
}

test.each(Object.values(AMR))(
  'a refresh changes neither time nor factors of a sign-in by %s',
  async (amr) => {
    let refreshToken = await begin(amr)
    for (const seconds of [10, 400, 4_000]) {
      vi.setSystemTime(later(seconds))
      const { body } = await send(refreshToken, 'none')
      refreshToken = body.refreshToken
      expect(claimsOf(body.authToken)).toMatchObject({
        iat: 1_795_532_400 + seconds,
        auth_time: 1_795_532_400 - 60,
        amr: amr.split(' '),
        acr: amr === AMR.password ? 'aal1' : 'aal2',
      })
      expect(await sessionOf(refreshToken)).toMatchObject({ amr, createdAt: 1_795_532_400 - 60 })
    }
  },
)

describe('a refresh of a session', () => {
  test.each([
    ['none', 'user', AMR.password, true],
    ['none', 'admin', AMR.password, true],
    ['admin', 'user', AMR.password, true],
    ['admin', 'admin', AMR.password, false],
    ['all', 'user', AMR.password, false],
    ['all', 'admin', AMR.password, false],
    ...Object.values(AMR)
      .slice(1)
      .map((amr) => ['all', 'admin', amr, true] as const),
  ] as const)(
    'under policy %s, of a user of role %s, by %s, succeeds: %s',
    async (policy, role, amr, isAllowed) => {
      await setRole(role)
      const refreshToken = await begin(amr)
      const before = await sessionOf(refreshToken)
      const response = await send(refreshToken, policy)
      if (isAllowed) {
        expect(response).toEqual(tokenPair)
        return
      }
      expect(response).toEqual(invalidToken)
      // Nothing was rotated or ended: under the earlier policy the token is valid again.
      expect(await sessionOf(refreshToken)).toEqual(before)
      expect(records).toEqual([
        {
          event: 'request.refused',
          code: 'invalid_refresh_token',
          reason: 'the policy demands a second factor',
        },
      ])
      expect(await send(refreshToken, 'none')).toEqual(tokenPair)
    },
  )
})
