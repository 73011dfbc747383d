import { randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import {
  CHALLENGE_RANDOM_BYTES,
  startChallenge,
  storeChallenge,
} from '../../lib/factors/passkeys/challenge.ts'
import { MAIL_ID_BYTES, newMailId } from '../../lib/mail/confirmation.ts'
import { mailKey } from '../../lib/mail/store.ts'
import { DECOY_HASH } from '../../lib/passwords/hash.ts'
import { NEW_USERNAME_RULE } from '../../lib/users/login-name.ts'
import { keeping } from '../support/aws/table.ts'
import { OWN_PAGE } from '../support/http/cookies.ts'
import { claimsOf } from '../support/http/forge.ts'
import { codeOf, fieldError } from '../support/http/problems.ts'
import { recordLogs } from '../support/logs.ts'
import { proof } from '../support/rows.ts'
import { ORIGIN, useService } from '../support/service.ts'
import { addPasskey, bodyOf, enterPassword, signInByPasskey } from '../support/users/factors.ts'
import { boundTo, codeIn, newAddress, storeMail, tokenIn } from '../support/users/mails.ts'
import { newName, PASSWORD, signIn } from '../support/users/sessions.ts'
import {
  type Changes,
  createPasskey,
  FLAGS,
  type Kind,
  usePasskey,
} from '../support/users/webauthn/authenticator.ts'

// An account whose passkey is in place of a password.

const NOW = new Date('2027-01-15T12:00:00.000Z')
const CREATE = 'POST /register/confirm'
const BEGIN = 'POST /register/passkey'
const CODE = /^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$/

const logs = recordLogs()
vi.useFakeTimers({ toFake: ['Date'], now: NOW })
const service = await useService({
  settings: { LIMIT_MAIL_SOURCE: '9999/3600', LIMIT_MAIL_RECIPIENT: '9999/3600' },
})
const { functions } = service
const underPolicy = await service.load({ REQUIRE_SECOND_FACTOR: 'all' })
beforeEach(() => void vi.setSystemTime(NOW))

type Options = Parameters<typeof createPasskey>[0]
type Proof = { token: string } | { mailId: string; code: string }

/** Requests the mail of a registration. Returns its proofs. */
async function proved(address = newAddress()) {
  const { body } = await service.ask('POST /register', { body: { email: address } })
  const mail = service.mailTo(address)
  const email = address.toLowerCase()
  return {
    email,
    mailId: body.mailId as string,
    token: { token: tokenIn(mail) },
    code: { mailId: body.mailId, code: codeIn(mail) },
  }
}

const optionsOf = async (proof: Proof, more: object = {}) =>
  bodyOf<Options>(await functions.ask(BEGIN, { body: { ...proof, ...more } }))

/** Makes a passkey with a proof. Returns it with the body that creates the account. */
async function begun(proof: Proof, kind: Kind = {}, changes: Changes = {}) {
  const options = await optionsOf(proof)
  const { passkey, response } = createPasskey(options, ORIGIN, kind, changes)
  return { options, passkey, body: { ...proof, response } }
}

const create = (body: object, sourceIp?: string) =>
  service.ask(CREATE, { body, ...(sourceIp && { sourceIp }) })

const problem = (
  status: number,
  title: string,
  more: { detail: string; error?: string; errors?: object },
) => ({
  status,
  body: { type: 'about:blank', title, status, code: codeOf(status, more.detail, more), ...more },
})
const PASSKEY_REFUSED = problem(401, 'Unauthorized', {
  detail: 'The passkey was not accepted.',
  error: 'passkey_refused',
})
const INVALID_LINK = problem(400, 'Bad Request', { detail: 'The link or code is invalid or expired.' })
const invalid = (pointer: string, detail: string) =>
  problem(422, 'Unprocessable Content', {
    detail: 'One or more fields are invalid.',
    errors: [fieldError(pointer, detail)],
  })

describe('an account with a passkey only', () => {
  test.each(['token', 'code'] as const)(
    'is created with the %s of a mail, and signed in with two factors',
    async (kind) => {
      const { email, [kind]: proof } = await proved()
      const { options, passkey, body } = await begun(proof)
      const created = await create(body)
      expect(created).toMatchObject({
        status: 200,
        body: {
          authToken: expect.any(String),
          tokenType: 'Bearer',
          expiresIn: 1_800,
          refreshToken: expect.any(String),
          refreshExpiresIn: 604_800,
          recoveryCodes: Array.from({ length: 10 }, () => expect.stringMatching(CODE)),
        },
      })
      expect(Object.keys(created.body)).toHaveLength(6)
      const claims = claimsOf(created.body.authToken)
      expect(claims).toMatchObject({
        sub: options.user.id,
        username: email,
        amr: ['pop', 'user', 'mfa'],
        acr: 'aal2',
      })

      const user = await service.user(email)
      expect(user).toMatchObject({
        id: options.user.id,
        factors: 'passkey',
        emailVerified: true,
        role: 'user',
      })
      expect(user.passwordHash).toBe(DECOY_HASH)
      const { challenge } = await service.items(`challenge#${options.challenge}`)
      expect(challenge?.spentBy).toEqual({ S: user.id })
      const items = await service.items(`user#${user.id}`)
      expect(Object.keys(items).filter((sk) => /^(passkey|recovery)/.test(sk))).toHaveLength(2)
      expect(
        (await service.scan()).filter(({ userId }) => Object(userId).S === user.id && true),
      ).toHaveLength(user.username === user.email ? 2 : 3)

      const { authToken } = bodyOf(await signInByPasskey(functions, passkey))
      expect(claimsOf(String(authToken))).toMatchObject({ sub: user.id, acr: 'aal2' })
      expect(await enterPassword(functions, email)).toMatchObject({ status: 401 })
    },
  )

  test('begins with options that demand user verification, and name a user that is not there', async () => {
    const { email, mailId, token } = await proved()
    const options = bodyOf<object>(await functions.ask(BEGIN, { body: token }))
    expect(options).toEqual({
      rp: { id: 'localhost', name: 'Test' },
      user: { id: expect.stringMatching(/^[\w-]{22}$/), name: email, displayName: email },
      challenge: expect.stringMatching(/^[\w-]{43}$/),
      pubKeyCredParams: [-7, -8, -257].map((alg) => ({ alg, type: 'public-key' })),
      timeout: 300_000,
      attestation: 'none',
      authenticatorSelection: {
        residentKey: 'required',
        requireResidentKey: true,
        userVerification: 'required',
      },
      excludeCredentials: [],
    })
    const { user, challenge } = options as Options
    expect(await service.items(`challenge#${challenge}`)).toEqual({
      challenge: {
        pk: { S: `challenge#${challenge}` },
        sk: { S: 'challenge' },
        kind: { S: 'new-user' },
        newUserId: { S: user.id },
        boundTo: mailKey(mailId).pk,
        expiresAt: { N: String(NOW.getTime() / 1_000 + 300) },
      },
    })
    expect(await service.items(`user#${user.id}`)).toEqual({})
    // Each begin names another one.
    expect((await optionsOf(token)).user.id).not.toBe(user.id)
    expect((await optionsOf(token, { username: 'Grace' })).user).toMatchObject({
      name: 'grace',
      displayName: 'grace',
    })
    expect(JSON.stringify(await service.scan()).toLowerCase()).not.toContain(email)
  })

  test('needs no second factor at a service that requires one, and has the role of its invitation', async () => {
    const { token } = await proved()
    const { body } = await begun(token)
    const created = bodyOf<{ authToken: string }>(await underPolicy.ask(CREATE, { body }))
    expect(claimsOf(created.authToken)).toMatchObject({ acr: 'aal2', role: 'user' })
  })

  proof('keeps the session in the cookie if the page asks for that', async () => {
    const { token } = await proved()
    const { body } = await begun(token)
    const headers = { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin' }
    const cookies = await service.load({ COOKIE_SESSIONS: 'on' })
    const {
      status,
      text,
      headers: sent,
    } = await cookies.ask(CREATE, { body: { ...body, session: 'cookie' }, headers })
    expect([status, Object.keys(JSON.parse(text)).sort()]).toEqual([
      200,
      ['authToken', 'expiresIn', 'recoveryCodes', 'refreshExpiresIn', 'tokenType'],
    ])
    expect(String(sent['Set-Cookie'])).toMatch(/^__Host-refresh=/)
  })
})

describe('an account with neither, at a service that requires a second factor', () => {
  const APP = 'https://app.example.com'
  const HEADERS = { 'Content-Type': 'application/json', Origin: APP, 'Sec-Fetch-Site': 'same-site' }

  test('enrols a passkey on a page of the service, and does not begin on a page of another allowed origin', async () => {
    const app = await service.load({
      AUTH_ALLOWED_ORIGINS: APP,
      COOKIE_SESSIONS: 'on',
      REQUIRE_SECOND_FACTOR: 'all',
      RP_ID: 'example.com',
      RP_ORIGINS: `https://example.com,${APP}`,
    })
    const { token } = await proved()
    const body = { ...token, session: 'cookie' }
    const foreign = await app.ask(CREATE, { headers: HEADERS, body })
    expect([foreign.status, JSON.parse(foreign.text).detail]).toEqual([
      403,
      'This request needs the header Sec-Fetch-Site: same-origin.',
    ])
    const headers = OWN_PAGE
    const begun = bodyOf(await app.ask(CREATE, { headers, body }))
    expect(begun).toEqual({ next: 'enrolment', proofs: [], enrolmentToken: expect.any(String) })
    const { enrolmentToken } = begun
    const options = bodyOf<Options>(
      await app.ask('POST /enrolment/passkey/options', { headers, body: { enrolmentToken } }),
    )
    const { response } = createPasskey(options, 'https://example.com')
    // An attacker's enrolment, from a script in the page of an app.
    const last = { enrolmentToken, response }
    expect((await app.ask('POST /enrolment/passkey', { headers: HEADERS, body: last })).status).toBe(403)
    const done = await app.ask('POST /enrolment/passkey', { headers, body: last })
    expect(claimsOf(bodyOf<{ authToken: string }>(done).authToken)).toMatchObject({
      amr: ['mail', 'pop', 'mfa'],
      acr: 'aal2',
    })
    expect(String(done.headers['Set-Cookie'])).toMatch(/^__Host-refresh=/)
  })
})

describe('a refused registration spends nothing', () => {
  const wrong: Record<string, [Kind, Changes]> = {
    'another origin': [{}, { clientData: { origin: 'https://evil.example' } }],
    'the type of a sign-in': [{}, { clientData: { type: 'webauthn.get' } }],
    'another relying party': [{}, { rpId: 'evil.example' }],
    'no user presence': [{ flags: FLAGS.UV }, {}],
    'a made-up challenge': [{}, { clientData: { challenge: 'A'.repeat(43) } }],
  }

  test.each(Object.entries(wrong))('after a response with %s', async (_what, [kind, changes]) => {
    const { email, code } = await proved()
    const { body } = await begun(code, kind, changes)
    expect(await create(body)).toMatchObject(PASSKEY_REFUSED)
    await expect(service.user(email)).rejects.toThrow('there is no user')
    const again = await begun(code)
    expect((await create(again.body)).status).toBe(200)
  })

  proof('after a passkey without user verification, which another one may replace', async () => {
    const { email, code } = await proved()
    const { options, body } = await begun(code, { flags: FLAGS.UP | FLAGS.BE | FLAGS.BS })
    expect(await create(body)).toMatchObject(
      invalid('#/response', 'Use a passkey with a PIN, fingerprint or face.'),
    )
    await expect(service.user(email)).rejects.toThrow('there is no user')
    const { response } = createPasskey(options, ORIGIN)
    expect((await create({ ...code, response })).status).toBe(200)
  })

  test('with both a password and a passkey', async () => {
    const { token } = await proved()
    const { body } = await begun(token)
    expect(await create({ ...body, password: PASSWORD })).toMatchObject(
      invalid('#', 'Must have at most one of password and response.'),
    )
    expect((await create(body)).status).toBe(200)
  })

  proof('with the address of another person as username, also when it begins', async () => {
    const { token } = await proved()
    const { body } = await begun(token)
    const username = newAddress().toLowerCase()
    const refusal = invalid('#/username', NEW_USERNAME_RULE)
    expect(await service.ask(BEGIN, { body: { ...token, username } })).toMatchObject(refusal)
    expect(await create({ ...body, username })).toMatchObject(refusal)
    expect((await create(body)).status).toBe(200)
  })

  test.each(['sign-in', 'reset', 'address', 'change'] as const)(
    'with the mail of the kind %s',
    async (kind) => {
      const bindings = boundTo(await service.addUser())
      const mailId = newMailId(randomBytes(MAIL_ID_BYTES), newAddress())
      const { token, code } = await storeMail(service.table, { kind, mailId, bindings })
      const { code: good } = await proved()
      const { body } = await begun(good)
      for (const proof of [{ token }, { mailId, code }]) {
        expect(await service.ask(BEGIN, { body: proof })).toMatchObject(INVALID_LINK)
        expect(await create(proof)).toMatchObject(INVALID_LINK)
        expect(await create({ ...proof, response: body.response })).toMatchObject(INVALID_LINK)
      }
      expect((await create(body)).status).toBe(200)
    },
  )

  test('with a taken username: the same response is accepted with another one', async () => {
    const { username } = await service.addUser()
    const { email, token } = await proved()
    const { passkey, body } = await begun(token)
    const taken = await create({ ...body, username })
    expect(taken).toMatchObject(invalid('#/username', 'This username is taken.'))
    const free = newName()
    expect((await create({ ...body, username: free })).status).toBe(200)
    expect(await service.user(email)).toMatchObject({ username: free, factors: 'passkey' })
    expect((await signInByPasskey(functions, passkey)).status).toBe(200)
  })

  proof('with ten taken usernames: then the mail is void', async () => {
    const { username } = await service.addUser()
    const { token } = await proved()
    const { body } = await begun(token)
    for (let tries = 0; tries < 10; tries += 1) expect((await create({ ...body, username })).status).toBe(422)
    expect(await create(body)).toMatchObject(INVALID_LINK)
  })

  test('with the credential id of another user', async () => {
    const { username } = await service.addUser()
    const { authToken } = await signIn(functions, username)
    const { passkey } = await addPasskey(functions, authToken)
    const { email, code } = await proved()
    const options = await optionsOf(code)
    const { response } = createPasskey(
      options,
      ORIGIN,
      {},
      {
        authenticatorData: (bytes) => Buffer.concat([bytes.subarray(0, 55), passkey.id, bytes.subarray(87)]),
        response: { id: passkey.id.toString('base64url'), rawId: passkey.id.toString('base64url') },
      },
    )
    expect(await create({ ...code, response })).toMatchObject(INVALID_LINK)
    await expect(service.user(email)).rejects.toThrow('there is no user')
    expect((await signInByPasskey(functions, passkey)).status).toBe(200)
  })
})

describe('the challenge of a new user', () => {
  test('is refused with the proof of another mail, also of the same address', async () => {
    const [mine, other] = [await proved(), await proved()]
    const again = await proved(mine.email)
    const { body } = await begun(mine.token)
    for (const proof of [other.token, other.code, again.token]) {
      expect(await create({ response: body.response, ...proof })).toMatchObject(PASSKEY_REFUSED)
    }
    // Link and code of one mail are the same proof.
    expect((await create({ response: body.response, ...mine.code })).status).toBe(200)
  })

  test('is nothing without the proof: a wrong code is refused first, and counts', async () => {
    const { code } = await proved()
    const { body } = await begun(code)
    const wrongCode = code.code === '00000000' ? '11111111' : '00000000'
    for (let tries = 0; tries < 5; tries += 1) {
      expect(await create({ ...body, code: wrongCode })).toMatchObject(INVALID_LINK)
    }
    expect(await create(body)).toMatchObject(INVALID_LINK)
    expect(await service.ask(BEGIN, { body: { ...code, code: wrongCode } })).toMatchObject(INVALID_LINK)
  })

  test('is not given to a source that has tried 50 codes', async () => {
    const sourceIp = '198.51.100.50'
    const tried = { mailId: 'A'.repeat(22), code: '00000000' }
    for (let tries = 0; tries < 50; tries += 1) await functions.ask(BEGIN, { body: tried, sourceIp })
    const { code } = await proved()
    expect(await service.ask(BEGIN, { body: code, sourceIp })).toMatchObject(
      problem(429, 'Too Many Requests', { detail: 'Too many failed attempts. Try again later.' }),
    )
  })

  test('is valid for 300 seconds, and once', async () => {
    const [early, late] = [await proved(), await proved()]
    const [first, second] = [await begun(early.token), await begun(late.token)]
    vi.setSystemTime(NOW.getTime() + 299_000)
    expect((await create(first.body)).status).toBe(200)
    const again = await proved()
    expect(await create({ ...again.token, response: first.body.response })).toMatchObject(PASSKEY_REFUSED)
    vi.setSystemTime(NOW.getTime() + 300_000)
    expect(await create(second.body)).toMatchObject(PASSKEY_REFUSED)
    expect(await create(first.body)).toMatchObject(INVALID_LINK)
  })

  proof('is refused wherever another kind is expected, and other kinds here', async () => {
    const { username } = await service.addUser()
    const { authToken: token } = await signIn(functions, username)
    const { code } = await proved()
    const { passkey, options, body } = await begun(code)
    const { response } = body
    const own = bodyOf<Options>(
      await functions.ask('POST /passkeys/options', { token, body: { currentPassword: PASSWORD } }),
    )
    const anonymous = bodyOf<Options>(await functions.ask('POST /login/passkey/options', { body: {} }))
    expect(await service.ask('POST /passkeys', { token, body: { response } })).toMatchObject(PASSKEY_REFUSED)
    const signed = usePasskey(passkey, options, ORIGIN)
    expect((await service.ask('POST /login/passkey', { body: { response: signed } })).status).toBe(401)
    for (const { challenge } of [own, anonymous]) {
      const { response: foreign } = createPasskey({ ...options, challenge }, ORIGIN)
      expect(await create({ ...code, response: foreign })).toMatchObject(PASSKEY_REFUSED)
    }
    expect((await create(body)).status).toBe(200)
  })

  test.each(['sign-in', 'change', 'registration'] as const)(
    'is refused if its kind is %s, with all else alike',
    async (kind) => {
      const { mailId, code } = await proved()
      const options = await optionsOf(code)
      const bound = { kind, boundTo: mailKey(mailId).pk.S, newUserId: options.user.id }
      const made = startChallenge(bound, NOW, randomBytes(CHALLENGE_RANDOM_BYTES))
      await storeChallenge(keeping(service.table), made, '203.0.113.7', NOW)
      const { response } = createPasskey({ ...options, challenge: made.challenge }, ORIGIN)
      expect(await create({ ...code, response })).toMatchObject(PASSKEY_REFUSED)
    },
  )

  test('has counters of its mail and of proved requests: neighbours keep theirs', async () => {
    const sourceIp = '198.51.100.7'
    const { token } = await proved()
    const begin = () => functions.ask(BEGIN, { body: token, sourceIp })
    const statuses = await Promise.all(Array.from({ length: 31 }, async () => (await begin()).status))
    expect(statuses.toSorted()).toEqual([...Array(30).fill(200), 429])
    expect(await service.ask(BEGIN, { body: token, sourceIp })).toMatchObject({
      ...problem(429, 'Too Many Requests', { detail: 'Too many requests. Try again later.' }),
      headers: { 'Retry-After': '900' },
    })
    expect(await service.attempts(`source#${sourceIp}`, 'challenges')).toBe(0)
    expect(await service.attempts(`source#${sourceIp}`, 'challenges#verified')).toBe(30)
    const neighbour = await proved()
    expect((await service.ask(BEGIN, { body: neighbour.token, sourceIp })).status).toBe(200)
  })
})

describe('the user handle', () => {
  test.each(['made up', 'of another user'])(
    'that is %s gives no other account than that of the challenge',
    async (which) => {
      const { username } = await service.addUser()
      const other = await service.user(username)
      const { authToken } = await signIn(functions, username)
      const before = await service.items(`user#${other.id}`)
      const { email, token } = await proved()
      const options = await optionsOf(token)
      const id = which === 'made up' ? Buffer.alloc(16, 7).toString('base64url') : other.id
      const { passkey, response } = createPasskey({ ...options, user: { ...options.user, id } }, ORIGIN)
      expect((await create({ ...token, response })).status).toBe(200)
      expect((await service.user(email)).id).toBe(options.user.id)
      expect(Object.keys(await service.items(`user#${other.id}`))).toEqual(Object.keys(before))
      // The passkey names a user who does not have it.
      const refused = await signInByPasskey(functions, passkey)
      expect([refused.status, JSON.parse(refused.text).error]).toEqual([401, 'unknown_passkey'])
      expect((await service.ask('GET /passkeys', { token: authToken })).body).toEqual({
        rpId: 'localhost',
        passkeys: [],
      })
    },
  )
})

describe('at once', () => {
  proof('the same request twenty times makes one user, with one session', async () => {
    const { email, token } = await proved()
    const { body } = await begun(token)
    const all = await Promise.all(Array.from({ length: 20 }, () => create(body)))
    const refused = all.map(({ status }) => status).filter((status) => status !== 200)
    expect(refused).toHaveLength(19)
    // One that has read the mail before it was spent may find that the challenge is spent.
    expect(refused.filter((status) => ![400, 401].includes(status))).toEqual([])
    const { id } = await service.user(email)
    const items = Object.keys(await service.items(`user#${id}`))
    expect(items.filter((sk) => sk.startsWith('session#'))).toHaveLength(1)
    expect(items.filter((sk) => sk.startsWith('passkey#'))).toHaveLength(1)
  })

  test('two devices with one mail make one user, who has one of the two passkeys', async () => {
    const { email, token, code } = await proved()
    const devices = [await begun(token), await begun(code)]
    const all = await Promise.all(devices.map(({ body }) => create(body)))
    expect(all.map(({ status }) => status).toSorted()).toEqual([200, 400])
    const winner = all.findIndex(({ status }) => status === 200)
    expect((await service.user(email)).id).toBe(devices[winner]?.options.user.id)
    const claims = (await service.scan()).filter(({ pk }) =>
      devices.some(({ passkey }) => Object(pk).S === `credential#${passkey.id.toString('base64url')}`),
    )
    expect(claims).toEqual([])
    const signIns = await Promise.all(devices.map(({ passkey }) => signInByPasskey(functions, passkey)))
    expect(signIns.map(({ status }) => status)).toEqual(
      devices.map((_, index) => (index === winner ? 200 : 401)),
    )
  })
})

describe('the mailbox alone', () => {
  test('does not sign in: after a mail, the passkey or a recovery code is still asked for', async () => {
    const address = newAddress()
    const { email, token } = await proved(address)
    const { body } = await begun(token)
    const { recoveryCodes } = (await create(body)).body
    const asked = await service.ask('POST /login/mail', { body: { email } })
    const proof = { ...asked.body, code: codeIn(service.mailTo(address)) }
    const { status, body: step } = await service.ask('POST /login/mail/confirm', { body: proof })
    expect([status, step]).toEqual([
      200,
      { next: 'second-factor', factors: ['passkey', 'recovery-code'], loginToken: expect.any(String) },
    ])
    const recovery = (code: string) =>
      service.ask('POST /login/recovery-code', { body: { loginToken: step.loginToken, code } })
    expect((await recovery('AAAA-AAAA-AAAA-AAAA')).status).toBe(422)
    const done = await recovery(recoveryCodes[0])
    expect(claimsOf(done.body.authToken)).toMatchObject({ amr: ['mail', 'recovery', 'mfa'], acr: 'aal2' })
  })

  proof(
    'does not sign in: after a reset of the password, the passkey or a recovery code is still asked for',
    async () => {
      const { email, token } = await proved()
      const { passkey, body } = await begun(token)
      const { recoveryCodes } = (await create(body)).body
      await service.ask('POST /password/forgot', { body: { login: email } })
      const mail = service.mailsTo(service.aws.mailbox.list()[0]?.to ?? '')[0]
      if (!mail) throw new Error('there is no mail')
      expect(
        (await service.ask('POST /password/reset', { body: { token: tokenIn(mail), password: PASSWORD } }))
          .status,
      ).toBe(204)
      const login = bodyOf(await enterPassword(functions, email))
      expect(login).toMatchObject({ next: 'second-factor', factors: ['passkey', 'recovery-code'] })
      const { loginToken } = login
      const signedIn = await service.ask('POST /login/recovery-code', {
        body: { loginToken, code: recoveryCodes[0] },
      })
      expect(signedIn.status).toBe(200)
      expect((await signInByPasskey(functions, passkey)).status).toBe(200)
    },
  )
})

test('the logs of a registration have no code, name, response or challenge', async () => {
  const { email, code } = await proved()
  const { options, body } = await begun(code)
  await create(body)
  const text = JSON.stringify(logs)
  for (const secret of [email, code.code, options.challenge, body.response.id])
    expect(text).not.toContain(secret)
})
