import { createHash, createHmac } from 'node:crypto'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { readRefreshToken } from '../../lib/sessions/refresh-token.ts'
import {
  type ApiResponse,
  type Asking,
  begin,
  type Call,
  type Fate,
  type Functions,
  NEW_PASSWORD,
  PASSWORD,
  partsOf,
  type Route,
  refresh,
  type Stores,
  signIn,
  startFunctions,
  startStores,
  startWire,
  type Tokens,
  tokensOf,
  WEAK,
} from '../support/sessions.ts'

// One process computes all hashes of this file.
vi.mock('node:crypto', async (original) => {
  const { cheapArgon2 } = await import('../support/cheap-argon2.ts')
  return cheapArgon2(await original())
})

type Items = Awaited<ReturnType<Stores['items']>>
type Item = Items[string] | undefined

/** A request and its expected effects. */
interface Request {
  route: Route
  asking: Asking
  /** Status without a fault. */
  status: number
  /** For each sort key of the user: checks the item after the request. A fault may also leave it as it was. */
  after: Record<string, (item: Item) => void>
  /** Checks the client's next requests, once the store works again. */
  onward(first: ApiResponse): Promise<void>
}

/** A user with two sessions. `held` is not concerned by the request. */
interface Scene {
  username: string
  sourceIp: string
  own: Tokens
  held: Tokens
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

const BEGIN_MS = Date.UTC(2027, 0, 15, 12)
const BEGIN = BEGIN_MS / 1000

let stores: Stores
let functions: Functions
let scenes = 0
let cases = 0

beforeAll(async () => {
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(console, level).mockReturnValue()
  // No pause between attempts.
  vi.spyOn(Math, 'random').mockReturnValue(0)
  vi.useFakeTimers({ toFake: ['Date'], now: BEGIN_MS })
  stores = await startStores()
  functions = await stores.functions()
})
afterAll(() => {
  stores.aws.stop()
  console.log(`${cases} faults: each call of each request in ${Object.keys(FAULTS).length} ways`)
})

const ask = (request: Pick<Request, 'route' | 'asking'>) => functions.ask(request.route, request.asking)
const sha256 = (secret: string) => createHash('sha256').update(secret).digest('base64url')
const sessionKey = ({ refreshToken }: Tokens) => `session#${partsOf(refreshToken).id}`
const failures = (least: number, most: number) => (item: Item) => {
  const counted = Number((item?.failures as { N: string } | undefined)?.N ?? 0)
  expect(counted).toBeGreaterThanOrEqual(least)
  expect(counted).toBeLessThanOrEqual(most)
}
const isGone = (item: Item) => expect(item).toBeUndefined()

async function expectAlive(...sessions: { refreshToken: string }[]): Promise<void> {
  for (const { refreshToken } of sessions) {
    const { authToken } = tokensOf(await refresh(functions, refreshToken))
    expect(await functions.opens(authToken)).toBe(true)
  }
}

async function expectOver(...sessions: { refreshToken: string }[]): Promise<void> {
  for (const { refreshToken } of sessions) expect((await refresh(functions, refreshToken)).status).toBe(401)
}

/** Counts of one failed password. Three attempts at counting it may count it three times. */
const counted = ({ sourceIp }: Scene) => ({
  [`attempts#${sourceIp}`]: failures(1, 3),
  attempts: failures(1, 3),
})

const REQUESTS: Record<string, (scene: Scene) => Promise<Request> | Request> = {
  'a login': ({ username, held }) => ({
    route: 'login',
    asking: { body: { username, password: PASSWORD } },
    status: 200,
    after: { 'session#new': (item) => expect(item?.generation).toEqual({ N: '0' }) },
    async onward(first) {
      if (first.status === 200) await expectAlive(tokensOf(first))
      await expectAlive(await signIn(functions, username), held)
    },
  }),

  'a login after a failure, with a hash of a low cost': async (scene) => {
    const { username, sourceIp, held } = scene
    await stores.change(username, { passwordHash: WEAK.hash })
    await functions.ask('login', { body: { username, password: 'a wrong one' }, sourceIp })
    return {
      route: 'login',
      asking: { body: { username, password: WEAK.password } },
      status: 200,
      after: {
        'session#new': (item) => expect(item?.generation).toEqual({ N: '0' }),
        [`attempts#${sourceIp}`]: isGone,
        profile: (item) => expect(item?.passwordHash).not.toEqual({ S: WEAK.hash }),
      },
      async onward(first) {
        if (first.status === 200) await expectAlive(tokensOf(first))
        await expectAlive(await signIn(functions, username, WEAK.password), held)
      },
    }
  },

  'a login with a wrong password': (scene) => wrongLogin(scene, counted(scene)),

  'a login with a wrong password, in a second window of failures': async (scene) => {
    const { username, sourceIp } = scene
    vi.setSystemTime(BEGIN_MS - 2 * 86_400_000)
    await functions.ask('login', { body: { username, password: 'a wrong one' }, sourceIp })
    vi.setSystemTime(BEGIN_MS)
    return wrongLogin(scene, counted(scene))
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
        await expectAlive({ refreshToken: next }, scene.held)
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
        await expectAlive({ refreshToken: next }, scene.held)
      },
    }
  },

  'a refresh with a token that was replaced long ago': async ({ own, held }) => {
    const { refreshToken } = tokensOf(await refresh(functions, own.refreshToken))
    const newest = tokensOf(await refresh(functions, refreshToken))
    const { sessionId, username } = readRefreshToken(own.refreshToken)
    await stores.letTenSecondsPass(username, sessionId)
    return {
      route: 'refresh',
      asking: { body: { refreshToken: own.refreshToken } },
      status: 401,
      after: { [sessionKey(own)]: isGone },
      async onward() {
        await expectOver(own, newest)
        await expectAlive(held)
      },
    }
  },

  'a logout': ({ own, held }) => ({
    route: 'logout',
    asking: { body: { refreshToken: own.refreshToken } },
    status: 204,
    after: { [sessionKey(own)]: isGone },
    async onward() {
      const again = await ask({ route: 'logout', asking: { body: { refreshToken: own.refreshToken } } })
      expect(again.status).toBe(204)
      await expectOver(own)
      await expectAlive(held)
    },
  }),

  'a logout everywhere': ({ username, own, held }) => {
    const asking = { body: { refreshToken: own.refreshToken, everywhere: true } }
    return {
      route: 'logout',
      asking,
      status: 204,
      after: {
        [sessionKey(own)]: isGone,
        profile: (item) => expect([item?.validAfter, item?.sessionsValidAfter]).toEqual(twice(BEGIN + 1)),
      },
      async onward() {
        expect((await ask({ route: 'logout', asking })).status).toBe(204)
        await expectOver(own, held)
        expect(await functions.opens(own.authToken)).toBe(false)
        await expectAlive(await signIn(functions, username))
      },
    }
  },

  'a list of sessions': ({ own, held }) => {
    const asking = { token: own.authToken }
    return {
      route: 'sessions',
      asking,
      status: 200,
      after: {},
      async onward() {
        const { text } = await ask({ route: 'sessions', asking })
        const ids = JSON.parse(text).sessions.map(({ id }: { id: string }) => id)
        expect(new Set(ids)).toEqual(new Set([own, held].map(({ refreshToken }) => partsOf(refreshToken).id)))
        await expectAlive(own, held)
      },
    }
  },

  'ending a session': ({ own, held }) => {
    const asking = { token: held.authToken, id: partsOf(own.refreshToken).id }
    return {
      route: 'end-session',
      asking,
      status: 204,
      after: { [sessionKey(own)]: isGone },
      async onward(first) {
        const again = await ask({ route: 'end-session', asking })
        expect(first.status === 204 ? [404] : [204, 404]).toContain(again.status)
        await expectOver(own)
        await expectAlive(held)
      },
    }
  },

  'a password change': ({ username, own, held }) => {
    const body = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD }
    const profile = (item: Item) => {
      expect([item?.validAfter, item?.sessionsValidAfter]).toEqual(twice(BEGIN + 1))
      expect(item?.survivingSession).toEqual({ S: partsOf(own.refreshToken).id })
      expect(item?.changedAt).toEqual({ S: new Date(BEGIN_MS).toISOString() })
    }
    return {
      route: 'password',
      asking: { token: own.authToken, body },
      status: 204,
      after: { profile },
      async onward(first) {
        // The access token may be revoked by now, but the session is live.
        const { authToken: token } = tokensOf(await refresh(functions, own.refreshToken))
        const again = await ask({ route: 'password', asking: { token, body } })
        expect(first.status === 204 ? [422] : [204, 422]).toContain(again.status)
        await expectOver(held)
        await expectAlive(own, await signIn(functions, username, NEW_PASSWORD))
        const old = await ask({ route: 'login', asking: { body: { username, password: PASSWORD } } })
        expect(old.status).toBe(401)
      },
    }
  },

  'a password change with a wrong password': (scene) => {
    const body = { currentPassword: 'a wrong password', newPassword: NEW_PASSWORD }
    const asking = { token: scene.own.authToken, body }
    return {
      route: 'password',
      asking,
      status: 422,
      after: counted(scene),
      async onward() {
        const { sourceIp } = scene
        expect((await functions.ask('password', { ...asking, sourceIp })).status).toBe(422)
        await expectAlive(scene.own, scene.held, await signIn(functions, scene.username))
      },
    }
  },
}

