import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { Browser, QUICK, type Tab } from '../test/browser/client/browser.ts'
import {
  deviceRequired,
  LIFE,
  SECOND_FACTOR,
  sessionChanged,
  unavailable,
} from '../test/browser/client/far-end.ts'
import { AuthError, createAuth } from './client.js'

const credentials = { username: 'ada', password: 'correct horse battery staple' }
const GRACE = { ...credentials, username: 'grace' }
const ADA = { id: 'id of ada', username: 'ada', role: 'user' }

/** Later than the random moment of a refresh, and before the token expires. */
const AFTER_REFRESH_SECONDS = LIFE * 0.85

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
    const { browser, tab } = await openSignedOut()
    const error = await tab.auth.signIn({ username, password: 'x' }).catch((error) => error)
    expect(error).toBeInstanceOf(AuthError)
    expect(error).toMatchObject({ name: 'AuthError', message: detail, status, retryAfterSeconds })
    expect(error.problem).toMatchObject({ status, detail })
    expect(browser.farEnd.countOf('/login')).toBe(1)
    expect(tab.seen).toEqual([null])
  })

  test('works by other routes that start a session', async () => {
    const { browser, tabs } = await openSignedIn(2)
    const body = { token: 'of a mail', username: 'grace', password: 'x' }
    expect(await tabs[0].auth.signIn(body, 'register/confirm')).toMatchObject({ username: 'grace' })
    expect(browser.farEnd.received.map(({ path, body }) => [path, body])).toEqual([
      ['/register/confirm', { ...body, session: 'cookie' }],
    ])
    await expect.poll(() => names(tabs), QUICK).toEqual(everyone(tabs, 'grace'))
  })

  test('returns what is next after the password, and another route completes it', async () => {
    const { browser, tab, auth } = await openSignedOut()
    const tabs = [tab, await browser.openKnown()] as const
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
    const { auth } = await openSignedOut()
    const body = { enrolmentToken: 'id.secret', code: '123456' }
    const codes = { recoveryCodes: ['one', 'two'] }
    expect(await auth.signIn(body, 'enrolment/totp/confirm')).toEqual({ ...ADA, ...codes })
    expect(auth.user).toEqual(ADA)
  })

  test('posts to public routes without the access token', async () => {
    const { browser, auth } = await openSignedIn()
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
    const { browser, tab } = await openSignedOut()
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
      const { browser, tabs } = await openSignedIn(3)
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
    const { browser, tab } = await openSignedIn()
    const sent = intercept(browser, () => {
      throw new TypeError('Failed to fetch')
    })
    await expect(browser.passUntil(tab.auth.signOut())).rejects.toMatchObject({ status: 0 })
    expect([tab.auth.user, sent.length]).toEqual([ADA, 3])
    loseNone(browser)
    await tab.auth.signOut()
    expect(tab.auth.user).toBeNull()
  })

  test.each([{}, { everywhere: true }])(
    'with %o ends nothing of a user who signed in on a page of another origin, and shows that user',
    async (options) => {
      const { browser, tab } = await openSignedIn()
      browser.signInElsewhere('grace')
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
    const { browser, tabs } = await openSignedIn(2)
    const signedIn = tabs[1]?.auth.signIn(GRACE)
    const signedOut = tabs[0].auth.signOut({ everywhere: true })
    await expect(signedOut).rejects.toMatchObject({ status: 409, problem: { error: 'other_user' } })
    await signedIn
    expect(browser.farEnd.received.map(({ path }) => path)).toEqual(['/login'])
    expect(names(tabs)).toEqual(['grace', 'grace'])
  })

  test('of a page that does not know its user yet is of the user of the cookie', async () => {
    const { browser, tab: before } = await openSignedIn()
    before.close()
    await browser.open().auth.signOut()
    expect(browser.farEnd.received.map(({ path, body }) => [path, body])).toEqual([
      ['/refresh', {}],
      ['/logout', {}],
    ])
    expect(browser.cookie).toBeUndefined()
  })

  test('leaves no timer', async () => {
    const { browser, tab } = await openSignedIn()
    await tab.auth.signOut()
    expect(browser.waits).toEqual([])
  })

  test('sends nothing when the page shows no user', async () => {
    const { browser, tab } = await openSignedOut()
    browser.signInElsewhere('grace')
    await tab.auth.signOut({ everywhere: true })
    expect(browser.farEnd.countOf('/logout')).toBe(0)
    expect((await browser.openKnown()).username).toBe('grace')
  })

  test.each([
    [503, '5'],
    [503, '30'],
    [429, '5'],
    [500, '1'],
  ])('is repeated after %d with Retry-After: %s', async (status, retryAfter) => {
    const { browser, tab } = await openSignedIn()
    const respond = () => Response.json({}, { status, headers: { 'Retry-After': retryAfter } })
    const sent = intercept(browser, () => (sent.length === 1 ? respond() : undefined))
    await browser.passUntil(tab.auth.signOut())
    expect(sent).toHaveLength(2)
    expect(tab.auth.user).toBeNull()
  })

  test('and signing in as another user changes the user of all tabs', async () => {
    const { tabs } = await openSignedIn(3)
    await tabs[0].auth.signOut()
    await tabs[0].auth.signIn(GRACE)
    await expect.poll(() => names(tabs), QUICK).toEqual(everyone(tabs, 'grace'))
    expect(tabs[2]?.seen).toEqual(['ada', null, 'grace'])
    await expectOneToken(tabs)
  })
})

