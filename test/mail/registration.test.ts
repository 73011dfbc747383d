import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  CONFIRMATION_RANDOM_BYTES,
  MAIL_ID_BYTES,
  newMailId,
  startConfirmation,
} from '../../lib/mail/confirmation.ts'
import { claimMail, mailKey, storeInvitation } from '../../lib/mail/store.ts'
import { NEW_LOGIN_NAME_RULE } from '../../lib/users/login-name.ts'
import { fifty } from '../support/at-once.ts'
import { startWire } from '../support/aws/wire.ts'
import { fieldError } from '../support/http/problems.ts'
import { recordLogs } from '../support/logs.ts'
import { proof } from '../support/rows.ts'
import { useService } from '../support/service.ts'
import { codeIn, newAddress, stopClock, tokenIn } from '../support/users/mails.ts'
import { NEW_PASSWORD as PASSWORD, PASSWORD as SIGN_IN_PASSWORD, signIn } from '../support/users/sessions.ts'
import { testAct } from '../support/users/users.ts'

recordLogs()
const service = await useService({ settings: { LIMIT_MAIL_SOURCE: '9999/3600' } })

const INVALID_LINK = {
  type: 'about:blank',
  title: 'Bad Request',
  status: 400,
  detail: 'The link or code is invalid or expired.',
  code: 'invalid_link',
}

/** Registers a new address and returns it with its mail. */
async function register(address = newAddress()) {
  const { status, body } = await service.ask('register', { body: { email: address } })
  expect(status).toBe(202)
  const mail = service.mailTo(address)
  const mailId: string = body.mailId
  return { address, email: address.toLowerCase(), mailId, token: tokenIn(mail), code: codeIn(mail), mail }
}

const confirm = (body: object, sourceIp = '203.0.113.7') =>
  service.ask('new-account', { body: { password: PASSWORD, ...body }, sourceIp })

