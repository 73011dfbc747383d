import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { awsClient, withTimeout } from '../../lib/aws/client.ts'
import {
  type ApiResponse,
  begin,
  countLiveSessions,
  type Functions,
  NEW_PASSWORD,
  type Operator,
  operator,
  PASSWORD,
  partsOf,
  refresh,
  type Stores,
  startFunctions,
  startStores,
  startWire,
  TABLE_NAME,
  type Tokens,
  tokensOf,
  WEAK,
} from '../support/sessions.ts'

// One process computes all hashes of this file.
vi.mock('node:crypto', async (original) => {
  const { cheapArgon2 } = await import('../support/cheap-argon2.ts')
  return cheapArgon2(await original())
})

const BEGIN_MS = Date.UTC(2027, 0, 15, 12)
/** All tests share one source and fail on purpose. */
const MANY_FAILURES = { LIMIT_SOURCE: '1000/900' }
const OTHER_PASSWORD = 'yet another password for tests'

/** One side of a race, with its own connections to the stores. */
interface Side {
  functions: Functions
  operator: Operator
}

/** A user with two sessions. */
interface Scene {
  username: string
  own: Tokens
  other: Tokens
}

type Act = (side: Side, scene: Scene) => Promise<ApiResponse | undefined>

/** The outcome of one race. */
interface Outcome extends Scene {
  /** Responses of the held side and of the other side. */
  held: ApiResponse | undefined
  whole: ApiResponse | undefined
  /** The call before which one side was held. `undefined` if that side made fewer calls. */
  before: { number: number; operation: string; reads: number } | undefined
}

/** Whether a login had read its user for the second and last time when it was held. */
const hasReadAgain = ({ before }: Outcome): boolean => before !== undefined && before.reads >= 2

let stores: Stores
let free: Side
let cases = 0

beforeAll(async () => {
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(console, level).mockReturnValue()
  vi.useFakeTimers({ toFake: ['Date'], now: BEGIN_MS })
  stores = await startStores()
  free = { functions: await stores.functions(MANY_FAILURES), operator: stores }
})
afterAll(() => {
  stores.aws.stop()
  console.log(`${cases} interleavings`)
})
beforeEach(() => void vi.setSystemTime(BEGIN_MS))

/**
 * Runs two acts in every order, each time with a new user. The first act is held before its first, second, third …
 * call to the stores while the second act runs completely. In the last run, the first act ends before the second.
 *
 * @param pauseSeconds - How far the clock moves before and after the second act.
 */
async function interleave(
  hold: Act,
  run: Act,
  check: (outcome: Outcome) => Promise<void>,
  { pauseSeconds = 0, passwordHash }: { pauseSeconds?: number; passwordHash?: string } = {},
): Promise<void> {
  for (let number = 1, isDone = false; !isDone; number += 1) {
    cases += 1
    vi.setSystemTime(BEGIN_MS)
    const scene = await newScene(passwordHash)
    const wire = await startWire(stores.aws)
    const endpoints = { dynamodb: new URL(wire.url), kms: new URL(wire.url) }
    const table = {
      aws: withTimeout(awsClient({ ...stores.aws.settings, endpoints }), 10_000),
      name: TABLE_NAME,
    }
    const side = { functions: await startFunctions(wire.url, MANY_FAILURES), operator: operator(table) }

    const release = Promise.withResolvers<void>()
    const reached = Promise.withResolvers<{ operation: string; reads: number }>()
    let reads = 0
    wire.intercept(async (call) => {
      if (call.number === number) reached.resolve({ operation: call.operation, reads })
      if (call.number >= number) await release.promise
      else if (call.operation === 'BatchGetItem') reads += 1
      return 'pass' as const
    })
    const holding = hold(side, scene)
    const call = await Promise.race([reached.promise, holding.then(() => undefined)])
    vi.setSystemTime(Date.now() + pauseSeconds * 1000)
    const whole = await run(free, scene)
    vi.setSystemTime(Date.now() + pauseSeconds * 1000)
    release.resolve()
    const held = await holding
    isDone = call === undefined
    await check({
      ...scene,
      held,
      whole,
      before: call && { number, ...call },
    })
    wire.stop()
  }
}

