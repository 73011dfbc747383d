import { randomBytes, randomUUID } from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import { attribute, writeIf } from '../../lib/aws/dynamodb.ts'
import { OTHER_BROWSER } from '../../lib/mail/browser.ts'
import { MAIL_ID_BYTES, newMailId } from '../../lib/mail/confirmation.ts'
import { DECOY_HASH } from '../../lib/passwords/hash.ts'
import { nameKey, profileKey } from '../../lib/users/store.ts'
import type { User } from '../../lib/users/user.ts'
import { startWire } from '../support/aws/wire.ts'
import { OWN_PAGE, setsCookie } from '../support/http/cookies.ts'
import { recordLogs } from '../support/logs.ts'
import { proof } from '../support/rows.ts'
import { useService } from '../support/service.ts'
import { addTotp, beginLogin, totpCode } from '../support/users/factors.ts'
import { codeIn, newAddress, stopClock, tokenIn } from '../support/users/mails.ts'
import { begin } from '../support/users/sessions.ts'
import { giveFactors } from '../support/users/users.ts'

const logs = recordLogs()
const service = await useService({ settings: { COOKIE_SESSIONS: 'on', REGISTRATION: 'open' } })

const INVALID_LINK = {
  type: 'about:blank',
  title: 'Bad Request',
  status: 400,
  detail: 'The link or code is invalid or expired.',
  code: 'invalid_link',
}
const OTHER = {
  type: 'about:blank',
  title: 'Unauthorized',
  status: 401,
  code: 'invalid_credentials',
  ...OTHER_BROWSER,
}
const SET_KEY = /^__Host-try=([\w-]{43}); Max-Age=3600; Path=\/; Secure; HttpOnly; SameSite=Strict$/

const APP = 'http://app.localhost:3000'
const APPS_PAGE = { ...OWN_PAGE, 'Sec-Fetch-Site': 'same-site', Origin: APP }

let sources = 0
/** Returns an address of a client that no other test has. */
function newSource(): string {
  sources += 1
  return `198.51.${sources >> 8}.${sources & 255}`
}

/** A browser, which keeps its key. */
function openBrowser({ sourceIp = newSource(), functions = service as Pick<typeof service, 'ask'> } = {}) {
  let key = ''
  const headers = () => ({ ...OWN_PAGE, ...(key && { Cookie: `__Host-try=${key}` }) })
  return {
    sourceIp,
    key: () => key,
    async start(email: string) {
      const body = { email, session: 'cookie' }
      const response = await functions.ask('POST /login/mail', { body, sourceIp, headers: headers() })
      key = SET_KEY.exec(String(response.headers['Set-Cookie']))?.[1] ?? key
      return response
    },
    confirm: (proof: object) =>
      functions.ask('POST /login/mail/confirm', {
        body: { ...proof, session: 'cookie' },
        sourceIp,
        headers: headers(),
      }),
  }
}

/** Adds a user who has no password. */
async function addUser(values: Partial<User> = {}) {
  const { username } = await service.addUser(values)
  await service.setHash(username, DECOY_HASH)
  const user = await service.user(username)
  return { ...user, email: String(user.email) }
}

/** Gives a user another verified address, and changes nothing else. Returns it. */
async function moveAddress(id: string): Promise<string> {
  const email = newAddress().toLowerCase()
  await writeIf(service.table, 'UpdateItem', {
    Key: profileKey(id),
    UpdateExpression: 'SET email = :email',
    ExpressionAttributeValues: { ':email': attribute(email) },
  })
  await writeIf(service.table, 'PutItem', { Item: { ...nameKey(email), userId: attribute(id) } })
  return email
}

/** Makes the address of a user one that is not verified, and changes nothing else. */
const setUnverified = (id: string) =>
  writeIf(service.table, 'UpdateItem', {
    Key: profileKey(id),
    UpdateExpression: 'SET emailVerified = :no',
    ExpressionAttributeValues: { ':no': attribute(false) },
  })