describe('twenty tabs', () => {
  test('that open at once after a night send one refresh', async () => {
    const { browser, tab: before } = await openSignedIn()
    before.close()
    browser.sleep(8 * 3600)
    const tabs = Array.from({ length: 20 }, () => browser.open())
    await expect.poll(() => names(tabs), QUICK).toEqual(everyone(tabs, 'ada'))
    await expectOneToken(tabs)
    await browser.settled()
    expect(browser.farEnd.countOf('/refresh')).toBe(1)
  })

  test('that open one after the other each ask who is signed in, and share the last token', async () => {
    const { browser, tab: before } = await openSignedIn()
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
    const { browser, tabs } = await openSignedIn(20)
    for (let round = 1; round <= 5; round += 1) {
      await browser.pass(AFTER_REFRESH_SECONDS)
      await expectOneToken(tabs)
      expect(browser.farEnd.countOf('/refresh')).toBe(round)
      expect(browser.farEnd.rotations).toBe(round)
    }
    expect(names(tabs)).toEqual(everyone(tabs, 'ada'))
  })

  test('refresh once after the device slept until the token expired', async () => {
    const { browser, tabs } = await openSignedIn(20)
    browser.sleep(8 * 3600)
    await browser.pass(60)
    expect(browser.farEnd.countOf('/refresh')).toBe(1)
    await expectOneToken(tabs)
    expect(browser.farEnd.countOf('/refresh')).toBe(1)
  })

  test('send one refresh at a time while the service is down', async () => {
    const { browser, tabs } = await openSignedIn(20)
    const sent = intercept(browser, () => unavailable('10').response)
    await browser.pass(LIFE * 0.75)
    expect(sent).toHaveLength(1)
    for (let seconds = 0; seconds < 60; seconds += 1) {
      await browser.pass(1)
    }
    expect(sent.length).toBeLessThanOrEqual(6)
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
    const { browser, tab } = await openSignedIn()
    const token = await tab.auth.getAccessToken()
    const sent = intercept(browser, () => Response.json({ status }, { status, headers }))
    browser.advance(AFTER_REFRESH_SECONDS)
    for (let seconds = 0; seconds < 60; seconds += 1) {
      await browser.settled()
      expect(await tab.auth.getAccessToken()).toBe(token)
      browser.advance(1)
    }
    expect(sent.length).toBeGreaterThan(0)
    expect(sent.length).toBeLessThanOrEqual(atMost)
  })

  test('sends nothing before Retry-After has passed, also with an expired token', async () => {
    const { browser, tab } = await openSignedIn()
    const sent = intercept(browser, () => unavailable('900').response)
    browser.sleep(LIFE)
    for (let calls = 0; calls < 10; calls += 1) {
      await expect(tab.auth.getAccessToken()).rejects.toMatchObject({ status: 503, retryAfterSeconds: 900 })
    }
    expect(sent).toHaveLength(1)
    loseNone(browser)
    await browser.pass(1350)
    expect(await tab.auth.getAccessToken()).toBeDefined()
  })
})

