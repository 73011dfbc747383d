import { createHash, createHmac } from 'node:crypto'
import { afterAll, expect, test, vi } from 'vitest'
import { signInOf } from '../../lib/sessions/session.ts'
import { stopTime } from '../support/at-once.ts'
import { strikeAttempts } from '../support/aws/faults.ts'
import { restorerOf } from '../support/aws/restore.ts'
import { classOf, type Fate, startWire, type Target, targetsOf } from '../support/aws/wire.ts'
import { cookieOf, DELETES_COOKIE, OWN_PAGE, tokensInCookie } from '../support/http/cookies.ts'
import type { ApiResponse, Asking, Route } from '../support/http/functions.ts'
import { recordLogs } from '../support/logs.ts'
import { describeService } from '../support/process/service-description.ts'
import { firstOfClass, isProof } from '../support/rows.ts'
import { NO_LIMITS, type TestService, useService } from '../support/service.ts'
import {
  NEW_PASSWORD,
  PASSWORD,
  partsOf,
  refresh,
  signIn,
  type Tokens,
  tokensOf,
  WEAK,
} from '../support/users/sessions.ts'
import { newScene, type Scene } from './session-acts.ts'

type Items = Awaited<ReturnType<TestService['items']>>
type Item = Items[string] | undefined

/** A request and its expected effects. */
interface Request {
  route: Route
  asking: Asking
  /** Status without a fault. */
  status: number
  /** For each sort key of the user: checks the item after the request. A fault may also leave it as it was. */
  after: Record<string, (item: Item, before: Item) => void>
  /** Attempts in the counters of the pair, the name or user, and the source after the request. */
  attempts?: [pair: number, subject: number, source: number]
  /** Checks the client's next requests, once the store works again. */
  onward(first: ApiResponse): Promise<void>
}

/** A scene whose requests come from their own source. */
interface SceneFrom extends Scene {
  sourceIp: string
}

const FAULTS: Record<string, { fate: Fate; attempts: number; status?: number }> = {
  'is denied': { fate: 'refuse', attempts: 1, status: 503 },
  'is cut off at every attempt': { fate: 'cut before', attempts: Number.POSITIVE_INFINITY, status: 503 },
  'takes effect and its response is lost at every attempt': {
    fate: 'cut after',
    attempts: Number.POSITIVE_INFINITY,
    status: 503,
  },
  'takes effect and its response is lost once': { fate: 'cut after', attempts: 1 },
}

/** A call that has no effect, and one that has an effect unnoticed. */
const REPRESENTATIVES = ['is denied', 'takes effect and its response is lost at every attempt']

/** `npm test` has one request of each route that makes every call of the route. */
const ONE_OF_EACH_ROUTE = [
  'a login after a failure, with a hash of a low cost',
  'a refresh',
  'a logout',
  'a list of sessions',
  'ending a session',
  'a password change',
  'reading the own profile',
  'deleting the account',
]

/** With two published keys, a request does without the one that signed nothing. */
const SETTINGS = { ...NO_LIMITS, PUBLISHED_KEYS: describeService().custom.auth.signingKey }

const BEGIN_MS = Date.UTC(2027, 0, 15, 12)
let scenes = 0
let cases = 0
const userIdOf = ({ own }: Scene) => partsOf(own.refreshToken).userId