const twice = (second: number) => [{ N: String(second) }, { N: String(second) }]

function wrongLogin({ username, sourceIp, own, held }: Scene, after: Request['after']): Request {
  const asking = { body: { username, password: 'a wrong password' } }
  return {
    route: 'login',
    asking,
    status: 401,
    after,
    async onward() {
      expect((await functions.ask('login', { ...asking, sourceIp })).status).toBe(401)
      await expectAlive(own, held, await signIn(functions, username))
    },
  }
}

/** Returns the token that must replace the client's own, and a check of the stored session. */
async function replacement({ username, own }: Scene) {
  const { id, secret } = partsOf(own.refreshToken)
  const { salt } = (await stores.items(`user#${username}`))[sessionKey(own)] ?? {}
  const nextSecret = createHmac('sha256', secret)
    .update((salt as { S: string }).S)
    .digest('base64url')
  return {
    next: `${id}.${nextSecret}.${username}`,
    replaced(item: Item) {
      expect(item?.secretHash).toEqual({ S: sha256(nextSecret) })
      expect(item?.replacedAtMs).toEqual({ S: expect.stringMatching(/^\d{13},?/) })
      expect(item?.generation).toEqual({ N: '2' })
    },
  }
}

async function prepare(name: string): Promise<{ scene: Scene; request: Request }> {
  scenes += 1
  const username = await stores.add()
  const own = await begin(stores, functions, username)
  const held = await begin(stores, functions, username)
  const scene = { username, own, held, sourceIp: `10.0.${scenes >> 8}.${scenes & 255}` }
  const request = await REQUESTS[name]?.(scene)
  if (request === undefined) throw new Error(`there is no ${name}`)
  return { scene, request: { ...request, asking: { ...request.asking, sourceIp: scene.sourceIp } } }
}

