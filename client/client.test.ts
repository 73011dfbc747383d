import { describe, expect, test } from 'vitest'
import { Browser, QUICK, type Tab } from '../test/browser/client/browser.ts'
import { LIFE, SECOND_FACTOR, unavailable } from '../test/browser/client/far-end.ts'
import { AuthError, createAuth } from './client.js'

const credentials = { username: 'ada', password: 'correct horse battery staple' }
const ADA = { id: 'id of ada', username: 'ada', role: 'user' }

/** Later than the random moment of a refresh, and before the token expires. */
const AFTER_REFRESH_SECONDS = LIFE * 0.85

const names = (tabs: readonly Tab[]) => tabs.map(({ username }) => username)
const tokens = (tabs: readonly Tab[]) => Promise.all(tabs.map(({ auth }) => auth.getAccessToken()))
const everyone = (tabs: readonly Tab[], name: string | null) => tabs.map(() => name)

/** Expects that all tabs hold one and the same token. */
async function expectOneToken(tabs: readonly Tab[]): Promise<string> {
  await expect.poll(async () => new Set(await tokens(tabs)).size, QUICK).toBe(1)
  const [token] = await tokens(tabs)
  expect(token).toMatch(/^[\w-]+\.[\w-]+\.$/)
  return String(token)
}

/** Moves time until an action has ended that waits in between. */
async function whileTimePasses<T>(browser: Browser, action: Promise<T>): Promise<T> {
  let isRunning = true
  const ended = action.finally(() => {
    isRunning = false
  })
  ended.catch(() => undefined)
  while (isRunning) {
    await browser.settled()
    if (isRunning) browser.advance(0.1)
  }
  return ended
}

/** Signs in on a page of another origin, of which no tab here learns. */
function signInElsewhere(browser: Browser, username: string) {
  const { cookie } = browser
  browser.cookie = browser.farEnd.handle({
    path: '/login',
    body: { username, session: 'cookie' },
    cookie,
  }).cookie
}

const loseEvery = (browser: Browser) => {
  browser.intercept = () => {
    throw new TypeError('Failed to fetch')
  }
}
const loseNone = (browser: Browser) => {
  browser.intercept = () => undefined
}

