import { describe, expect, test } from 'vitest'
import { Browser, QUICK } from '../test/browser/client/browser.ts'
import { LIFE } from '../test/browser/client/far-end.ts'

const API = 'https://api.example.com'
const STEP_UP = 'insufficient_user_authentication'

interface Call {
  method: string
  authorization: string | null
  body: string
}

const status =
  (status: number, headers = {}) =>
  () =>
    new Response(`${status}`, { status, headers })

describe('the access token', () => {
  test.each([
    ['an API of the list', () => `${API}/orders`],
    ['the origin of the page', (browser: Browser) => new URL('/orders', browser.pageUrl)],
    ['the service', (browser: Browser) => new Request(`${browser.serviceUrl}/me`)],
  ])('is sent to %s', async (_name, url) => {
    const { browser, auth, calls } = await openWithApi(status(200))
    browser.intercept = async (_url, request) => {
      const authorization = request.headers.get('Authorization')
      calls.push({ method: request.method, authorization, body: await request.text() })
      return new Response('fine')
    }
    const response = await auth.fetch(url(browser), { headers: { Accept: 'text/plain' } })
    expect(await response.text()).toBe('fine')
    expect(calls).toEqual([{ method: 'GET', authorization: await bearer(auth), body: '' }])
  })

  test.each([
    'https://evil.example/orders',
    'http://api.example.com/orders',
    'https://api.example.com:8443/orders',
    'https://api.example.com.evil.example/orders',
    'https://api.example.com@evil.example/orders',
    '//evil.example/orders',
    '\\\\evil.example\\orders',
    'data:text/plain,orders',
    'blob:https://evil.example/7a7b',
  ])('is not sent to %s, and no request is', async (url) => {
    const { browser, auth, calls } = await openWithApi(status(200))
    const absolute = url.startsWith('/') || url.startsWith('\\') ? new URL(url, browser.pageUrl) : url
    await expect(auth.fetch(absolute)).rejects.toThrow(
      /^auth\.fetch: .* is not in apis$|includes credentials/,
    )
    expect(calls).toEqual([])
  })

  test('replaces a header of the caller', async () => {
    const { auth, calls } = await openWithApi(status(200))
    await auth.fetch(API, { headers: { authorization: 'Bearer other' } })
    expect(calls[0]?.authorization).toBe(await bearer(auth))
  })

  test('is missing when signed out, and a 401 is handed over', async () => {
    const { auth, calls } = await openWithApi(status(401))
    await auth.signOut()
    expect((await auth.fetch(API)).status).toBe(401)
    expect(calls).toEqual([{ method: 'GET', authorization: null, body: '' }])
  })
})

describe('after another user has signed in', () => {
  const OTHER = {
    name: 'AuthError',
    status: 409,
    problem: {
      type: 'about:blank',
      title: 'Conflict',
      status: 409,
      detail: 'Another user has signed in in this browser. Nothing was sent.',
      error: 'other_user',
    },
  }

  test('on another origin, the call with a fresh token is still of the user before', async () => {
    const world = await openWithApi(status(200))
    const before = await bearer(world.auth)
    world.browser.signInElsewhere('grace')
    expect((await world.auth.fetch(API, { method: 'POST' })).status).toBe(200)
    expect(world.calls.map(({ authorization }) => authorization)).toEqual([before])
  })

  test.each([
    ['when the token has expired', LIFE],
    ['after a night', 8 * 3600],
  ])('nothing is sent %s', async (_when, seconds) => {
    const world = await openWithApi(status(200))
    world.browser.signInElsewhere('grace')
    world.browser.sleep(seconds)
    await expect(world.auth.fetch(API, { method: 'DELETE' })).rejects.toMatchObject(OTHER)
    expect(world.calls).toEqual([])
    // The page shows the other user since then, and a new call is of that user.
    expect(world.auth.user).toMatchObject({ username: 'grace' })
    expect((await world.auth.fetch(API)).status).toBe(200)
  })

  test('nothing is repeated for a page that did not know its user before the call', async () => {
    let meanwhile = () => {}
    const reject = () => {
      meanwhile()
      return status(401)()
    }
    const { browser, calls } = await openWithApi(reject, status(200))
    meanwhile = () => browser.signInElsewhere('grace')
    const { auth } = browser.open({ apis: [API] })
    expect(auth.user).toBeUndefined()
    await expect(auth.fetch(API, { method: 'PUT', body: 'of ada' })).rejects.toMatchObject(OTHER)
    expect(calls).toHaveLength(1)
  })

  test('nothing is repeated after a 401', async () => {
    const world = await openWithApi(status(401), status(200))
    const before = await bearer(world.auth)
    world.browser.signInElsewhere('grace')
    await expect(world.auth.fetch(API, { method: 'PUT', body: 'of ada' })).rejects.toMatchObject(OTHER)
    expect(world.calls).toEqual([{ method: 'PUT', authorization: before, body: 'of ada' }])
  })

  test('in another tab, nothing is repeated after a 503', async () => {
    const { browser, auth, calls } = await openWithApi(status(503, { 'Retry-After': '20' }), status(200))
    const other = await browser.openKnown()
    const call = auth.fetch(API)
    call.catch(() => undefined)
    await browser.waitForTimers(20)
    await other.auth.signIn({ username: 'grace', password: 'grace' })
    await browser.settled()
    browser.advance(20)
    await expect(call).rejects.toMatchObject(OTHER)
    expect(calls).toHaveLength(1)
  })

  test('a call from when no user was signed in is repeated without a token', async () => {
    const busy = status(503, { 'Retry-After': '20' })
    const { browser, auth, calls } = await openWithApi(busy, busy, status(200))
    await auth.signOut()
    const call = auth.fetch(API)
    await browser.waitForTimers(20)
    await auth.signIn({ username: 'grace', password: 'grace' })
    browser.advance(20)
    await browser.waitForTimers(20)
    browser.advance(20)
    expect((await call).status).toBe(200)
    expect(calls.map(({ authorization }) => authorization)).toEqual([null, null, null])
  })
})