describe('a tab that opens later', () => {
  test('gets the token that another tab requests after that', async () => {
    const { browser, tabs } = await openSignedIn(2)
    expect(browser.farEnd.received).toEqual([])
    await expectOneToken(tabs)
  })

  test('shows the user in the cookie, and not the one of a tab that opened before', async () => {
    const { browser, tab: old } = await openSignedIn()
    browser.advance(60)
    browser.signInElsewhere('grace')
    const tab = await browser.openKnown()
    expect(tab.seen).toEqual(['grace'])
    await expect.poll(() => old.username, QUICK).toBe('grace')
    await expectOneToken([old, tab])
  })

  test('does not show the user of a tab that opened before while the service is down', async () => {
    const { browser } = await openSignedIn()
    browser.advance(60)
    browser.signInElsewhere('grace')
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
    const { browser, tab: first, other: second } = await openSignedIn(2)
    first.close()
    const third = await browser.openKnown()
    expect(browser.farEnd.countOf('/refresh')).toBe(1)
    await expectOneToken([second, third])
  })

  test('refreshes after a second if the other tab is frozen', async () => {
    const { browser, tab: frozen } = await openSignedIn()
    frozen.freeze()
    const tab = browser.open()
    await browser.waitForTimers(1)
    expect(browser.farEnd.received).toEqual([])
    browser.advance(1)
    await expect.poll(() => tab.username, QUICK).toBe('ada')
    expect(browser.farEnd.countOf('/refresh')).toBe(1)
  })

  test('refreshes if the token of the other tab has expired', async () => {
    const { browser, tab: first } = await openSignedIn()
    browser.sleep(8 * 3600)
    const tab = await browser.openKnown()
    await browser.settled()
    expect(browser.farEnd.countOf('/refresh')).toBe(1)
    await expectOneToken([first, tab])
  })

  test('finds the user that a page of another origin has signed in', async () => {
    const { browser, tab: first } = await openSignedIn()
    await first.auth.signOut()
    browser.signInElsewhere('grace')
    expect((await browser.openKnown()).username).toBe('grace')
    await expect.poll(() => first.username, QUICK).toBe('grace')
  })

  test('does not know the user before that', () => {
    expect(new Browser().open().auth.user).toBeUndefined()
  })
})

describe('the moment of a refresh', () => {
  const withRandom = (random: number) => (browser: Browser) => {
    browser.random = random
  }
  const withClock = (days: number) => (browser: Browser) => browser.setClock(days)

  test.each([
    ['with the random number 0 is after 0.7 of the life', withRandom(0), 0.7],
    ['with the random number 0.5 is after 0.75 of the life', withRandom(0.5), 0.75],
    ['with the random number 1 is after 0.8 of the life', withRandom(1), 0.8],
    ['does not depend on a clock that is 2 days slow', withClock(-2), 0.75],
    ['does not depend on a clock that is 2 days fast', withClock(2), 0.75],
  ])('%s', async (_what, prepare, share) => {
    const browser = new Browser()
    prepare(browser)
    const [tab] = await browser.openSignedIn()
    await browser.pass(LIFE * share - 1)
    expect(browser.farEnd.received).toEqual([])
    await browser.pass(1)
    expect(browser.farEnd.countOf('/refresh')).toBe(1)
    expect(tab.username).toBe('ada')
  })

  test('stays the same if the clock is set back by two days', async () => {
    const { browser } = await openSignedIn(3)
    browser.setClock(-2)
    await browser.pass(LIFE * 0.75)
    expect(browser.farEnd.countOf('/refresh')).toBe(1)
  })

  test('is at once if the clock is set forward by two days', async () => {
    const { browser, tabs } = await openSignedIn(3)
    browser.setClock(2)
    await expectOneToken(tabs)
    await browser.settled()
    expect(browser.farEnd.countOf('/refresh')).toBe(1)
    await browser.pass(LIFE / 2)
    expect(browser.farEnd.countOf('/refresh')).toBe(1)
  })

  test.each(['visibilitychange', 'online'])(
    'is at once at the event %s if it has passed in a sleep',
    async (type) => {
      const { browser, tab } = await openSignedIn()
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
    const { browser, tab } = await openSignedIn()
    const before = await tab.auth.getAccessToken()
    browser.sleep(8 * 3600)
    expect(await tab.auth.getAccessToken()).not.toBe(before)
    expect(browser.farEnd.countOf('/refresh')).toBe(1)
  })
})

