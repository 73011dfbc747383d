// Keeps a browser signed in. client.d.ts describes what it exports.
//
// The refresh token is in an HttpOnly cookie, the access token in memory only. Requests that change the cookie run one at a
// time over all tabs, under a Web Lock. Each tab posts their outcome to the others. Without Web Locks or BroadcastChannel there
// are more requests: `refreshGraceSeconds` of the service allows concurrent ones.

const MAX_TRIES = 3
const MAX_WAIT_SECONDS = 30

/** Shorter than `refreshGraceSeconds`, in which the service repeats a lost response. */
const REFRESH_TIMEOUT_MS = 8_000
const TIMEOUT_MS = 30_000

/** For tabs that are frozen while they hold a lock. */
const LOCK_TIMEOUT_MS = 30_000
const REPLY_TIMEOUT_MS = 1_000

/** Timers stop while a device sleeps, so the age of the token is compared at least this often. */
const TICK_SECONDS = 60

const REPEATABLE = /^(GET|HEAD|OPTIONS|PUT|DELETE)$/

export class AuthError extends Error {
  /** @type {'AuthError'} */
  name = 'AuthError'

  /** @param {any} [problem] @param {number} [retryAfterSeconds] */
  constructor(/** @type {number} */ status, problem, retryAfterSeconds) {
    super(problem?.detail ?? `The service did not respond${status ? ` as expected: ${status}` : ''}.`)
    this.status = status
    this.problem = problem
    this.retryAfterSeconds = retryAfterSeconds
  }
}

const retryAfterOf = (/** @type {Response} */ { headers }) => Number(headers.get('Retry-After')) || undefined

const isTemporary = (/** @type {any} */ { status }) => status === 0 || status === 429 || status >= 500

/** Decodes the claims of a token. The service has just sent it, so nothing verifies it here. */
function claimsOf(/** @type {string} */ token) {
  const base64 = String(token.split('.')[1]).replace(/-/g, '+').replace(/_/g, '/')
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0))))
}