describe('signing in', () => {
  test('keeps the session in a cookie', async () => {
    const browser = new Browser()
    const tab = browser.open()
    expect(tab.auth.user).toBeUndefined()
    await browser.settled()
    expect(tab.auth.user).toBeNull()
    expect(await tab.auth.getAccessToken()).toBeUndefined()
    expect(await tab.auth.signIn(credentials)).toEqual(ADA)
    expect(tab.auth.user).toEqual(ADA)
    expect(browser.farEnd.received.at(-1)).toEqual({
      path: '/login',
      body: { ...credentials, session: 'cookie' },
      cookie: undefined,
    })
    expect(tab.seen).toEqual([null, 'ada'])
  })

  test('is not undone by another tab that was signed out just before', async () => {
    const browser = new Browser()
    const tabs = [browser.open(), browser.open()] as const
    await tabs[0].auth.signIn(credentials)
    await browser.settled()
    expect(names(tabs)).toEqual(['ada', 'ada'])
    expect(tabs[0].seen.at(-1)).toBe('ada')
  })

  test.each([
    ['wrong', 401, 'Incorrect username or password.', undefined],
    ['throttled', 429, 'Too many attempts.', 900],
  ])('rejects with the problem for %s credentials, after one request', async (...row) => {
    const [username, status, detail, retryAfterSeconds] = row
    const browser = new Browser()
    const tab = await browser.openKnown()
    const error = await tab.auth.signIn({ username, password: 'x' }).catch((error) => error)
    expect(error).toBeInstanceOf(AuthError)
    expect(error).toMatchObject({ name: 'AuthError', message: detail, status, retryAfterSeconds })
    expect(error.problem).toMatchObject({ status, detail })
    expect(browser.farEnd.countOf('/login')).toBe(1)
    expect(tab.seen).toEqual([null])
  })

  test('works by other routes that start a session', async () => {
    const browser = new Browser()
    const tabs = await browser.openSignedIn(2)
    const body = { token: 'of a mail', username: 'grace', password: 'x' }
    expect(await tabs[0].auth.signIn(body, 'register/confirm')).toMatchObject({ username: 'grace' })
    expect(browser.farEnd.received.map(({ path, body }) => [path, body])).toEqual([
      ['/register/confirm', { ...body, session: 'cookie' }],
    ])
    await expect.poll(() => names(tabs), QUICK).toEqual(everyone(tabs, 'grace'))
  })

  test('returns what is next after the password, and another route completes it', async () => {
    const browser = new Browser()
    const tabs = [await browser.openKnown(), await browser.openKnown()] as const
    const { auth } = tabs[0]
    const step = await auth.signIn({ username: 'factor', password: 'x' })
    expect(step).toEqual(SECOND_FACTOR)
    expect([auth.user, await auth.getAccessToken(), browser.cookie]).toEqual([null, undefined, undefined])
    const { loginToken } = SECOND_FACTOR
    const wrong = auth.signIn({ loginToken, code: '654321' }, 'login/totp')
    await expect(wrong).rejects.toMatchObject({ status: 422, message: 'Incorrect code.' })
    expect(await auth.signIn({ loginToken, code: '123456' }, 'login/totp')).toEqual(ADA)
    await expect.poll(() => names(tabs), QUICK).toEqual(everyone(tabs, 'ada'))
    expect(tabs[0].seen).toEqual([null, 'ada'])
  })

  test('returns the recovery codes of an enrolment beside the user', async () => {
    const browser = new Browser()
    const { auth } = await browser.openKnown()
    const body = { enrolmentToken: 'id.secret', code: '123456' }
    const codes = { recoveryCodes: ['one', 'two'] }
    expect(await auth.signIn(body, 'enrolment/totp/confirm')).toEqual({ ...ADA, ...codes })
    expect(auth.user).toEqual(ADA)
  })

  test('posts to public routes without the access token', async () => {
    const browser = new Browser()
    const [{ auth }] = await browser.openSignedIn()
    browser.intercept = async (url, request) => {
      expect([request.method, url.pathname, request.headers.get('Authorization')]).toEqual([
        'POST',
        '/enrolment/mail',
        null,
      ])
      const body = (await request.json()) as { enrolmentToken: string }
      return Response.json({ mailId: body.enrolmentToken })
    }
    expect(await auth.post('enrolment/mail', { enrolmentToken: 'x' })).toEqual({ mailId: 'x' })
    browser.intercept = () => Response.json({ detail: 'Expired.', error: 'login_expired' }, { status: 401 })
    await expect(auth.post('enrolment/mail', {})).rejects.toMatchObject({
      status: 401,
      problem: { error: 'login_expired' },
    })
    expect(auth.user).toEqual(ADA)
  })

  test('rejects without a response, after one request', async () => {
    const browser = new Browser()
    const tab = await browser.openKnown()
    loseEvery(browser)
    const expected = { status: 0, message: 'The service did not respond.', problem: undefined }
    await expect(tab.auth.signIn(credentials)).rejects.toMatchObject(expected)
  })

  test('signs in all tabs, and the next page of the browser', async () => {
    const browser = new Browser()
    const tabs = await Promise.all([1, 2, 3].map(() => browser.openKnown()))
    await tabs[1]?.auth.signIn(credentials)
    await expect.poll(() => names(tabs), QUICK).toEqual(everyone(tabs, 'ada'))
    for (const tab of tabs) tab.close()
    expect((await browser.openKnown()).auth.user).toEqual(ADA)
  })
})

