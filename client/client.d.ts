/** The signed-in user, from the claims of the access token. */
export interface User {
  readonly id: string
  readonly username: string
  readonly role: string
  /** Of a {@link NextStep} only. */
  readonly next?: undefined
}

/** What completes a sign-in after the password. */
export type Factor = 'totp' | 'passkey' | 'recovery-code'

/** What a sign-in needs next. The user is not signed in yet. */
export type NextStep =
  | {
      readonly next: 'second-factor'
      /** Those that the user has. */
      readonly factors: readonly Factor[]
      /** For 5 minutes and 5 attempts. */
      readonly loginToken: string
    }
  | {
      /** The user must set up a second factor first, and prove with one of `proofs` that the account is theirs. */
      readonly next: 'enrolment'
      readonly proofs: readonly ('mail' | 'code')[]
      readonly enrolmentToken: string
    }

/** A user who signed in by setting up a factor. The recovery codes are shown this once. */
export type EnrolledUser = User & { readonly recoveryCodes?: readonly string[] }

/**
 * The routes that complete a sign-in, and what their body needs in addition to the token of the step before.
 */
export type SignInRoute =
  | 'login/totp'
  | 'login/recovery-code'
  | 'login/passkey'
  | 'enrolment/totp/confirm'
  | 'enrolment/passkey'

/** The fault of a field. */
export interface FieldFault {
  pointer: string
  detail: string
  /** The rule that the value breaks, for programs: `required`, `too_short`, `format`. */
  rule?: string
  /** The numbers and names in `detail`, by name. */
  values?: Readonly<Record<string, string | number | readonly string[]>>
}

/** A problem of the service (RFC 9457). */
export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  /** What went wrong, for programs: `invalid_credentials`. Several problems share a code, and differ in `error`. */
  code?: string
  /** The faults of single fields, by JSON pointer: `#/password`. */
  errors?: FieldFault[]
  /**
   * Of a 401, what to do: `insufficient_user_authentication` (sign in again, with `acr_values` and within `max_age`; RFC 9470),
   * `login_expired` (begin again with the password), `passkey_refused` or `unknown_passkey`. Of a 409, `other_user`: another user has
   * signed in, and nothing was done.
   */
  error?: string
  /** The authentication that the request needs: `aal2` is two factors. */
  acr_values?: string
  /** How many seconds ago the sign-in may be. */
  max_age?: number
}

/**
 * A request that the service rejected or did not respond to, or that the client did not send. The message is that of the first
 * invalid field, or else the problem's `detail`.
 */
export class AuthError extends Error {
  constructor(status: number, problem?: Problem, retryAfterSeconds?: number)
  override name: 'AuthError'
  /** HTTP status; 0 without a response; 409 if another user has signed in. */
  readonly status: number
  readonly problem: Problem | undefined
  /** Seconds of `Retry-After`: after a 429, how long to wait before the next attempt. */
  readonly retryAfterSeconds: number | undefined
}

