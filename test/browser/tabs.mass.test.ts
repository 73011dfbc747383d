import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, expect, test } from 'vitest'
import type { Auth } from '../../client/client.js'
import { startAppWithService } from './app-server.ts'
import { open, useBrowser } from './browser.ts'
import { startClock } from './service-clock.ts'

const TABS = 20
const ROUNDS = 50
const MINUTE_MS = 60_000
const NIGHT_MS = 8 * 60 * MINUTE_MS

/** Later than the moment of a refresh, and before a token of 30 minutes expires. */
const DUE_MS = 25 * MINUTE_MS

useBrowser()

const clock = startClock()
afterAll(clock.remove)
const { origin, service } = await startAppWithService(
  (url) => `<title>App</title><script type="module">
    import { createAuth } from '${url}/client.js'
    globalThis.auth = createAuth({ url: '${url}' })
  </script>`,
  undefined,
  clock.options,
)

/** What runs in a page. */
declare const auth: Auth

interface World {
  context: BrowserContext
  tabs: Page[]
  url: string
}

/** What happens in a round. Those that open tabs return how many: each of them may ask the service who is signed in. */
const KINDS: Record<string, (world: World) => Promise<unknown>> = {
  'the token is about to expire': (world) => pass(world, DUE_MS),

  async 'all tabs open at once after a night'(world) {
    await Promise.all(world.tabs.map((tab) => tab.goto('about:blank')))
    clock.move(NIGHT_MS)
    await world.context.clock.fastForward(NIGHT_MS)
    await Promise.all(world.tabs.map((tab) => tab.goto(world.url)))
    return TABS
  },

  async 'all tabs are frozen for a night'(world) {
    const thaw = await freeze(world, world.tabs)
    clock.move(NIGHT_MS)
    await thaw()
    await passInPages(world, NIGHT_MS)
  },

  async 'one tab refreshes while the others are frozen'(world) {
    const [active, ...others] = world.tabs
    await pass(world, MINUTE_MS)
    const thaw = await freeze(world, others)
    await active?.evaluate(() => auth.refresh())
    await thaw()
  },

  async 'the device is offline until the token has expired'(world) {
    await world.context.setOffline(true)
    await pass(world, DUE_MS)
    await pass(world, DUE_MS)
    const errors = await everyTab<number>(world, () => auth.getAccessToken().catch((error) => error.status))
    expect(errors).toEqual(Array(TABS).fill(0))
    await world.context.setOffline(false)
  },

  async 'half of the tabs are closed, and others open'(world) {
    await Promise.all(world.tabs.splice(0, TABS / 2).map((tab) => tab.close()))
    await pass(world, DUE_MS)
    await Promise.all(Array.from({ length: TABS / 2 }, () => openTab(world)))
    return TABS / 2
  },
}

