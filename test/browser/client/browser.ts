import { setImmediate } from 'node:timers/promises'
import { expect, onTestFinished } from 'vitest'
import { type Auth, createAuth, type Edges } from '../../../client/client.js'
import { FarEnd } from './far-end.ts'

type Fetched = (url: URL, request: Request) => Promise<Response | undefined> | Response | undefined

interface Timer {
  atMs: number
  act: () => void
}

/** Turns of the event loop in which a message reaches another tab, and that tab requests the lock. */
const QUIET_TURNS = 5

/** Options for `expect.poll`. */
export const QUICK = { interval: 1 }

type Channel = InstanceType<typeof BroadcastChannel>

let profiles = 0

/**
 * A browser with one cookie and any number of tabs. Web Locks and BroadcastChannel are those of Node, which work between tabs
 * as they do in a browser. The far end, the clocks and the random numbers are values.
 */
export class Browser {
  readonly farEnd = new FarEnd()
  cookie: string | undefined
  /** Responds in place of the far end, or throws as a network does. `undefined` leaves the request to the far end. */
  intercept: Fetched = () => undefined
  /** What happens to a response of the far end on its way: it waits, or throws because it is lost. */
  transit: (path: string) => Promise<void> | void = () => undefined
  random = 0.5
  readonly pageUrl: string
  readonly serviceUrl: string
  readonly #timers = new Set<Timer>()
  #elapsedMs = 0
  #clockMs = Date.parse('2026-11-26T12:00:00Z')

  constructor() {
    profiles += 1
    // Tests of a file share the locks and channels of a process.
    this.pageUrl = `https://app${profiles}.example.com/orders`
    this.serviceUrl = `https://auth${profiles}.example.com`
  }

  /** Opens a tab. */
  open({ without = [], apis = [] }: { without?: ('locks' | 'channel')[]; apis?: string[] } = {}): Tab {
    return new Tab(this, without, apis)
  }

  /** Opens a tab, and waits until it knows its user. */
  async openKnown(...options: Parameters<Browser['open']>): Promise<Tab> {
    const tab = this.open(...options)
    await expect.poll(() => tab.username, QUICK).toBeDefined()
    return tab
  }

  /** Opens a number of tabs at once, of which the first signs a user in. */
  async openSignedIn(count = 1, username = 'ada'): Promise<[Tab, ...Tab[]]> {
    const first = await this.openKnown()
    await first.auth.signIn({ username, password: username })
    const others = await Promise.all(Array.from({ length: count - 1 }, () => this.openKnown()))
    this.farEnd.received.length = 0
    return [first, ...others]
  }

  /** Signs a user in on a page of another origin, of which no tab here learns. */
  signInElsewhere(username: string): void {
    const body = { username, session: 'cookie' }
    this.cookie = this.farEnd.handle({ path: '/login', body, cookie: this.cookie }).cookie
  }