const REQUESTS: Record<string, (scene: SceneFrom) => Promise<Request> | Request> = {
  'a login': ({ username, other }) => ({
    route: 'login',
    asking: { body: { username, password: PASSWORD } },
    status: 200,
    after: { 'session#new': isBegun },
    attempts: [0, 0, 0],
    async onward(first) {
      if (first.status === 200) await expectAlive(tokensOf(first))
      await expectAlive(await signIn(functions, username), other)
    },
  }),

  'a login after a failure, with a hash of a low cost': async (scene) => {
    const { username, sourceIp, other } = scene
    await stores.setHash(username, WEAK.hash)
    await functions.ask('login', { body: { username, password: 'a wrong one' }, sourceIp })
    return {
      route: 'login',
      asking: { body: { username, password: WEAK.password } },
      status: 200,
      after: {
        'session#new': isBegun,
        profile: (item, before) => {
          expect(item?.passwordHash).not.toEqual({ S: WEAK.hash })
          expect(generationsOf(item)).toEqual(generationsOf(before))
        },
      },
      attempts: [0, 1, 1],
      async onward(first) {
        if (first.status === 200) await expectAlive(tokensOf(first))
        await expectAlive(await signIn(functions, username, WEAK.password), other)
      },
    }
  },

  'a login with a wrong password': ({ username, sourceIp, own, other }) => {
    const asking = { body: { username, password: 'a wrong password' } }
    return {
      route: 'login',
      asking,
      status: 401,
      after: {},
      attempts: [1, 1, 1],
      async onward() {
        expect((await functions.ask('login', { ...asking, sourceIp })).status).toBe(401)
        await expectAlive(own, other, await signIn(functions, username))
      },
    }
  },

  'a refresh': async (scene) => {
    const { next, replaced } = await replacement(scene)
    return {
      route: 'refresh',
      asking: { body: { refreshToken: scene.own.refreshToken } },
      status: 200,
      after: { [sessionKey(scene.own)]: replaced },
      async onward(first) {
        for (const response of [first, await refresh(functions, scene.own.refreshToken)]) {
          if (response.status === 200) expect(tokensOf(response).refreshToken).toBe(next)
        }
        await expectAlive({ refreshToken: next }, scene.other)
      },
    }
  },

  'a login over the cookie of a session of the user': ({ username, own, other }) => ({
    route: 'login',
    asking: {
      body: { username, password: PASSWORD, session: 'cookie' },
      headers: { ...OWN_PAGE, ...cookieOf(own.refreshToken) },
    },
    status: 200,
    after: { [sessionKey(own)]: isRenewed },
    attempts: [0, 0, 0],
    async onward(first) {
      if (first.status === 200) await expectAlive(tokensInCookie(first))
      else expect(first.headers).not.toHaveProperty('Set-Cookie')
      // The client tries again, with the cookie that it still has. It is of an earlier sign-in, if the first try was stored.
      const again = await functions.ask('login', {
        body: { username, password: PASSWORD, session: 'cookie' },
        headers: { ...OWN_PAGE, ...cookieOf(own.refreshToken) },
      })
      await expectAlive(tokensInCookie(again), other)
      // Its session has ended, or is of another sign-in.
      expect([401, 409]).toContain((await refresh(functions, own.refreshToken)).status)
    },
  }),

  'a refresh by the cookie': async (scene) => {
    const { next, replaced } = await replacement(scene)
    const asking = { body: {}, headers: { ...OWN_PAGE, ...cookieOf(scene.own.refreshToken) } }
    return {
      route: 'refresh',
      asking,
      status: 200,
      after: { [sessionKey(scene.own)]: replaced },
      async onward(first) {
        if (first.status !== 200) expect(first.headers).not.toHaveProperty('Set-Cookie')
        else expect(tokensInCookie(first).refreshToken).toBe(next)
        // The browser still has the cookie of before, if the response was lost.
        expect(tokensInCookie(await ask({ route: 'refresh', asking })).refreshToken).toBe(next)
        await expectAlive({ refreshToken: next }, scene.other)
      },
    }
  },

  'a logout by the cookie': ({ own, other }) => {
    const asking = { body: {}, headers: { ...OWN_PAGE, ...cookieOf(own.refreshToken) } }
    return {
      route: 'logout',
      asking,
      status: 204,
      after: { [sessionKey(own)]: isEnded },
      async onward(first) {
        // After a failure the browser keeps the cookie, and can try again.
        if (first.status === 204) expect(first.headers).toMatchObject(DELETES_COOKIE)
        else expect(first.headers).not.toHaveProperty('Set-Cookie')
        expect((await ask({ route: 'logout', asking })).status).toBe(204)
        await expectOver(own)
        await expectAlive(other)
      },
    }
  },

  'a refresh that repeats one': async (scene) => {
    const { refreshToken } = scene.own
    const next = tokensOf(await refresh(functions, refreshToken)).refreshToken
    return {
      route: 'refresh',
      asking: { body: { refreshToken } },
      status: 200,
      after: {},
      async onward(first) {
        if (first.status === 200) expect(tokensOf(first).refreshToken).toBe(next)
        expect(tokensOf(await refresh(functions, refreshToken)).refreshToken).toBe(next)
        await expectAlive({ refreshToken: next }, scene.other)
      },
    }
  },

  'a refresh with a token that was replaced long ago': async ({ username, own, other }) => {
    const newest = tokensOf(await refresh(functions, own.refreshToken))
    await stores.letTenSecondsPass(username, partsOf(own.refreshToken).sessionId)
    return {
      route: 'refresh',
      asking: { body: { refreshToken: own.refreshToken } },
      status: 401,
      after: { [sessionKey(own)]: isEnded },
      async onward() {
        await expectOver(own, newest)
        await expectAlive(other)
      },
    }
  },

  'a logout': ({ own, other }) => ({
    route: 'logout',
    asking: { body: { refreshToken: own.refreshToken } },
    status: 204,
    after: { [sessionKey(own)]: isEnded },
    async onward() {
      const again = await ask({ route: 'logout', asking: { body: { refreshToken: own.refreshToken } } })
      expect(again.status).toBe(204)
      await expectOver(own)
      await expectAlive(other)
    },
  }),

  'a logout everywhere': ({ username, own, other }) => {
    const asking = { body: { refreshToken: own.refreshToken, everywhere: true } }
    return {
      route: 'logout',
      asking,
      status: 204,
      after: { [sessionKey(own)]: isEnded, profile: isRevoked() },
      async onward() {
        expect((await ask({ route: 'logout', asking })).status).toBe(204)
        await expectOver(own, other)
        expect(await functions.opens(own.authToken)).toBe(false)
        await expectAlive(await signIn(functions, username))
      },
    }
  },

  'a list of sessions': ({ own, other }) => {
    const asking = { token: own.authToken }
    return {
      route: 'sessions',
      asking,
      status: 200,
      after: {},
      async onward() {
        const { text } = await ask({ route: 'sessions', asking })
        const ids = JSON.parse(text).sessions.map(({ id }: { id: string }) => `session#${id}`)
        expect(new Set(ids)).toEqual(new Set([own, other].map(sessionKey)))
        await expectAlive(own, other)
      },
    }
  },

  'ending a session': ({ own, other }) => {
    const asking = { token: other.authToken, id: partsOf(own.refreshToken).sessionId }
    return {
      route: 'end-session',
      asking,
      status: 204,
      after: { [sessionKey(own)]: isEnded },
      async onward() {
        // A session that has ended has perhaps left grants, so it is ended again.
        expect((await ask({ route: 'end-session', asking })).status).toBe(204)
        await expectOver(own)
        await expectAlive(other)
      },
    }
  },

  'a password change': ({ username, sourceIp, own, other }) => {
    const body = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD }
    return {
      route: 'password',
      asking: { token: own.authToken, body },
      status: 204,
      after: {
        profile: (item, before) => {
          isRevoked(own)(item, before)
          expect(item?.changedAt).toEqual({ S: new Date(BEGIN_MS).toISOString() })
        },
      },
      attempts: [0, 0, 0],
      async onward(first) {
        // The access token may be revoked by now, but the session is live.
        const { authToken: token } = tokensOf(await refresh(functions, own.refreshToken))
        const again = await ask({ route: 'password', asking: { token, body } })
        expect(first.status === 204 ? [422] : [204, 422]).toContain(again.status)
        await expectOver(other)
        await expectAlive(own, await signIn(functions, username, NEW_PASSWORD))
        const old = { body: { username, password: PASSWORD }, sourceIp }
        expect((await ask({ route: 'login', asking: old })).status).toBe(401)
      },
    }
  },

  'reading the own profile': ({ own, other }) => {
    const asking = { token: own.authToken }
    return {
      route: 'me',
      asking,
      status: 200,
      after: {},
      async onward(first) {
        const again = await ask({ route: 'me', asking })
        expect(again.status).toBe(200)
        if (first.status === 200) expect(again.text).toBe(first.text)
        await expectAlive(own, other)
      },
    }
  },

  'deleting the account': ({ username, sourceIp, own, other }) => {
    const asking = { token: own.authToken, body: { currentPassword: PASSWORD } }
    return {
      route: 'delete-me',
      asking,
      status: 204,
      after: { profile: (item) => expect(item).toBeUndefined() },
      attempts: [0, 0, 0],
      async onward(first) {
        const again = await ask({ route: 'delete-me', asking: { ...asking, sourceIp } })
        expect(first.status === 204 ? [401] : [204, 401]).toContain(again.status)
        await expectOver(own, other)
        expect(await functions.opens(own.authToken)).toBe(false)
        // The name is free.
        const login = { body: { username, password: PASSWORD }, sourceIp }
        expect((await ask({ route: 'login', asking: login })).status).toBe(401)
        await stores.add({ username })
        expect((await ask({ route: 'login', asking: login })).status).toBe(200)
        await expectOver(own, other)
      },
    }
  },

  'deleting the account with a wrong password': ({ username, sourceIp, own, other }) => {
    const asking = { token: own.authToken, body: { currentPassword: 'a wrong password' } }
    return {
      route: 'delete-me',
      asking,
      status: 422,
      after: {},
      attempts: [1, 1, 1],
      async onward() {
        expect((await functions.ask('delete-me', { ...asking, sourceIp })).status).toBe(422)
        await expectAlive(own, other, await signIn(functions, username))
      },
    }
  },

  'a password change with a wrong password': ({ username, sourceIp, own, other }) => {
    const body = { currentPassword: 'a wrong password', newPassword: NEW_PASSWORD }
    const asking = { token: own.authToken, body }
    return {
      route: 'password',
      asking,
      status: 422,
      after: {},
      attempts: [1, 1, 1],
      async onward() {
        expect((await functions.ask('password', { ...asking, sourceIp })).status).toBe(422)
        await expectAlive(own, other, await signIn(functions, username))
      },
    }
  },
}