describe('a registration', () => {
  test.each(['token', 'code'])('with the %s of its mail creates an account and signs in', async (kind) => {
    const { email, mailId, token, code } = await register()
    const { status, body } = await confirm(kind === 'token' ? { token } : { mailId, code })
    expect([status, Object.keys(body)]).toEqual([
      200,
      ['authToken', 'tokenType', 'expiresIn', 'refreshToken', 'refreshExpiresIn'],
    ])
    const content = await service.ask('user-content', { token: body.authToken })
    expect(content.body).toMatchObject({ username: email, role: 'user' })
    expect(await service.user(email)).toMatchObject({ email, emailVerified: true, role: 'user' })
    const again = await service.ask('login', { body: { username: email, password: PASSWORD } })
    expect(again.status).toBe(200)
  })

  test('keeps the spelling of the address for mails, and has a username of its own', async () => {
    const { address, email, token } = await register()
    const username = `grace-${Date.now()}`
    expect((await confirm({ token, username })).status).toBe(200)
    const user = await service.user(email)
    expect(user).toMatchObject({ username, email, emailAsWritten: address })
    expect((await service.user(username)).id).toBe(user.id)
  })

  test('makes the source known, so that its next sign-in causes no notice', async () => {
    const { address, email, token } = await register()
    expect((await confirm({ token })).status).toBe(200)
    const body = { username: email, password: PASSWORD }
    expect((await service.ask('login', { body })).status).toBe(200)
    expect(service.mailsTo(address)).toHaveLength(1)
    expect((await service.ask('login', { body, sourceIp: '198.51.100.9' })).status).toBe(200)
    expect(service.mailTo(address).subject).toBe('A new sign-in to Test')
  })

  test('stores nothing about the person before the proof', async () => {
    const { mailId } = await register('Ada.Lovelace@Engine.example')
    const items = JSON.stringify(await service.scan()).toLowerCase()
    for (const part of ['lovelace', 'engine', mailId.toLowerCase()]) expect(items).not.toContain(part)
    expect(items).toContain(mailKey(mailId).pk.S.toLowerCase())
  })

  test('of an address with an account sends its owner a mail, and responds the same', async () => {
    const { address, email, token } = await register()
    await confirm({ token, username: `owner-${Date.now()}` })
    const before = await service.user(email)
    const { status, body } = await service.ask('register', { body: { email: address.toUpperCase() } })
    expect([status, Object.keys(body)]).toEqual([202, ['mailId']])
    const mail = service.mailTo(address)
    expect(mail.subject).toBe('You already have an account at Test')
    expect(mail.text).toContain(before.username)
    expect(mail.link).toBe('https://service.example/forgot')
    expect(await service.user(email)).toEqual(before)
  })

  test('refuses a password that breaks a rule, and a later one is accepted', async () => {
    const { token } = await register()
    const short = await confirm({ token, password: 'short' })
    expect(short).toMatchObject(invalid('#/password', 'Must be at least 15 characters.'))
    expect((await confirm({ token })).status).toBe(200)
  })

  test('refuses another address or a bad name as the username by one rule, and accepts its own', async () => {
    const { email, token } = await register()
    const rule = 'Must be the confirmed address, or 1 to 64 characters (a-z, 0-9, dot, underscore or hyphen).'
    for (const username of ['other@example.org', 'a b']) {
      expect(await confirm({ token, username })).toMatchObject(invalid('#/username', rule))
    }
    expect((await confirm({ token, username: email.toUpperCase() })).status).toBe(200)
  })

  test.each([
    ['ada@example.org', undefined],
    ['ada@EXAMPLE.com', undefined],
    ['ada@sub.example.org', 422],
    ['ada@other.example', 422],
  ])('of %s is allowed by a list of domains, else refused with %s', async (email, refused = 202) => {
    const { ask, aws } = await useService({ settings: { ALLOWED_EMAIL_DOMAINS: 'example.org,example.com' } })
    const { status, body } = await ask('register', { body: { email } })
    expect(status).toBe(refused)
    if (refused === 422) {
      expect(body.errors).toEqual([
        fieldError('#/email', 'Must be an address at example.org or example.com.'),
      ])
    }
    aws.stop()
  })

  // lib/users/login-name.test.ts has all forms. Here are those that a mail or a domain beyond ASCII could make dangerous.
  test.each([
    ['ada', 'no @'],
    ['ada@example.org\r\nBcc: eve@example.org', 'a line break'],
    ['ada@exa\u0000mple.org', 'a control character'],
    ['ada@example.org\n', 'a line break at the end'],
    ['ada@exa\r\nmple.org', 'a line break in the domain'],
    ['ada@bücher.example\t', 'a tab after a domain beyond ASCII'],
    ['ada@bücher.example/x', 'a path after a domain beyond ASCII'],
    ['ada@bücher%2eexample', 'an escape in a domain beyond ASCII'],
  ])('of %j is refused (%s)', async (email) => {
    const response = await service.ask('register', { body: { email } })
    expect(response).toMatchObject(invalid('#/email', 'Must be an e-mail address.'))
  })

  test.each([
    ['a..b@example.org', 'two dots in a row'],
    ['evil%evil.example@example.org', 'a route with %'],
  ])('of %j is refused (%s), and its user can still sign in', async (email) => {
    const response = await service.ask('register', { body: { email } })
    expect(response).toMatchObject(invalid('#/email', NEW_LOGIN_NAME_RULE))
    await service.add({ username: email, email })
    const body = { username: email, password: SIGN_IN_PASSWORD }
    expect((await service.ask('login', { body })).status).toBe(200)
  })

  test('with a username that begins with a hyphen is refused', async () => {
    const { token } = await register()
    const refused = invalid('#/username', NEW_LOGIN_NAME_RULE)
    expect(await confirm({ token, username: '--help' })).toMatchObject(refused)
    expect((await confirm({ token, username: 'a--help' })).status).toBe(200)
  })

  test('of an internationalised domain goes to its A-labels', async () => {
    expect((await service.ask('register', { body: { email: 'Ada@Bücher.example' } })).status).toBe(202)
    expect(service.mailsTo('Ada@xn--bcher-kva.example')).toHaveLength(1)
  })

  test('by invitation has the role that the operator chose', async () => {
    const mailId = `${'I'.repeat(22)}.${Buffer.from('Vip@Example.org').toString('base64url')}`
    await storeInvitation(service.table, mailId, 'admin', testAct(new Date()))
    await service.functions.mail({ kind: 'invitation', mailId, at: new Date().toISOString() })
    const mail = service.mailTo('Vip@Example.org')
    expect(mail.text).not.toMatch(/code/)
    expect((await confirm({ token: tokenIn(mail) })).status).toBe(200)
    expect((await service.user('vip@example.org')).role).toBe('admin')
  })

  test('by invitation creates nothing while a user has the address, and works again after that', async () => {
    const invite = async () => {
      const mailId = newMailId(randomBytes(MAIL_ID_BYTES), 'twice@example.org')
      await storeInvitation(service.table, mailId, 'admin', testAct(new Date()))
      await service.functions.mail({ kind: 'invitation', mailId, at: new Date().toISOString() })
      return { token: tokenIn(service.mailTo('twice@example.org')) }
    }
    const [first, second] = [await invite(), await invite()]
    expect((await confirm(first)).status).toBe(200)
    expect((await confirm(second)).status).toBe(422)
    await service.remove('twice@example.org')
    expect((await confirm(second)).status).toBe(200)
    expect((await confirm(first)).status).toBe(400)
    expect((await service.user('twice@example.org')).role).toBe('admin')
  })

  test('by invitation needs one that an operator stored, at the mail and at its link', async () => {
    const mailId = newMailId(randomBytes(MAIL_ID_BYTES), 'mallory@example.org')
    // What a function that may invoke the mailer could send.
    const event = { kind: 'invitation', mailId, role: 'admin', at: new Date().toISOString() } as const
    await expect(service.functions.mail(event)).rejects.toThrow('no operator stored this invitation')
    expect(service.mailsTo('mallory@example.org')).toEqual([])
    // What a mailer that is taken over could store.
    const random = randomBytes(CONFIRMATION_RANDOM_BYTES)
    const details = { kind: 'invitation', mailId, bindings: {} } as const
    const { confirmation, token } = startConfirmation(details, new Date(), random)
    const claim = { claimId: 'c', invocationId: 'i' }
    await claimMail(service.table, mailId, { claim, confirmation }, new Date())
    expect(await confirm({ token })).toMatchObject({ status: 400, body: INVALID_LINK })
    await expect(service.user('mallory@example.org')).rejects.toThrow()
  })
})

