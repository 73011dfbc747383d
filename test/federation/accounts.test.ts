import { describe, expect, test } from 'vitest'
import { findIdentities, identityIdOf, identityKey } from '../../lib/federation/identity.ts'
import { newKey } from '../../lib/federation/try.ts'
import { ROUTES } from '../../lib/openapi/routes.ts'
import { DECOY_HASH } from '../../lib/passwords/hash.ts'
import { type Fate, startWire } from '../support/aws/wire.ts'
import { codeOf, fieldError } from '../support/http/problems.ts'
import { recordLogs } from '../support/logs.ts'
import { useService } from '../support/service.ts'
import { codeIn } from '../support/users/mails.ts'
import { begin, NEW_PASSWORD, PASSWORD, signIn } from '../support/users/sessions.ts'
import { addProvider, giveIdentity, inBrowser, startWaiting, type Waiting } from './identities.ts'

const logs = recordLogs()
const service = await useService({ settings: { LIMIT_MAIL_SOURCE: '9999/3600' } })
const { table, functions } = service
const demo = await addProvider(table)

describe('GET /identities', () => {
  test('lists the identities of the caller, and whether there is a password', async () => {
    const user = await service.addUser()
    const { authToken: token } = await begin(service, functions, user.username)
    expect((await service.ask('GET /identities', { token })).body).toEqual({
      identities: [],
      hasPassword: true,
    })
    const claimed = await giveIdentity(table, user)
    const removed = await giveIdentity(table, user, { label: 'a' }, 'removed')
    const { body } = await service.ask('GET /identities', { token })
    expect(body.identities.toSorted(byName)).toEqual([
      {
        id: identityIdOf(claimed),
        provider: 'demo',
        name: 'Demo',
        label: claimed.label,
        createdAt: expect.any(String),
      },
      {
        id: identityIdOf(removed),
        provider: 'removed',
        name: 'removed',
        label: 'a',
        createdAt: expect.any(String),
      },
    ])
  })

  test('says that a user has no password', async () => {
    const user = await service.addUser({ passwordHash: DECOY_HASH })
    const { authToken: token } = await begin(service, functions, user.username)
    expect((await service.ask('GET /identities', { token })).body.hasPassword).toBe(false)
  })
})

test('GET /identities refuses a token that was revoked while the gateway has its result cached', async () => {
  const user = await service.addUser()
  const { authToken } = await begin(service, functions, user.username)
  const { context } = await functions.authorize(authToken)
  await service.change(user.username, {})
  expect((await service.ask('GET /identities', { authorization: context })).status).toBe(401)
})

describe('POST /identities', () => {
  test('refuses a page of another site', async () => {
    const user = await service.addUser()
    const { authToken: token } = await begin(service, functions, user.username)
    const { identityToken } = await startWaiting(table, demo, { userId: user.id })
    const body = { identityToken, currentPassword: PASSWORD }
    expect((await service.ask('POST /identities', { token, body })).status).toBe(403)
  })

  test('adds an identity with the current password, keeps sessions, and sends a notice', async () => {
    const user = await service.addUser()
    const { authToken: token, refreshToken } = await begin(service, functions, user.username)
    const waiting = await startWaiting(table, demo, { userId: user.id })
    expect(await link(waiting, token)).toEqual({ status: 204, body: undefined })
    expect(await namesOf(user.id)).toEqual(['ada@id.example'])
    expect((await service.ask('refresh', { body: { refreshToken } })).status).toBe(200)
    const mail = service.mailTo(String(user.email))
    expect(mail.subject).toBe('Demo was added to your account at Test')
    expect(mail.text).toContain(`Demo (ada@id.example) was added to your account ${user.username} at Test.`)
    expect(logs).toContainEqual({ event: 'identity.linked', userId: user.id, provider: 'demo' })
    expect(await link(waiting, token)).toMatchObject({ status: 401, body: { error: 'identity_expired' } })
  })

  test('counts a wrong password, and adds nothing', async () => {
    const user = await service.addUser()
    const { authToken: token } = await begin(service, functions, user.username)
    const waiting = await startWaiting(table, demo, { userId: user.id })
    const { status, body } = await link(waiting, token, 'a wrong password')
    expect([status, body.errors]).toEqual([422, [fieldError('#/currentPassword', 'Incorrect password.')]])
    expect(await service.attempts(`user#${user.id}`, 'attempts')).toBe(1)
    expect(await namesOf(user.id)).toEqual([])
  })

  test('refuses what another user or a sign-in began, and another browser', async () => {
    const [user, other] = [await service.addUser(), await service.addUser()]
    const { authToken: token } = await begin(service, functions, user.username)
    const own = await startWaiting(table, demo, { userId: user.id })
    const refused = { status: 401, body: { error: 'identity_expired' } }
    expect(await link(await startWaiting(table, demo, { userId: other.id }), token)).toMatchObject(refused)
    expect(await link(await startWaiting(table, demo), token)).toMatchObject(refused)
    expect(await link({ ...own, key: newKey() }, token)).toMatchObject(refused)
    expect(await namesOf(user.id)).toEqual([])
  })

  test('says that the account has an identity already, and that another one has it', async () => {
    const user = await service.addUser()
    const { authToken: token } = await begin(service, functions, user.username)
    const { subject } = await giveIdentity(table, user)
    const again = await startWaiting(table, demo, { userId: user.id, subject })
    const detail = 'This sign-in already belongs to your account.'
    expect(await link(again, token)).toEqual(problem(409, 'Conflict', detail, { error: 'identity_added' }))
    const twice = { userId: user.id, subject: 'linked twice at once' }
    const tabs = [await startWaiting(table, demo, twice), await startWaiting(table, demo, twice)]
    const both = await Promise.all(tabs.map((tab) => link(tab, token)))
    expect(both.map(({ status }) => status).sort()).toEqual([204, 409])
    expect(both.find(({ status }) => status === 409)?.body.error).not.toBe('identity_taken')
  })

  test('refuses an identity of another account, and the eleventh one', async () => {
    const [user, other] = [await service.addUser(), await service.addUser()]
    const { authToken: token } = await begin(service, functions, user.username)
    const { subject } = await giveIdentity(table, other)
    const taken = await startWaiting(table, demo, { userId: user.id, subject })
    const detail =
      'This sign-in already belongs to another account. Sign in with it, and remove it there first.'
    expect(await link(taken, token)).toEqual(problem(409, 'Conflict', detail, { error: 'identity_taken' }))
    for (let count = 0; count < 10; count += 1) await giveIdentity(table, user)
    const eleventh = await startWaiting(table, demo, { userId: user.id })
    expect(await link(eleventh, token)).toMatchObject({ status: 409, body: { error: 'too_many_identities' } })
  })
})

