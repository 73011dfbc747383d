import { randomUUID } from 'node:crypto'

/** Seconds. */
export const LIFE = 1800
const GRACE_SECONDS = 10

interface Received {
  path: string
  body: {
    username?: string
    session?: string
    everywhere?: boolean
    sub?: string
    loginToken?: string
    code?: string
  }
  /** The cookie that the browser sent. */
  cookie: string | undefined
}

/** What the service sends: a response, and the cookie that it sets. An empty cookie is deleted. */
interface Sent {
  response: Response
  cookie?: string
}

interface StoredSession {
  username: string
  current: string
  replaced?: string
  rotatedAtMs: number
  /** Tokens of sign-ins before the latest one in the session. */
  earlier: Set<string>
}

const problem = (status: number, detail: string, headers = {}, more = {}): Sent => ({
  response: Response.json({ type: 'about:blank', title: '', status, detail, ...more }, { status, headers }),
})

/** The response to a token of before the latest sign-in in its session. */
export const sessionChanged = (): Sent =>
  problem(409, 'Another sign-in has renewed the session.', {}, { error: 'session_changed' })

/** The response to a request without the device of its session. */
export const deviceRequired = (): Sent =>
  problem(401, 'This session belongs to another device. Sign in again.', {}, { error: 'device_required' })

export const unavailable = (retryAfter = '5'): Sent =>
  problem(503, 'The service is temporarily unavailable. Try again shortly.', { 'Retry-After': retryAfter })

/** The response to the correct password of a user with a second factor. */
export const SECOND_FACTOR = { next: 'second-factor', factors: ['totp'], loginToken: 'id.secret' }

const idOf = (username: string) => `id of ${username}`

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** The service, as the client sees it in cookie mode: sign-in, rotation with a grace period, sign-out. */
export class FarEnd {
  /** Every request, in order of arrival. */
  readonly received: Received[] = []
  rotations = 0
  nowMs = 0
  readonly #sessions = new Set<StoredSession>()

  /** Handles a request. */
  handle(request: Received): Sent {
    this.received.push(request)
    const session = this.#find(request.cookie)
    if (['/login', '/register/confirm'].includes(request.path)) return this.#login(request, session)
    if (['/login/totp', '/enrolment/totp/confirm'].includes(request.path)) return this.#complete(request)
    if (request.path === '/logout') {
      const { sub } = request.body
      if (session && sub !== undefined && sub !== idOf(session.username)) {
        return problem(409, 'Another user has signed in in this browser. Nothing was changed.')
      }
      const isEnded = (other: StoredSession) =>
        other === session || (request.body.everywhere && other.username === session?.username)
      for (const other of [...this.#sessions].filter(isEnded)) this.#sessions.delete(other)
      return { response: new Response(null, { status: 204 }), cookie: '' }
    }
    if (!session) return problem(401, 'The refresh token is invalid or expired.')
    return this.#refresh(session, String(request.cookie))
  }

  /** Ends all sessions, as an operator does. */
  endAll(): void {
    this.#sessions.clear()
  }

  countOf(path: string): number {
    return this.received.filter((request) => request.path === path).length
  }

  #find(cookie: string | undefined): StoredSession | undefined {
    return [...this.#sessions].find(
      ({ current, replaced, earlier }) => cookie && [current, replaced, ...earlier].includes(cookie),
    )
  }

  #login({ body, cookie = '' }: Received, replaced: StoredSession | undefined): Sent {
    if (body.session !== 'cookie') throw new Error('The client asked for another kind of session.')
    if (body.username === 'wrong') return problem(401, 'Incorrect username or password.')
    if (body.username === 'throttled') return problem(429, 'Too many attempts.', { 'Retry-After': '900' })
    if (body.username === 'factor') return { response: Response.json(SECOND_FACTOR) }
    if (replaced?.username === body.username && replaced?.current === cookie) return this.#renew(replaced)
    if (replaced) this.#sessions.delete(replaced)
    return this.#start(String(body.username))
  }

  #renew(session: StoredSession): Sent {
    for (const token of [session.current, session.replaced]) if (token) session.earlier.add(token)
    delete session.replaced
    session.current = randomUUID()
    session.rotatedAtMs = Number.NEGATIVE_INFINITY
    return this.#tokens(session)
  }

  /** The login token knows the user, and that the session is in a cookie. */
  #complete({ path, body }: Received): Sent {
    if (body.session !== undefined) throw new Error('The body must not have a session.')
    if (body.code !== '123456') return problem(422, 'Incorrect code.')
    return this.#start('ada', path.startsWith('/enrolment') ? { recoveryCodes: ['one', 'two'] } : {})
  }

  #start(username: string, more = {}): Sent {
    const session = {
      username,
      current: randomUUID(),
      rotatedAtMs: Number.NEGATIVE_INFINITY,
      earlier: new Set<string>(),
    }
    this.#sessions.add(session)
    return this.#tokens(session, more)
  }

  #refresh(session: StoredSession, cookie: string): Sent {
    if (session.earlier.has(cookie)) return sessionChanged()
    const isInGrace = this.nowMs - session.rotatedAtMs < GRACE_SECONDS * 1000
    if (cookie !== session.current && !isInGrace) {
      this.#sessions.delete(session)
      return problem(401, 'The refresh token is invalid or expired.')
    }
    if (!isInGrace) {
      this.rotations += 1
      session.replaced = session.current
      session.current = randomUUID()
      session.rotatedAtMs = this.nowMs
    }
    return this.#tokens(session)
  }

  #tokens({ username, current }: StoredSession, more = {}): Sent {
    const claims = { sub: idOf(username), username, role: 'user', jti: randomUUID() }
    const authToken = `${part({ alg: 'none' })}.${part(claims)}.`
    return {
      response: Response.json({ authToken, expiresIn: LIFE, tokenType: 'Bearer', ...more }),
      cookie: current,
    }
  }
}
