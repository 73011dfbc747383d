import { expect, inject, test } from 'vitest'
import { postLogin } from '../support/http.ts'

const ROUNDS = 101

test('an unknown username takes as long as a wrong password', async () => {
  const url = inject('serviceUrl')
  const timeMs = async (body: string) => {
    const startedMs = performance.now()
    await postLogin(url, body)
    return performance.now() - startedMs
  }
  // Alternating, so that a slow moment of the machine slows both.
  const unknown: number[] = []
  const wrong: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    unknown.push(await timeMs('{"username":"unknown","password":"user"}'))
    wrong.push(await timeMs('{"username":"user","password":"wrong"}'))
  }
  const median = (all: number[]) => all.sort((a, b) => a - b)[(ROUNDS - 1) / 2] ?? Number.NaN
  const ratio = median(unknown) / median(wrong)
  console.log(`Unknown username to wrong password, medians of ${ROUNDS}: ${ratio.toFixed(3)}`)
  // Without a hash for unknown usernames, the response takes a fraction of the time.
  expect(ratio).toBeGreaterThan(0.75)
  expect(ratio).toBeLessThan(1.33)
})