describe('signing out', () => {
  test.each([undefined, {}, { everywhere: false }, { everywhere: true }])(
    'with %o signs out all tabs',
    async (options) => {
      const browser = new Browser()
      const tabs = await browser.openSignedIn(3)
      await tabs[1]?.auth.signOut(options)
      expect(browser.cookie).toBeUndefined()
      expect(browser.farEnd.received.map(({ path, body }) => [path, body])).toEqual([
        ['/logout', { ...(options?.everywhere && { everywhere: true }), sub: ADA.id }],
      ])
      await expect.poll(() => names(tabs), QUICK).toEqual(everyone(tabs, null))
      expect(await tokens(tabs)).toEqual([undefined, undefined, undefined])
    },
  )

  test('rejects if the service cannot be reached, and stays signed in', async () => {
    const browser = new Browser()
    const [tab] = await browser.openSignedIn()
    loseEvery(browser)
    await expect(whileTimePasses(browser, tab.auth.signOut())).rejects.toMatchObject({ status: 0 })
    expect(tab.auth.user).toEqual(ADA)
    loseNone(browser)
    await tab.auth.signOut()
    expect(tab.auth.user).toBeNull()
  })

  test.each([{}, { everywhere: true }])(
    'with %o ends nothing of a user who signed in on a page of another origin, and shows that user',
    async (options) => {
      const browser = new Browser()
      const [tab] = await browser.openSignedIn()
      signInElsewhere(browser, 'grace')
      const { cookie } = browser
      const expected = { name: 'AuthError', status: 409, message: /Another user has signed in/ }
      await expect(tab.auth.signOut(options)).rejects.toMatchObject({
        ...expected,
        message: expect.stringMatching(expected.message),
      })
      expect(tab.auth.user).toMatchObject({ username: 'grace' })
      expect(tab.seen).toEqual([null, 'ada', 'grace'])
      await tab.auth.signOut(options)
      expect([cookie, browser.cookie]).toEqual([expect.any(String), undefined])
    },
  )

  test('sends nothing if another user signs in in another tab before its turn', async () => {
    const browser = new Browser()
    const tabs = await browser.openSignedIn(2)
    const signedIn = tabs[1]?.auth.signIn({ ...credentials, username: 'grace' })
    const signedOut = tabs[0].auth.signOut({ everywhere: true })
    await expect(signedOut).rejects.toMatchObject({ status: 409, problem: { error: 'other_user' } })
    await signedIn
    expect(browser.farEnd.countOf('/logout')).toBe(0)
    expect(names(tabs)).toEqual(['grace', 'grace'])
  })

  test('sends nothing when the page shows no user', async () => {
    const browser = new Browser()
    const tab = await browser.openKnown()
    signInElsewhere(browser, 'grace')
    await tab.auth.signOut({ everywhere: true })
    expect(browser.farEnd.countOf('/logout')).toBe(0)
    expect((await browser.openKnown()).username).toBe('grace')
  })

  test('is repeated after a 503', async () => {
    const browser = new Browser()
    const [tab] = await browser.openSignedIn()
    let requests = 0
    browser.intercept = () => {
      requests += 1
      return requests === 1 ? unavailable('5').response : undefined
    }
    await whileTimePasses(browser, tab.auth.signOut())
    expect(requests).toBe(2)
    expect(tab.auth.user).toBeNull()
  })

  test('and signing in as another user changes the user of all tabs', async () => {
    const browser = new Browser()
    const tabs = await browser.openSignedIn(3)
    await tabs[0].auth.signOut()
    await tabs[0].auth.signIn({ ...credentials, username: 'grace' })
    await expect.poll(() => names(tabs), QUICK).toEqual(everyone(tabs, 'grace'))
    expect(tabs[2]?.seen).toEqual(['ada', null, 'grace'])
    await expectOneToken(tabs)
  })
})

describe('twenty tabs', () => {
  test('that open at once after a night send one refresh', async () => {
    const browser = new Browser()
    const [before] = await browser.openSignedIn()
    before.close()
    browser.sleep(8 * 3600)
    const tabs = Array.from({ length: 20 }, () => browser.open())
    await expect.poll(() => names(tabs), QUICK).toEqual(everyone(tabs, 'ada'))
    await expectOneToken(tabs)
    await browser.settled()
    expect(browser.farEnd.countOf('/refresh')).toBe(1)
  })

  test('that open one after the other each ask who is signed in, and share the last token', async () => {
    const browser = new Browser()
    const [before] = await browser.openSignedIn()
    before.close()
    const tabs: Tab[] = []
    while (tabs.length < 20) {
      browser.advance(30)
      tabs.push(await browser.openKnown())
    }
    await expectOneToken(tabs)
    expect(browser.farEnd.countOf('/refresh')).toBe(20)
    expect(names(tabs)).toEqual(everyone(tabs, 'ada'))
  })

  test('refresh once when the token is about to expire', async () => {
    const browser = new Browser()
    const tabs = await browser.openSignedIn(20)
    for (let round = 1; round <= 5; round += 1) {
      browser.advance(AFTER_REFRESH_SECONDS)
      await browser.settled()
      await expectOneToken(tabs)
      expect(browser.farEnd.countOf('/refresh')).toBe(round)
      expect(browser.farEnd.rotations).toBe(round)
    }
    expect(names(tabs)).toEqual(everyone(tabs, 'ada'))
  })

  test('refresh once after the device slept until the token expired', async () => {
    const browser = new Browser()
    const tabs = await browser.openSignedIn(20)
    browser.sleep(8 * 3600)
    browser.advance(60)
    await browser.settled()
    expect(browser.farEnd.countOf('/refresh')).toBe(1)
    await expectOneToken(tabs)
    expect(browser.farEnd.countOf('/refresh')).toBe(1)
  })

  test('send one refresh at a time while the service is down', async () => {
    const browser = new Browser()
    const tabs = await browser.openSignedIn(20)
    let requests = 0
    browser.intercept = (): Response => {
      requests += 1
      return unavailable('10').response
    }
    browser.advance(LIFE * 0.75)
    await browser.settled()
    expect(requests).toBe(1)
    for (let seconds = 0; seconds < 60; seconds += 1) {
      browser.advance(1)
      await browser.settled()
    }
    expect(requests).toBeLessThanOrEqual(6)
    loseNone(browser)
    await expect
      .poll(async () => {
        browser.advance(1)
        return browser.farEnd.countOf('/refresh')
      }, QUICK)
      .toBe(1)
    await browser.settled()
    await expectOneToken(tabs)
    expect(browser.farEnd.countOf('/refresh')).toBe(1)
  })
})

