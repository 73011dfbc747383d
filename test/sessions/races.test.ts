import { afterAll, beforeEach, expect, test, vi } from 'vitest'
import { awsClient, withTimeout } from '../../lib/aws/client.ts'
import { settleAll, stopTime } from '../support/at-once.ts'
import { restorerOf } from '../support/aws/restore.ts'
import { startWire } from '../support/aws/wire.ts'
import { tokensInCookie } from '../support/http/cookies.ts'
import type { ApiResponse } from '../support/http/functions.ts'
import { recordLogs } from '../support/logs.ts'
import { isProof, proof, rowsOf } from '../support/rows.ts'
import { NO_LIMITS, useService } from '../support/service.ts'
import {
  countLiveSessions,
  NEW_PASSWORD,
  operator,
  PASSWORD,
  refresh,
  TABLE_NAME,
  type Tokens,
  tokensOf,
  WEAK,
} from '../support/users/sessions.ts'
import {
  ACTS,
  type Act,
  ENDINGS,
  expectOver,
  isAlive,
  newScene,
  OTHER_PASSWORD,
  type Scene,
} from './session-acts.ts'

const BEGIN_MS = Date.UTC(2027, 0, 15, 12)

/** The outcome of one race. */
interface Outcome extends Scene {
  /** Responses of the held side and of the other side. */
  held: ApiResponse | undefined
  whole: ApiResponse | undefined
  /** Labels of the calls that the held side had made before it was held. */
  made: string[]
  /** Whether the held side made all its calls before the other side. */
  isFirst: boolean
}

const READ = 'BatchGetItem'
const CHANGE = 'TransactWriteItems'

/** Whether a login had read its user when it was held. It reads the name first. */
const hasReadUser = ({ made }: Outcome): boolean => made.filter((label) => label === READ).length >= 2

/** Whether a change of the user had been stored when it was held. */
const hasChanged = ({ made }: Outcome): boolean => made.includes(CHANGE)
let cases = 0

/**
 * Runs two acts in every order, each time from the same items of one user. The first act is held before its first, second, third …
 * call to the stores while the second act runs completely. In the last run, the first act ends before the second.
 *
 * @param pauseSeconds - How far the clock moves before and after the second act.
 */
async function interleave(
  hold: Act,
  run: Act,
  check: (outcome: Outcome) => Promise<void>,
  {
    pauseSeconds = 0,
    passwordHash,
    settings = NO_LIMITS,
  }: { pauseSeconds?: number; passwordHash?: string; settings?: Record<string, string> } = {},
): Promise<void> {
  await empty()
  vi.setSystemTime(BEGIN_MS)
  const scene = await newScene(free, passwordHash)
  const restore = await restorerOf(stores.table)
  for (let number = 1, isDone = false; !isDone; number += 1) {
    cases += 1
    await restore()
    vi.setSystemTime(BEGIN_MS)
    const wire = await startWire(stores.aws)
    const endpoints = { dynamodb: new URL(wire.url), kms: new URL(wire.url) }
    const table = {
      aws: withTimeout(awsClient({ ...stores.aws.settings, endpoints }), 10_000),
      name: TABLE_NAME,
    }
    const side = {
      functions: await stores.load(settings, { url: wire.url, when: 'when called' }),
      operator: operator(table),
    }

    const release = Promise.withResolvers<void>()
    const reached = Promise.withResolvers<boolean>()
    wire.intercept(async (call) => {
      if (call.number === number) reached.resolve(true)
      if (call.number >= number) await release.promise
      return 'pass' as const
    })
    const holding = hold(side, scene)
    isDone = !(await Promise.race([reached.promise, holding.then(() => false)]))
    await wire.settle()
    const made = wire
      .calls()
      .slice(0, number - 1)
      .map(({ label }) => label)
    vi.setSystemTime(Date.now() + pauseSeconds * 1000)
    const whole = await run(free, scene)
    vi.setSystemTime(Date.now() + pauseSeconds * 1000)
    release.resolve()
    const held = await holding
    await check({ ...scene, held, whole, made, isFirst: isDone })
    wire.stop()
  }
}

const logsIn = async (username: string, password: string): Promise<boolean> =>
  (await free.functions.ask('login', { body: { username, password } })).status === 200

/** What makes a login leave nothing behind. */
const LOGIN_ENDINGS = [
  'disabling the user',
  'removing the user',
  'deleting the account',
  'logout everywhere',
  'changing the role',
  'other password change',
] as const