/** Keeps one user signed in, in all tabs of an origin. The methods work without `this`. */
export interface Auth {
  /** The user; `null` when signed out; `undefined` until that is known. The object is the same until the user changes. */
  readonly user: User | null | undefined
  /** The operator who acts as the user in this tab; `undefined` if the user is the user. */
  readonly actor: { readonly userId: string } | undefined
  /**
   * Signs in with a password, in all tabs of this origin. Ends the session that was in this browser. Sends one request.
   *
   * If the password is not enough, the result has `next`, and the user is not signed in yet. Another call completes the sign-in:
   * `signIn({ loginToken, code }, 'login/totp')`. A page that knows no second factor must treat `next` as a failure.
   *
   * @param route - Another route that responds as `login` does, and the body that it needs.
   * @throws AuthError 401 for wrong credentials, 422 for a wrong code, 429 with `retryAfterSeconds`.
   */
  signIn(credentials: { username: string; password: string }): Promise<User | NextStep>
  signIn(body: object, route: 'register/confirm' | 'login'): Promise<User | NextStep>
  signIn(body: object, route: SignInRoute): Promise<EnrolledUser>
  /**
   * Sends JSON to a public route of the service, such as `enrolment/mail`, without the access token.
   *
   * @returns The JSON of the response; an empty text without a body.
   * @throws AuthError
   */
  post<T = unknown>(route: string, body: object): Promise<T>
  /**
   * Signs out in all tabs of this origin. The session ends, with `everywhere` all sessions of the user. Sends at most three
   * requests. Sends none if no user is signed in here.
   *
   * @throws AuthError 409 if another user has signed in since, such as on a page of another origin. No session has ended then, and
   *   `user` is the other user.
   * @throws AuthError if the service could not end the session. The user is still signed in then, because a script cannot
   *   delete the cookie.
   */
  signOut(options?: { everywhere?: boolean }): Promise<void>
  /**
   * Fetches a new access token now: for when a request has revoked the current one, or changed the username or role in it.
   *
   * @returns The user; `null` when signed out.
   * @throws AuthError if the service cannot be reached.
   */
  refresh(): Promise<User | null>
  /**
   * Returns the access token, refreshed if it is about to expire; `undefined` when signed out.
   *
   * While the service is down, the valid token is returned until it expires. Calls before `Retry-After` has passed send no request.
   *
   * @throws AuthError if there is no valid token and the service cannot be reached, after three attempts. The user stays signed in.
   */
  getAccessToken(): Promise<string | undefined>
  /**
   * Fetches as `fetch` does, with the access token if there is a user.
   *
   * - After a 401 it refreshes the token and repeats the request, once. So it does after a 403 that is no problem document, with which an
   *   HTTP API of API Gateway rejects a token. If the API rejects the new token too, it refreshes again after 30 seconds at the earliest. A 401 with the error `insufficient_user_authentication` is handed over at once: only a new
   *   sign-in helps (RFC 9470).
   * - After a 429 or 503 it waits as `Retry-After` says, at most 30 seconds, and repeats the request, at most twice. It repeats
   *   GET, HEAD and OPTIONS only: another request may have been carried out.
   * - It does not repeat a request whose body is a stream.
   * - It sends the request as the user of the moment of the call, or not at all.
   *
   * @throws TypeError if the URL is neither of the page's origin, nor of the service's, nor of one of `apis`.
   * @throws AuthError like {@link getAccessToken}; 409 with the error `other_user` if a refresh shows that another user has signed in
   *   since the call. Nothing is sent then, or not again.
   */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>
  /**
   * Calls a listener when the user becomes known, and at each change. If the user is known already, the first call follows at once.
   *
   * @returns A function that stops the calls.
   */
  onChange(listener: (user: User | null) => void): () => void
}

/** The globals of the browser that the client uses. Tests replace them. */
export type Edges = Pick<typeof globalThis, 'fetch' | 'setTimeout' | 'clearTimeout'> & {
  Date: { now(): number }
  performance: { now(): number }
  Math: { random(): number }
  location: { href: string; hash?: string; reload?(): void }
  history?: Pick<History, 'state' | 'replaceState'>
  document?: Pick<Document, 'createElement' | 'documentElement'>
  navigator: { locks?: unknown }
  BroadcastChannel?: typeof BroadcastChannel
  addEventListener?(type: string, listener: (event: Event) => void): void
}

/**
 * Keeps a browser signed in at this service, whose parameter `cookieSessions` must be `on`. Sends the first refresh at once.
 *
 * @param options.url - Base URL of the service, absolute or relative to the page.
 * @param options.apis - Origins that {@link Auth.fetch} sends the access token to, in addition to those of
 *   the page and the service.
 * @param options.language - Language of the reader (BCP 47), such as `de`: sent as `Accept-Language` with all requests that have no such
 *   header. So a mail to a new address has the language of your page. Default: the languages of the browser. The client opens no pages of
 *   the service. Add `?lang=de` to their URLs yourself.
 * @param options.actAs - Whether operators see the page as a user: at an origin of the parameter `actAsOrigins`, where no session is. They
 *   come from the console, with a code in the fragment of the address. The client shows a banner, and keeps the token in the memory of the
 *   tab. `signIn` and `post` reject there with an AuthError, and `signOut` ends it, as the button of the banner and a reload do.
 * @param edges - For tests.
 * @example
 * const auth = createAuth({ url: 'https://auth.example.com', apis: ['https://api.example.com'] })
 * auth.onChange((user) => render(user))
 * const response = await auth.fetch('https://api.example.com/orders')
 */
export function createAuth(
  options: { url: string; apis?: readonly string[]; language?: string; actAs?: boolean },
  edges?: Edges,
): Auth