describe('a page that calls every second while the service is down', () => {
  test.each<[string, number, number, Record<string, string>]>([
    ['at most 1 refresh a minute after 429 with Retry-After: 900', 1, 429, { 'Retry-After': '900' }],
    ['at most 12 refreshes a minute after 503 with Retry-After: 5', 12, 503, { 'Retry-After': '5' }],
    ['at most 12 refreshes a minute after 502 without Retry-After', 12, 502, {}],
    ['at most 12 refreshes a minute after 403', 12, 403, {}],
  ])('sends %s', async (_what, atMost, status, headers) => {
    const browser = new Browser()
    const [tab] = await browser.openSignedIn()
    const token = await tab.auth.getAccessToken()
    let requests = 0
    browser.intercept = () => {
      requests += 1
      return Response.json({ status }, { status, headers })
    }
    browser.advance(AFTER_REFRESH_SECONDS)
    for (let seconds = 0; seconds < 60; seconds += 1) {
      await browser.settled()
      expect(await tab.auth.getAccessToken()).toBe(token)
      browser.advance(1)
    }
    expect(requests).toBeGreaterThan(0)
    expect(requests).toBeLessThanOrEqual(atMost)
  })

  test('sends nothing before Retry-After has passed, also with an expired token', async () => {
    const browser = new Browser()
    const [tab] = await browser.openSignedIn()
    let requests = 0
    browser.intercept = () => {
      requests += 1
      return unavailable('900').response
    }
    browser.sleep(LIFE)
    for (let calls = 0; calls < 10; calls += 1) {
      await expect(tab.auth.getAccessToken()).rejects.toMatchObject({ status: 503, retryAfterSeconds: 900 })
    }
    expect(requests).toBe(1)
    loseNone(browser)
    browser.advance(1350)
    await browser.settled()
    expect(await tab.auth.getAccessToken()).toBeDefined()
  })
})

describe('a tab that opens later', () => {
  test('gets the token that another tab requests after that', async () => {
    const browser = new Browser()
    const tabs = await browser.openSignedIn(2)
    expect(browser.farEnd.received).toEqual([])
    await expectOneToken(tabs)
  })

  test('shows the user in the cookie, and not the one of a tab that opened before', async () => {
    const browser = new Browser()
    const [old] = await browser.openSignedIn()
    browser.advance(60)
    signInElsewhere(browser, 'grace')
    const tab = await browser.openKnown()
    expect(tab.seen).toEqual(['grace'])
    await expect.poll(() => old.username, QUICK).toBe('grace')
    await expectOneToken([old, tab])
  })

  test('does not show the user of a tab that opened before while the service is down', async () => {
    const browser = new Browser()
    await browser.openSignedIn()
    browser.advance(60)
    signInElsewhere(browser, 'grace')
    browser.intercept = () => unavailable('31').response
    const tab = browser.open()
    await expect(tab.auth.getAccessToken()).rejects.toMatchObject({ status: 503 })
    expect(tab.auth.user).toBeUndefined()
    loseNone(browser)
    await browser.settled()
    browser.advance(62)
    await expect.poll(() => tab.username, QUICK).toBe('grace')
    expect(tab.seen).toEqual(['grace'])
  })

  test('refreshes if the tab that fetched the token is closed', async () => {
    const browser = new Browser()
    const [first, second = first] = await browser.openSignedIn(2)
    first.close()
    const third = await browser.openKnown()
    expect(browser.farEnd.countOf('/refresh')).toBe(1)
    await expectOneToken([second, third])
  })

  test('refreshes after a second if the other tab is frozen', async () => {
    const browser = new Browser()
    const [frozen] = await browser.openSignedIn()
    frozen.freeze()
    const tab = browser.open()
    await browser.waitForTimers(1)
    expect(browser.farEnd.received).toEqual([])
    browser.advance(1)
    await expect.poll(() => tab.username, QUICK).toBe('ada')
    expect(browser.farEnd.countOf('/refresh')).toBe(1)
  })

  test('refreshes if the token of the other tab has expired', async () => {
    const browser = new Browser()
    const [first] = await browser.openSignedIn()
    browser.sleep(8 * 3600)
    const tab = await browser.openKnown()
    await browser.settled()
    expect(browser.farEnd.countOf('/refresh')).toBe(1)
    await expectOneToken([first, tab])
  })

  test('finds the user that a page of another origin has signed in', async () => {
    const browser = new Browser()
    const [first] = await browser.openSignedIn()
    await first.auth.signOut()
    signInElsewhere(browser, 'grace')
    expect((await browser.openKnown()).username).toBe('grace')
    await expect.poll(() => first.username, QUICK).toBe('grace')
  })

  test('does not know the user before that', () => {
    expect(new Browser().open().auth.user).toBeUndefined()
  })
})