describe('offline', () => {
  test('the token works until it expires, and the user stays signed in', async () => {
    const { browser, tab } = await openSignedIn()
    const token = await tab.auth.getAccessToken()
    loseEvery(browser)
    await browser.pass(AFTER_REFRESH_SECONDS)
    expect(await tab.auth.getAccessToken()).toBe(token)
    browser.advance(LIFE)
    const late = browser.passUntil(tab.auth.getAccessToken())
    await expect(late).rejects.toMatchObject({ name: 'AuthError', status: 0 })
    expect(tab.auth.user).toEqual(ADA)
    loseNone(browser)
    tab.dispatch('online')
    await expect.poll(() => tab.auth.getAccessToken(), QUICK).not.toBe(token)
    expect(tab.seen).toEqual([null, 'ada'])
  })

  test('a page that opens does not know its user, until it is online', async () => {
    const { browser, tab: before } = await openSignedIn()
    before.close()
    loseEvery(browser)
    const tab = browser.open()
    await expect(browser.passUntil(tab.auth.getAccessToken())).rejects.toMatchObject({ status: 0 })
    expect(tab.auth.user).toBeUndefined()
    loseNone(browser)
    tab.dispatch('online')
    await expect.poll(() => tab.username, QUICK).toBe('ada')
  })

  test('without events the client tries again after at most two minutes', async () => {
    const browser = new Browser()
    const sent = intercept(browser, () => {
      throw new TypeError('Failed to fetch')
    })
    const tab = browser.open()
    await expect(browser.passUntil(tab.auth.getAccessToken())).rejects.toThrow()
    for (let seconds = 0; seconds < 3600; seconds += 10) {
      await browser.pass(10)
      expect(browser.waits[0]).toBeLessThanOrEqual(120)
    }
    expect(sent.length).toBeLessThan(200)
    loseNone(browser)
    browser.advance(120)
    await expect.poll(() => tab.username, QUICK).toBeNull()
  })
})