describe('a proof is refused', () => {
  test('without a token or a code, and with both', async () => {
    const rule = 'Must have either a token, or a mailId and a code.'
    for (const body of [
      {},
      { mailId: 'a' },
      { code: '12345678' },
      { token: 'a', mailId: 'b', code: '12345678' },
    ]) {
      expect(await confirm(body)).toMatchObject(invalid('#', rule))
    }
  })

  test('when it is made up, altered, of another kind, or used twice', async () => {
    const { email, mailId, token, code } = await register()
    const { body } = await service.ask('forgot', { body: { login: 'user' } })
    const madeUp = [
      { token: 'x' },
      { token: `${mailId}.${'A'.repeat(43)}` },
      { token: token.replace(/^.{22}/, 'B'.repeat(22)) },
      { mailId: body.mailId, code: '00000000' },
      { mailId: 'unknown', code },
    ]
    for (const proof of madeUp)
      expect(await confirm(proof)).toMatchObject({ status: 400, body: INVALID_LINK })
    const other = await service.ask('reset', { body: { token, password: PASSWORD } })
    expect(other).toMatchObject({ status: 400, body: INVALID_LINK })
    expect((await confirm({ token })).status).toBe(200)
    expect(await confirm({ token })).toMatchObject({ status: 400, body: INVALID_LINK })
    expect(await confirm({ mailId, code })).toMatchObject({ status: 400, body: INVALID_LINK })
    expect((await service.user(email)).emailVerified).toBe(true)
  })

  test('by every route of another kind', async () => {
    const { token: registration } = await register()
    const address = newAddress()
    const username = await service.add({ email: address.toLowerCase(), emailAsWritten: address })
    const { authToken } = await signIn(service.functions, username)
    await service.ask('forgot', { body: { login: username } })
    const reset = tokenIn(service.mailTo(address))
    const next = newAddress()
    const change = { email: next, currentPassword: SIGN_IN_PASSWORD }
    await service.ask('change-email', { token: authToken, body: change })
    const moved = tokenIn(service.mailTo(next))
    const before = await service.user(username)
    for (const token of [reset, moved]) {
      expect(await confirm({ token })).toMatchObject({ status: 400, body: INVALID_LINK })
    }
    for (const token of [registration, moved]) {
      const response = await service.ask('reset', { body: { token, password: PASSWORD } })
      expect(response).toMatchObject({ status: 400, body: INVALID_LINK })
    }
    for (const token of [registration, reset]) {
      const response = await service.ask('confirm-email', { token: authToken, body: { token } })
      expect(response).toMatchObject({ status: 400, body: INVALID_LINK })
    }
    expect(await service.user(username)).toEqual(before)
    await expect(service.user(next.toLowerCase())).rejects.toThrow('there is no user')
  })

  test('by the same calls, if its mail id is unknown, of another kind or made up', async () => {
    const { mailId } = await register()
    const { body } = await service.ask('forgot', { body: { login: 'nobody' } })
    const wire = await startWire(service.aws)
    const wired = await service.load({}, { url: wire.url })
    const calls: string[][] = []
    for (const id of [mailId, body.mailId, 'made up']) {
      wire.intercept(() => 'pass')
      const proof = { mailId: id, code: '00000000' }
      expect((await wired.ask('reset', { body: { ...proof, password: PASSWORD } })).status).toBe(400)
      calls.push(
        wire
          .calls()
          // Tries at a route for mails of another kind have a counter of their own.
          .map(({ label }) => label.replace('codes-of-others', 'codes'))
          .sort(),
      )
    }
    wire.stop()
    expect(calls[0]).toContain('UpdateItem mail codes')
    expect(calls).toEqual(Array(3).fill(calls[0]))
  })

  test('after five wrong codes, and the link stays valid', async () => {
    const { mailId, token, code } = await register()
    const wrong = code === '00000000' ? '11111111' : '00000000'
    for (let tried = 1; tried <= 5; tried += 1) {
      expect(await confirm({ mailId, code: wrong })).toMatchObject({ status: 400, body: INVALID_LINK })
    }
    expect(await confirm({ mailId, code })).toMatchObject({ status: 400, body: INVALID_LINK })
    expect((await confirm({ token })).status).toBe(200)
  })

  proof('of 100 codes at once from 100 sources five are compared', async () => {
    const { mailId, token, code } = await register()
    const codes = Array.from({ length: 100 }, (_, index) =>
      index === 99 ? code : String(index).padStart(8, '0'),
    )
    const responses = await Promise.all(
      codes.map((one, index) => confirm({ mailId, code: one }, `198.51.100.${index}`)),
    )
    expect(responses.map(({ status }) => status)).toEqual(codes.map(() => 400))
    expect(await service.attempts(mailKey(mailId).pk.S, 'codes')).toBe(5)
    expect((await confirm({ token })).status).toBe(200)
  })

  test.each(['new-account', 'reset', 'confirm-email'] as const)(
    'by a source that has tried 50 wrong codes of mails, and by no other (%s)',
    async (route) => {
      stopClock()
      const password = route === 'confirm-email' ? {} : { password: PASSWORD }
      const { authToken } = await signIn(service.functions, await service.add())
      const { context: authorization } = await service.functions.authorize(authToken)
      const sourceIp = `192.0.2.${route.length}`
      const statuses = []
      for (let mail = 0; mail < 52; mail += 1) {
        const body = { mailId: `made-up-${mail}`, code: '12345678', ...password }
        statuses.push((await service.ask(route, { body, sourceIp, authorization })).status)
      }
      expect(statuses).toEqual([...Array(50).fill(400), 429, 429])
      const { mailId, code } = await register()
      expect((await confirm({ mailId, code }, sourceIp)).status).toBe(429)
      expect((await confirm({ mailId, code }, '198.51.100.7')).status).toBe(200)
    },
  )

  test('when its time is over', async () => {
    const { mailId, token, code } = await register()
    await service.table.aws('dynamodb', 'UpdateItem', {
      TableName: service.table.name,
      Key: mailKey(mailId),
      UpdateExpression: 'SET codeExpiresAt = :now, expiresAt = :now',
      ExpressionAttributeValues: { ':now': { N: String(Math.floor(Date.now() / 1000)) } },
    })
    expect((await confirm({ mailId, code })).status).toBe(400)
    expect((await confirm({ token })).status).toBe(400)
  })
})