describe('the moment of a refresh', () => {
  test.each([
    [0, 0.7],
    [0.5, 0.75],
    [1, 0.8],
  ])('with the random number %d is after %d of the life', async (random, share) => {
    const browser = new Browser()
    browser.random = random
    const [tab] = await browser.openSignedIn()
    browser.advance(LIFE * share - 1)
    await browser.settled()
    expect(browser.farEnd.received).toEqual([])
    browser.advance(1)
    await browser.settled()
    expect(browser.farEnd.countOf('/refresh')).toBe(1)
    expect(tab.username).toBe('ada')
  })

  test.each([-2, 2])('does not depend on a clock that is %d days wrong', async (days) => {
    const browser = new Browser()
    browser.setClock(days)
    const [tab] = await browser.openSignedIn()
    browser.advance(LIFE * 0.75 - 1)
    await browser.settled()
    expect(browser.farEnd.received).toEqual([])
    browser.advance(1)
    await browser.settled()
    expect(browser.farEnd.countOf('/refresh')).toBe(1)
    expect(tab.username).toBe('ada')
  })

  test('stays the same if the clock is set back by two days', async () => {
    const browser = new Browser()
    await browser.openSignedIn(3)
    browser.setClock(-2)
    browser.advance(LIFE * 0.75)
    await browser.settled()
    expect(browser.farEnd.countOf('/refresh')).toBe(1)
  })

  test('is at once if the clock is set forward by two days', async () => {
    const browser = new Browser()
    const tabs = await browser.openSignedIn(3)
    browser.setClock(2)
    await expectOneToken(tabs)
    await browser.settled()
    expect(browser.farEnd.countOf('/refresh')).toBe(1)
    browser.advance(LIFE / 2)
    await browser.settled()
    expect(browser.farEnd.countOf('/refresh')).toBe(1)
  })

  test.each(['visibilitychange', 'online'])(
    'is at once at the event %s if it has passed in a sleep',
    async (type) => {
      const browser = new Browser()
      const [tab] = await browser.openSignedIn()
      tab.dispatch(type)
      await browser.settled()
      expect(browser.farEnd.received).toEqual([])
      browser.sleep(8 * 3600)
      tab.dispatch(type)
      await browser.settled()
      expect(browser.farEnd.countOf('/refresh')).toBe(1)
    },
  )

  test('comes before the next call if it has passed in a sleep', async () => {
    const browser = new Browser()
    const [tab] = await browser.openSignedIn()
    const before = await tab.auth.getAccessToken()
    browser.sleep(8 * 3600)
    expect(await tab.auth.getAccessToken()).not.toBe(before)
    expect(browser.farEnd.countOf('/refresh')).toBe(1)
  })
})

describe('offline', () => {
  test('the token works until it expires, and the user stays signed in', async () => {
    const browser = new Browser()
    const [tab] = await browser.openSignedIn()
    const token = await tab.auth.getAccessToken()
    loseEvery(browser)
    browser.advance(AFTER_REFRESH_SECONDS)
    await browser.settled()
    expect(await tab.auth.getAccessToken()).toBe(token)
    browser.advance(LIFE)
    const late = whileTimePasses(browser, tab.auth.getAccessToken())
    await expect(late).rejects.toMatchObject({ name: 'AuthError', status: 0 })
    expect(tab.auth.user).toEqual(ADA)
    loseNone(browser)
    tab.dispatch('online')
    await expect.poll(() => tab.auth.getAccessToken(), QUICK).not.toBe(token)
    expect(tab.seen).toEqual([null, 'ada'])
  })

  test('a page that opens does not know its user, until it is online', async () => {
    const browser = new Browser()
    const [before] = await browser.openSignedIn()
    before.close()
    loseEvery(browser)
    const tab = browser.open()
    await expect(whileTimePasses(browser, tab.auth.getAccessToken())).rejects.toMatchObject({ status: 0 })
    expect(tab.auth.user).toBeUndefined()
    loseNone(browser)
    tab.dispatch('online')
    await expect.poll(() => tab.username, QUICK).toBe('ada')
  })

  test('without events the client tries again after at most two minutes', async () => {
    const browser = new Browser()
    let requests = 0
    browser.intercept = () => {
      requests += 1
      throw new TypeError('Failed to fetch')
    }
    const tab = browser.open()
    await expect(whileTimePasses(browser, tab.auth.getAccessToken())).rejects.toThrow()
    for (let seconds = 0; seconds < 3600; seconds += 10) {
      browser.advance(10)
      await browser.settled()
      expect(browser.waits[0]).toBeLessThanOrEqual(120)
    }
    expect(requests).toBeLessThan(200)
    loseNone(browser)
    browser.advance(120)
    await expect.poll(() => tab.username, QUICK).toBeNull()
  })
})