describe('a refresh', () => {
  test('whose response is lost is repeated, and rotates once', async () => {
    const { browser, tabs } = await openSignedIn(3)
    let lost = 2
    browser.transit = () => {
      lost -= 1
      if (lost >= 0) throw new TypeError('Failed to fetch')
    }
    browser.sleep(LIFE)
    await browser.passUntil(tokens(tabs))
    await expectOneToken(tabs)
    expect(names(tabs)).toEqual(everyone(tabs, 'ada'))
    expect(browser.farEnd.rotations).toBe(1)
    expect(browser.farEnd.countOf('/refresh')).toBe(3)
  })

  test('whose response is lost for longer than the grace period signs out', async () => {
    const { browser, tabs } = await openSignedIn(3)
    browser.transit = () => {
      throw new TypeError('Failed to fetch')
    }
    browser.sleep(LIFE)
    const attempts = browser.passUntil(Promise.all(tabs.map(({ auth }) => auth.getAccessToken())))
    await expect(attempts).rejects.toMatchObject({ status: 0 })
    browser.transit = () => undefined
    browser.sleep(60)
    tabs[0].dispatch('online')
    await expect.poll(() => names(tabs), QUICK).toEqual(everyone(tabs, null))
  })

  test('that fails is not repeated if another tab refreshes first', async () => {
    const { browser, tab, other } = await openSignedIn(2)
    loseEvery(browser)
    browser.sleep(LIFE)
    const failed = tab.auth.getAccessToken()
    await browser.waitForTimers(0.25)
    loseNone(browser)
    const token = await other.auth.getAccessToken()
    expect(await browser.passUntil(failed)).toBe(token)
    expect(browser.farEnd.countOf('/refresh')).toBe(1)
  })

  test('of a token that is not due is repeated after a failure in any tab', async () => {
    const { browser, tabs } = await openSignedIn(2)
    loseEvery(browser)
    const refreshes = Promise.all(tabs.map(({ auth }) => auth.refresh()))
    await browser.waitForTimers(0.25)
    loseNone(browser)
    expect(await browser.passUntil(refreshes)).toEqual([ADA, ADA])
    expect(browser.farEnd.rotations).toBe(1)
  })

  test('after another sign-in is repeated, even if a tab without locks refreshed before it', async () => {
    const browser = new Browser()
    const tab = await browser.openKnown({ without: ['locks'] })
    await tab.auth.signIn(credentials)
    const other = await browser.openKnown({ without: ['locks'] })
    const { promise: held, resolve: respond } = Promise.withResolvers<Response>()
    let isSent = false
    browser.intercept = () => {
      isSent = true
      return held
    }
    const refreshed = tab.auth.refresh()
    await expect.poll(() => isSent, QUICK).toBe(true)
    loseNone(browser)
    const token = await other.auth.refresh().then(() => other.auth.getAccessToken())
    await expect.poll(() => tab.auth.getAccessToken(), QUICK).toBe(token)
    browser.signInElsewhere('grace')
    respond(sessionChanged().response)
    expect(await browser.passUntil(refreshed)).toMatchObject({ username: 'grace' })
  })

  test('that gets 503 waits as Retry-After says, and is sent three times', async () => {
    const { browser, tab } = await openSignedIn()
    const sent = intercept(browser, () => unavailable('5').response)
    browser.sleep(LIFE)
    const expected = { status: 503, retryAfterSeconds: 5 }
    await expect(browser.passUntil(tab.auth.getAccessToken())).rejects.toMatchObject(expected)
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
      const { browser, tab } = await openSignedIn()
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
    const { browser, tab } = await openSignedIn()
    browser.intercept = () => new Response('<h1>Sign in to this network</h1>', { status: 401 })
    browser.sleep(LIFE)
    const attempt = browser.passUntil(tab.auth.getAccessToken())
    await expect(attempt).rejects.toMatchObject({ status: 0 })
    expect(tab.auth.user).toEqual(ADA)
  })

  test.each([
    ['409 because another sign-in has renewed the session', () => sessionChanged().response],
    ['401 because its session was just bound to a device', () => deviceRequired().response],
  ])('that gets %s is repeated once, after a second', async (_, refuse) => {
    const { browser, tab } = await openSignedIn()
    const sent = intercept(browser, () => (sent.length > 1 ? undefined : refuse()))
    browser.sleep(LIFE)
    await browser.passUntil(tab.auth.getAccessToken())
    expect(sent).toHaveLength(2)
    expect(Number(sent[1]) - Number(sent[0])).toBeGreaterThanOrEqual(1)
    expect(tab.auth.user).toEqual(ADA)
    expect(browser.farEnd.rotations).toBe(1)
  })

  test('that gets it twice signs out all tabs', async () => {
    const { browser, tabs } = await openSignedIn(3)
    const sent = intercept(browser, () => sessionChanged().response)
    browser.sleep(LIFE)
    expect(await browser.passUntil(tabs[0].auth.getAccessToken())).toBeUndefined()
    await expect.poll(() => names(tabs), QUICK).toEqual(everyone(tabs, null))
    expect(sent).toHaveLength(2)
  })

  test.each([undefined, 'no_session_changed', 'session_changed_by'])(
    'that gets another 409 with the error %s rejects, and the user stays signed in',
    async (error) => {
      const { browser, tab } = await openSignedIn()
      browser.intercept = () => Response.json({ detail: 'No.', error }, { status: 409 })
      browser.sleep(LIFE)
      await expect(tab.auth.getAccessToken()).rejects.toMatchObject({ status: 409, message: 'No.' })
      expect(tab.auth.user).toEqual(ADA)
    },
  )

  test('of an ended session signs out all tabs', async () => {
    const { browser, tabs } = await openSignedIn(3)
    browser.farEnd.endAll()
    browser.advance(AFTER_REFRESH_SECONDS)
    await expect.poll(() => names(tabs), QUICK).toEqual(everyone(tabs, null))
    await browser.settled()
    expect(browser.farEnd.countOf('/refresh')).toBeLessThanOrEqual(3)
    await browser.pass(LIFE)
    expect(browser.farEnd.countOf('/refresh')).toBeLessThanOrEqual(3)
  })

  test('that is slow ends before the next user signs in', async () => {
    const { browser, tabs } = await openSignedIn(2)
    const slow = Promise.withResolvers<void>()
    browser.transit = (path) => (path === '/refresh' ? slow.promise : undefined)
    browser.sleep(LIFE)
    tabs[1]?.dispatch('online')
    await expect.poll(() => browser.farEnd.countOf('/refresh'), QUICK).toBe(1)
    const signedIn = tabs[0].auth.signIn(GRACE)
    await new Promise(setImmediate)
    expect(browser.farEnd.countOf('/login')).toBe(0)
    slow.resolve()
    await signedIn
    await expect.poll(() => names(tabs), QUICK).toEqual(everyone(tabs, 'grace'))
    await expectOneToken(tabs)
  })
})

describe('a call of a page', () => {
  test('gets the token that is due, and a new one is on its way', async () => {
    const { browser, tab } = await openSignedIn()
    const before = await tab.auth.getAccessToken()
    browser.sleep(AFTER_REFRESH_SECONDS)
    expect(await tab.auth.getAccessToken()).toBe(before)
    await browser.settled()
    expect(browser.farEnd.countOf('/refresh')).toBe(1)
    expect(await tab.auth.getAccessToken()).not.toBe(before)
  })

  test('with an expired token waits for the refresh that is repeated after a 503', async () => {
    const { browser, tab } = await openSignedIn()
    const sent = intercept(browser, () => (sent.length === 1 ? unavailable('5').response : undefined))
    browser.sleep(LIFE)
    const first = tab.auth.getAccessToken()
    await browser.waitForTimers(5.25)
    const both = browser.passUntil(Promise.all([first, tab.auth.getAccessToken()]))
    expect(new Set(await both).size).toBe(1)
    expect(sent).toHaveLength(2)
  })
})