describe('after a 401', () => {
  test.each([
    ['text', () => 'a body'],
    ['a blob', () => new Blob(['a body'])],
    ['bytes', () => new TextEncoder().encode('a body')],
  ])('a POST of %s is repeated once, with a new token', async (_name, body) => {
    const { browser, auth, calls } = await openWithApi(status(401), status(201))
    const before = await bearer(auth)
    const response = await auth.fetch(API, { method: 'POST', body: body() })
    expect(response.status).toBe(201)
    expect(calls).toEqual([
      { method: 'POST', authorization: before, body: 'a body' },
      { method: 'POST', authorization: await bearer(auth), body: 'a body' },
    ])
    expect(await bearer(auth)).not.toBe(before)
    expect(browser.farEnd.countOf('/refresh')).toBe(1)
  })

  test('a Request object with a body is repeated too', async () => {
    const { auth, calls } = await openWithApi(status(401), status(200))
    await auth.fetch(new Request(API, { method: 'PUT', body: 'a body' }))
    expect(calls.map(({ method, body }) => [method, body])).toEqual([
      ['PUT', 'a body'],
      ['PUT', 'a body'],
    ])
  })

  test('of a stream, the response is handed over', async () => {
    const { browser, auth, calls } = await openWithApi(status(401), status(200))
    const body = new Blob(['a body']).stream()
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit
    expect((await auth.fetch(API, init)).status).toBe(401)
    expect(calls.map((call) => call.body)).toEqual(['a body'])
    expect(browser.farEnd.received).toEqual([])
  })

  test.each([
    ['body', { type: 'about:blank', error: STEP_UP, acr_values: 'aal2', max_age: 300 }, {}],
    ['header', {}, { 'WWW-Authenticate': `Bearer error="${STEP_UP}", acr_values="aal2"` }],
  ])('that demands a new sign-in in its %s is handed over, and the token stays', async (...row) => {
    const [, body, headers] = row
    const { browser, auth, calls } = await openWithApi(() => Response.json(body, { status: 401, headers }))
    const before = await bearer(auth)
    const response = await auth.fetch(API, { method: 'DELETE' })
    expect([response.status, await response.json()]).toEqual([401, body])
    expect(calls).toHaveLength(1)
    expect(browser.farEnd.received).toEqual([])
    expect(await bearer(auth)).toBe(before)
  })

  // An HTTP API of API Gateway rejects a token so.
  test('a 403 that is no problem document refreshes once too', async () => {
    const forbidden = () => Response.json({ message: 'Forbidden' }, { status: 403 })
    const { browser, auth, calls } = await openWithApi(forbidden, status(200), forbidden)
    const before = await bearer(auth)
    expect((await auth.fetch(API)).status).toBe(200)
    expect(calls.map(({ authorization }) => authorization)).toEqual([before, await bearer(auth)])
    for (let call = 0; call < 3; call += 1) expect((await auth.fetch(API)).status).toBe(403)
    expect(browser.farEnd.countOf('/refresh')).toBe(1)
    browser.advance(30)
    expect(await (await auth.fetch(API)).json()).toEqual({ message: 'Forbidden' })
    expect([browser.farEnd.countOf('/refresh'), calls.length]).toEqual([2, 7])
  })

  test.each(['application/problem+json', 'Application/Problem+JSON; charset=utf-8'])(
    'a 403 of %s is handed over, and the token stays',
    async (type) => {
      const { browser, auth, calls } = await openWithApi(status(403, { 'Content-Type': type }))
      expect((await auth.fetch(API)).status).toBe(403)
      expect([calls.length, browser.farEnd.countOf('/refresh')]).toEqual([1, 0])
    },
  )

  test('a 403 of a type that only contains that of a problem refreshes once', async () => {
    const { browser, auth } = await openWithApi(
      status(403, { 'Content-Type': 'text/plain; of="application/problem+json"' }),
    )
    expect((await auth.fetch(API)).status).toBe(403)
    expect(browser.farEnd.countOf('/refresh')).toBe(1)
  })

  test('a second 401 is handed over', async () => {
    const { browser, auth, calls } = await openWithApi(status(401))
    expect((await auth.fetch(API)).status).toBe(401)
    expect(calls).toHaveLength(2)
    expect(browser.farEnd.countOf('/refresh')).toBe(1)
  })

  test('an API that rejects every token causes one refresh in 30 seconds', async () => {
    const { browser, auth, calls } = await openWithApi(status(401))
    for (let call = 0; call < 5; call += 1) expect((await auth.fetch(API)).status).toBe(401)
    expect(calls).toHaveLength(6)
    expect(browser.farEnd.countOf('/refresh')).toBe(1)
    browser.advance(30)
    expect((await auth.fetch(API)).status).toBe(401)
    expect(browser.farEnd.countOf('/refresh')).toBe(2)
  })

  test.each([
    ['nothing', () => ({})],
    ['no token', () => ({ expiresIn: LIFE })],
    ['a number as token', () => ({ authToken: 7, expiresIn: LIFE })],
    ['no life', (authToken: string) => ({ authToken })],
    ['a life of no seconds', (authToken: string) => ({ authToken, expiresIn: 0 })],
  ])('a response with %s is a failure, and the session stays', async (_what, bodyOf) => {
    const { browser, auth } = await openWithApi()
    const before = await bearer(auth)
    const body = bodyOf(before.replace('Bearer ', ''))
    browser.intercept = (url) => (url.pathname.endsWith('/refresh') ? Response.json(body) : undefined)
    const refreshed = browser.passUntil(auth.refresh())
    await expect(refreshed).rejects.toMatchObject({ name: 'AuthError', status: 0 })
    expect(auth.user).not.toBeNull()
    expect(await bearer(auth)).toBe(before)
  })

  test('many calls refresh once', async () => {
    const { browser, auth, calls } = await openWithApi(...Array(8).fill(status(401)), status(200))
    const responses = await Promise.all(Array.from({ length: 8 }, () => auth.fetch(API)))
    expect(responses.map((response) => response.status)).toEqual(Array(8).fill(200))
    expect(calls).toHaveLength(16)
    expect(browser.farEnd.countOf('/refresh')).toBe(1)
  })

  test('of a token that was replaced meanwhile, the call is repeated without another refresh', async () => {
    const { browser, auth, calls } = await openWithApi()
    const slow = Promise.withResolvers<Response>()
    browser.intercept = (url, request) => {
      if (url.origin === browser.serviceUrl) return undefined
      calls.push({ method: request.method, authorization: request.headers.get('Authorization'), body: '' })
      return calls.length === 1 ? slow.promise : status(200)()
    }
    const call = auth.fetch(API)
    await expect.poll(() => calls, QUICK).toHaveLength(1)
    await auth.refresh()
    slow.resolve(status(401)())
    expect((await call).status).toBe(200)
    expect(calls[1]?.authorization).toBe(await bearer(auth))
    expect(browser.farEnd.countOf('/refresh')).toBe(1)
  })

  test('the call is repeated with the token of another tab, if it has a newer one', async () => {
    const { browser, auth } = await openWithApi(status(401), status(200))
    const other = await browser.openKnown({ apis: [API] })
    const earlier = await bearer(auth)
    browser.farEnd.nowMs += 60_000
    await other.auth.fetch(API)
    await expect.poll(() => bearer(auth), QUICK).not.toBe(earlier)
    expect(browser.farEnd.countOf('/refresh')).toBe(1)
  })

  test('of a call during which the user signs out, the response is handed over', async () => {
    const { browser, auth, calls } = await openWithApi()
    const slow = Promise.withResolvers<Response>()
    let sent = 0
    browser.intercept = (url) => {
      if (url.origin === browser.serviceUrl) return undefined
      sent += 1
      return slow.promise
    }
    const call = auth.fetch(API)
    await expect.poll(() => sent, QUICK).toBe(1)
    await auth.signOut()
    slow.resolve(status(401)())
    expect((await call).status).toBe(401)
    expect([sent, calls.length]).toEqual([1, 0])
  })

  test('of an ended session, the response is handed over and the user is signed out', async () => {
    const { browser, auth, calls } = await openWithApi(status(401))
    browser.farEnd.endAll()
    expect((await auth.fetch(API)).status).toBe(401)
    expect(calls).toHaveLength(1)
    expect(auth.user).toBeNull()
  })

  test('the call rejects if the service cannot be reached', async () => {
    const { browser, auth } = await openWithApi(status(401))
    browser.transit = () => {
      throw new TypeError('Failed to fetch')
    }
    const call = browser.passUntil(auth.fetch(API))
    await expect(call).rejects.toMatchObject({ name: 'AuthError', status: 0 })
    expect(auth.user).not.toBeNull()
  })
})