describe('a refresh', () => {
  test('whose response is lost is repeated, and rotates once', async () => {
    const browser = new Browser()
    const tabs = await browser.openSignedIn(3)
    let lost = 2
    browser.transit = () => {
      lost -= 1
      if (lost >= 0) throw new TypeError('Failed to fetch')
    }
    browser.sleep(LIFE)
    await whileTimePasses(browser, tokens(tabs))
    await expectOneToken(tabs)
    expect(names(tabs)).toEqual(everyone(tabs, 'ada'))
    expect(browser.farEnd.rotations).toBe(1)
    expect(browser.farEnd.countOf('/refresh')).toBe(3)
  })

  test('whose response is lost for longer than the grace period signs out', async () => {
    const browser = new Browser()
    const tabs = await browser.openSignedIn(3)
    browser.transit = () => {
      throw new TypeError('Failed to fetch')
    }
    browser.sleep(LIFE)
    const attempts = whileTimePasses(browser, Promise.all(tabs.map(({ auth }) => auth.getAccessToken())))
    await expect(attempts).rejects.toMatchObject({ status: 0 })
    browser.transit = () => undefined
    browser.sleep(60)
    tabs[0].dispatch('online')
    await expect.poll(() => names(tabs), QUICK).toEqual(everyone(tabs, null))
  })

  test('that gets 503 waits as Retry-After says, and is sent three times', async () => {
    const browser = new Browser()
    const [tab] = await browser.openSignedIn()
    const sent: number[] = []
    browser.intercept = () => {
      sent.push(browser.monotonic.now() / 1000)
      return unavailable('5').response
    }
    browser.sleep(LIFE)
    const expected = { status: 503, retryAfterSeconds: 5 }
    await expect(whileTimePasses(browser, tab.auth.getAccessToken())).rejects.toMatchObject(expected)
    const [first = 0, second = 0, third = 0, ...more] = sent
    expect(more).toEqual([])
    for (const wait of [second - first, third - second]) {
      expect(wait).toBeGreaterThanOrEqual(5)
      expect(wait).toBeLessThanOrEqual(5.6)
    }
    expect(tab.auth.user).toEqual(ADA)
  })

  test.each([
    [503, '31', 31],
    [403, undefined, undefined],
    [422, undefined, undefined],
  ])(
    'that gets %d with Retry-After: %s rejects at once, and the user stays signed in',
    async (status, retryAfter, seconds) => {
      const browser = new Browser()
      const [tab] = await browser.openSignedIn()
      browser.intercept = () =>
        Response.json({ detail: 'No.' }, { status, headers: retryAfter ? { 'Retry-After': retryAfter } : {} })
      browser.sleep(LIFE)
      const expected = { status, message: 'No.', retryAfterSeconds: seconds }
      await expect(tab.auth.getAccessToken()).rejects.toMatchObject(expected)
      expect(tab.auth.user).toEqual(ADA)
      loseNone(browser)
      expect(await tab.auth.refresh()).toEqual(ADA)
    },
  )

  test('that gets no JSON leaves the user signed in', async () => {
    const browser = new Browser()
    const [tab] = await browser.openSignedIn()
    browser.intercept = () => new Response('<h1>Sign in to this network</h1>', { status: 401 })
    browser.sleep(LIFE)
    const attempt = whileTimePasses(browser, tab.auth.getAccessToken())
    await expect(attempt).rejects.toMatchObject({ status: 0 })
    expect(tab.auth.user).toEqual(ADA)
  })

  test('of an ended session signs out all tabs', async () => {
    const browser = new Browser()
    const tabs = await browser.openSignedIn(3)
    browser.farEnd.endAll()
    browser.advance(AFTER_REFRESH_SECONDS)
    await expect.poll(() => names(tabs), QUICK).toEqual(everyone(tabs, null))
    await browser.settled()
    expect(browser.farEnd.countOf('/refresh')).toBeLessThanOrEqual(3)
    browser.advance(LIFE)
    await browser.settled()
    expect(browser.farEnd.countOf('/refresh')).toBeLessThanOrEqual(3)
  })

  test('that is slow ends before the next user signs in', async () => {
    const browser = new Browser()
    const tabs = await browser.openSignedIn(2)
    const slow = Promise.withResolvers<void>()
    browser.transit = (path) => (path === '/refresh' ? slow.promise : undefined)
    browser.sleep(LIFE)
    tabs[1]?.dispatch('online')
    await expect.poll(() => browser.farEnd.countOf('/refresh'), QUICK).toBe(1)
    const signedIn = tabs[0].auth.signIn({ ...credentials, username: 'grace' })
    await new Promise(setImmediate)
    expect(browser.farEnd.countOf('/login')).toBe(0)
    slow.resolve()
    await signedIn
    await expect.poll(() => names(tabs), QUICK).toEqual(everyone(tabs, 'grace'))
    await expectOneToken(tabs)
  })
})