describe('what the tabs do together', () => {
  const channelOf = (browser: Browser) => {
    const channel = new BroadcastChannel(`${browser.serviceUrl}/`)
    onTestFinished(() => channel.close())
    return channel
  }
  /** What the browser rejects, or the failure of a request of the lock before it begins. */
  const failing = async () => {
    throw new DOMException('The operation timed out.', 'TimeoutError')
  }

  test('begins again where a tab that was opened later has the newer token', async () => {
    const { browser, tab: first } = await openSignedIn()
    browser.advance(LIFE / 2)
    await browser.openKnown()
    await browser.settled()
    browser.farEnd.received.length = 0
    await browser.pass(LIFE * 0.75 - 1)
    expect(browser.farEnd.received).toEqual([])
    expect(first.username).toBe('ada')
    await browser.pass(1)
    expect(browser.farEnd.countOf('/refresh')).toBe(1)
  })

  test('without Web Locks brings a session that a tab has missed with the next failure', async () => {
    const { browser, tab: first } = await openSignedOut({ without: ['locks'] })
    const missing = await browser.openKnown({ without: ['locks'] })
    missing.freeze()
    await first.auth.signIn(credentials)
    await browser.settled()
    missing.thaw()
    expect(missing.username).toBeNull()
    browser.intercept = () => unavailable('31').response
    await expect(first.auth.refresh()).rejects.toMatchObject({ status: 503 })
    await expect.poll(() => missing.username, QUICK).toBe('ada')
  })

  test('is handed over by one tab', async () => {
    const { browser } = await openSignedIn(3)
    const channel = channelOf(browser)
    const replies: unknown[] = []
    channel.onmessage = ({ data }: MessageEvent) => replies.push(data.reply)
    channel.postMessage({ ask: 'a question' })
    await browser.settled()
    expect(replies).toEqual(['a question'])
  })

  test('works if the browser does not name the held locks', async () => {
    const { browser, tab: before } = await openSignedIn()
    before.close()
    const query = vi.spyOn(navigator.locks, 'query').mockImplementation(failing)
    onTestFinished(() => query.mockRestore())
    expect((await browser.openKnown()).username).toBe('ada')
  })

  test('works without the lock if a frozen tab holds it for half a minute', async () => {
    const { browser, tab } = await openSignedIn()
    const request = vi.spyOn(navigator.locks, 'request').mockImplementationOnce(failing)
    onTestFinished(() => request.mockRestore())
    expect(await tab.auth.refresh()).toEqual(ADA)
    const [name, options] = request.mock.calls[0] as unknown[]
    expect([name, options]).toEqual([`${browser.serviceUrl}/`, { signal: expect.any(AbortSignal) }])
  })

  test('is tried again where a refresh waited for a lock and learned of the failure of another tab', async () => {
    const { browser, tab } = await openSignedIn()
    const { promise: held, resolve: release } = Promise.withResolvers<void>()
    const holding = navigator.locks.request(`${browser.serviceUrl}/`, () => held)
    browser.sleep(LIFE)
    const refreshed = tab.auth.refresh()
    refreshed.catch(() => undefined)
    channelOf(browser).postMessage({ outcome: { id: 'of another tab', failure: [503, undefined, 31] } })
    await browser.waitForTimers(46.5)
    browser.advance(46.5)
    release()
    await holding
    await expect(refreshed).rejects.toMatchObject({ status: 503, retryAfterSeconds: 31 })
    await browser.pass(60)
    expect(browser.farEnd.countOf('/refresh')).toBe(1)
  })
})

