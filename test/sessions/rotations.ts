import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import { redeemRefreshToken } from '../../lib/sessions/redeem.ts'
import { classifySecret, readRefreshToken, withSecret } from '../../lib/sessions/refresh-token.ts'
import { rotateSecret } from '../../lib/sessions/rotate.ts'
import { later, policy, records, refreshToken, stored, table } from '../support/users/session-per-test.ts'
import { testAt } from '../support/users/users.ts'
import { hashesOf } from './counted-hashes.ts'

const GRACE_SECONDS = 10

const redeem = (token: string, now: Date) =>
  redeemRefreshToken(testAt(table, now), readRefreshToken(token), GRACE_SECONDS)

/** Returns the token that replaces another. */
async function next(token: string, now: Date): Promise<string> {
  const redeemed = await redeem(token, now)
  const presented = readRefreshToken(token)
  const rotation = { presented, redeemed, lifetimes: policy, graceSeconds: GRACE_SECONDS }
  const { secret } = await rotateSecret(testAt(table, now), rotation)
  return withSecret(token, secret)
}

/**
 * Lets a thief replace a copied refresh token many times, as fast as a replacement is possible. Expects that the owner's
 * own token ends the session then, and that any presented token costs at most two hashes and an HMAC.
 */
export async function expectReuseIsFoundAfter(rotations: number): Promise<void> {
  let [token, replaced] = [refreshToken, '']
  for (let rotation = 1; rotation <= rotations; rotation += 1) {
    replaced = token
    token = await next(token, later(rotation * GRACE_SECONDS))
    expect(token).not.toBe(replaced)
  }

  const session = await stored()
  if (session === undefined) throw new Error('the session has ended')
  const madeUp = randomBytes(32).toString('base64url')
  const now = later(rotations * GRACE_SECONDS)
  const costs = {
    fresh: [token, 1, 0],
    repeated: [replaced, 2, 1],
    reused: [refreshToken, 2, 1],
    'reused, because made up': [withSecret(token, madeUp), 2, 1],
  } as const
  for (const [state, [presented, hashes, hmacs]] of Object.entries(costs)) {
    const token = readRefreshToken(presented)
    const classify = () => classifySecret(session, token, GRACE_SECONDS, now)
    expect(state.split(',')).toContain(classify())
    expect(hashesOf(classify)).toEqual({ hashes, hmacs })
  }

  expect(records).toEqual([])
  await expect(redeem(refreshToken, now)).rejects.toMatchObject({ code: 'invalid_refresh_token' })
  expect(records).toEqual([expect.objectContaining({ event: 'session.reuse', sessionId: session.id })])
  await expect(redeem(token, now)).rejects.toMatchObject({ code: 'invalid_refresh_token' })
}