/** The routes that take the current password, each with a body. */
const CHANGES = ROUTES.flatMap(({ method, path, body }): [string, object][] => {
  const values = Object.values(body?.examples ?? {}).map(({ value }) => Object(value))
  const value = values.find((one) => 'currentPassword' in one)
  return value === undefined ? [] : [[`${method.toUpperCase()} ${path}`, value]]
})

test.each(CHANGES)(
  '%s sends a user without a password to the mail, and counts no attempt',
  async (route, value) => {
    const user = await service.addUser({ passwordHash: DECOY_HASH })
    const { authToken: token } = await begin(service, functions, user.username)
    const { identityToken, key } = await startWaiting(table, demo, { userId: user.id })
    const body = { ...value, ...('identityToken' in value && { identityToken }) }
    const asking = { token, body, id: 'none', headers: inBrowser(key) }
    const response = await service.ask(route, asking)
    expect([response.status, response.body.errors]).toEqual([
      422,
      [fieldError('#/currentPassword', 'You have no password yet. Choose one by a mail.')],
    ])
    expect(await service.attempts(`user#${user.id}`, 'attempts')).toBe(0)
  },
)

test('eleven routes take the current password', () => {
  expect(CHANGES).toHaveLength(11)
})

describe.each([
  ['POST /identities', 401],
  ['DELETE /identities/{id}', 401],
] as const)('%s', (route, status) => {
  const bodyOf = async (userId: string, currentPassword: string) => {
    const { identityToken, key } = await startWaiting(table, demo, { userId })
    const isLink = route === 'POST /identities'
    return {
      body: { ...(isLink && { identityToken }), currentPassword },
      headers: inBrowser(key),
      id: 'none',
    }
  }

  test('demands two factors of a user with a second factor', async () => {
    const user = await service.addUser({ factors: 'totp' })
    const { authToken: token } = await begin(service, functions, user.username)
    const response = await service.ask(route, { token, ...(await bodyOf(user.id, PASSWORD)) })
    expect(response).toMatchObject({ status, body: { error: 'insufficient_user_authentication' } })
  })

  test('refuses a change of a user who has changed since the read', async () => {
    const user = await service.addUser()
    const { authToken: token } = await begin(service, functions, user.username)
    const id = identityIdOf(await giveIdentity(table, user))
    const wire = await startWire(service.aws)
    const wired = await service.load({}, { url: wire.url })
    wire.intercept(async ({ operation }): Promise<Fate> => {
      if (operation === 'TransactWriteItems') await service.change(user.username, {})
      return 'pass'
    })
    const asking = { token, ...(await bodyOf(user.id, PASSWORD)), id }
    expect((await wired.ask(route, asking)).status).toBe(409)
    wire.stop()
    expect(await namesOf(user.id)).toEqual(['ada@id.example'])
  })

  test('refuses a token that was revoked while the gateway has its result cached', async () => {
    const user = await service.addUser()
    const { authToken } = await begin(service, functions, user.username)
    const { context } = await functions.authorize(authToken)
    await service.change(user.username, {})
    const asking = { authorization: context, ...(await bodyOf(user.id, PASSWORD)) }
    expect((await service.ask(route, asking)).status).toBe(401)
  })

  test('verifies no password after too many wrong ones', async () => {
    const user = await service.addUser()
    const { authToken: token } = await begin(service, functions, user.username)
    for (let count = 0; count < 10; count += 1) {
      await service.ask(route, { token, ...(await bodyOf(user.id, 'a wrong password')) })
    }
    const response = await service.ask(route, { token, ...(await bodyOf(user.id, PASSWORD)) })
    expect(response.status).toBe(429)
  })
})

