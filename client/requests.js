// Requests to the service, and when to repeat them.

export const MAX_TRIES = 3
export const MAX_WAIT_SECONDS = 30

/** A login takes longer than other requests, because it hashes a password. */
const TIMEOUT_MS = 30_000

export class AuthError extends Error {
  /** @override @type {'AuthError'} */
  name = 'AuthError'

  /**
   * @param {number} status
   * @param {import('./client.d.ts').Problem} [problem]
   * @param {number} [retryAfterSeconds]
   */
  constructor(status, problem, retryAfterSeconds) {
    super(
      problem?.errors?.[0]?.detail ??
        problem?.detail ??
        `The service did not respond${status ? ` as expected: ${status}` : ''}.`,
    )
    this.status = status
    this.problem = problem
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** Why a request of one user's page was not sent: another user has signed in since. */
export const OTHER_USER = {
  type: 'about:blank',
  title: 'Conflict',
  status: 409,
  detail: 'Another user has signed in in this browser. Nothing was sent.',
  error: 'other_user',
}

/** Decodes the claims of a token. The service has just sent it, so nothing verifies it here. @returns {any} */
export function claimsOf(/** @type {string} */ token) {
  const base64 = String(token.split('.')[1]).replace(/-/g, '+').replace(/_/g, '/')
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  return JSON.parse(new TextDecoder().decode(bytes))
}

/**
 * Returns the base URL of the service, a function that makes requests to the origins that may get the access token, and one that sends
 * JSON with the cookie to the service, and returns the JSON of the response.
 *
 * @param {Parameters<typeof import('./client.d.ts').createAuth>[0]} options
 * @param {import('./client.d.ts').Edges} edges
 */
export function placesOf({ url, apis = [], language }, edges) {
  const { href } = edges.location
  const base = new URL(url, href).href.replace(/\/?$/, '/')
  const origins = [base, href, ...apis].map((allowed) => new URL(allowed).origin)
  /** @type {(input: string | URL | Request, init?: RequestInit) => Request} */
  const requestTo = (input, init) => {
    const request = new Request(input, init)
    const { origin } = new URL(request.url)
    if (!origins.includes(origin)) throw new TypeError(`auth.fetch: ${origin} is not in apis`)
    if (language && !request.headers.has('Accept-Language')) request.headers.set('Accept-Language', language)
    return request
  }
  /** @type {(route: string, body: object, timeoutMs?: number, credentials?: RequestCredentials) => Promise<any>} */
  const post = async (route, body, timeoutMs = TIMEOUT_MS, credentials = 'include') => {
    let response
    let json
    try {
      response = await edges.fetch(base + route, {
        method: 'POST',
        credentials,
        // The browser stores the new cookie even if the user leaves the page now.
        keepalive: true,
        headers: { 'Content-Type': 'application/json', ...(language && { 'Accept-Language': language }) },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(timeoutMs),
      })
      const text = await response.text()
      json = text && JSON.parse(text)
    } catch {
      throw new AuthError(0)
    }
    if (!response.ok) throw new AuthError(response.status, json, retryAfterOf(response))
    return json
  }
  return { base, requestTo, post }
}

/** Returns the seconds of a header `Retry-After`. @param {Response} response */
export const retryAfterOf = ({ headers }) => Number(headers.get('Retry-After')) || undefined

/**
 * Returns whether a session is of another sign-in or of a device by now. The new cookie may be under way.
 *
 * @param {any} error
 */
export const isChanged = ({ problem }) => /^(session_changed|device_required)$/.test(problem?.error)

/** Returns whether the same request may succeed later. @param {any} error */
export const isTemporary = ({ status }) => status === 0 || status === 429 || status >= 500

/**
 * Waits. Ends early when a signal aborts.
 *
 * @param {import('./client.d.ts').Edges} edges
 * @param {number} seconds
 * @param {AbortSignal} [signal]
 * @returns {Promise<unknown>}
 */
export const pause = ({ setTimeout }, seconds, signal) =>
  new Promise((resolve) => {
    setTimeout(() => resolve(0), seconds * 1000)
    signal?.addEventListener('abort', resolve)
  })

/**
 * Repeats an action that is safe to repeat.
 *
 * @template T
 * @param {import('./client.d.ts').Edges} edges
 * @param {() => Promise<T>} act
 */
export async function persist(edges, act) {
  for (let tries = 1; ; tries++) {
    try {
      return await act()
    } catch (error) {
      const { retryAfterSeconds = 0 } = /** @type {AuthError} */ (error)
      if (!isTemporary(error) || tries === MAX_TRIES || retryAfterSeconds > MAX_WAIT_SECONDS) throw error
      await pause(edges, retryAfterSeconds + edges.Math.random() / 2)
    }
  }
}