test(`${TABS} tabs stay signed in for ${ROUNDS} rounds, with one refresh each and one of each tab that opens`, async () => {
  const url = `${origin}/`
  const first = await open(url, { known: /ERR_INTERNET_DISCONNECTED/, origins: [service.url] })
  const world: World = { context: first.context(), tabs: [first], url }
  const statuses: number[] = []
  let refreshes = 0
  world.context.on('response', (response) => {
    const isRefresh = response.url() === `${service.url}/refresh` && response.request().method() === 'POST'
    if (isRefresh) statuses.push(response.status())
  })
  await first.evaluate(() => auth.signIn({ username: 'user', password: 'user' }))
  while (world.tabs.length < TABS) await openTab(world)
  const tokensOf = () => everyTab<string>(world, () => auth.getAccessToken())
  await expect.poll(async () => new Set(await tokensOf()).size).toBe(1)

  const kinds = Object.entries(KINDS)
  const counted = Object.fromEntries(kinds.map(([kind]) => [kind, { rounds: 0, ms: 0 }]))
  let previous = { token: (await tokensOf())[0], cookie: await cookieOf(world) }
  // The service does not rotate within refreshGraceSeconds.
  await pass(world, MINUTE_MS)
  for (let round = 0; round < ROUNDS; round += 1) {
    const [kind, act] = kinds[round % kinds.length] ?? ['', () => Promise.resolve()]
    const startedMs = Date.now()
    statuses.length = 0
    const opened = Number((await act(world)) ?? 0)
    await expect
      .poll(async () => [...new Set(await tokensOf())].filter((token) => token !== previous.token).length, {
        timeout: 20_000,
        message: `${kind}, round ${round}`,
      })
      .toBe(1)
    const tokens = await tokensOf()
    expect(new Set(tokens), kind).toEqual(new Set([tokens[0]]))
    expect(await everyTab(world, () => auth.user?.username)).toEqual(Array(TABS).fill('user'))
    const next = { token: tokens[0], cookie: await cookieOf(world) }
    expect(next.cookie).not.toBe(previous.cookie)
    const me = await fetch(`${service.url}/me`, { headers: { Authorization: `Bearer ${next.token}` } })
    expect(me.status).toBe(200)
    expect(new Set(statuses), kind).toEqual(new Set([200]))
    expect(statuses.length, kind).toBeLessThanOrEqual(1 + opened)
    refreshes += statuses.length
    const row = counted[kind]
    if (row) {
      row.rounds += 1
      row.ms += Date.now() - startedMs
    }
    previous = next
  }
  const sessions = await first.context().request.get(`${service.url}/sessions`, {
    headers: { Authorization: `Bearer ${previous.token}` },
  })
  expect((await sessions.json()).sessions).toHaveLength(1)
  console.log(`${TABS} tabs, ${ROUNDS} rounds, ${refreshes} refreshes, 0 sessions lost:`)
  for (const [kind, { rounds, ms }] of Object.entries(counted)) {
    console.log(`- ${rounds} times, ${Math.round(ms / rounds)} ms each: ${kind}`)
  }
}, 600_000)

/** Moves the clocks of the service and of all pages. Timers that are due fire. */
async function pass(world: World, ms: number): Promise<void> {
  clock.move(ms)
  await passInPages(world, ms)
}

/**
 * The tabs of a browser share a clock, but Playwright moves that of one page after the other. No tab refreshes until all
 * clocks have moved, because one holds the client's lock: to a page whose clock moves later, a new token would be as old as the move
 * is long.
 */
async function passInPages({ context, tabs: [holder] }: World, ms: number): Promise<void> {
  const hold = (name: string) =>
    new Promise<void>((held) => {
      navigator.locks.request(name, () => {
        held()
        return new Promise<void>((release) => Object.assign(globalThis, { release }))
      })
    })
  await holder?.evaluate(hold, `${service.url}/`)
  await context.clock.fastForward(ms)
  await holder?.evaluate('release()')
}

/** Freezes tabs, as a browser does with tabs in the background. @returns A function that thaws them. */
async function freeze({ context }: World, tabs: Page[]): Promise<() => Promise<void>> {
  const sessions = await Promise.all(tabs.map((tab) => context.newCDPSession(tab)))
  const set = async (state: 'frozen' | 'active') => {
    await Promise.all(sessions.map((session) => session.send('Page.setWebLifecycleState', { state })))
  }
  await set('frozen')
  return async () => {
    await set('active')
    await Promise.all(sessions.map((session) => session.detach()))
  }
}

async function openTab(world: World): Promise<void> {
  const tab = await world.context.newPage()
  world.tabs.push(tab)
  await tab.goto(world.url)
}

const everyTab = <T>({ tabs }: World, read: () => unknown): Promise<T[]> =>
  Promise.all(tabs.map((tab) => tab.evaluate(read) as Promise<T>))

const cookieOf = async ({ context }: World) =>
  (await context.cookies(service.url)).find(({ name }) => name === '__Host-refresh')?.value