describe('DELETE /identities/{id}', () => {
  test('removes an identity, ends the other sessions, and sends a notice', async () => {
    const user = await service.addUser()
    const { authToken: token, refreshToken } = await begin(service, functions, user.username)
    const other = await begin(service, functions, user.username)
    const claimed = await giveIdentity(table, user)
    const body = { currentPassword: PASSWORD }
    const id = identityIdOf(claimed)
    expect((await service.ask('DELETE /identities/{id}', { token, id, body })).status).toBe(204)
    expect(await namesOf(user.id)).toEqual([])
    expect(await service.items(identityKey(id).pk.S)).toEqual({})
    expect((await service.ask('refresh', { body: { refreshToken } })).status).toBe(200)
    const ended = await service.ask('refresh', { body: { refreshToken: other.refreshToken } })
    expect(ended.status).toBe(401)
    expect(service.mailTo(String(user.email)).subject).toBe('Demo was removed from your account at Test')
  })

  test('refuses the identity of another user', async () => {
    const [user, other] = [await service.addUser(), await service.addUser()]
    const { authToken: token } = await begin(service, functions, user.username)
    const id = identityIdOf(await giveIdentity(table, other))
    const body = { currentPassword: PASSWORD }
    expect((await service.ask('DELETE /identities/{id}', { token, id, body })).status).toBe(404)
    expect(await namesOf(other.id)).toEqual(['ada@id.example'])
  })
})

describe('a removal', () => {
  test.each(['on', 'off'])('of the account leaves no item with federation=%s', async (FEDERATION) => {
    const deleting = await service.load({ FEDERATION })
    const user = await service.addUser()
    const { authToken: token } = await begin(service, functions, user.username)
    const ids = [identityIdOf(await giveIdentity(table, user)), identityIdOf(await giveIdentity(table, user))]
    const body = { currentPassword: PASSWORD }
    expect((await deleting.ask('delete-me', { token, body })).status).toBe(204)
    expect(await namesOf(user.id)).toEqual([])
    for (const id of ids) expect(await service.items(identityKey(id).pk.S)).toEqual({})
  })

  test.each([
    [{}, []],
    [{ keepIdentities: false }, []],
    [{ keepIdentities: true }, ['ada@id.example']],
  ])('by a new password with %j leaves %j', async (more, left) => {
    const user = await service.addUser({ passwordHash: DECOY_HASH })
    await giveIdentity(table, user)
    const { body } = await service.ask('forgot', { body: { login: user.username } })
    const mail = service.mailTo(String(user.email))
    expect(mail.text).toContain(
      'You can also sign in with Demo. A new password removes that, unless you keep it.',
    )
    const proof = { mailId: body.mailId, code: codeIn(mail) }
    const { status } = await service.ask('reset', { body: { ...proof, password: NEW_PASSWORD, ...more } })
    expect(status).toBe(204)
    expect(await namesOf(user.id)).toEqual(left)
    expect(await signIn(functions, user.username, NEW_PASSWORD)).toMatchObject({ tokenType: 'Bearer' })
  })

  test('of nothing happens by PUT /password', async () => {
    const user = await service.addUser()
    await giveIdentity(table, user)
    const { authToken: token } = await begin(service, functions, user.username)
    const body = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD }
    expect((await service.ask('password', { token, body })).status).toBe(204)
    expect(await namesOf(user.id)).toEqual(['ada@id.example'])
  })
})

test('the mail about a taken address names the providers of its account', async () => {
  const user = await service.addUser()
  await giveIdentity(table, user)
  await service.ask('register', { body: { email: user.email } })
  expect(service.mailTo(String(user.email)).text).toContain('You can sign in with Demo.')
})

test('without federation, mails name no provider and a reset removes none', async () => {
  const off = await service.load({ FEDERATION: 'off' })
  const user = await service.addUser()
  await giveIdentity(table, user)
  const { body } = await service.ask('forgot', { body: { login: user.username } })
  const code = codeIn(service.mailTo(String(user.email)))
  const reset = { mailId: body.mailId, code, password: NEW_PASSWORD }
  expect((await off.ask('reset', { body: reset })).status).toBe(204)
  expect(await namesOf(user.id)).toEqual(['ada@id.example'])
})

const problem = (status: number, title: string, detail: string, more: object) => ({
  status,
  body: { type: 'about:blank', title, status, detail, code: codeOf(status, detail, more), ...more },
})

const byName = (one: { name: string }, other: { name: string }) => one.name.localeCompare(other.name)

const link = async ({ identityToken, key }: Waiting, token: string, currentPassword = PASSWORD) => {
  const { status, body } = await service.ask('POST /identities', {
    token,
    body: { identityToken, currentPassword },
    headers: inBrowser(key),
  })
  return { status, body }
}

/** Returns the labels of a user's identities. */
const namesOf = async (userId: string) => (await findIdentities(table, userId)).map(({ label }) => label)