/** Moves the clock to another second, twice before the calls of a held request have to end, which is after four. */
const PAUSE_SECONDS = 1.5

const pauses = rowsOf([0, PAUSE_SECONDS])

recordLogs()
vi.useFakeTimers({ toFake: ['Date'], now: BEGIN_MS })
const stores = await useService()
const empty = await restorerOf(stores.table)
const free = { functions: await stores.load(NO_LIMITS), operator: stores }
stopTime(BEGIN_MS)
afterAll(() => console.log(`${cases} interleavings`))
beforeEach(() => void vi.setSystemTime(BEGIN_MS))

test.each(rowsOf(ENDINGS))('%s in the middle of a refresh ends the session', async (name, revokesTokens) => {
  for (const pauseSeconds of pauses) {
    const check = async (outcome: Outcome) => {
      // Revoked tokens in the response do no harm. Valid tokens must not be returned.
      if (!outcome.isFirst && !revokesTokens) expect(outcome.held?.status).toBe(401)
      await expectRefreshOver(outcome, revokesTokens)
    }
    await interleave(ACTS.refresh, ACTS[name], check, { pauseSeconds })
  }
})

test.each(rowsOf(ENDINGS))(
  'a refresh in the middle of %s does not revive the session',
  async (name, revokesTokens) => {
    await interleave(ACTS[name], ACTS.refresh, (outcome) => expectRefreshOver(outcome, revokesTokens))
  },
)

proof('two refreshes with one token get the same next token in every order', async () => {
  await interleave(ACTS.refresh, ACTS.refresh, async ({ held, whole }) => {
    const [one, two] = [held, whole].map((response) => tokensOf(response as ApiResponse))
    expect(one?.refreshToken).toBe(two?.refreshToken)
    expect(await isAlive(free.functions, one as Tokens)).toBe(true)
  })
})

proof('two refreshes with one cookie set the same cookie in every order', async () => {
  const act = ACTS['refresh by the cookie']
  await interleave(act, act, async ({ held, whole }) => {
    const [one, two] = [held, whole].map((response) => tokensInCookie(response as ApiResponse))
    expect(one?.refreshToken).toBe(two?.refreshToken)
    expect(await isAlive(free.functions, one as Tokens)).toBe(true)
  })
})

const cookieActs = [
  ['login over the cookie', 'refresh by the cookie'],
  ['refresh by the cookie', 'login over the cookie'],
  ['login over the cookie', 'logout by the cookie'],
  ['logout by the cookie', 'login over the cookie'],
  ['login over the cookie', 'login over the cookie'],
] as const
test.each(rowsOf(cookieActs))(
  '%s, with %s in the middle, leaves at most the session of the latest sign-in',
  async (hold, run) => {
    await interleave(ACTS[hold], ACTS[run], async ({ username, own, other, held, whole }) => {
      const acts = [
        [hold, held as ApiResponse],
        [run, whole as ApiResponse],
      ] as const
      const begun = acts.filter(([name]) => name === 'login over the cookie')
      // The refresh may come first. Then its token is of the sign-in before.
      const refreshed = acts.flatMap(([name, response]) =>
        name === 'refresh by the cookie' && response.status === 200 ? [tokensInCookie(response)] : [],
      )
      for (const { refreshToken } of [own, ...refreshed]) {
        expect([401, 409]).toContain((await refresh(free.functions, refreshToken)).status)
      }
      let live = 0
      for (const [, response] of begun) {
        live += Number(await isAlive(free.functions, tokensInCookie(response)))
      }
      // A sign-out ends the session by any of its tokens. Of two sign-ins, one may end the session of the other.
      const hasSignedOut = acts.some(([name]) => name === 'logout by the cookie')
      expect(live).toBeGreaterThanOrEqual(hasSignedOut ? 0 : 1)
      expect(live).toBeLessThanOrEqual(1)
      expect(await isAlive(free.functions, other)).toBe(true)
      expect(await countLiveSessions(stores, username)).toBe(live + 1)
    })
  },
)