/** Returns the numbers of attempts in the counters of a request. */
function attempts(scene: SceneFrom, { route }: Request): Promise<number[]> {
  const isByUserId = route === 'password' || route === 'delete-me'
  const subject = isByUserId ? `user#${userIdOf(scene)}` : `name#${scene.username}`
  return Promise.all([
    stores.attempts(subject, `attempts#${scene.sourceIp}`),
    stores.attempts(subject, 'attempts'),
    stores.attempts(`source#${scene.sourceIp}`, 'attempts'),
  ])
}

const isFirst = firstOfClass()
const faults = Object.entries(FAULTS).filter(([how]) => isProof || REPRESENTATIVES.includes(how))
const requests = Object.keys(REQUESTS).filter((name) => isProof || ONE_OF_EACH_ROUTE.includes(name))

recordLogs()
// No pause between attempts.
vi.spyOn(Math, 'random').mockReturnValue(0)
vi.useFakeTimers({ toFake: ['Date'], now: BEGIN_MS })
const stores = await useService()
const empty = await restorerOf(stores.table)
const functions = await stores.load(SETTINGS)
stopTime(BEGIN_MS)
afterAll(() => console.log(`${cases} faults: each call of each request in ${faults.length} ways`))

test.each(requests)('%s stays consistent when each of its calls fails', async (name) => {
  await empty()
  const { scene, request } = await prepare(name)
  const before = await stored(scene)
  const counted = await attempts(scene, request)
  const restore = await restorerOf(stores.table)
  const calls = await callsOf(request)
  expect(calls.length).toBeGreaterThan(0)
  for (const call of calls) {
    for (const [fault, how] of faults) {
      if (!isFirst(`${classOf(call, name)} ${fault}`)) continue
      cases += 1
      await restore()
      const wire = await startWire(stores.aws)
      const struck = strikeAttempts(wire, call, how)
      const response = await (await stores.load(SETTINGS, { url: wire.url, when: 'when called' })).ask(
        request.route,
        request.asking,
      )
      const which = `${name}: ${call.label}, no. ${call.index + 1}, ${fault}`
      // An attempt on a kept connection is sent twice if the connection ends without a response.
      const sent = how.fate === 'refuse' || how.attempts === 1 ? [1] : [3, 4, 5, 6]
      expect(sent, which).toContain(struck().length)
      const isFailure = how.status !== undefined && !isOptional(request.route, call)
      expect([response.status, response.headers['Retry-After']], which).toEqual(
        isFailure ? [how.status, '5'] : [request.status, undefined],
      )
      const isWhole = how.status === undefined
      if (isWhole) expect(await attempts(scene, request), which).toEqual(request.attempts ?? counted)
      for (const [i, number] of (await attempts(scene, request)).entries()) {
        expect(number, which).toBeLessThanOrEqual((counted[i] ?? 0) + 1)
      }
      const isDone = response.status === request.status
      // A login does without a new hash.
      const mayStay = isOptional(request.route, call) ? 'profile' : undefined
      expectWhole(before, await stored(scene), request, isDone, mayStay)
      await request.onward(response)
      wire.stop()
    }
  }
})