async function newScene(passwordHash?: string): Promise<Scene> {
  const username = await stores.add(passwordHash === undefined ? {} : { passwordHash })
  const own = await begin(stores, free.functions, username)
  return { username, own, other: await begin(stores, free.functions, username) }
}

const nothing = (done: Promise<void>) => done.then(() => undefined)

const ACTS = {
  login: ({ functions }, { username }) => functions.ask('login', { body: { username, password: PASSWORD } }),
  'login with an old hash': ({ functions }, { username }) =>
    functions.ask('login', { body: { username, password: WEAK.password } }),
  refresh: ({ functions }, { own }) => refresh(functions, own.refreshToken),
  logout: ({ functions }, { own }) => functions.ask('logout', { body: { refreshToken: own.refreshToken } }),
  'logout everywhere': ({ functions }, { other }) =>
    functions.ask('logout', { body: { refreshToken: other.refreshToken, everywhere: true } }),
  'ending the session': ({ functions }, { own, other }) =>
    functions.ask('end-session', { token: other.authToken, id: partsOf(own.refreshToken).id }),
  'password change': ({ functions }, { own }) => changePassword(functions, own, PASSWORD, NEW_PASSWORD),
  'other password change': ({ functions }, { other }) =>
    changePassword(functions, other, PASSWORD, OTHER_PASSWORD),
  'password change over an old hash': ({ functions }, { own }) =>
    changePassword(functions, own, WEAK.password, NEW_PASSWORD),
  'disabling the user': ({ operator }, { username }) =>
    nothing(operator.change(username, { disabled: true })),
  'removing the user': ({ operator }, { username }) => nothing(operator.remove(username)),
  'changing the role': ({ operator }, { username }) => nothing(operator.change(username, { role: 'admin' })),
} satisfies Record<string, Act>

const changePassword = (
  functions: Functions,
  { authToken: token }: Tokens,
  currentPassword: string,
  newPassword: string,
) => functions.ask('password', { token, body: { currentPassword, newPassword } })

const logsIn = async (username: string, password: string): Promise<boolean> =>
  (await free.functions.ask('login', { body: { username, password } })).status === 200

const isAlive = async ({ refreshToken }: Tokens): Promise<boolean> =>
  (await refresh(free.functions, refreshToken)).status === 200

/** Expects that the sessions have ended, and with `isRevoked` that their access tokens are rejected too. */
async function expectOver(tokens: Tokens[], isRevoked: boolean): Promise<void> {
  for (const { authToken, refreshToken } of tokens) {
    if (isRevoked) expect(await free.functions.opens(authToken)).toBe(false)
    expect((await refresh(free.functions, refreshToken)).status).toBe(401)
  }
}

/** What ends a session, and whether it also revokes the access tokens. */
const ENDINGS = [
  ['logout', false],
  ['ending the session', false],
  ['logout everywhere', true],
  ['other password change', true],
  ['disabling the user', true],
  ['removing the user', true],
] as const

async function expectRefreshOver({ own, held, whole }: Outcome, revokesTokens: boolean): Promise<void> {
  const refreshed = [held, whole].flatMap((response) =>
    response?.text.includes('refreshToken') ? [tokensOf(response)] : [],
  )
  await expectOver([own, ...refreshed], revokesTokens)
}

test.each(ENDINGS)('%s in the middle of a refresh ends the session', async (name, revokesTokens) => {
  for (const pauseSeconds of [0, 2]) {
    const check = async (outcome: Outcome) => {
      // Revoked tokens in the response do no harm. Valid tokens must not be returned.
      if (outcome.before && !revokesTokens) expect(outcome.held?.status).toBe(401)
      await expectRefreshOver(outcome, revokesTokens)
    }
    await interleave(ACTS.refresh, ACTS[name], check, { pauseSeconds })
  }
})

test.each(ENDINGS)(
  'a refresh in the middle of %s does not revive the session',
  async (name, revokesTokens) => {
    await interleave(ACTS[name], ACTS.refresh, (outcome) => expectRefreshOver(outcome, revokesTokens))
  },
)

