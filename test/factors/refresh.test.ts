import { randomBytes } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import { SESSION_RANDOM_BYTES, startSession } from '../../lib/sessions/session.ts'
import { AMR, type Amr } from '../../lib/users/factors.ts'
import { claimsOf } from '../support/http/forge.ts'
import { later, refresh, sessionOf, stored, table, useRoutes } from '../support/http/routes.ts'
import { storeSession } from '../support/users/users.ts'

useRoutes()

const ONE_FACTOR: Amr[] = [AMR.password, AMR.federated, AMR.mail]

test.each(Object.values(AMR))(
  'a refresh changes neither time nor factors of a sign-in by %s',
  async (amr) => {
    let refreshToken = await begin(amr)
    for (const seconds of [10, 400, 4_000]) {
      vi.setSystemTime(later(seconds))
      const { body } = await refresh(refreshToken)
      refreshToken = body.refreshToken
      expect(claimsOf(body.authToken)).toMatchObject({
        iat: 1_795_532_400 + seconds,
        auth_time: 1_795_532_400 - 60,
        amr: amr.split(' '),
        acr: ONE_FACTOR.includes(amr) ? 'aal1' : 'aal2',
      })
      expect(await sessionOf(refreshToken)).toMatchObject({ amr, authTime: 1_795_532_400 - 60 })
    }
  },
)

/** Begins a session of `user` that is a minute old. */
async function begin(amr: Amr): Promise<string> {
  const origin = { sourceIp: '203.0.113.7', userAgent: 'curl/8.14.1' }
  const lifetimes = { absoluteTtlSeconds: 86_400, idleTtlSeconds: 7_200 }
  const random = randomBytes(SESSION_RANDOM_BYTES)
  const { session, refreshToken } = startSession(
    await stored(),
    { amr, inCookie: false, origin, lifetimes },
    later(-60),
    random,
  )
  await storeSession(table, session)
  return refreshToken
}