/** Writes that a request does without: an attempt stays counted, a source is not marked, an old hash stays. */
function isOptional(route: Route, { label, index }: Target): boolean {
  const isGivenBack = label.includes('attempts') && index === 1
  return (
    isGivenBack ||
    label === 'UpdateItem name known' ||
    (route === 'login' && label === 'UpdateItem user profile')
  )
}

const ask = (request: Pick<Request, 'route' | 'asking'>) => functions.ask(request.route, request.asking)

const sha256 = (secret: string) => createHash('sha256').update(secret).digest('base64url')

const sessionKey = ({ refreshToken }: Tokens) => `session#${partsOf(refreshToken).sessionId}`

function isEnded(item: Item) {
  expect(item).toMatchObject({ endedAt: { N: String(BEGIN_MS / 1000) } })
  expect(Object.keys(Object(item))).not.toContain('secretHash')
}

const generationsOf = (item: Item) =>
  [item?.generation, item?.sessionGeneration].map((value) => Number((value as { N: string }).N))

/** Returns the name of the sign-in of tokens. */
function signInIn({ refreshToken }: Tokens): string {
  const { sessionId: id, authTime } = partsOf(refreshToken)
  return signInOf({ id, authTime })
}

/** Both generations moved once, and this session survives. */
const isRevoked = (survivor?: Tokens) => (item: Item, before: Item) => {
  expect(generationsOf(item)).toEqual(generationsOf(before).map((generation) => generation + 1))
  const survivingSession = survivor && { S: signInIn(survivor) }
  expect(item?.survivingSession).toEqual(survivingSession)
}

