// Keeps a browser signed in.
//
// The refresh token is in an HttpOnly cookie, the access token in memory only. Without Web Locks or BroadcastChannel, tabs send
// more requests: `refreshGraceSeconds` of the service makes concurrent ones harmless.

import {
  AuthError,
  claimsOf,
  isChanged,
  isTemporary,
  MAX_TRIES,
  MAX_WAIT_SECONDS,
  OTHER_USER,
  pause,
  persist,
  placesOf,
  retryAfterOf,
} from './requests.js'
import { connectTabs } from './tabs.js'

/** Shorter than `refreshGraceSeconds`, in which the service repeats a response that was lost. */
const REFRESH_TIMEOUT_MS = 8_000

/** Timers stop while a device sleeps, so the client compares the age of the token at least this often. */
const TICK_SECONDS = 60

/** The share of its life after which a token is replaced: a random one, so that a thief cannot foresee the moment. */
const EARLIEST = 0.7
const SPREAD = 0.1

/** The response of a sign-in in another tab may be under way, or the one that binds the session. */
const CHANGED_PAUSE_SECONDS = 1

/** An API that rejects every token must not cause a refresh with every call. */
const REJECTED_AGAIN_MS = 30_000

/**
 * The sign-in is too old for what the request does, or had one factor only (RFC 9470). A new token of the same session does not help.
 */
const STEP_UP = 'insufficient_user_authentication'

/**
 * Whether an API may have rejected the token. An HTTP API of API Gateway rejects it with 403. A problem with 403 says that the token is
 * valid.
 */
const isRejected = (/** @type {Response} */ { status, headers }) =>
  status === 401 ||
  (status === 403 && !/^application\/problem\+json/i.test(String(headers.get('Content-Type'))))

/** Other methods may have had their effect, and a password in them may have become the wrong one. */
const SAFE = /^(GET|HEAD|OPTIONS)$/

/** @typedef {import('./client.d.ts').User} User */
/**
 * An access token. `life` and `due` are seconds after the request for it, `wall` and `mono` two clocks at that request.
 *
 * @typedef {{ token: string, life: number, due: number, wall: number, mono: number }} Session
 */
/**
 * The end of a request that may have changed the cookie. Without a session and a failure, the user is signed out.
 *
 * @typedef {{ id: string, session?: Session | undefined, failure?: ConstructorParameters<typeof AuthError> }} Outcome
 */

/** @returns {User} */
function userOf(/** @type {string} */ token) {
  const { sub: id, username, role } = claimsOf(token)
  return { id, username, role }
}