/** Labels a call by its operation and kind of item. No two concurrent calls of a request have the same label. */
function labelOf({ operation, body }: Call): string {
  const { Key, Item } = JSON.parse(body)
  const { pk, sk } = Key ?? Item ?? {}
  return [operation, pk?.S, sk?.S].map((part) => String(part ?? '').replace(/#.*/, '')).join(' ')
}

/** Returns the calls of a request without faults: the label, and the number of earlier calls with this label. */
async function callsOf(name: string): Promise<{ label: string; index: number }[]> {
  const { request } = await prepare(name)
  const wire = await startWire(stores.aws)
  const { status } = await (await startFunctions(wire.url)).ask(request.route, request.asking)
  wire.stop()
  expect(status).toBe(request.status)
  const labels = wire.calls().map(labelOf)
  return labels.map((label, i) => ({ label, index: labels.slice(0, i).filter((l) => l === label).length }))
}

/** Makes one call fail, in this many of its attempts. */
function strike(
  target: { label: string; index: number },
  { fate, attempts }: { fate: Fate; attempts: number },
) {
  const struck: string[] = []
  let before = 0
  const decide = (call: Call): Fate => {
    if (labelOf(call) !== target.label) return 'pass'
    const isAgain = struck.length > 0 && struck[0] === call.body
    if (struck.length === 0 && before < target.index) {
      before += 1
      return 'pass'
    }
    if ((struck.length > 0 && !isAgain) || struck.length >= attempts) return 'pass'
    struck.push(call.body)
    return fate
  }
  return { decide, struck }
}

/** Expects each item as it was or as the request leaves it. After success, all are as the request leaves them. */
function expectWhole(before: Items, after: Items, request: Request, isDone: boolean): void {
  const begun = Object.keys(after).filter((sk) => sk.startsWith('session#') && !(sk in before))
  expect(begun.length).toBeLessThanOrEqual(1)
  const [newKey = 'session#new'] = begun
  for (const sk of new Set([...Object.keys(before), ...Object.keys(after), ...Object.keys(request.after)])) {
    const item = after[sk === 'session#new' ? newKey : sk]
    const check = request.after[sk === newKey ? 'session#new' : sk]
    if (check !== undefined && (isDone || JSON.stringify(item) !== JSON.stringify(before[sk]))) check(item)
    else expect(item).toEqual(before[sk])
  }
}

test.each(Object.keys(REQUESTS))('%s stays consistent when each of its calls fails', async (name) => {
  const calls = await callsOf(name)
  expect(calls.length).toBeGreaterThan(0)
  for (const call of calls) {
    for (const [fault, how] of Object.entries(FAULTS)) {
      cases += 1
      const { scene, request } = await prepare(name)
      const before = await stores.items(`user#${scene.username}`)
      const wire = await startWire(stores.aws)
      const { decide, struck } = strike(call, how)
      wire.intercept(decide)
      const response = await (await startFunctions(wire.url)).ask(request.route, request.asking)
      const which = `${name}: ${call.label}, no. ${call.index + 1}, ${fault}`
      // An attempt on a kept connection is sent twice if the connection ends without a response.
      const sent = how.fate === 'refuse' || how.attempts === 1 ? [1] : [3, 4, 5, 6]
      expect(sent, which).toContain(struck.length)
      expect([response.status, response.headers['Retry-After']], which).toEqual(
        how.status === undefined ? [request.status, undefined] : [how.status, '5'],
      )
      const after = await stores.items(`user#${scene.username}`)
      expectWhole(before, after, request, response.status === request.status)
      await request.onward(response)
      wire.stop()
    }
  }
})