describe('without Web Locks', () => {
  test('a slow refresh of the earlier user does not replace the new one', async () => {
    const browser = new Browser()
    const [first, second] = [
      await browser.openKnown({ without: ['locks'] }),
      await browser.openKnown({ without: ['locks'] }),
    ]
    await first.auth.signIn(credentials)
    await expect.poll(() => second.username, QUICK).toBe('ada')
    const slow = Promise.withResolvers<void>()
    browser.transit = (path) => (path === '/refresh' ? slow.promise : undefined)
    browser.sleep(LIFE)
    second.dispatch('online')
    await expect.poll(() => browser.farEnd.countOf('/refresh'), QUICK).toBeGreaterThan(2)
    await first.auth.signIn({ ...credentials, username: 'grace' })
    await expect.poll(() => second.username, QUICK).toBe('grace')
    slow.resolve()
    await browser.settled()
    expect(names([first, second])).toEqual(['grace', 'grace'])
  })

  test('a slow refresh of an ended session does not sign out the next user', async () => {
    const browser = new Browser()
    const options = { without: ['locks' as const] }
    const [first, second] = [await browser.openKnown(options), await browser.openKnown(options)]
    await first.auth.signIn(credentials)
    await expect.poll(() => second.username, QUICK).toBe('ada')
    const slow = Promise.withResolvers<void>()
    browser.transit = (path) => (path === '/refresh' ? slow.promise : undefined)
    browser.farEnd.endAll()
    browser.farEnd.received.length = 0
    const refreshed = second.auth.refresh()
    await expect.poll(() => browser.farEnd.countOf('/refresh'), QUICK).toBe(1)
    await first.auth.signIn({ ...credentials, username: 'grace' })
    await expect.poll(() => second.username, QUICK).toBe('grace')
    slow.resolve()
    expect(await refreshed).toMatchObject({ username: 'grace' })
    await browser.settled()
    expect(names([first, second])).toEqual(['grace', 'grace'])
  })

  test.each([[['locks']], [['channel']], [['locks', 'channel']]] as const)(
    'or what else is missing of %o, all tabs stay signed in',
    async (without) => {
      const browser = new Browser()
      const options = { without: [...without] }
      const first = await browser.openKnown(options)
      await first.auth.signIn(credentials)
      const tabs = [first, ...(await Promise.all([1, 2, 3].map(() => browser.openKnown(options))))]
      for (let round = 0; round < 3; round += 1) {
        const before = browser.farEnd.rotations
        browser.advance(AFTER_REFRESH_SECONDS)
        await expect.poll(() => browser.farEnd.rotations, QUICK).toBe(before + 1)
        await browser.settled()
        expect(names(tabs)).toEqual(everyone(tabs, 'ada'))
      }
    },
  )
})

