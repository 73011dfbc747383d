import { describe, expect, test } from 'vitest'
import { eventsOfUser } from '../../lib/events/store.ts'
import { identityIdOf, identityKey, ownIdentityKey } from '../../lib/federation/identity.ts'
import { changeProvider } from '../../lib/federation/store.ts'
import { newKey } from '../../lib/federation/try.ts'
import { hasPassword } from '../../lib/passwords/hash.ts'
import { codeOf, fieldError } from '../support/http/problems.ts'
import { recordLogs } from '../support/logs.ts'
import { useService } from '../support/service.ts'
import { codeIn, newAddress } from '../support/users/mails.ts'
import { newName } from '../support/users/sessions.ts'
import { testAct } from '../support/users/users.ts'
import { addProvider, giveIdentity, inBrowser, startWaiting, type Waiting } from './identities.ts'

const logs = recordLogs()
const service = await useService({ settings: { LIMIT_MAIL_SOURCE: '9999/3600' } })
const { table } = service
const demo = await addProvider(table)

const problem = (status: number, title: string, detail: string, more: object = {}) => ({
  status,
  body: { type: 'about:blank', title, status, detail, code: codeOf(status, detail, more), ...more },
})
const refusedAt = (pointer: string, detail: string, more = {}) =>
  problem(422, 'Unprocessable Content', 'One or more fields are invalid.', {
    errors: [fieldError(pointer, detail, more)],
  })
const expired = problem(401, 'Unauthorized', 'The sign-in at the provider has expired. Start again.', {
  error: 'identity_expired',
})