  /** Moves time. Timers fire in order. */
  advance(seconds: number): void {
    const untilMs = this.#elapsedMs + seconds * 1000
    for (;;) {
      const due = [...this.#timers].filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0]
      this.#moveTo(due?.atMs ?? untilMs)
      if (!due) return
      this.#timers.delete(due)
      due.act()
    }
  }

  /** Moves time, and waits until the tabs have done what was due. */
  async pass(seconds: number): Promise<void> {
    this.advance(seconds)
    await this.settled()
  }

  /** Moves time in steps until a promise has settled. */
  async passUntil<T>(promise: Promise<T>): Promise<T> {
    let isRunning = true
    const ended = promise.finally(() => {
      isRunning = false
    })
    ended.catch(() => undefined)
    while (isRunning) {
      await this.settled()
      if (isRunning) this.advance(0.1)
    }
    return ended
  }

  /** Moves time while the device sleeps: timers and the monotonic clock stop. */
  sleep(seconds: number): void {
    this.#clockMs += seconds * 1000
    this.farEnd.nowMs += seconds * 1000
  }

  /** Sets the clock of the device. */
  setClock(byDays: number): void {
    this.#clockMs += byDays * 86_400_000
  }

  /** Waits until no tab holds the lock or waits for it, and all messages have arrived. */
  async settled(): Promise<void> {
    for (let quietTurns = 0; quietTurns < QUIET_TURNS; quietTurns += 1) {
      await setImmediate()
      const { held = [], pending = [] } = await navigator.locks.query()
      if ([...held, ...pending].some(({ name }) => name === `${this.serviceUrl}/`)) quietTurns = 0
    }
  }

  readonly clock = { now: () => this.#clockMs }
  readonly monotonic = { now: () => this.#elapsedMs }

  readonly setTimeout = ((act: () => void, ms = 0) => {
    const timer = { atMs: this.#elapsedMs + Math.max(0, ms), act }
    this.#timers.add(timer)
    return timer
  }) as unknown as typeof setTimeout

  readonly clearTimeout = ((timer: unknown) => this.#timers.delete(timer as Timer)) as typeof clearTimeout

  /** Seconds until the timers that are set. */
  get waits(): number[] {
    return [...this.#timers].map(({ atMs }) => (atMs - this.#elapsedMs) / 1000).sort((a, b) => a - b)
  }

  readonly fetch = (async (input: string | Request, init?: RequestInit) => {
    const request = new Request(input, init)
    const url = new URL(request.url)
    const cookie = this.cookie
    request.signal.throwIfAborted()
    const intercepted = await this.intercept(url, request)
    if (intercepted) return intercepted
    if (url.origin !== this.serviceUrl) throw new TypeError(`no such host: ${url.origin}`)
    const isCookieSent = request.credentials === 'include' && request.method === 'POST'
    if (!isCookieSent || request.headers.get('Content-Type') !== 'application/json') {
      throw new Error('The client must send the cookie and JSON.')
    }
    const body = (await request.json()) as object
    const sent = this.farEnd.handle({ path: url.pathname, body, cookie })
    await this.transit(url.pathname)
    if (sent.cookie !== undefined) this.cookie = sent.cookie || undefined
    return sent.response
  }) as typeof fetch

  /** What all tabs share. */
  get edges() {
    return {
      fetch: this.fetch,
      setTimeout: this.setTimeout,
      clearTimeout: this.clearTimeout,
      Date: this.clock,
      performance: this.monotonic,
      Math: { random: () => this.random },
      location: { href: this.pageUrl },
      navigator,
    }
  }

  /** Waits until a timer of a number of seconds is set. */
  async waitForTimers(seconds: number): Promise<void> {
    await expect.poll(() => this.waits, QUICK).toContain(seconds)
  }

  /** Returns the names of the locks that tabs hold to hand over their token. */
  async locks(): Promise<string[]> {
    const { held = [] } = await navigator.locks.query()
    return held.map(({ name }) => String(name)).filter((name) => name.startsWith(`${this.serviceUrl}/ `))
  }

  #moveTo(elapsedMs: number): void {
    const ms = elapsedMs - this.#elapsedMs
    this.#elapsedMs = elapsedMs
    this.farEnd.nowMs += ms
    this.#clockMs += ms
  }
}

/** A tab of a browser, with its own client. */
export class Tab {
  readonly auth: Auth
  /** Every user that a listener saw: names, or `null`. */
  readonly seen: (string | null)[] = []
  readonly #listeners = new Map<string, ((event: Event) => void)[]>()
  readonly #channels: Channel[] = []
  readonly #handlers = new Map<Channel, Channel['onmessage']>()

  constructor(browser: Browser, without: readonly string[], apis: readonly string[]) {
    const channels = this.#channels
    const OwnChannel = class extends BroadcastChannel {
      constructor(name: string) {
        super(name)
        channels.push(this)
      }
    }
    // The monotonic clock of a page begins when it opens.
    const openedMs = browser.monotonic.now()
    const edges: Edges = {
      ...browser.edges,
      performance: { now: () => browser.monotonic.now() - openedMs },
      navigator: without.includes('locks') ? {} : navigator,
      ...(!without.includes('channel') && { BroadcastChannel: OwnChannel }),
      addEventListener: (type, listener) =>
        this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]),
    }
    this.auth = createAuth({ url: browser.serviceUrl, apis }, edges)
    this.auth.onChange((user) => this.seen.push(user?.username ?? null))
    onTestFinished(() => this.close())
  }

  get username(): string | null | undefined {
    return this.auth.user === null ? null : this.auth.user?.username
  }

  /** Dispatches an event of the window. */
  dispatch(type: string, more = {}): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(Object.assign(new Event(type), more))
  }

  /** Discards messages to the tab, as if it had left for the back/forward cache. */
  freeze(): void {
    for (const channel of this.#channels) {
      this.#handlers.set(channel, channel.onmessage)
      channel.onmessage = () => undefined
    }
  }

  thaw(): void {
    for (const [channel, onmessage] of this.#handlers) channel.onmessage = onmessage
  }

  close(): void {
    this.dispatch('pagehide')
    for (const channel of this.#channels) channel.close()
  }
}