test.each(rowsOf(LOGIN_ENDINGS))(
  '%s in the middle of a login leaves no session and no token',
  async (name) => {
    const refused = await free.functions.ask('login', { body: { username: 'unknown', password: PASSWORD } })
    for (const pauseSeconds of pauses) {
      await interleave(
        ACTS.login,
        ACTS[name],
        async (outcome) => {
          const { username, held } = outcome
          const isAllowed = name === 'logout everywhere' || name === 'changing the role'
          const sessionLives = isAllowed && (!hasReadUser(outcome) || name === 'changing the role')
          if (!hasReadUser(outcome) && !isAllowed) expect(held).toEqual(refused)
          else {
            const tokens = tokensOf(held as ApiResponse)
            expect(await free.functions.opens(tokens.authToken)).toBe(!hasReadUser(outcome))
            expect(await isAlive(free.functions, tokens)).toBe(sessionLives)
          }
          const remaining = { 'changing the role': 2, 'other password change': 1 }[name as string] ?? 0
          expect(await countLiveSessions(stores, username)).toBe(remaining + Number(sessionLives))
        },
        { pauseSeconds },
      )
    }
  },
)

proof('a logout everywhere ends a login that read its user before', async () => {
  await interleave(ACTS['logout everywhere'], ACTS.login, async (outcome) => {
    const { whole, own, other } = outcome
    await expectOver(free.functions, [own, other], true)
    const tokens = tokensOf(whole as ApiResponse)
    expect(await free.functions.opens(tokens.authToken)).toBe(hasChanged(outcome))
    expect(await isAlive(free.functions, tokens)).toBe(hasChanged(outcome))
  })
})

test('of two password changes exactly one takes effect, in every order', async () => {
  await interleave(ACTS['password change'], ACTS['other password change'], async (outcome) => {
    const { username, own, other, held, whole } = outcome
    const hasWon = hasChanged(outcome)
    const [winner, loser] = hasWon ? [held, whole] : [whole, held]
    expect(winner?.status).toBe(204)
    // 401: the winner revoked the loser's access token before the authorizer checked it.
    expect([401, 409, 422]).toContain(loser?.status)
    expect(await logsIn(username, PASSWORD)).toBe(false)
    expect(await logsIn(username, NEW_PASSWORD)).toBe(hasWon)
    expect(await logsIn(username, OTHER_PASSWORD)).toBe(!hasWon)
    expect(await isAlive(free.functions, own)).toBe(hasWon)
    expect(await isAlive(free.functions, other)).toBe(!hasWon)
  })
})

const deletions = [
  ['deleting the account', 'password change'],
  ['password change', 'deleting the account'],
] as const
test.each(rowsOf(deletions))('of %s with %s in the middle exactly one takes effect', async (hold, run) => {
  await interleave(ACTS[hold], ACTS[run], async (outcome) => {
    const { username, own, other, held, whole, made } = outcome
    const hasHeldWon = made.includes(CHANGE)
    const [winner, loser] = hasHeldWon ? [held, whole] : [whole, held]
    expect(winner?.status).toBe(204)
    expect([401, 409]).toContain(loser?.status)
    const isDeleted = hasHeldWon === (hold === 'deleting the account')
    expect(await free.functions.opens(own.authToken)).toBe(false)
    expect(await isAlive(free.functions, other)).toBe(false)
    expect(await isAlive(free.functions, own)).toBe(!isDeleted)
    expect(await logsIn(username, PASSWORD)).toBe(false)
    expect(await logsIn(username, NEW_PASSWORD)).toBe(!isDeleted)
  })
})

proof('two deletions of an account delete it in every order, and no session survives', async () => {
  await interleave(ACTS['deleting the account'], ACTS['deleting the account'], async (outcome) => {
    const { username, own, other, held, whole } = outcome
    const statuses = [held?.status, whole?.status]
    expect(statuses).toContain(204)
    // 204: the account that it read has been deleted.
    for (const status of statuses) expect([204, 401]).toContain(status)
    await expectOver(free.functions, [own, other], true)
    expect(await logsIn(username, PASSWORD)).toBe(false)
  })
})

proof('of two password changes at once exactly one takes effect', async () => {
  for (let round = 0; round < 10; round += 1) {
    cases += 1
    const scene = await newScene(free)
    const responses = await settleAll([
      ACTS['password change'](free, scene),
      ACTS['other password change'](free, scene),
    ])
    const statuses = responses.map(({ status }) => status)
    expect(statuses.filter((status) => status === 204)).toHaveLength(1)
    expect([401, 409, 422]).toContain(statuses.find((status) => status !== 204))
    expect(await logsIn(scene.username, NEW_PASSWORD)).toBe(statuses[0] === 204)
    expect(await logsIn(scene.username, OTHER_PASSWORD)).toBe(statuses[1] === 204)
  }
})

