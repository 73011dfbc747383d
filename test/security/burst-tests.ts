import { describe, expect, test } from 'vitest'
import { hashes } from '../support/process/cheap-argon2.ts'
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
} from './bursts.ts'

type Row = [source: 'an unknown' | 'a known', places: number[]]

const REPRESENTATIVES: Row[] = [['a known', [0, 199]]]
const OTHERS: Row[] = [
  ['an unknown', []],
  ['an unknown', [0, 5, 50, 199]],
  ['an unknown', [0]],
  ['an unknown', [199]],
  ['a known', []],
]

const ENDS = [0, 1, 2, 197, 198, 199]

/**
 * Tests bursts of logins.
 *
 * @param mass - Whether a burst has the correct password at every place, or at some.
 */
export function testBursts(mass: 'representatives' | 'all'): void {
  const rows = mass === 'all' ? [...REPRESENTATIVES, ...OTHERS] : REPRESENTATIVES
  const places = mass === 'all' ? [[[]], [ENDS]] : [[ENDS]]

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

  test.each(rows)(
    '200 guesses at once from %s source, correct at %j, get 10 wrong verdicts a sign-in',
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
    test.each(places)(
      'from one source for many names, correct at %j, get 50 wrong verdicts',
      async (places) => {
        const sourceIp = newSource()
        const usernames: string[] = []
        for (let index = 0; index < 200; index += 1) {
          const isKnown = mass === 'all' ? index % 10 !== 5 : index % 10 === 5 || places.includes(index)
          usernames.push(isKnown ? await stores.add() : `unknown-${sourceIp}-${index}`)
        }
        const { accepted, wrong } = await loginAtOnce(
          among(200, places, (index) => ({ username: String(usernames[index]), sourceIp })),
        )
        expect(wrong).toBeLessThanOrEqual(50)
        expect(wrong + accepted).toBeGreaterThanOrEqual(50)
        expect((await furtherAttempts({ loginName: '' }, sourceIp)).ofSource).toBe(wrong)
      },
    )

    test.each(places)(
      'for one name from many sources, correct at %j, get 100 wrong verdicts',
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
}
