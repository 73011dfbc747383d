import { describe, expect, test, vi } from 'vitest'
import {
  among,
  atOnce,
  furtherAttempts,
  type Guess,
  login,
  markKnown,
  newSource,
  pairAttempts,
  stores,
} from '../support/bursts.ts'

const hashes = vi.hoisted(() => ({ count: 0 }))

// What is limited does not depend on what a hash costs.
vi.mock('node:crypto', async (original) => {
  const { cheapArgon2 } = await import('../support/cheap-argon2.ts')
  return cheapArgon2(await original(), hashes)
})

/** Sends logins at once. Each verdict costs one hash, and a refusal none. */
async function loginAtOnce(guesses: readonly (Guess & { username: string })[]) {
  hashes.count = 0
  const { 200: accepted = 0, 401: wrong = 0, 429: refused = 0 } = await atOnce(guesses, login)
  expect(accepted + wrong + refused).toBe(guesses.length)
  expect(hashes.count).toBe(accepted + wrong)
  return { accepted, wrong, refused }
}

test('200 guesses at once for an unknown name get 10 verdicts, 10 in each counter', async () => {
  const [username, sourceIp] = ['unknown', newSource()]
  const { wrong, refused } = await loginAtOnce(among(200, [], () => ({ username, sourceIp })))
  expect([wrong, refused]).toEqual([10, 190])
  expect(await pairAttempts({ loginName: username }, sourceIp)).toBe(10)
  const further = await furtherAttempts({ loginName: username }, sourceIp)
  expect(further).toEqual({ ofSource: 10, ofSubject: 10 })
})

test.each([
  ['an unknown', []],
  ['an unknown', [0]],
  ['an unknown', [199]],
  ['an unknown', [0, 5, 50, 199]],
  ['a known', []],
  ['a known', [0, 199]],
])(
  '200 guesses at once from %s source, right at %j, get 10 wrong verdicts a sign-in',
  async (kind, places) => {
    const [username, sourceIp] = [await stores.add(), newSource()]
    const subject = { loginName: username }
    if (kind === 'a known') await markKnown(username, sourceIp)
    const counts = await loginAtOnce(among(200, places, () => ({ username, sourceIp })))
    const { accepted, wrong, refused } = counts
    expect(wrong).toBeLessThanOrEqual(10 * (1 + accepted))
    if (accepted === 0) expect([wrong, refused]).toEqual([10, 190])
    // A sign-in empties the pair. In the other counters wrong guesses stay; after it the source is known.
    expect(await pairAttempts(subject, sourceIp)).toBeLessThanOrEqual(Math.min(10, wrong))
    const known = await furtherAttempts(subject, sourceIp, true)
    const unknown = await furtherAttempts(subject, sourceIp, false)
    expect(known.ofSource + unknown.ofSource).toBe(wrong)
    expect(known.ofSubject + unknown.ofSubject).toBe(wrong)
    if (kind === 'a known') expect(unknown).toEqual({ ofSource: 0, ofSubject: 0 })
  },
)

describe('200 guesses at once', () => {
  test.each([[[]], [[0, 1, 2, 197, 198, 199]]])(
    'from one source for many names, right at %j, get 50 wrong verdicts',
    async (places) => {
      const sourceIp = newSource()
      const usernames: string[] = []
      for (let index = 0; index < 200; index += 1) {
        usernames.push(index % 10 === 5 ? `unknown-${sourceIp}-${index}` : await stores.add())
      }
      const { accepted, wrong } = await loginAtOnce(
        among(200, places, (index) => ({ username: String(usernames[index]), sourceIp })),
      )
      expect(wrong).toBeLessThanOrEqual(50)
      expect(wrong + accepted).toBeGreaterThanOrEqual(50)
      expect((await furtherAttempts({ loginName: '' }, sourceIp)).ofSource).toBe(wrong)
    },
  )

  test.each([[[]], [[0, 1, 2, 197, 198, 199]]])(
    'for one name from many sources, right at %j, get 100 wrong verdicts',
    async (places) => {
      const username = await stores.add()
      const { accepted, wrong } = await loginAtOnce(
        among(200, places, () => ({ username, sourceIp: newSource() })),
      )
      expect(wrong).toBeLessThanOrEqual(100)
      expect(wrong + accepted).toBeGreaterThanOrEqual(100)
      expect((await furtherAttempts({ loginName: username }, newSource())).ofSubject).toBe(wrong)
    },
  )
})