describe('a username that is taken', () => {
  test('can be replaced by another one', async () => {
    await service.add({ username: 'taken' })
    const { token } = await register()
    expect(await confirm({ token, username: 'taken' })).toMatchObject(
      invalid('#/username', 'This username is taken.'),
    )
    expect((await confirm({ token, username: `free-${Date.now()}` })).status).toBe(200)
  })

  test('voids the link at the tenth try', async () => {
    await service.add({ username: 'wanted' })
    const { email, token } = await register()
    const statuses = []
    for (let tried = 1; tried <= 10; tried += 1) {
      statuses.push((await confirm({ token, username: 'wanted' })).status)
    }
    expect(statuses).toEqual(Array(10).fill(422))
    expect((await confirm({ token, username: 'free' })).status).toBe(400)
    expect((await confirm({ token })).status).toBe(400)
    await expect(service.user(email)).rejects.toThrow('there is no user')
  })
})

describe('at once', () => {
  test('50 confirmations of one link create one account', async () => {
    const { token, email } = await register()
    const responses = await fifty(() => confirm({ token }))
    const statuses = responses.map(({ status }) => status).sort()
    expect(statuses).toEqual([200, ...Array(49).fill(400)])
    expect((await service.user(email)).emailVerified).toBe(true)
  })

  test('two registrations of one address get two links, and the first that is used wins', async () => {
    const address = newAddress()
    const [first, second] = [await register(address), await register(address)]
    const responses = await Promise.all([confirm({ token: first.token }), confirm({ token: second.token })])
    expect(responses.map(({ status }) => status).sort()).toEqual([200, 422])
    const refused = responses.find(({ status }) => status === 422)
    const detail = 'This address already has an account. Sign in, or ask for a new password.'
    expect(refused?.body.errors).toEqual([fieldError('#', detail)])
  })
})

const invalid = (pointer: string, detail: string) => ({
  status: 422,
  body: expect.objectContaining({ errors: [fieldError(pointer, detail)] }),
})