/** @type {typeof import('./client.d.ts').createAuth} */
export function createAuth(options, edges = globalThis) {
  const { base, requestTo, post } = placesOf(options, edges)
  /** @type {Set<() => void>} */
  const listeners = new Set()

  /** @type {Session | undefined} */
  let session
  /** @type {User | null | undefined} */
  let user
  /** How often a session began or ended. */
  let changes = 0
  /**
   * When this page opened; 0 once it has asked who is signed in. Another tab may have asked before a page of another origin
   * changed the cookie, so until then only requests after this moment count.
   */
  let openedAt = edges.Date.now()
  /** @type {AuthError | undefined} Why the last refresh failed, in any tab. */
  let failure
  let failures = 0
  /** When the client refreshes by itself after a failure, by the monotonic clock. */
  let retryAt = 0
  /** When a rejected token causes a refresh again. */
  let rejectedAgainAt = 0
  /** @type {Promise<void> | undefined} */
  let refreshing
  /** @type {any} */
  let timer

  /**
   * Returns the age of a token in seconds. One clock may stop while the device sleeps, and a user may set back the other. A
   * clock that is set forward costs one refresh.
   */
  const ageOf = (/** @type {Session} */ { wall, mono }) =>
    Math.max(edges.Date.now() - wall, edges.performance.now() - mono) / 1000

  const isDue = () => (session ? ageOf(session) >= session.due : user === undefined)

  /** Listeners run one by one, so that the failure of one does not keep others from running. */
  const notify = (/** @type {() => void} */ listener) =>
    queueMicrotask(() => listeners.has(listener) && listener())

  /** Whether another user has signed in since. Who has signed out since may still get public responses. */
  const isOther = (/** @type {User | null | undefined} */ caller) =>
    Boolean(caller && user && caller.id !== user.id)

  function schedule() {
    edges.clearTimeout(timer)
    if (user === null || (failure && !isTemporary(failure))) return
    const seconds = session ? Math.min(session.due - ageOf(session), TICK_SECONDS) : 0
    timer = edges.setTimeout(check, Math.max(1000 * seconds, retryAt - edges.performance.now()))
  }

  function change(/** @type {Session | undefined} */ next) {
    const nextUser = next ? userOf(next.token) : null
    changes++
    openedAt = 0
    session = next
    if (JSON.stringify(nextUser) !== JSON.stringify(user)) {
      user = nextUser
      listeners.forEach(notify)
    }
  }

  /** Applies an outcome of this tab or another one. */
  function apply(/** @type {Outcome} */ outcome) {
    const { session: next } = outcome
    // A failure brings the session to tabs that have missed it. To others it is no change.
    if (!outcome.failure || (next && next.token !== session?.token)) change(next)
    failure = outcome.failure && new AuthError(...outcome.failure)
    failures = failure ? failures + 1 : 0
    const backoff = failure ? (failure.retryAfterSeconds ?? Math.min(2 ** failures, TICK_SECONDS)) : 0
    retryAt = edges.performance.now() + 1000 * backoff * (1 + edges.Math.random())
    schedule()
  }

  const tabs = connectTabs(base, edges, (/** @type {Outcome} */ outcome) => {
    const { session } = outcome
    if (openedAt && !(session && session.wall >= openedAt)) return
    // Each tab has its own monotonic clock. A frozen tab gets the outcome late, which `wall` shows.
    if (session) session.mono = edges.performance.now()
    apply(outcome)
  })

  async function publish(/** @type {Omit<Outcome, 'id'>} */ { session, failure }) {
    const outcome = { id: crypto.randomUUID(), session, ...(failure && { failure }) }
    apply(outcome)
    await tabs.publish(outcome)
  }

  /** Sends a request for a token. Returns what else is in the response, too. */
  async function fetchToken(
    /** @type {string} */ route,
    /** @type {object} */ body,
    /** @type {number | undefined} */ timeoutMs = undefined,
  ) {
    const clocks = { wall: edges.Date.now(), mono: edges.performance.now() }
    const { authToken: token, expiresIn: life, ...others } = await post(route, body, timeoutMs)
    if (others.next) return { others }
    if (typeof token !== 'string' || !(life > 0)) throw new AuthError(0)
    const due = life * (EARLIEST + SPREAD * edges.Math.random())
    return { session: { token, life, due, ...clocks }, others }
  }

  /** @type {(body: Record<string, any>, route?: string) => Promise<any>} */
  async function signIn(body, route = 'login') {
    // The token of an earlier step knows where the session is kept.
    const kind = body.loginToken || body.enrolmentToken ? {} : { session: 'cookie' }
    const { next, recoveryCodes, ...others } = await tabs.exclusive(async () => {
      const { session, others } = await fetchToken(route, { ...body, ...kind })
      if (session) await publish({ session })
      return others
    })
    if (next) return { next, ...others }
    return recoveryCodes ? { ...user, recoveryCodes } : user
  }

  /** Refreshes, unless another tab has done it since `changes` was `seenChanges`. */
  const refreshOnce = (/** @type {number} */ seenChanges, isRepeated = false, seenFailure = failure) =>
    tabs.exclusive(async () => {
      // A page from the back/forward cache has to ask, even if it learned something before it left.
      if (!openedAt && changes !== seenChanges && !isDue()) return
      if (failure && failure !== seenFailure) throw failure
      const before = changes
      try {
        const { session: next } = await fetchToken('refresh', {}, REFRESH_TIMEOUT_MS)
        // Without Web Locks, a user may have signed in since then.
        if (changes === before) await publish({ session: next })
      } catch (error) {
        const { status, problem, retryAfterSeconds } = /** @type {AuthError} */ (error)
        if (isChanged(error) && !isRepeated) throw error
        if (status !== 401 && !isChanged(error)) {
          // What a page from the back/forward cache knew is perhaps of another user.
          await publish({
            session: openedAt ? undefined : session,
            failure: [status, problem, retryAfterSeconds],
          })
          throw error
        }
        if (changes === before) await publish({})
      }
    })

  /**
   * Refreshes, and once more if another sign-in has renewed the session, or it was bound to a device: by then the browser may have the cookie.
   * If it has not, that response is lost, and the user is signed out.
   */
  const refreshTwice = (/** @type {number} */ seenChanges) =>
    refreshOnce(seenChanges).catch(async (error) => {
      if (!isChanged(error)) throw error
      // Without Web Locks, another tab may have refreshed before the service responded so.
      const seenNow = changes
      await pause(edges, CHANGED_PAUSE_SECONDS)
      await refreshOnce(seenNow, true)
    })

  function refresh() {
    const seenChanges = changes
    refreshing ??= persist(edges, () => refreshTwice(seenChanges)).finally(() => {
      refreshing = undefined
      schedule()
    })
    return refreshing
  }

  function check() {
    if (isDue()) refresh().catch(() => {})
    else schedule()
  }

  async function getAccessToken() {
    if (isDue()) {
      const isValid = session && ageOf(session) < session.life
      // A page that calls often must not send a request each time while the service is down.
      const isEarly = !refreshing && edges.performance.now() < retryAt
      if (isEarly && !isValid && failure?.retryAfterSeconds) throw failure
      if (!isEarly || !isValid) {
        const refreshed = refresh()
        if (isValid) refreshed.catch(() => {})
        else await refreshed
      }
    }
    return session?.token
  }

  edges.addEventListener?.('online', check)
  edges.addEventListener?.('visibilitychange', check)
  // A page in the back/forward cache must not hold a lock, and may miss messages.
  edges.addEventListener?.('pagehide', () => {
    tabs.leave()
    openedAt = Infinity
  })
  edges.addEventListener?.('pageshow', (event) => {
    if (!(/** @type {PageTransitionEvent} */ (event).persisted)) return
    openedAt = edges.Date.now()
    refresh().catch(() => {})
  })
  check()

  return {
    get user() {
      return user
    },

    actor: undefined,

    signIn,

    post,

    async signOut({ everywhere } = {}) {
      const caller = user
      // The cookie may be of a user whom this page does not show.
      if (caller === null) return
      const act = async () => {
        if (isOther(caller)) throw new AuthError(409, OTHER_USER)
        await post('logout', { everywhere: everywhere || undefined, sub: caller?.id })
        await publish({})
      }
      try {
        await persist(edges, () => tabs.exclusive(act))
      } catch (error) {
        // The service says that another user has signed in. Only a refresh shows which one.
        const { status } = /** @type {AuthError} */ (error)
        if (status === 409 && !isOther(caller)) await refresh().catch(() => {})
        throw error
      }
    },

    async refresh() {
      await refresh()
      return user ?? null
    },

    getAccessToken,

    async fetch(input, init) {
      const request = requestTo(input, init)
      const isStream = init?.body instanceof ReadableStream
      let caller = user
      let isRefused = false
      for (let tries = 1; ; ) {
        // A page that shows that no user is signed in sends no token of one who signs in later.
        const token = caller === null ? undefined : await getAccessToken()
        if (isOther(caller)) throw new AuthError(409, OTHER_USER)
        if (caller === undefined) caller = user
        const copy = isStream ? request : request.clone()
        if (token) copy.headers.set('Authorization', `Bearer ${token}`)
        const response = await edges.fetch(copy)
        const { status } = response
        const seconds = retryAfterOf(response) ?? Infinity
        if (isStream) return response
        if (isRejected(response) && token && !isRefused) {
          const reason = response.headers.get('WWW-Authenticate') + (await response.clone().text())
          if (reason.includes(STEP_UP)) return response
          isRefused = true
          if (session?.token === token) {
            const nowMs = edges.performance.now()
            if (!refreshing && nowMs < rejectedAgainAt) return response
            rejectedAgainAt = nowMs + REJECTED_AGAIN_MS
            await refresh()
          }
          if (!session) return response
        } else if (
          (status === 429 || status === 503) &&
          SAFE.test(request.method) &&
          seconds <= MAX_WAIT_SECONDS &&
          tries++ < MAX_TRIES
        ) {
          await pause(edges, seconds, request.signal)
        } else {
          return response
        }
      }
    },

    onChange(listener) {
      const call = () => listener(/** @type {User | null} */ (user))
      listeners.add(call)
      if (user !== undefined) notify(call)
      return () => listeners.delete(call)
    },
  }
}