const changes = [
  ['password change', 'logout everywhere'],
  ['logout everywhere', 'password change'],
] as const
test.each(isProof ? changes : [])('%s with %s in the middle revives no session', async (hold, run) => {
  await interleave(ACTS[hold], ACTS[run], async (outcome) => {
    const { username, own, other, held, whole } = outcome
    const changed = hold === 'password change' ? held : whole
    await expectOver(free.functions, [other], true)
    expect(await free.functions.opens(own.authToken)).toBe(false)
    // The second change is refused, or finds its session ended.
    expect(await isAlive(free.functions, own)).toBe(changed?.status === 204)
    expect(await logsIn(username, NEW_PASSWORD)).toBe(changed?.status === 204)
    expect(await logsIn(username, PASSWORD)).toBe(changed?.status !== 204)
  })
})

proof('a password change revokes the tokens that were issued while it ran', async () => {
  await interleave(
    ACTS['password change'],
    ({ functions }, { other }) => refresh(functions, other.refreshToken),
    async (outcome) => {
      const { held, whole, other } = outcome
      expect(held?.status).toBe(204)
      await expectOver(free.functions, [other], true)
      if (hasChanged(outcome)) expect(whole?.status).toBe(401)
      else await expectOver(free.functions, [tokensOf(whole as ApiResponse)], true)
    },
    { pauseSeconds: PAUSE_SECONDS },
  )
})

proof('a rehash at login never restores a password that was changed meanwhile', async () => {
  const options = { passwordHash: WEAK.hash }
  const expectNewPassword = async ({ username }: Scene) => {
    expect(await logsIn(username, NEW_PASSWORD)).toBe(true)
    expect(await logsIn(username, WEAK.password)).toBe(false)
  }
  const change = ACTS['password change over an old hash']
  await interleave(
    ACTS['login with an old hash'],
    change,
    async (outcome) => {
      expect(outcome.whole?.status).toBe(204)
      expect(outcome.held?.status).toBe(hasReadUser(outcome) ? 200 : 401)
      await expectNewPassword(outcome)
    },
    options,
  )
  await interleave(
    change,
    ACTS['login with an old hash'],
    async (outcome) => {
      expect(outcome.held?.status).toBe(204)
      expect(outcome.whole?.status).toBe(hasChanged(outcome) ? 401 : 200)
      await expectNewPassword(outcome)
    },
    options,
  )
})

test('50 refreshes of one token at once get one next token, and the session lives', async () => {
  const { own, other } = await newScene(free)
  const responses = await settleAll(
    Array.from({ length: 50 }, () => refresh(free.functions, own.refreshToken)),
  )
  const tokens = responses.map(tokensOf)
  expect(new Set(tokens.map(({ refreshToken }) => refreshToken)).size).toBe(1)
  expect(tokens[0]?.refreshToken).not.toBe(own.refreshToken)
  expect(new Set(tokens.map(({ authToken }) => authToken)).size).toBe(50)
  expect(await isAlive(free.functions, tokens[0] as Tokens)).toBe(true)
  expect(await isAlive(free.functions, other)).toBe(true)
})

proof('of a login and 5 guesses in its middle at most 5 get a verdict at once', async () => {
  const settings = { ...NO_LIMITS, LIMIT_USER_AND_SOURCE: '5/900' }
  const { ask } = await stores.load(settings)
  const guesses: Act = async (_, { username }) => {
    const guess = () => ask('login', { body: { username, password: 'a wrong one' } })
    const statuses = (await settleAll(Array.from({ length: 5 }, guess))).map(({ status }) => status)
    return { status: statuses.filter((status) => status === 401).length, headers: {}, text: '' }
  }
  await interleave(
    ACTS.login,
    guesses,
    async ({ held, whole, made }) => {
      const written = made.filter((label) => label === 'UpdateItem name attempts of a source').length
      const isReserved = written === 1
      expect(held?.status).toBe(written === 0 ? 429 : 200)
      expect(whole?.status).toBe(isReserved ? 4 : 5)
    },
    { settings },
  )
})

async function expectRefreshOver({ own, held, whole }: Outcome, revokesTokens: boolean): Promise<void> {
  const refreshed = [held, whole].flatMap((response) =>
    response?.text.includes('refreshToken') ? [tokensOf(response)] : [],
  )
  await expectOver(free.functions, [own, ...refreshed], revokesTokens)
}