/** Asks for a mail in a browser. Returns its proofs. */
async function askFor(email: string, browser = openBrowser()) {
  const { status, body } = await browser.start(email)
  expect(status).toBe(202)
  const mail = service.mailTo(email)
  return { browser, mail, mailId: String(body.mailId), code: codeIn(mail), token: tokenIn(mail) }
}

const TOKENS = {
  authToken: expect.any(String),
  tokenType: 'Bearer',
  expiresIn: 1_800,
  refreshExpiresIn: expect.any(Number),
}

const claimsOf = (authToken: string) =>
  JSON.parse(Buffer.from(String(authToken.split('.')[1]), 'base64url').toString())

describe('a sign-in by a mail', () => {
  test.each(['code', 'token'] as const)('with its %s begins a session in the cookie, once', async (kind) => {
    const { email, id } = await addUser()
    const { browser, mailId, code, token } = await askFor(email)
    const proof = kind === 'code' ? { mailId, code } : { token }
    const { status, body, headers } = await browser.confirm(proof)
    expect([status, body]).toEqual([200, TOKENS])
    expect(headers).toMatchObject(setsCookie(body.refreshExpiresIn))
    expect(claimsOf(body.authToken)).toMatchObject({ sub: id, amr: ['mail'], acr: 'aal1' })
    expect(await browser.confirm(proof)).toMatchObject({ status: 400, body: INVALID_LINK })
  })

  test('is not compared at a source that has tried 50 codes', async () => {
    const { email } = await addUser()
    const { browser, mailId, code } = await askFor(email)
    const wrong = code === '12345678' ? '87654321' : '12345678'
    for (let tries = 0; tries < 50; tries += 1) {
      expect((await browser.confirm({ mailId, code: wrong })).status).toBe(400)
    }
    expect((await browser.confirm({ mailId, code })).status).toBe(429)
  })

  test('of a client without cookies needs the key of the response', async () => {
    const { email, id } = await addUser()
    const { body } = await service.ask('POST /login/mail', { body: { email } })
    expect(body).toEqual({ mailId: expect.any(String), browserKey: expect.stringMatching(/^[\w-]{43}$/) })
    const { mailId, browserKey } = body
    const proof = { mailId, code: codeIn(service.mailTo(email)) }
    const confirm = (more: object) => service.ask('POST /login/mail/confirm', { body: { ...proof, ...more } })
    expect(await confirm({})).toMatchObject({ status: 401, body: OTHER })
    const done = await confirm({ browserKey })
    expect([done.status, done.body]).toEqual([200, { ...TOKENS, refreshToken: expect.any(String) }])
    expect(claimsOf(done.body.authToken).sub).toBe(id)
  })

  test('goes to the owner with the site, the browser and what to do if it was not asked for', async () => {
    const { email, username } = await addUser()
    const { mail } = await askFor(email)
    expect(mail.subject).toBe('Sign in to Test')
    expect(mail.link).toMatch(/^https:\/\/service\.example\/confirm#sign-in=/)
    for (const part of [username, 'https://service.example only', 'UTC from 198.51.', 'ignore it'])
      expect(mail.text).toContain(part)
  })

  test('of a user with a second factor asks for it, and spends the mail in that step', async () => {
    const { username } = await service.addUser()
    const { secret } = await addTotp(
      service.functions,
      (await begin(service, service.functions, username)).authToken,
    )
    await service.setHash(username, DECOY_HASH)
    const { email } = await service.user(username)
    const { browser, mailId, code } = await askFor(String(email))
    const { status, body } = await browser.confirm({ mailId, code })
    expect([status, body]).toEqual([
      200,
      { next: 'second-factor', factors: ['totp', 'recovery-code'], loginToken: expect.any(String) },
    ])
    expect(await browser.confirm({ mailId, code })).toMatchObject({ status: 400, body: INVALID_LINK })
    const last = { loginToken: body.loginToken, code: totpCode(secret, 1) }
    const allowing = await service.load({ AUTH_ALLOWED_ORIGINS: APP })
    // Eve's token of the first step, from a script in the page of an app that Ada uses.
    const foreign = await allowing.ask('POST /login/totp', { body: last, headers: APPS_PAGE })
    expect(foreign.status).toBe(403)
    const done = await allowing.ask('POST /login/totp', { body: last, headers: OWN_PAGE })
    expect(done.status).toBe(200)
    expect(claimsOf(JSON.parse(done.text).authToken)).toMatchObject({
      amr: ['mail', 'otp', 'mfa'],
      acr: 'aal2',
    })
  })

  test('proves the enrolment of a factor that the user must have', async () => {
    const { email } = await addUser({ mustEnrol: true })
    const { browser, mailId, code } = await askFor(email)
    const { status, body } = await browser.confirm({ mailId, code })
    const { enrolmentToken } = body
    expect([status, body]).toEqual([
      200,
      { next: 'enrolment', proofs: [], enrolmentToken: expect.any(String) },
    ])
    const setup = await service.ask('POST /enrolment/totp', { body: { enrolmentToken } })
    expect(setup.status).toBe(200)
    const last = { enrolmentToken, code: totpCode(setup.body.secret) }
    // A script there could send another user's enrolment from its visitor's browser.
    const allowing = await service.load({ AUTH_ALLOWED_ORIGINS: APP })
    const refused = await allowing.ask('enrol-totp', { body: last, headers: APPS_PAGE })
    expect([refused.status, refused.headers['Set-Cookie']]).toEqual([403, undefined])
    const done = await service.ask('enrol-totp', { body: last, headers: OWN_PAGE })
    expect(done.status).toBe(200)
    expect(claimsOf(done.body.authToken).amr).toEqual(['mail', 'otp', 'mfa'])
  })

  proof('applies an elapsed reset of the factors, which it completes without', async () => {
    const { username, id, email } = await addUser()
    await giveFactors(service.table, await service.user(username))
    await service.storeReset(id, Math.floor(Date.now() / 1_000) - 86_401)
    const { browser, mailId, code } = await askFor(email)
    const { status, body } = await browser.confirm({ mailId, code })
    expect([status, body]).toEqual([200, TOKENS])
    expect(claimsOf(body.authToken)).toMatchObject({ amr: ['mail'], acr: 'aal1' })
    expect(await service.user(username)).toMatchObject({ factors: undefined })
    const response = await service.ask('GET /proof/ways', { token: body.authToken })
    expect([response.status, response.body]).toEqual([200, { proofs: ['mail'] }])
  })

  test('works with each mail that its browser has asked for, whose key stays, and in any case of the address', async () => {
    const { email } = await addUser()
    const first = await askFor(email)
    const key = first.browser.key()
    const { body } = await first.browser.start(email.toUpperCase())
    expect(first.browser.key()).toBe(key)
    const second = { mailId: body.mailId, code: codeIn(service.mailTo(email)) }
    expect((await first.browser.confirm({ token: first.token })).status).toBe(200)
    expect((await first.browser.confirm(second)).status).toBe(200)
  })

  test('twice at once begins one session', async () => {
    const { email } = await addUser()
    const { browser, mailId, code, token } = await askFor(email)
    const all = await Promise.all([browser.confirm({ mailId, code }), browser.confirm({ token })])
    expect(all.map(({ status }) => status).sort()).toEqual([200, 400])
  })

  test.each<[string, (user: User) => Promise<unknown>]>([
    ['disabled', ({ username }) => service.change(username, { disabled: true })],
    [
      'no longer known to own the address',
      ({ username }) => service.change(username, { emailVerified: false }),
    ],
    ['given another address', ({ id }) => moveAddress(id)],
    ['no longer verified, without any other change', ({ id }) => setUnverified(id)],
    ['signed out everywhere', ({ username }) => service.change(username, {})],
  ])('of a user who was %s after the mail is refused', async (_, change) => {
    const user = await addUser()
    const { browser, mailId, code } = await askFor(user.email)
    await change(user)
    expect(await browser.confirm({ mailId, code })).toMatchObject({ status: 400, body: INVALID_LINK })
  })
})

describe('another browser', () => {
  test.each(['code', 'token'] as const)(
    'is refused with the %s, in both directions, and counts nothing',
    async (kind) => {
      const [ada, eve] = [await addUser(), await addUser()]
      const [ofAda, ofEve] = [await askFor(ada.email), await askFor(eve.email)]
      for (const [mail, other] of [
        [ofAda, ofEve],
        [ofEve, ofAda],
      ] as const) {
        const { mailId, code, token } = mail
        const proof = kind === 'code' ? { mailId, code } : { token }
        const before = await service.scan()
        for (let tries = 0; tries < 6; tries += 1) {
          expect(await other.browser.confirm(proof)).toMatchObject({ status: 401, body: OTHER })
        }
        expect(await service.scan()).toEqual(before)
        expect((await mail.browser.confirm(proof)).status).toBe(200)
      }
      expect(JSON.stringify(logs)).toContain('another browser')
    },
  )

  proof('without a key, or with an address in place of the one of the mail, is refused', async () => {
    const { email } = await addUser()
    const { mailId, code, browser } = await askFor(email)
    expect(await openBrowser().confirm({ mailId, code })).toMatchObject({ status: 401, body: OTHER })
    const [random = ''] = mailId.split('.')
    const moved = `${random}.${Buffer.from('eve@example.org').toString('base64url')}`
    expect(await browser.confirm({ mailId: moved, code })).toMatchObject({ status: 401, body: OTHER })
  })

  test('cannot be given a key by a script, nor begin from the page of an app', async () => {
    const { email } = await addUser()
    const { body } = await service.ask('POST /login/mail', { body: { email } })
    const proof = { mailId: body.mailId, code: codeIn(service.mailTo(email)), browserKey: body.browserKey }
    const victim = openBrowser()
    expect(await victim.confirm(proof)).toMatchObject({ status: 401, body: OTHER })
    const allowing = await service.load({ AUTH_ALLOWED_ORIGINS: APP })
    for (const [route, sent] of [
      ['POST /login/mail', { email }],
      ['POST /login/mail/confirm', proof],
    ] as const) {
      const refused = await allowing.ask(route, {
        body: { ...sent, session: 'cookie' },
        headers: APPS_PAGE,
      })
      expect([refused.status, JSON.parse(refused.text).detail]).toEqual([
        403,
        'This request needs the header Sec-Fetch-Site: same-origin.',
      ])
    }
  })
})

test.each(['POST /register/confirm', 'POST /password/reset'])(
  'a stranger who knows the mail id, and tries codes at %s, leaves its code to the browser that asked',
  async (route) => {
    const { email } = await addUser()
    const { browser, mailId, code } = await askFor(email)
    const other = code === '00000000' ? '00000001' : '00000000'
    const body = { mailId, code: other, password: 'a password of a stranger' }
    for (let tries = 0; tries < 6; tries += 1) {
      const refused = await service.ask(route, { body, sourceIp: newSource() })
      expect([refused.status, refused.body]).toEqual([400, INVALID_LINK])
    }
    expect((await browser.confirm({ mailId, code })).status).toBe(200)
  },
)

test('an account without a password begins no session in the cookie from the page of an app', async () => {
  const email = newAddress()
  const { body } = await service.ask('POST /login/mail', { body: { email } })
  const proof = { mailId: body.mailId, code: codeIn(service.mailTo(email)), session: 'cookie' }
  const allowing = await service.load({ AUTH_ALLOWED_ORIGINS: APP })
  const refused = await allowing.ask('POST /register/confirm', { body: proof, headers: APPS_PAGE })
  expect([refused.status, refused.headers['Set-Cookie']]).toEqual([403, undefined])
  const made = await allowing.ask('POST /register/confirm', { body: proof, headers: OWN_PAGE })
  expect([made.status, made.headers['Set-Cookie']]).toEqual([200, expect.any(String)])
})

describe('the response to an address', () => {
  test('is the same in bytes and in calls of AWS for every address', async () => {
    const limits = { ALLOWED_EMAIL_DOMAINS: 'example.org' }
    const wire = await startWire(service.aws)
    const wired = await service.load(limits, { url: wire.url })
    const addresses = {
      known: (await addUser()).email,
      unverified: (await addUser({ emailVerified: false })).email,
      disabled: (await addUser({ disabled: true })).email,
      unknown: newAddress().toLowerCase(),
      foreign: `${newAddress().split('@')[0]}@example.com`,
    }
    const seen = []
    for (const email of Object.values(addresses)) {
      wire.intercept(() => 'pass')
      const body = { email, session: 'cookie' }
      const { status, text, headers } = await wired.ask('POST /login/mail', {
        body,
        headers: OWN_PAGE,
        sourceIp: newSource(),
      })
      await service.settled()
      const { 'Set-Cookie': cookie, ...others } = headers
      expect(cookie).toMatch(SET_KEY)
      const [random = '', address = ''] = String(JSON.parse(text).mailId).split('.')
      expect(Buffer.from(address, 'base64url').toString()).toBe(email)
      seen.push([
        status,
        random.length,
        Object.keys(JSON.parse(text)),
        others,
        wire.calls().map(({ label }) => label),
      ])
    }
    for (const one of seen) expect(one).toEqual(seen[0])
  })

  test('that is not verified, or of a disabled user, leads to no sign-in', async () => {
    const unverified = await addUser({ emailVerified: false })
    await openBrowser().start(unverified.email)
    expect(service.mailTo(unverified.email).subject).toBe('You already have an account at Test')
    const disabled = await addUser({ disabled: true })
    await openBrowser().start(disabled.email)
    expect(service.mailsTo(disabled.email)).toEqual([])
    // The username of one user may be the address of another person.
    const username = newAddress().toLowerCase()
    const named = await addUser({ username, email: newAddress().toLowerCase() })
    await openBrowser().start(username)
    expect(service.mailsTo(username)).toEqual([])
    expect(service.mailTo(named.email).subject).toBe('You already have an account at Test')
  })
})

describe('an address without a user', () => {
  test('gets an account without a password by the same mail, and two confirmations make one user', async () => {
    const address = newAddress()
    const { browser, mail, mailId, code } = await askFor(address)
    expect(mail.subject).toBe('Confirm your address for Test')
    const { status, body } = await browser.confirm({ mailId, code })
    expect([status, body]).toEqual([200, { next: 'registration', mailId, email: address }])
    const confirm = (username: string) => service.ask('new-account', { body: { mailId, code, username } })
    const all = await Promise.all([confirm(`one-${Date.now()}`), confirm(`two-${Date.now()}`)])
    expect(all.map((one) => one.status).sort()).toEqual([200, 400])
    const { authToken } = all.find((one) => one.status === 200)?.body ?? {}
    expect(claimsOf(authToken)).toMatchObject({ amr: ['mail'], acr: 'aal1' })
    const user = await service.user(address.toLowerCase())
    expect(user).toMatchObject({ emailVerified: true, passwordHash: DECOY_HASH, role: 'user' })
    const next = await askFor(address, openBrowser())
    expect((await next.browser.confirm({ mailId: next.mailId, code: next.code })).status).toBe(200)
  })

  test('that gets one before the mail is used creates no second user, and begins no session', async () => {
    const address = newAddress()
    const { browser, mailId, code } = await askFor(address)
    const { username } = await addUser({ email: address.toLowerCase(), emailAsWritten: address })
    const { status, body } = await browser.confirm({ mailId, code })
    expect([status, body]).toEqual([200, { next: 'registration', mailId, email: address }])
    const refused = await service.ask('new-account', { body: { mailId, code, username: 'another-name' } })
    expect([refused.status, refused.body.authToken]).toEqual([422, undefined])
    expect((await service.user(address.toLowerCase())).username).toBe(username)
  })

  test.each([
    [{ REGISTRATION: 'off' }, newAddress()],
    [{ REGISTRATION: 'invite' }, newAddress()],
    [{ ALLOWED_EMAIL_DOMAINS: 'example.com' }, newAddress()],
  ])('gets no mail with %j', async (settings, email) => {
    const { mail } = await service.load(settings)
    const mailId = newMailId(randomBytes(MAIL_ID_BYTES), email)
    const origin = { sourceIp: newSource(), userAgent: 'test' }
    await mail({ kind: 'sign-in', mailId, at: new Date().toISOString(), origin }, randomUUID())
    expect(service.mailsTo(email)).toEqual([])
  })
})

describe('limits', () => {
  test('let the 31st person of an office sign in, and are apart from other mails', async () => {
    stopClock()
    const sourceIp = newSource()
    const limited = await service.load({ LIMIT_MAIL_SOURCE: '1/3600', LIMIT_MAIL_SIGN_INS: '31/3600' })
    const ask = (email: string) => limited.ask('POST /login/mail', { body: { email }, sourceIp })
    for (let person = 1; person <= 30; person += 1) expect((await ask(newAddress())).status).toBe(202)
    const { email } = await addUser()
    const { mailId, browserKey } = JSON.parse((await ask(email)).text)
    await service.settled()
    const proof = { mailId, browserKey, code: codeIn(service.mailTo(email)) }
    const signedIn = await limited.ask('POST /login/mail/confirm', { body: proof, sourceIp })
    expect(JSON.parse(signedIn.text)).toMatchObject({ tokenType: 'Bearer' })
    expect((await ask(newAddress())).status).toBe(429)
    const forgot = await limited.ask('forgot', { body: { login: 'ada' }, sourceIp })
    expect(forgot.status).toBe(202)
  })

  proof('that strangers use up leave the user of a known source mails and codes', async () => {
    stopClock()
    const { email } = await addUser()
    const first = await askFor(email)
    expect((await first.browser.confirm({ mailId: first.mailId, code: first.code })).status).toBe(200)
    const strangers = 24
    for (let count = 0; count < strangers; count += 1) {
      // Three mails in an hour, and 20 codes in a day.
      if (count % 3 === 2) vi.setSystemTime(Date.now() + 3_600_000)
      await openBrowser().start(email)
    }
    await openBrowser().start(email)
    expect(service.mailTo(email).text).not.toMatch(/code: \d{8}/)
    // The hour has no mail left for strangers.
    await openBrowser().start(email)
    const before = service.mailsTo(email).length
    await openBrowser().start(email)
    expect(service.mailsTo(email)).toHaveLength(before)
    const again = await askFor(email, openBrowser({ sourceIp: first.browser.sourceIp }))
    expect((await again.browser.confirm({ mailId: again.mailId, code: again.code })).status).toBe(200)
  })

  proof('that are used up at one known source leave mails at another', async () => {
    stopClock()
    const { email } = await addUser()
    const [home, office] = [await askFor(email), await askFor(email)]
    for (const { browser, mailId, code } of [home, office]) {
      expect((await browser.confirm({ mailId, code })).status).toBe(200)
    }
    const mailsFrom = async ({ browser }: typeof home) => {
      const before = service.mailsTo(email).length
      for (let count = 1; count <= 6; count += 1) await browser.start(email)
      return service.mailsTo(email).length - before
    }
    expect([await mailsFrom(home), await mailsFrom(office)]).toEqual([5, 5])
  })
})

proof('a source that is known by another name becomes known by a new address', async () => {
  const user = await addUser()
  const { browser, ...first } = await askFor(user.email)
  expect((await browser.confirm({ token: first.token })).status).toBe(200)
  const email = await moveAddress(user.id)
  const second = await askFor(email, browser)
  expect((await browser.confirm({ token: second.token })).status).toBe(200)
  expect(Object.keys(await service.items(`name#${email}`))).toContain(`known#${browser.sourceIp}`)
})

test('a code of a sign-in does not reset a password, nor the reverse', async () => {
  const { email, username } = await addUser()
  const { mailId, code, browser } = await askFor(email)
  const password = 'a long password for a reset'
  const reset = await service.ask('reset', { body: { mailId, code, password } })
  expect(reset).toMatchObject({ status: 400, body: INVALID_LINK })
  const { body } = await service.ask('forgot', { body: { login: username } })
  const ofReset = { mailId: body.mailId, code: codeIn(service.mailTo(email)) }
  expect(await browser.confirm(ofReset)).toMatchObject({ status: 401, body: OTHER })
  await expect(beginLogin(service.functions, username)).rejects.toThrow()
})
