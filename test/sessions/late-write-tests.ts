import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { hashSecret } from '../../lib/sessions/refresh-token.ts'
import { isLive } from '../../lib/sessions/session.ts'
import { findSessions } from '../../lib/sessions/store.ts'
import { findUser } from '../../lib/users/store.ts'
import { stopTime } from '../support/at-once.ts'
import { isWrite, startWire, type Target, targetsOf, type Wire } from '../support/aws/wire.ts'
import type { ApiResponse } from '../support/http/functions.ts'
import { recordLogs } from '../support/logs.ts'
import { NO_LIMITS, type TestService, useService } from '../support/service.ts'
import { partsOf, refresh, type Tokens, tokensOf, WEAK } from '../support/users/sessions.ts'
import { type Fault, LATE } from './late-writes.ts'
import { ACTS, type ActName, ENDINGS, expectOver, newScene, type Side } from './session-acts.ts'

const BEGIN_MS = Date.UTC(2027, 0, 15, 12)
/** Every route that writes. */
const ROUTES = [
  'login',
  'login with an old hash',
  'refresh',
  'logout',
  'logout everywhere',
  'ending the session',
  'password change',
] as const satisfies readonly ActName[]

/** What follows while a write is under way. */
const NEXT = ['login', 'refresh', 'changing the role', ...ENDINGS.map(([name]) => name)] as const

/** What revokes every access token and session, or all but one. */
const REVOKING: readonly string[] = [
  'password change',
  ...ENDINGS.filter(([, revokes]) => revokes).map(([name]) => name),
]

let stores: TestService
let free: Side
let wire: Wire
let wired: Side
let cases = 0

type Next = (typeof NEXT)[number] | 'password change over an old hash'

/** What follows a request whose user has an old hash, and so another password. */
const NEXT_OVER_AN_OLD_HASH: Next[] = [
  'refresh',
  'logout everywhere',
  'password change over an old hash',
  'disabling the user',
  'removing the user',
]

const hashFor = (route: ActName) => (route === 'login with an old hash' ? WEAK.hash : undefined)

/** Returns the writes of a route. */
async function writes(route: ActName): Promise<Target[]> {
  const scene = await newScene(free, hashFor(route))
  wire.intercept(() => 'pass')
  await ACTS[route](wired, scene)
  return targetsOf(wire.calls().filter(isWrite))
}

const tokensIn = (...responses: (ApiResponse | undefined)[]): Tokens[] =>
  responses.flatMap((response) => (response?.text.includes('refreshToken') ? [tokensOf(response)] : []))

const idOf = ({ refreshToken }: Tokens) => partsOf(refreshToken).sessionId

/** Returns what is stored about a user, without counters. */
async function stored(userId: string) {
  const items = Object.entries(await stores.items(`user#${userId}`))
  return Object.fromEntries(items.filter(([sk]) => !sk.startsWith('attempts#')))
}

/** Returns the ids of the live sessions and the access tokens that are accepted. */
async function alive(userId: string, tokens: Tokens[]): Promise<string[]> {
  const [user, { sessions }] = [
    await findUser(stores.table, userId),
    await findSessions(stores.table, userId),
  ]
  const live = sessions.filter((session) => isLive(session, user, new Date())).map(({ id }) => id)
  const accepted: string[] = []
  for (const { authToken } of tokens) if (await free.functions.opens(authToken)) accepted.push(authToken)
  return [...live, ...accepted]
}

const ended = (response: ApiResponse | undefined) => response === undefined || response.status === 204

/** Runs a request with a fault in one of its writes, and another one before that write arrives. */
async function follow(route: ActName, { decide, isHeld, arrive, reached }: Fault, next: Next) {
  vi.setSystemTime(BEGIN_MS)
  const scene = await newScene(free, hashFor(route))
  const { userId } = partsOf(scene.own.refreshToken)
  const before = await findUser(stores.table, userId)
  wire.intercept(decide)
  const asking = ACTS[route](wired, scene)
  await (isHeld ? reached : asking)
  await wire.settle()
  // A token that was replaced moments ago would not be replaced again.
  vi.setSystemTime(BEGIN_MS + (next === 'refresh' ? 20_000 : 1_000))
  const early = isHeld ? undefined : await asking
  const [own = scene.own] = route === 'refresh' ? tokensIn(early) : []
  const mayEndAll = (await alive(userId, [])).includes(idOf(scene.other))
  const followed = await ACTS[next](free, { ...scene, own })
  const tokens = [scene.own, scene.other, ...tokensIn(early, followed)]
  const aliveBefore = await alive(userId, tokens)
  const storedBefore = await stored(userId)
  await arrive()
  const response = await asking
  await wire.settle()
  const aliveAfter = await alive(userId, tokens)
  const storedAfter = await stored(userId)
  const user = await findUser(stores.table, userId)
  return {
    scene,
    before,
    user,
    own,
    response,
    followed,
    mayEndAll,
    aliveBefore,
    aliveAfter,
    storedBefore,
    storedAfter,
  }
}