/** @type {typeof import('./client.d.ts').createAuth} */
export function createAuth({ url, apis = [] }, edges = /** @type {any} */ (globalThis)) {
  const { href } = edges.location
  const base = new URL(url, href).href.replace(/\/?$/, '/')
  const origins = [base, href, ...apis].map((allowed) => new URL(allowed).origin)
  const locks = /** @type {LockManager} */ (edges.navigator.locks)
  const channel = edges.BroadcastChannel && new edges.BroadcastChannel(base)
  /** @type {Set<() => void>} */
  const listeners = new Set()

  /** @type {{ token: string, id: string, life: number, due: number, wall: number, mono: number } | undefined} */
  let session
  /** @type {import('./client.d.ts').User | null | undefined} */
  let user
  /** How often the session has changed. */
  let changes = 0
  /** @type {AuthError | undefined} Of the last refresh in any tab. */
  let failure
  let failures = 0
  /** @type {Promise<void> | undefined} */
  let renewal
  /** @type {(() => void) | undefined} Releases the lock that shows that this tab hands over its token. */
  let release
  /** @type {(() => void) | undefined} */
  let onReply
  /** @type {Promise<unknown>} */
  let last = Promise.resolve()
  /** @type {any} */
  let timer

  /**
   * Returns the seconds since the token was requested. One clock may stop while the device sleeps, and a user may set back the
   * other. A clock that is set forward costs one refresh.
   */
  const age = (/** @type {NonNullable<typeof session>} */ { wall, mono }) =>
    Math.max(edges.Date.now() - wall, edges.performance.now() - mono) / 1000

  const isDue = () => (session ? age(session) >= session.due : user === undefined)

  const pause = (/** @type {number} */ seconds, /** @type {AbortSignal} */ signal) =>
    new Promise((resolve) => {
      edges.setTimeout(() => resolve(0), seconds * 1000)
      signal?.addEventListener('abort', resolve)
    })

  const notify = (/** @type {() => void} */ listener) =>
    queueMicrotask(() => listeners.has(listener) && listener())

  function schedule() {
    edges.clearTimeout(timer)
    if (user === null || (failure && !isTemporary(failure))) return
    const seconds = session ? Math.min(session.due - age(session), TICK_SECONDS) : 0
    const backoff = failure ? (failure.retryAfterSeconds ?? Math.min(2 ** failures, TICK_SECONDS)) : 0
    timer = edges.setTimeout(check, 1000 * Math.max(seconds, backoff * (1 + edges.Math.random())))
  }

  function change(/** @type {typeof session} */ next) {
    changes++
    failure = undefined
    failures = 0
    release?.()
    session = next
    const { sub: id, username, role } = next ? claimsOf(next.token) : /** @type {any} */ ({})
    const nextUser = next ? { id, username, role } : null
    if (JSON.stringify(nextUser) !== JSON.stringify(user)) {
      user = nextUser
      listeners.forEach(notify)
    }
    schedule()
  }

  function fail(/** @type {AuthError} */ error) {
    failure = error
    failures++
  }

  const tell = (message = /** @type {object} */ ({ session })) => channel?.postMessage(message)

  if (channel) {
    channel.onmessage = ({ data }) => {
      if (data.ask) return release && tell()
      if (data.failure) return fail(new AuthError(...data.failure))
      const next = data.session
      // A frozen tab gets messages late.
      if (next) next.mono = edges.performance.now() - Math.max(0, edges.Date.now() - next.wall)
      change(next)
      onReply?.()
    }
  }

  async function post(/** @type {string} */ path, /** @type {object} */ body, timeoutMs = TIMEOUT_MS) {
    const times = { wall: edges.Date.now(), mono: edges.performance.now() }
    let response
    let json
    try {
      response = await edges.fetch(base + path, {
        method: 'POST',
        credentials: 'include',
        // The new cookie is stored even if the user leaves the page now.
        keepalive: true,
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(timeoutMs),
      })
      const text = await response.text()
      json = text && JSON.parse(text)
    } catch {
      throw new AuthError(0)
    }
    if (!response.ok) throw new AuthError(response.status, json, retryAfterOf(response))
    return { ...json, ...times }
  }

  /** Runs actions one at a time: in this tab, and in all tabs where there are Web Locks. @type {<T>(act: () => Promise<T>) => Promise<T>} */
  function exclusive(act) {
    let isStarted = false
    const start = () => {
      isStarted = true
      return act()
    }
    const done = last.then(async () => {
      try {
        return await locks.request(base, { signal: AbortSignal.timeout(LOCK_TIMEOUT_MS) }, start)
      } catch (error) {
        if (isStarted) throw error
        return act()
      }
    })
    last = done.catch(() => {})
    return /** @type {any} */ (done)
  }

  /** Repeats what is safe to repeat. @type {<T>(act: () => Promise<T>) => Promise<T>} */
  async function persist(act) {
    for (let tries = 1; ; tries++) {
      try {
        return await act()
      } catch (error) {
        const { retryAfterSeconds: seconds = 0 } = /** @type {AuthError} */ (error)
        if (!isTemporary(error) || tries === MAX_TRIES || seconds > MAX_WAIT_SECONDS) throw error
        await pause(seconds + edges.Math.random() / 2)
      }
    }
  }

  const holderName = (id = session?.id) => `${base} ${id}`

  /** Stores a token and hands it to all tabs. */
  async function take(/** @type {any} */ { authToken: token, expiresIn: life, wall, mono }) {
    const due = life * (0.7 + edges.Math.random() / 10)
    change({ token, id: claimsOf(token).jti, life, due, wall, mono })
    tell()
    // Tabs that open from now on see by this lock that they can ask for the token.
    await new Promise((resolve) => {
      const hold = () =>
        new Promise((end) => {
          release = () => {
            release = undefined
            end(0)
          }
          resolve(0)
        })
      Promise.resolve(locks?.request(holderName(), { mode: 'shared' }, hold))
        .catch(() => {})
        .then(resolve)
    })
  }

  /** Waits for a newer token from another tab, if there is one. */
  async function askTabs() {
    const { held = [] } = (await locks?.query().catch(() => {})) ?? {}
    if (!held.some(({ name }) => name?.startsWith(holderName('')) && name !== holderName())) return
    await new Promise((resolve) => {
      onReply = () => resolve(0)
      edges.setTimeout(onReply, REPLY_TIMEOUT_MS)
      tell({ ask: true })
    })
  }

  const renewOnce = (seenChanges = changes, seenFailure = failure) =>
    exclusive(async () => {
      const isRenewed = () => changes !== seenChanges && !isDue()
      if (!isRenewed()) await askTabs()
      if (isRenewed()) return
      if (failure && failure !== seenFailure) throw failure
      const before = changes
      try {
        const response = await post('refresh', {}, REFRESH_TIMEOUT_MS)
        // Without Web Locks, a user may have signed in meanwhile.
        if (changes === before) await take(response)
      } catch (error) {
        const { status, problem, retryAfterSeconds } = /** @type {AuthError} */ (error)
        if (status !== 401) {
          fail(/** @type {AuthError} */ (error))
          tell({ failure: [status, problem, retryAfterSeconds] })
          throw error
        }
        if (changes !== before) return
        change(undefined)
        tell()
      }
    })

  function renew() {
    renewal ??= persist(() => renewOnce()).finally(() => {
      renewal = undefined
      schedule()
    })
    return renewal
  }

  function check() {
    if (isDue()) renew().catch(() => {})
    else schedule()
  }

  async function getAccessToken() {
    if (isDue()) {
      const renewed = renew()
      if (session && age(session) < session.life) renewed.catch(() => {})
      else await renewed
    }
    return session?.token
  }

  edges.addEventListener?.('online', check)
  edges.addEventListener?.('visibilitychange', check)
  // A page in the back/forward cache must hold no lock, and gets no messages.
  edges.addEventListener?.('pagehide', () => release?.())
  edges.addEventListener?.('pageshow', (event) => {
    if (/** @type {PageTransitionEvent} */ (event).persisted) renew().catch(() => {})
  })
  check()

  return {
    get user() {
      return user
    },

    async signIn({ username, password }) {
      await exclusive(async () => take(await post('login', { username, password, session: 'cookie' })))
      return /** @type {import('./client.d.ts').User} */ (user)
    },

    async signOut({ everywhere } = {}) {
      await persist(() =>
        exclusive(async () => {
          await post('logout', { everywhere: everywhere || undefined })
          change(undefined)
          tell()
        }),
      )
    },

    getAccessToken,

    async fetch(input, init) {
      const request = new Request(input, init)
      const { origin } = new URL(request.url)
      if (!origins.includes(origin)) throw new TypeError(`auth.fetch: ${origin} is not in apis`)
      const isStream = init?.body instanceof ReadableStream
      let isRefused = false
      for (let tries = 1; ; ) {
        const token = await getAccessToken()
        const copy = isStream ? request : request.clone()
        if (token) copy.headers.set('Authorization', `Bearer ${token}`)
        const response = await edges.fetch(copy)
        const seconds = retryAfterOf(response) ?? Infinity
        if (isStream) return response
        if (response.status === 401 && token && !isRefused) {
          isRefused = true
          if (session?.token === token) await renew()
          if (!session) return response
        } else if (
          (response.status === 429 || response.status === 503) &&
          REPEATABLE.test(request.method) &&
          seconds <= MAX_WAIT_SECONDS &&
          tries++ < MAX_TRIES
        ) {
          await pause(seconds, request.signal)
        } else {
          return response
        }
      }
    },

    onChange(listener) {
      const call = () => listener(/** @type {any} */ (user))
      listeners.add(call)
      if (user !== undefined) notify(call)
      return () => listeners.delete(call)
    },
  }
}