/** A new session is live after a success, and ended after a failure. */
const isBegun = (item: Item) => {
  if (item?.endedAt === undefined)
    expect(item).toMatchObject({ sessionGeneration: { N: expect.any(String) } })
  else expect(Object.keys(item)).not.toContain('secretHash')
}

/** Another sign-in of the same session. */
function isRenewed(item: Item, before: Item) {
  const timeOf = (one: Item) => Number(Object(one?.authTime).N)
  expect(timeOf(item)).toBeGreaterThan(timeOf(before))
  expect(item?.secretHash).not.toEqual(before?.secretHash)
  expect(item).not.toHaveProperty('endedAt')
}

async function expectAlive(...sessions: { refreshToken: string }[]): Promise<void> {
  for (const { refreshToken } of sessions) {
    const { authToken } = tokensOf(await refresh(functions, refreshToken))
    expect(await functions.opens(authToken)).toBe(true)
  }
}

async function expectOver(...sessions: { refreshToken: string }[]): Promise<void> {
  for (const { refreshToken } of sessions) expect((await refresh(functions, refreshToken)).status).toBe(401)
}

/** Returns the token that must replace the client's own, and a check of the stored session. */
async function replacement({ username, own }: Scene) {
  const { secret } = partsOf(own.refreshToken)
  const { salt } = (await stores.itemsOf(username))[sessionKey(own)] ?? {}
  const nextSecret = createHmac('sha256', secret)
    .update((salt as { S: string }).S)
    .digest('base64url')
  return {
    next: own.refreshToken.replace(secret, nextSecret),
    replaced(item: Item) {
      expect(item?.secretHash).toEqual({ S: sha256(nextSecret) })
      expect(item?.rotatedAtMs).toEqual({ N: String(BEGIN_MS) })
    },
  }
}

async function prepare(name: string): Promise<{ scene: SceneFrom; request: Request }> {
  scenes += 1
  const sourceIp = `10.0.${scenes >> 8}.${scenes & 255}`
  const scene = { ...(await newScene({ functions, operator: stores })), sourceIp }
  const request = await REQUESTS[name]?.(scene)
  if (request === undefined) throw new Error(`there is no ${name}`)
  return { scene, request: { ...request, asking: { ...request.asking, sourceIp } } }
}

/** Returns the calls of a request without faults. */
async function callsOf(request: Request): Promise<Target[]> {
  const wire = await startWire(stores.aws)
  const { status } = await (await stores.load(SETTINGS, { url: wire.url, when: 'when called' })).ask(
    request.route,
    request.asking,
  )
  wire.stop()
  expect(status).toBe(request.status)
  return targetsOf(wire.calls())
}

/** Returns the items of a user without counters. */
async function stored(scene: Scene): Promise<Items> {
  const items = Object.entries(await stores.items(`user#${userIdOf(scene)}`))
  return Object.fromEntries(items.filter(([sk]) => !sk.startsWith('attempts#')))
}

/** Expects each item as it was or as the request leaves it. After success, all are as the request leaves them. */
function expectWhole(
  before: Items,
  after: Items,
  request: Request,
  isDone: boolean,
  mayStay: string | undefined,
): void {
  const begun = Object.keys(after).filter((sk) => sk.startsWith('session#') && !(sk in before))
  expect(begun.length).toBeLessThanOrEqual(1)
  const [newKey = 'session#new'] = begun
  if (newKey in after) expect('endedAt' in Object(after[newKey])).toBe(!isDone)
  for (const sk of new Set([...Object.keys(before), ...Object.keys(after), ...Object.keys(request.after)])) {
    const item = after[sk === 'session#new' ? newKey : sk]
    const check = request.after[sk === newKey ? 'session#new' : sk]
    const mustChange = isDone && sk !== mayStay
    if (check !== undefined && (mustChange || JSON.stringify(item) !== JSON.stringify(before[sk]))) {
      check(item, before[sk])
    } else expect(item).toEqual(before[sk])
  }
}