describe('POST /register/provider', () => {
  test('creates an account with an address that the provider proves, and signs in', async () => {
    const email = newAddress().toLowerCase()
    const waiting = await startWaiting(table, demo, { email, isProven: true })
    const { status, body } = await register(waiting)
    expect([status, Object.keys(body)]).toEqual([
      200,
      ['authToken', 'tokenType', 'expiresIn', 'refreshToken', 'refreshExpiresIn'],
    ])
    const user = await service.user(email)
    expect(user).toMatchObject({ username: email, email, emailVerified: true, role: 'user' })
    expect(hasPassword(user.passwordHash)).toBe(false)
    expect(await identityOf(waiting, user.id)).toEqual([user.id, 'ada@id.example'])
    const claims = JSON.parse(Buffer.from(body.authToken.split('.')[1], 'base64url').toString())
    expect(claims).toMatchObject({ sub: user.id, amr: ['fed'], acr: 'aal1' })
    expect(logs).toContainEqual({ event: 'account.created', userId: user.id })
    expect(await eventsOf(user.id)).toEqual(['session.created fed demo', 'user.created user demo'])
    // The identity token counts once.
    expect(await register(waiting)).toEqual(expired)
  })

  test('takes the code of a mail for an address that the provider does not prove', async () => {
    const address = newAddress()
    const waiting = await startWaiting(table, demo, { email: address.toLowerCase() })
    expect(await register(waiting)).toEqual(
      refusedAt('#/code', 'Confirm your address by the code of a mail.'),
    )
    const username = newName()
    const { status } = await register(waiting, { ...(await mailTo(address)), username })
    expect(status).toBe(200)
    const user = await service.user(username)
    expect(user).toMatchObject({ email: address.toLowerCase(), emailAsWritten: address, emailVerified: true })
  })

  test('takes no code that another mail, or another purpose, has', async () => {
    const waiting = await startWaiting(table, demo)
    const [{ mailId }, { code }] = [await mailTo(newAddress()), await mailTo(newAddress())]
    expect(await register(waiting, { mailId, code })).toEqual(
      problem(400, 'Bad Request', 'The link or code is invalid or expired.'),
    )
  })

  test('never looks an address up that the provider does not prove', async () => {
    const { email } = await service.addUser()
    const taken = await startWaiting(table, demo, { email: String(email) })
    const free = await startWaiting(table, demo, { email: newAddress().toLowerCase() })
    expect(await register(taken)).toEqual(await register(free))
  })

  test('refuses a proved address that has an account, and links nothing', async () => {
    const { email, id } = await service.addUser()
    const waiting = await startWaiting(table, demo, { email: String(email), isProven: true })
    const detail =
      'This address already has an account. Sign in with it, or choose a new password, and add Demo on your account page.'
    expect(await register(waiting)).toEqual(
      refusedAt('#', detail, { rule: 'taken', values: { provider: 'Demo' } }),
    )
    expect(await register(waiting, { username: newName() })).toEqual(
      refusedAt('#', detail, { rule: 'taken', values: { provider: 'Demo' } }),
    )
    expect(await identityOf(waiting, id)).toEqual([undefined, undefined])
  })

  test('refuses a taken username ten times a day, and gives a new response no new tries', async () => {
    const { username } = await service.addUser()
    const values = { subject: 'guesses', email: newAddress().toLowerCase(), isProven: true }
    const taken = refusedAt('#/username', 'This username is taken.')
    const first = await startWaiting(table, demo, values)
    for (let tries = 0; tries < 5; tries += 1) expect(await register(first, { username })).toEqual(taken)
    const second = await startWaiting(table, demo, values)
    for (let tries = 0; tries < 5; tries += 1) expect(await register(second, { username })).toEqual(taken)
    const { status } = await register(second, { username: newName() })
    expect(status).toBe(429)
  })

  test('wants a username for a relay address, and never another address', async () => {
    const email = `${newName()}@privaterelay.appleid.com`
    const waiting = await startWaiting(table, demo, { email, isProven: true })
    expect(await register(waiting)).toEqual(refusedAt('#/username', 'Choose a username.'))
    expect((await register(waiting, { username: newAddress() })).status).toBe(422)
    expect((await register(waiting, { username: newName() })).status).toBe(200)
  })

  test.each([
    ['another browser', { key: newKey() }],
    ['no key', { key: '' }],
    [
      'a changed identity token',
      { identityToken: `${Buffer.from('{}').toString('base64url')}.${'A'.repeat(43)}` },
    ],
  ])('refuses %s', async (_what, changes) => {
    const waiting = await startWaiting(table, demo, { email: newAddress().toLowerCase(), isProven: true })
    expect(await register({ ...waiting, ...changes })).toEqual(expired)
  })

  test('refuses the identity token of a link, and an identity that has a user', async () => {
    const user = await service.addUser()
    const values = { email: newAddress().toLowerCase(), isProven: true }
    expect(await register(await startWaiting(table, demo, { ...values, userId: user.id }))).toEqual(expired)
    const { subject } = await giveIdentity(table, user)
    expect(await register(await startWaiting(table, demo, { ...values, subject }))).toEqual(expired)
  })

  test('refuses an identity whose provider was disabled since', async () => {
    const other = await addProvider(table, { id: 'other', issuer: 'https://other.example' })
    const waiting = await startWaiting(table, other, { email: newAddress().toLowerCase(), isProven: true })
    await changeProvider(table, other, { changes: { disabled: true } }, testAct())
    expect(await register(waiting)).toEqual(expired)
  })

  test('refuses a page of another site', async () => {
    const waiting = await startWaiting(table, demo, { email: newAddress().toLowerCase(), isProven: true })
    const headers = { ...inBrowser(waiting.key), 'Sec-Fetch-Site': 'same-site' }
    const { identityToken } = waiting
    const { status } = await service.ask('POST /register/provider', { body: { identityToken }, headers })
    expect(status).toBe(403)
  })

  test.each([
    ['a page of another site', {}, { 'Sec-Fetch-Site': 'cross-site' }],
    ['another origin of the site', {}, { 'Sec-Fetch-Site': 'same-site', Origin: 'https://other.example' }],
    ['a form', new URLSearchParams({ identityToken: 'a' }), { Cookie: '__Host-refresh=a' }],
  ])('refuses the cookie of %s', async (_what, body, headers) => {
    const given = body instanceof URLSearchParams ? body : { identityToken: 'a', session: 'cookie' }
    const { status } = await service.ask('POST /register/provider', { body: given, headers })
    expect(status).toBe(403)
  })

  test('begins an enrolment for a user who must have a second factor', async () => {
    const functions = await service.load({ REQUIRE_SECOND_FACTOR: 'all' })
    const { identityToken, key } = await startWaiting(table, demo, {
      email: newAddress().toLowerCase(),
      isProven: true,
    })
    const { text } = await functions.ask('POST /register/provider', {
      body: { identityToken },
      headers: inBrowser(key),
    })
    expect(JSON.parse(text)).toEqual({ next: 'enrolment', proofs: [], enrolmentToken: expect.any(String) })
  })

  test.each([
    [{ REGISTRATION: 'invite' }, 403],
    [{ REGISTRATION: 'off' }, 403],
    [{ ALLOWED_EMAIL_DOMAINS: 'allowed.example' }, 422],
  ])('creates nothing with %j', async (settings, status) => {
    const functions = await service.load(settings as Record<string, string>)
    const email = newAddress().toLowerCase()
    const { identityToken, key } = await startWaiting(table, demo, { email, isProven: true })
    const response = await functions.ask('POST /register/provider', {
      body: { identityToken },
      headers: inBrowser(key),
    })
    expect(response.status).toBe(status)
    if (status === 403) {
      expect(JSON.parse(response.text).detail).toBe(
        'New accounts are not open here. If you have an account, sign in, and add Demo on your account page.',
      )
    }
  })
})

const register = async ({ identityToken, key }: Omit<Waiting, 'claimed'>, more: object = {}) => {
  const { status, body } = await service.ask('POST /register/provider', {
    body: { identityToken, ...more },
    headers: inBrowser(key),
  })
  return { status, body }
}

/** Returns type, detail and provider of the events of a user. */
async function eventsOf(userId: string) {
  const { events } = await eventsOfUser(table, userId, { limit: 10 })
  return events.map(({ type, detail, ref }) => `${type} ${detail} ${ref}`).sort()
}

/** Asks for the mail of a registration. Returns its id and its code. */
async function mailTo(address: string) {
  const { body } = await service.ask('register', { body: { email: address } })
  return { mailId: String(body.mailId), code: String(codeIn(service.mailTo(address))) }
}

/** Returns the user of the claim of an identity, and the label of the identity of a user. */
async function identityOf({ claimed }: Waiting, userId: string) {
  const id = identityIdOf(claimed)
  const claim = (await service.items(identityKey(id).pk.S)).identity
  const { pk, sk } = ownIdentityKey(userId, id)
  const own = (await service.items(pk.S))[sk.S]
  return [Object(claim?.userId).S, Object(own?.label).S]
}