describe('signing in again', () => {
  test('as the same user renews the session, and every tab has its token', async () => {
    const { browser, tabs, auth } = await openSignedIn(3)
    const before = await expectOneToken(tabs)
    await auth.signIn(credentials)
    expect(await expectOneToken(tabs)).not.toBe(before)
    for (let round = 0; round < 2; round += 1) {
      browser.advance(AFTER_REFRESH_SECONDS)
      await browser.settled()
      expect(names(tabs)).toEqual(everyone(tabs, 'ada'))
    }
  })

  test('whose response is lost signs out at the next refresh, and the next sign-in works', async () => {
    const { browser, tabs, auth } = await openSignedIn(2)
    browser.transit = (path) => {
      if (path === '/login') throw new TypeError('Failed to fetch')
    }
    await expect(auth.signIn(credentials)).rejects.toMatchObject({ status: 0 })
    browser.transit = () => undefined
    browser.sleep(LIFE)
    expect(await browser.passUntil(tabs[1]?.auth.getAccessToken() as Promise<unknown>)).toBeUndefined()
    await expect.poll(() => names(tabs), QUICK).toEqual(everyone(tabs, null))
    await auth.signIn(credentials)
    await expect.poll(() => names(tabs), QUICK).toEqual(everyone(tabs, 'ada'))
    expect(await auth.refresh()).toEqual(ADA)
  })
})