describe('the back/forward cache', () => {
  test('gets a page without a lock, and the page finds out who is signed in', async () => {
    const browser = new Browser()
    const [cached, other = cached] = await browser.openSignedIn(2)
    expect(await browser.locks()).toHaveLength(1)
    cached.dispatch('pagehide')
    await expect.poll(() => browser.locks(), QUICK).toEqual([])
    cached.freeze()
    await other.auth.signOut()
    await other.auth.signIn({ ...credentials, username: 'grace' })
    expect(cached.username).toBe('ada')
    cached.thaw()
    cached.dispatch('pageshow', { persisted: true })
    await expect.poll(() => cached.username, QUICK).toBe('grace')
  })

  test('gives a page back that does not believe what another tab learned earlier', async () => {
    const browser = new Browser()
    const [cached, other = cached] = await browser.openSignedIn(2)
    cached.dispatch('pagehide')
    cached.freeze()
    browser.advance(60)
    await other.auth.refresh()
    browser.advance(60)
    signInElsewhere(browser, 'grace')
    cached.thaw()
    cached.dispatch('pageshow', { persisted: true })
    await expect.poll(() => [cached.username, other.username], QUICK).toEqual(['grace', 'grace'])
    await expectOneToken([cached, other])
  })

  test('gives a page back that hands no user over whom it has not asked about', async () => {
    const browser = new Browser()
    const [cached, other = cached] = await browser.openSignedIn(2)
    cached.dispatch('pagehide')
    cached.freeze()
    await other.auth.signIn({ ...credentials, username: 'grace' })
    browser.advance(60)
    loseEvery(browser)
    cached.thaw()
    cached.dispatch('pageshow', { persisted: true })
    await whileTimePasses(
      browser,
      cached.auth.refresh().catch(() => undefined),
    )
    await browser.settled()
    expect(other.seen).toEqual(['ada', 'grace'])
    loseNone(browser)
    await cached.auth.refresh()
    expect(names([cached, other])).toEqual(['grace', 'grace'])
  })

  test('is not asked for when a page opens for the first time', async () => {
    const browser = new Browser()
    const [tab] = await browser.openSignedIn()
    tab.dispatch('pageshow', { persisted: false })
    await browser.settled()
    expect(browser.farEnd.received).toEqual([])
  })
})

describe('refresh()', () => {
  test('fetches a token before the current one is about to expire, for all tabs', async () => {
    const browser = new Browser()
    const tabs = await browser.openSignedIn(3)
    const before = await expectOneToken(tabs)
    expect(await tabs[0].auth.refresh()).toEqual(ADA)
    expect(await expectOneToken(tabs)).not.toBe(before)
    expect(browser.farEnd.countOf('/refresh')).toBe(1)
  })

  test('returns null when signed out', async () => {
    const tab = new Browser().open()
    expect(await tab.auth.refresh()).toBeNull()
  })
})

describe('listeners', () => {
  test('are called at each change of the user, until they are stopped', async () => {
    const browser = new Browser()
    const [tab] = await browser.openSignedIn()
    const seen: unknown[] = []
    const stop = tab.auth.onChange((user) => seen.push(user))
    expect(seen).toEqual([])
    await browser.settled()
    expect(seen).toEqual([ADA])
    browser.advance(AFTER_REFRESH_SECONDS)
    await browser.settled()
    expect(browser.farEnd.rotations).toBe(1)
    expect(seen).toEqual([ADA])
    expect(tab.auth.user).toBe(seen[0])
    stop()
    await tab.auth.signOut()
    await browser.settled()
    expect(seen).toEqual([ADA])
    tab.auth.onChange(() => seen.push('never'))()
    await tab.auth.signIn(credentials)
    await browser.settled()
    expect(seen).not.toContain('never')
  })

  test('that fail do not keep others from being called', async () => {
    const browser = new Browser()
    const tab = await browser.openKnown()
    const { promise, resolve } = Promise.withResolvers<unknown>()
    const listeners = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException').once('uncaughtException', resolve)
    tab.auth.onChange(() => {
      throw new Error('of the application')
    })
    const seen: unknown[] = []
    tab.auth.onChange((user) => seen.push(user))
    expect(await promise).toEqual(new Error('of the application'))
    for (const listener of listeners) process.on('uncaughtException', listener)
    expect(seen).toEqual([null])
  })
})

test('the message of an AuthError is the fault of a field, if there is one', () => {
  const problem = { type: 'about:blank', title: '', status: 422, detail: 'One or more fields are invalid.' }
  const errors = [{ pointer: '#/password', detail: 'Must be at least 15 characters.' }]
  expect(new AuthError(422, problem).message).toBe(problem.detail)
  expect(new AuthError(422, { ...problem, errors: [] }).message).toBe(problem.detail)
  expect(new AuthError(422, { ...problem, errors }).message).toBe('Must be at least 15 characters.')
})

test.each([
  ['https://auth.example.com', 'https://auth.example.com/refresh'],
  ['https://auth.example.com/', 'https://auth.example.com/refresh'],
  ['https://auth.example.com/prod', 'https://auth.example.com/prod/refresh'],
  ['.', 'https://app.example.com/prod/refresh'],
  ['/auth', 'https://app.example.com/auth/refresh'],
])('the base URL %s has the route %s', async (url, expected) => {
  const browser = new Browser()
  const { promise, resolve } = Promise.withResolvers<string>()
  const edges = {
    ...globalThis,
    ...browser.edges,
    fetch: (input: unknown) => {
      resolve(String(input))
      return Promise.resolve(Response.json({}, { status: 401 }))
    },
    location: { href: 'https://app.example.com/prod/signin?next=1#top' },
  }
  createAuth({ url }, edges as never)
  expect(await promise).toBe(expected)
})
