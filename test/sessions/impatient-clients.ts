import { expect } from 'vitest'
import { ServiceError } from '../../lib/errors.ts'
import { settleAll } from '../support/at-once.ts'
import { ada, now, policy, start, table } from '../support/users/session-per-test.ts'
import { storeSession } from '../support/users/users.ts'
import { refreshImpatiently, seededRandom } from './impatient-client.ts'

const AT_ONCE = 8
const ROUND_MS = 25 * 60_000

/** Lets impatient clients refresh their sessions for some rounds, and expects that none is lost. */
export async function expectNoSessionIsLost(sessions: number, rounds: number, seed: number): Promise<void> {
  const random = seededRandom(seed)
  let [lost, requests, begun] = [0, 0, 0]

  async function client(): Promise<void> {
    while (begun < sessions) {
      begun += 1
      const { session, refreshToken } = start(ada)
      await storeSession(table, session)
      let token = refreshToken
      try {
        for (let round = 1; round <= rounds; round += 1) {
          const startMs = now.getTime() + round * ROUND_MS
          const refreshed = await refreshImpatiently({ table, lifetimes: policy, random }, token, startMs)
          token = refreshed.token
          requests += refreshed.requests
        }
      } catch (error) {
        if (!(error instanceof ServiceError) || error.code !== 'invalid_refresh_token') throw error
        lost += 1
      }
    }
  }
  await settleAll(Array.from({ length: AT_ONCE }, client))
  console.log(`${requests} requests of ${sessions} sessions in ${rounds} rounds: ${lost} sessions lost`)
  expect(lost).toBe(0)
}