type Outcome = Awaited<ReturnType<typeof follow>>

/** Expects that what a request ended stays ended. */
async function expectEnded(
  act: string,
  { scene, response, followed }: Outcome,
  answer: ApiResponse | undefined,
) {
  const revokes = REVOKING.includes(act)
  const isOwn = (tokens: Tokens) => idOf(tokens) === idOf(scene.own)
  const issued = tokensIn(response, followed).filter(
    (tokens) => isOwn(tokens) || (revokes && answer === followed),
  )
  await expectOver(free.functions, [scene.own, ...issued], revokes)
}

/** Expects that generations moved once for a request that revokes, if nothing else moved them. */
function expectMovedOnce(route: string, { before, user, response }: Outcome) {
  if (before === undefined || user === undefined) throw new Error('there is no user')
  const moved = [user.generation - before.generation, user.sessionGeneration - before.sessionGeneration]
  if (!REVOKING.includes(route)) expect(moved).toEqual([0, 0])
  else if (ended(response)) expect(moved).toEqual([1, 1])
  else
    expect([
      [0, 0],
      [1, 1],
    ]).toContainEqual(moved)
}

/**
 * Tests that nothing comes back when a write of any route arrives late, or twice.
 *
 * @param mass - Whether a write is late in every way and every request that may follow does, or one way and two requests.
 */
export function testLateWrites(mass: 'representatives' | 'all'): void {
  beforeAll(async () => {
    recordLogs()
    // No pause between attempts.
    vi.spyOn(Math, 'random').mockReturnValue(0)
    vi.useFakeTimers({ toFake: ['Date'], now: BEGIN_MS })
    stores = await useService()
    free = { functions: await stores.load(NO_LIMITS), operator: stores }
    wire = await startWire(stores.aws)
    wired = { functions: await stores.load(NO_LIMITS, { url: wire.url }), operator: stores }
    stopTime(BEGIN_MS)
  })
  afterAll(() => {
    wire.stop()
    stores.aws.stop()
    console.log(`${cases} late writes`)
  })
  beforeEach(() => void vi.setSystemTime(BEGIN_MS))

  test.each(Object.keys(LATE).slice(0, mass === 'all' ? undefined : 1))(
    'nothing comes back when a write %s',
    async (how) => {
      for (const route of ROUTES) {
        for (const target of await writes(route)) {
          const isCounter = target.label.includes('attempts') || target.label.includes('known')
          const all = route === 'login with an old hash' ? NEXT_OVER_AN_OLD_HASH : NEXT
          const following: readonly Next[] = mass === 'all' ? all : ['refresh']
          // A counter decides about no session, so one request after it is enough.
          for (const next of isCounter ? (['refresh'] as const) : following) {
            cases += 1
            const fault = LATE[how]?.(target) as Fault
            const outcome = await follow(route, fault, next)
            const { scene, own, response, followed, aliveBefore, aliveAfter, mayEndAll } = outcome
            const which = `${route}: ${target.label} no. ${target.index + 1} ${how}; then ${next}`

            if (!fault.isHeld) expect(aliveBefore, which).toEqual(expect.arrayContaining(aliveAfter))
            if (fault.isRepeated) expect(outcome.storedAfter, which).toEqual(outcome.storedBefore)
            if (['login', 'refresh', 'logout'].includes(next)) expectMovedOnce(route, outcome)

            const isEnding =
              ENDINGS.some(([name]) => name === next) && (next !== 'logout everywhere' || mayEndAll)
            const endsOwn = ENDINGS.some(([name]) => name === route)
            if (next === 'refresh' && followed?.status === 200) {
              const [newest] = tokensIn(followed) as [Tokens]
              const { secretHash } = outcome.storedAfter[`session#${idOf(own)}`] ?? {}
              expect(
                [{ S: hashSecret(partsOf(newest.refreshToken).secret) }, undefined],
                which,
              ).toContainEqual(secretHash)
            }
            if (isEnding && ended(followed)) await expectEnded(next, outcome, followed)
            if (endsOwn && ended(response)) await expectEnded(route, outcome, response)
            if (next === 'password change over an old hash') {
              const body = { username: scene.username, password: WEAK.password }
              expect((await free.functions.ask('login', { body })).status, which).toBe(401)
            } else if (!isEnding && !endsOwn && route !== 'password change') {
              const [newest = own] = next === 'refresh' ? tokensIn(followed) : []
              expect((await refresh(free.functions, newest.refreshToken)).status, which).toBe(200)
              expect((await refresh(free.functions, scene.other.refreshToken)).status, which).toBe(200)
            }
          }
        }
      }
    },
  )
}