describe('without Web Locks', () => {
  /** Opens two tabs, which are signed in. The next refreshes wait until they are let go. */
  async function openSlow() {
    const options = { without: ['locks' as const] }
    const { browser, tab: first } = await openSignedOut(options)
    const second = await browser.openKnown(options)
    await first.auth.signIn(credentials)
    await expect.poll(() => second.username, QUICK).toBe('ada')
    const slow = Promise.withResolvers<void>()
    browser.transit = (path) => (path === '/refresh' ? slow.promise : undefined)
    /** Signs the next user in, and then lets the refreshes go. */
    const signInNext = async () => {
      await first.auth.signIn(GRACE)
      await expect.poll(() => second.username, QUICK).toBe('grace')
      slow.resolve()
      await browser.settled()
      expect(names([first, second])).toEqual(['grace', 'grace'])
    }
    return { browser, second, signInNext }
  }

  test('a slow refresh of the earlier user does not replace the new one', async () => {
    const { browser, second, signInNext } = await openSlow()
    browser.sleep(LIFE)
    second.dispatch('online')
    await expect.poll(() => browser.farEnd.countOf('/refresh'), QUICK).toBeGreaterThan(2)
    await signInNext()
  })

  test('a slow refresh of an ended session does not sign out the next user', async () => {
    const { browser, second, signInNext } = await openSlow()
    browser.farEnd.endAll()
    browser.farEnd.received.length = 0
    const refreshed = second.auth.refresh()
    await expect.poll(() => browser.farEnd.countOf('/refresh'), QUICK).toBe(1)
    await signInNext()
    expect(await refreshed).toMatchObject({ username: 'grace' })
  })

  test.each([[['locks']], [['channel']], [['locks', 'channel']]] as const)(
    'or what else is missing of %o, all tabs stay signed in',
    async (without) => {
      const options = { without: [...without] }
      const { browser, tab: first } = await openSignedOut(options)
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
  const leave = (tab: Tab) => {
    tab.dispatch('pagehide')
    tab.freeze()
  }
  const comeBack = (tab: Tab) => {
    tab.thaw()
    tab.dispatch('pageshow', { persisted: true })
  }

  test('gets a page without a lock, and the page finds out who is signed in', async () => {
    const { browser, tab: cached, other } = await openSignedIn(2)
    expect(await browser.locks()).toHaveLength(1)
    cached.dispatch('pagehide')
    await expect.poll(() => browser.locks(), QUICK).toEqual([])
    cached.freeze()
    await other.auth.signOut()
    await other.auth.signIn(GRACE)
    expect(cached.username).toBe('ada')
    comeBack(cached)
    await expect.poll(() => cached.username, QUICK).toBe('grace')
  })

  test('gives a page back that does not believe what another tab learned earlier', async () => {
    const { browser, tab: cached, other } = await openSignedIn(2)
    leave(cached)
    browser.advance(60)
    await other.auth.refresh()
    browser.advance(60)
    browser.signInElsewhere('grace')
    comeBack(cached)
    await expect.poll(() => [cached.username, other.username], QUICK).toEqual(['grace', 'grace'])
    await expectOneToken([cached, other])
  })

  test('gives a page back that hands no user over whom it has not asked about', async () => {
    const { browser, tab: cached, other } = await openSignedIn(2)
    leave(cached)
    await other.auth.signIn(GRACE)
    browser.advance(60)
    loseEvery(browser)
    comeBack(cached)
    await browser.passUntil(cached.auth.refresh().catch(() => undefined))
    await browser.settled()
    expect(other.seen).toEqual(['ada', 'grace'])
    loseNone(browser)
    await cached.auth.refresh()
    expect(names([cached, other])).toEqual(['grace', 'grace'])
  })

  test('gives a page back that asks even if another tab refreshed before it left', async () => {
    const { browser, tab: cached, other } = await openSignedIn(2)
    loseEvery(browser)
    const refreshed = cached.auth.refresh()
    await browser.waitForTimers(0.25)
    loseNone(browser)
    await other.auth.refresh()
    await browser.settled()
    leave(cached)
    browser.signInElsewhere('grace')
    comeBack(cached)
    await browser.passUntil(refreshed)
    await expect.poll(() => cached.username, QUICK).toBe('grace')
  })

  test('is not asked for when a page opens for the first time', async () => {
    const { browser, tab } = await openSignedIn()
    tab.dispatch('pageshow', { persisted: false })
    await browser.settled()
    expect(browser.farEnd.received).toEqual([])
  })
})

describe('refresh()', () => {
  test('fetches a token before the current one is about to expire, for all tabs', async () => {
    const { browser, tabs } = await openSignedIn(3)
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
    const { browser, tab } = await openSignedIn()
    const seen: unknown[] = []
    const stop = tab.auth.onChange((user) => seen.push(user))
    expect(seen).toEqual([])
    await browser.settled()
    expect(seen).toEqual([ADA])
    await browser.pass(AFTER_REFRESH_SECONDS)
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
    const { tab } = await openSignedOut()
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
  expect(new AuthError(0).message).toBe('The service did not respond.')
  expect(new AuthError(502).message).toBe('The service did not respond as expected: 502.')
})

test('a name in any script is read from the token, whose request outlives the page', async () => {
  const user = { id: '>>>???', username: 'þÿ', role: 'user' }
  const payload = Buffer.from(JSON.stringify({ sub: user.id, ...user })).toString('base64url')
  expect(payload).toMatch(/-.*_/)
  const sent: (RequestInit | undefined)[] = []
  const edges = {
    ...globalThis,
    ...new Browser().edges,
    fetch: async (_url: string, init?: RequestInit) => {
      sent.push(init)
      return Response.json({ authToken: `a.${payload}.c`, expiresIn: 900 })
    },
  }
  expect(await createAuth({ url: '/auth' }, edges as never).refresh()).toEqual(user)
  expect(sent).toMatchObject([{ method: 'POST', credentials: 'include', keepalive: true }])
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

/** Opens a number of tabs, of which the first signs a user in. */
async function openSignedIn(count = 1) {
  const browser = new Browser()
  const tabs = await browser.openSignedIn(count)
  const [tab, other = tab] = tabs
  return { browser, tabs, tab, other, auth: tab.auth }
}

/** Opens a tab, which knows that no user is signed in. */
async function openSignedOut(...options: Parameters<Browser['openKnown']>) {
  const browser = new Browser()
  const tab = await browser.openKnown(...options)
  return { browser, tab, auth: tab.auth }
}

/** Responds in place of the far end. @returns When each request was sent, in seconds. */
function intercept(browser: Browser, respond: () => Response | undefined): number[] {
  const sent: number[] = []
  browser.intercept = () => {
    sent.push(browser.monotonic.now() / 1000)
    return respond()
  }
  return sent
}

const loseEvery = (browser: Browser) => {
  browser.intercept = () => {
    throw new TypeError('Failed to fetch')
  }
}

const loseNone = (browser: Browser) => {
  browser.intercept = () => undefined
}

test.each([undefined, 'de'])(
  'with the language %s, requests name it unless the page does',
  async (language) => {
    const sent: unknown[][] = []
    const token = `a.${btoa(JSON.stringify({ sub: 'id', username: 'ada', role: 'user' }))}.c`
    const browser = new Browser()
    const edges = {
      ...globalThis,
      ...browser.edges,
      fetch: async (...request: ConstructorParameters<typeof Request>) => {
        const { url, headers } = new Request(...request)
        sent.push([new URL(url).pathname, headers.get('Accept-Language')])
        return Response.json({ authToken: token, expiresIn: 900 })
      },
    }
    const auth = createAuth({ url: '/auth', ...(language && { language }) }, edges as never)
    await auth.getAccessToken()
    await auth.post('register', {})
    await auth.fetch(browser.pageUrl)
    await auth.fetch(browser.pageUrl, { headers: { 'Accept-Language': 'fr' } })
    await auth.signOut()
    const expected = language ?? null
    expect(sent).toEqual([
      ['/auth/refresh', expected],
      ['/auth/register', expected],
      ['/orders', expected],
      ['/orders', 'fr'],
      ['/auth/logout', expected],
    ])
  },
)