test('two refreshes with one token get the same next token in every order', async () => {
  await interleave(ACTS.refresh, ACTS.refresh, async ({ held, whole }) => {
    const [one, two] = [held, whole].map((response) => tokensOf(response as ApiResponse))
    expect(one?.refreshToken).toBe(two?.refreshToken)
    expect(await isAlive(one as Tokens)).toBe(true)
  })
})

test.each([
  'disabling the user',
  'removing the user',
  'logout everywhere',
  'changing the role',
  'other password change',
] as const)('%s in the middle of a login leaves no session and no token', async (name) => {
  const refused = await free.functions.ask('login', { body: { username: 'nobody', password: PASSWORD } })
  for (const pauseSeconds of [0, 2]) {
    await interleave(
      ACTS.login,
      ACTS[name],
      async (outcome) => {
        const { username, held, before } = outcome
        const isTooLate = before === undefined || hasReadAgain(outcome)
        const isAllowed = name === 'logout everywhere' || name === 'changing the role'
        if (before?.number === 1 && isAllowed) {
          // The login read the user after that.
          const tokens = tokensOf(held as ApiResponse)
          expect(await free.functions.opens(tokens.authToken)).toBe(true)
          expect(await isAlive(tokens)).toBe(true)
        } else if (!isTooLate) {
          expect(held).toEqual(refused)
        } else {
          const tokens = tokensOf(held as ApiResponse)
          expect(await free.functions.opens(tokens.authToken)).toBe(false)
          expect(await isAlive(tokens)).toBe(name === 'changing the role')
        }
        const remaining = { 'changing the role': 2, 'other password change': 1 }[name as string] ?? 0
        expect(await countLiveSessions(stores, username)).toBe(
          remaining +
            Number(held?.status === 200 && isAllowed && (!isTooLate || name === 'changing the role')),
        )
      },
      { pauseSeconds },
    )
  }
})

test('a logout everywhere ends a login in its middle, unless all else has ended', async () => {
  await interleave(ACTS['logout everywhere'], ACTS.login, async ({ whole, before, own, other }) => {
    await expectOver([own, other], true)
    const tokens = tokensOf(whole as ApiResponse)
    const isAfter = before === undefined || before.operation === 'DeleteItem'
    expect(await free.functions.opens(tokens.authToken)).toBe(isAfter)
    expect(await isAlive(tokens)).toBe(isAfter)
  })
})

test('of two password changes exactly one takes effect, in every order', async () => {
  await interleave(ACTS['password change'], ACTS['other password change'], async (outcome) => {
    const { username, own, other, held, whole, before } = outcome
    const [winner, loser] = before === undefined ? [held, whole] : [whole, held]
    expect(winner?.status).toBe(204)
    // 401: the winner revoked the loser's access token before the authorizer checked it.
    expect([401, 409, 422]).toContain(loser?.status)
    const hasWon = held?.status === 204
    expect(await logsIn(username, PASSWORD)).toBe(false)
    expect(await logsIn(username, NEW_PASSWORD)).toBe(hasWon)
    expect(await logsIn(username, OTHER_PASSWORD)).toBe(!hasWon)
    expect(await isAlive(own)).toBe(hasWon)
    expect(await isAlive(other)).toBe(!hasWon)
  })
})