describe('after a 429 or 503', () => {
  test.each([
    ['GET', 429],
    ['GET', 503],
    ['HEAD', 503],
    ['OPTIONS', 503],
  ])('a %s that got %d is repeated after Retry-After', async (method, refused) => {
    const { browser, auth, atSeconds } = await openWithApi(
      status(refused, { 'Retry-After': '7' }),
      status(200),
    )
    expect((await browser.passUntil(auth.fetch(API, { method }))).status).toBe(200)
    const [first = 0, second = 0, ...more] = atSeconds
    expect(second - first).toBeGreaterThanOrEqual(7)
    expect(second - first).toBeLessThanOrEqual(7.5)
    expect(more).toEqual([])
  })

  test('a GET is sent three times at most', async () => {
    const { browser, auth, calls } = await openWithApi(status(503, { 'Retry-After': '30' }))
    expect((await browser.passUntil(auth.fetch(API))).status).toBe(503)
    expect(calls).toHaveLength(3)
  })

  test.each([
    ['a POST', 'POST', { 'Retry-After': '1' }],
    ['a PATCH', 'PATCH', { 'Retry-After': '1' }],
    ['a PUT', 'PUT', { 'Retry-After': '1' }],
    ['a DELETE', 'DELETE', { 'Retry-After': '1' }],
    ['a method that begins like a safe one', 'GETTING', { 'Retry-After': '1' }],
    ['a method that ends like a safe one', 'TARGET', { 'Retry-After': '1' }],
    ['a GET with a longer wait', 'GET', { 'Retry-After': '31' }],
    ['a GET without Retry-After', 'GET', {}],
    ['a GET with a date', 'GET', { 'Retry-After': 'Thu, 26 Nov 2026 12:00:00 GMT' }],
  ])('%s is not repeated', async (_name, method, headers) => {
    const { auth, calls } = await openWithApi(status(503, headers))
    expect((await auth.fetch(API, { method })).status).toBe(503)
    expect(calls).toHaveLength(1)
  })

  test('a GET that got another status is not repeated', async () => {
    const { auth, calls } = await openWithApi(status(500, { 'Retry-After': '1' }))
    expect((await auth.fetch(API)).status).toBe(500)
    expect(calls).toHaveLength(1)
  })

  test('the wait ends when the caller aborts the call', async () => {
    const { browser, auth, calls } = await openWithApi(status(503, { 'Retry-After': '30' }))
    const controller = new AbortController()
    const call = auth.fetch(API, { signal: controller.signal })
    call.catch(() => undefined)
    await browser.waitForTimers(30)
    controller.abort(new Error('changed my mind'))
    await expect(call).rejects.toThrow('changed my mind')
    expect(calls).toHaveLength(1)
  })

  test('a token that expires while the call waits is replaced', async () => {
    const { browser, auth, calls } = await openWithApi(status(503, { 'Retry-After': '20' }), status(200))
    const call = auth.fetch(API)
    await browser.waitForTimers(20)
    browser.sleep(LIFE)
    browser.advance(20)
    await call
    expect(new Set(calls.map(({ authorization }) => authorization)).size).toBe(2)
  })
})

/** Opens a signed-in tab, and an API whose responses are given in order. The last one repeats. */
async function openWithApi(...responses: (() => Response)[]) {
  const browser = new Browser()
  const first = await browser.openKnown({ apis: [API] })
  await first.auth.signIn({ username: 'ada', password: 'ada' })
  browser.farEnd.received.length = 0
  const calls: Call[] = []
  const atSeconds: number[] = []
  browser.intercept = async (url, request) => {
    if (url.origin === browser.serviceUrl) return undefined
    atSeconds.push(browser.monotonic.now() / 1000)
    const authorization = request.headers.get('Authorization')
    calls.push({ method: request.method, authorization, body: await request.text() })
    return (responses[calls.length - 1] ?? responses.at(-1))?.()
  }
  return { browser, tab: first, auth: first.auth, calls, atSeconds }
}

const bearer = async (auth: { getAccessToken(): Promise<string | undefined> }) =>
  `Bearer ${await auth.getAccessToken()}`