test('of two password changes at once exactly one takes effect', async () => {
  for (let round = 0; round < 10; round += 1) {
    cases += 1
    const scene = await newScene()
    const responses = await Promise.all([
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

test.each([
  ['password change', 'logout everywhere'],
  ['logout everywhere', 'password change'],
] as const)('%s with %s in the middle revives no session', async (hold, run) => {
  await interleave(ACTS[hold], ACTS[run], async (outcome) => {
    const { username, own, other, held, whole, before } = outcome
    const changed = hold === 'password change' ? held : whole
    await expectOver([other], true)
    expect(await free.functions.opens(own.authToken)).toBe(false)
    // The session of a password change survives only if the change came first and ended the other session.
    const changedFirst = hold === 'password change' ? before === undefined : before !== undefined
    if (await isAlive(own)) expect([changed?.status, changedFirst]).toEqual([204, true])
    expect(await logsIn(username, NEW_PASSWORD)).toBe(changed?.status === 204)
    expect(await logsIn(username, PASSWORD)).toBe(changed?.status !== 204)
  })
})

test('a password change revokes the tokens that were issued while it ran', async () => {
  await interleave(
    ACTS['password change'],
    ({ functions }, { other }) => refresh(functions, other.refreshToken),
    async ({ held, whole, other, before }) => {
      expect(held?.status).toBe(204)
      await expectOver([other], true)
      // The time of revocation is taken before the last call. A token of a later second may precede that call.
      if (before === undefined) expect(whole?.status).toBe(401)
      else if (before.operation !== 'UpdateItem') await expectOver([tokensOf(whole as ApiResponse)], true)
    },
    { pauseSeconds: 2 },
  )
})

test('a rehash at login never restores a password that was changed meanwhile', async () => {
  const options = { passwordHash: WEAK.hash }
  const check = (changed: ApiResponse | undefined) => async (username: string) => {
    expect(await logsIn(username, NEW_PASSWORD)).toBe(changed?.status === 204)
    expect(await logsIn(username, WEAK.password)).toBe(changed?.status !== 204)
  }
  const change = ACTS['password change over an old hash']
  await interleave(
    ACTS['login with an old hash'],
    change,
    async (outcome) => {
      const { username, held, whole, before } = outcome
      expect(whole?.status).toBe(204)
      expect(held?.status).toBe(before === undefined || hasReadAgain(outcome) ? 200 : 401)
      await check(whole)(username)
    },
    options,
  )
  await interleave(
    change,
    ACTS['login with an old hash'],
    async ({ username, held, whole, before }) => {
      expect([204, 409]).toContain(held?.status)
      expect(whole?.status).toBe(before === undefined ? 401 : 200)
      await check(held)(username)
    },
    options,
  )
})

test('50 refreshes of one token at once get one next token, and the session lives', async () => {
  const { own, other } = await newScene()
  const responses = await Promise.all(
    Array.from({ length: 50 }, () => refresh(free.functions, own.refreshToken)),
  )
  const tokens = responses.map(tokensOf)
  expect(new Set(tokens.map(({ refreshToken }) => refreshToken)).size).toBe(1)
  expect(tokens[0]?.refreshToken).not.toBe(own.refreshToken)
  expect(new Set(tokens.map(({ authToken }) => authToken)).size).toBe(50)
  expect(await isAlive(tokens[0] as Tokens)).toBe(true)
  expect(await isAlive(other)).toBe(true)
})

test('50 failures at once are counted as 50, in a first and in a later window', async () => {
  // A cheap hash, because one process computes all of them while the calls wait.
  const username = await stores.add({ passwordHash: WEAK.hash })
  const sourceIp = '198.51.100.80'
  const guess = () => free.functions.ask('login', { body: { username, password: 'a wrong one' }, sourceIp })
  for (const windowDays of [0, 2]) {
    vi.setSystemTime(BEGIN_MS + windowDays * 86_400_000)
    const responses = await Promise.all(Array.from({ length: 50 }, guess))
    expect(responses.map(({ status }) => status)).toEqual(Array(50).fill(401))
    expect(await stores.failures(`user#${username}`, `attempts#${sourceIp}`)).toBe(50)
    expect(await stores.failures(`user#${username}`, 'attempts')).toBe(50)
    expect(await stores.failures(`source#${sourceIp}`, 'attempts')).toBe(50)
    expect((await guess()).status).toBe(429)
  }
})

test('5 failures in the middle of a login throttle it until it reads the counts', async () => {
  const guesses: Act = async ({ functions }, { username }) => {
    const guess = () => functions.ask('login', { body: { username, password: 'a wrong one' } })
    for (const { status } of await Promise.all(Array.from({ length: 5 }, guess))) expect(status).toBe(401)
    return undefined
  }
  await interleave(ACTS.login, guesses, async (outcome) => {
    const { username, held, before } = outcome
    const isTooLate = before === undefined || hasReadAgain(outcome)
    expect(held?.status).toBe(isTooLate ? 200 : 429)
    expect(await countLiveSessions(stores, username)).toBe(isTooLate ? 3 : 2)
  })
})
