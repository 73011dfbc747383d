import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { useTable } from '../../test/support/aws/table.ts'
import { testAct, testAt } from '../../test/support/users/users.ts'
import { transact } from '../aws/dynamodb.ts'
import { markKnownSource } from '../throttling/known-sources.ts'
import { secondOf } from '../time.ts'
import type { User } from '../users/user.ts'
import { newChangeMailId } from './change.ts'
import { MAIL_ID_BYTES, newMailId } from './confirmation.ts'
import type { MailEvent } from './event.ts'
import { factorResetWrites, storeFactorReset } from './factor-reset.ts'
import { planMail } from './plan.ts'
import { storeInvitation } from './store.ts'

const stores = await useTable()

const now = new Date('2026-11-26T09:00:00.400Z')

let added = 0

describe('a registration', () => {
  test('of an unknown address is confirmed by it, as it is written', async () => {
    expect(await register('New@Example.org')).toEqual({
      to: 'New@Example.org',
      subject: 'Confirm your address for Test',
      kind: 'registration',
    })
  })

  test('of the address of a user sends its owner a mail', async () => {
    const owner = await addUser()
    expect(await register(String(owner.email).toUpperCase())).toEqual(toOwner(owner))
  })

  test('of the address of a disabled user sends no mail', async () => {
    expect(await register(String((await addUser({ disabled: true })).email))).toBeUndefined()
  })
})

test('an invitation needs one that an operator stored, and its mail binds no role', async () => {
  const event = { kind: 'invitation', mailId: mailIdOf('Vip@Example.org'), at: common.at } as const
  await expect(plan(event)).rejects.toThrow('no operator stored this invitation')
  await storeInvitation(stores.table, event.mailId, 'admin', testAct(now))
  expect(await plan(event)).toEqual({
    to: 'Vip@Example.org',
    subject: 'You are invited to Test',
    kind: 'invitation',
  })
})

describe('a reset', () => {
  const subject = 'Choose a new password for Test'

  test.each(['username', 'email'] as const)('by %s goes to the stored spelling', async (name) => {
    const user = await addUser()
    const to = user.emailAsWritten
    expect(await reset(String(user[name]))).toEqual({ to, subject, kind: 'reset', ...boundTo(user) })
  })

  test('of a user whose username is the address goes there', async () => {
    const username = 'moved@example.org'
    const user = await addUser({ username, email: undefined, emailAsWritten: undefined })
    expect(await reset(username)).toEqual({ to: username, subject, kind: 'reset', ...boundTo(user) })
  })

  test('of an unknown user sends no mail', async () => {
    expect(await reset('nobody')).toBeUndefined()
  })

  test.each<[string, Partial<User>]>([
    ['a disabled user', { disabled: true }],
    ['a user without an address', { email: undefined, emailAsWritten: undefined }],
  ])('of %s sends no mail', async (_what, values) => {
    const { username } = await addUser(values)
    expect(await reset(username)).toBeUndefined()
  })

  test('by an administrator is only of the user whom the administrator has seen', async () => {
    const user = await addUser()
    const by = ({ username: loginName, generation }: User) =>
      plan({ kind: 'reset', mailId: mailIdOf(), loginName, generation, at: common.at, by: 'administrator' })
    expect(await by(user)).toEqual({ to: user.emailAsWritten, subject, kind: 'reset', ...boundTo(user) })
    expect(await by({ ...user, generation: user.generation - 1 })).toBeUndefined()
    await stores.remove(user.username)
    expect(await by(user)).toBeUndefined()
  })
})

describe('a mail for a sign-in', () => {
  const asked = (address: string) => ({ kind: 'sign-in', mailId: mailIdOf(address), ...common }) as const
  const signIn = (address: string, more: object = {}) =>
    planMail(stores.table, asked(address), { ...service, ...more }, now)

  test('goes to the verified address, and says whether its source is known', async () => {
    const user = await addUser({ emailVerified: true })
    const planned = await signIn(String(user.emailAsWritten))
    expect(planned).toMatchObject({
      to: user.emailAsWritten,
      confirmation: { kind: 'sign-in', ...boundTo(user) },
    })
    expect(planned?.knownSource).toBeUndefined()
    const marking = { ...testAt(stores.table, now), config: { SESSION_TTL_SECONDS: 900 } }
    await markKnownSource(marking, { loginName: String(user.email), userId: user.id }, undefined)
    expect((await signIn(String(user.email)))?.knownSource).toBe('203.0.113.7')
  })

  test('of an unknown address confirms a registration, if the service takes one', async () => {
    const mayRegister = (address: string) => address === 'New@example.org'
    expect(await signIn('New@example.org', { mayRegister })).toMatchObject({
      to: 'New@example.org',
      confirmation: { kind: 'registration' },
    })
    expect(await signIn('new@example.org', { mayRegister })).toBeUndefined()
    expect(await signIn('New@example.org')).toBeUndefined()
  })

  test('of an address that is not verified sends its owner a mail, unless the user is disabled', async () => {
    const owner = await addUser({ emailVerified: false })
    expect(await plan(asked(String(owner.email)))).toEqual(toOwner(owner))
    const disabled = await addUser({ emailVerified: true, disabled: true })
    expect(await signIn(String(disabled.email))).toBeUndefined()
  })

  test('of a username that is the earlier address sends its owner a mail', async () => {
    const owner = await addUser({ username: 'earlier@example.org', emailVerified: true })
    expect(await plan(asked(owner.username))).toEqual(toOwner(owner))
    expect((await signIn(String(owner.email)))?.message.subject).not.toContain('already')
  })
})

describe('a change of the address', () => {
  const subject = 'Confirm your new address for Test'

  test('is confirmed by the new one', async () => {
    const user = await addUser()
    const to = 'Next@Example.org'
    expect(await changeTo(to, user)).toEqual({ to, subject, kind: 'address', ...boundTo(user) })
  })

  test('to the present one in another spelling is confirmed by it', async () => {
    const user = await addUser()
    const to = String(user.email).toUpperCase()
    expect(await changeTo(to, user)).toEqual({ to, subject, kind: 'address', ...boundTo(user) })
  })

  test('to the address of another user sends its owner a mail', async () => {
    const owner = await addUser()
    expect(await changeTo(String(owner.email), await addUser())).toEqual(toOwner(owner))
  })

  test('to the address of a disabled user sends no mail', async () => {
    const owner = await addUser({ disabled: true })
    expect(await changeTo(String(owner.email), await addUser())).toBeUndefined()
  })

  test.each<[string, (user: User) => User | Promise<User>]>([
    ['is disabled', () => addUser({ disabled: true })],
    ['has changed since', (user) => ({ ...user, generation: user.generation - 1 })],
    [
      'was removed',
      async (user) => {
        await stores.remove(user.username)
        return user
      },
    ],
  ])('of a user who %s sends no mail', async (_what, change) => {
    expect(await changeTo('next@example.org', await change(await addUser()))).toBeUndefined()
  })
})

describe('an enrolment', () => {
  const enrol = ({ id, generation }: User) =>
    plan({ kind: 'enrolment', mailId: mailIdOf(), userId: id, generation, ...common })

  test('is proved by the verified address', async () => {
    const user = await addUser({ emailVerified: true })
    expect(await enrol(user)).toEqual({
      to: user.emailAsWritten,
      subject: 'Add a second factor to your account at Test',
      kind: 'enrolment',
      ...boundTo(user),
    })
  })

  test.each<[string, (user: User) => User | Promise<User>]>([
    ['is disabled', () => addUser({ emailVerified: true, disabled: true })],
    ['has an address that is not verified', () => addUser({ emailVerified: false })],
    ['has changed since', (user) => ({ ...user, generation: user.generation - 1 })],
    ['does not exist', (user) => ({ ...user, id: 'AbCdEfGhIjKlMnOpQrStUw' })],
  ])('of a user who %s sends no mail', async (_what, change) => {
    expect(await enrol(await change(await addUser({ emailVerified: true })))).toBeUndefined()
  })
})

describe('a proof of a change', () => {
  const asked = newChangeMailId(randomBytes(MAIL_ID_BYTES), {
    change: 'passkey',
    sessionId: 's',
    acr: 'aal1',
  })
  const prove = ({ id: userId, generation }: Pick<User, 'id' | 'generation'>, mailId = asked) =>
    planMail(stores.table, { kind: 'change', mailId, userId, generation, ...common }, service, now)

  test('is a code to the verified address, which names the change', async () => {
    const user = await addUser({ emailVerified: true })
    const planned = await prove(user)
    expect(planned).toMatchObject({
      to: user.emailAsWritten,
      message: { lead: `Someone asked to add a passkey to the account ${user.username} at Test.` },
      confirmation: { kind: 'change', ...boundTo(user) },
    })
    expect(planned?.message.code).toMatch(/^\d{4} ?\d{4}$/)
  })

  test.each<[string, (user: User) => Pick<User, 'id' | 'generation'> | Promise<User>, string?]>([
    ['with the id of another mail', (user) => user, mailIdOf()],
    ['of a user who is disabled', () => addUser({ emailVerified: true, disabled: true })],
    ['of a user whose address is not verified', () => addUser({ emailVerified: false })],
    ['of a user who has changed since', (user) => ({ ...user, generation: user.generation - 1 })],
    ['of a user who does not exist', (user) => ({ ...user, id: 'AbCdEfGhIjKlMnOpQrStUw' })],
  ])('%s sends no mail', async (_what, change, mailId) => {
    expect(await prove(await change(await addUser({ emailVerified: true })), mailId)).toBeUndefined()
  })
})

describe('a first offline_access', () => {
  const app = { name: 'The <Shop>', place: 'shop.example' }
  const notice = ({ id: userId }: Pick<User, 'id'>, of = app) =>
    planMail(stores.table, { kind: 'offline-access', id: 'i', userId, app: of, ...common }, service, now)

  test('is a mail to the verified address, with the app, its host and where to remove it', async () => {
    const user = await addUser({ emailVerified: true })
    expect(await notice(user)).toEqual({
      to: user.emailAsWritten,
      language: 'en',
      message: {
        subject: 'The <Shop> keeps access to your account at Test',
        lead: `The <Shop> (shop.example) may keep its access to your account ${user.username} at Test while you are away.`,
        action: {
          label: 'See your apps',
          url: 'https://service.example/account',
        },
        paragraphs: [
          'The request came on 2026-11-26 at 09:00 UTC from 203.0.113.7, with curl.',
          'If it was not you, remove the app and choose a new password. That ends the access of all apps.',
        ],
      },
    })
  })

  test('names the host of an app that is not registered once', async () => {
    const user = await addUser({ emailVerified: true })
    expect(await notice(user, { name: 'app.test', place: 'app.test' })).toMatchObject({
      message: {
        subject: 'app.test keeps access to your account at Test',
        lead: `app.test may keep its access to your account ${user.username} at Test while you are away.`,
      },
    })
  })

  test.each<[string, Partial<User>]>([
    ['is disabled', { emailVerified: true, disabled: true }],
    ['has an address that is not verified', { emailVerified: false }],
    ['has no address', { email: undefined, emailAsWritten: undefined }],
  ])('of a user who %s sends no mail', async (_what, values) => {
    expect(await notice(await addUser(values))).toBeUndefined()
  })

  test('of a user who was removed sends no mail', async () => {
    expect(await notice({ id: 'AbCdEfGhIjKlMnOpQrStUw' })).toBeUndefined()
  })
})

describe('a reset of second factors', () => {
  const announce = (mailId: string, { id: userId }: User) =>
    plan({ kind: 'factor-reset', mailId, userId, at: common.at })

  test('can be cancelled by the verified address', async () => {
    const user = await addUser({ emailVerified: true })
    const mailId = mailIdOf()
    await storeFactorReset(stores.table, user.id, mailId, testAct())
    expect(await announce(mailId, user)).toEqual({
      to: user.emailAsWritten,
      subject: 'Your second factors at Test will be removed',
      kind: 'cancel-reset',
      userId: user.id,
    })
  })

  test('that no operator stored, or that was replaced, sends no mail', async () => {
    const user = await addUser({ emailVerified: true })
    const mailId = mailIdOf()
    expect(await announce(mailId, user)).toBeUndefined()
    await storeFactorReset(stores.table, user.id, mailIdOf(), testAct())
    expect(await announce(mailId, user)).toBeUndefined()
  })

  test('of a user who has another role since sends no mail', async () => {
    const user = await addUser({ emailVerified: true })
    const mailId = mailIdOf()
    const reset = { mailId, ofRole: 'admin' }
    await transact(stores.table, factorResetWrites(stores.table, user.id, reset, testAct()))
    expect(await announce(mailId, user)).toBeUndefined()
    const same = { mailId, ofRole: user.role }
    await transact(stores.table, factorResetWrites(stores.table, user.id, same, testAct()))
    expect(await announce(mailId, user)).toMatchObject({ kind: 'cancel-reset' })
  })

  test('of a user whose address is not verified sends no mail', async () => {
    const user = await addUser({ emailVerified: false })
    const mailId = mailIdOf()
    await storeFactorReset(stores.table, user.id, mailId, testAct())
    expect(await announce(mailId, user)).toBeUndefined()
  })
})

test('a mail that a client asks for has a code, and a variant without one', async () => {
  const event = { kind: 'registration', mailId: mailIdOf('new@example.org'), ...common } as const
  const planned = await planMail(stores.table, event, service, now)
  const { codeHash, codeExpiresAt, ...codeless } = Object(planned?.confirmation)
  expect({ code: planned?.message.code, codeHash, codeExpiresAt }).toEqual({
    code: expect.stringMatching(/^\d{8}$/),
    codeHash: expect.any(String),
    codeExpiresAt: expect.any(Number),
  })
  const { message, confirmation } = planned?.withoutCode ?? {}
  expect(confirmation).toEqual(codeless)
  expect(message?.code).toBeUndefined()
  expect(message?.action).toEqual(planned?.message.action)
  expect(JSON.stringify(message)).not.toMatch(/code(?!")/)
})

test('a mail of an operator has no code to guess', async () => {
  const { username } = await addUser()
  const event = { kind: 'reset', mailId: mailIdOf(), loginName: username, at: common.at } as const
  const planned = await planMail(stores.table, event, service, now)
  expect(planned?.message.code).toBeUndefined()
  expect(Object.keys(Object(planned?.confirmation))).not.toContain('codeHash')
})

test('a notice of an identity names its provider, and what that calls the user', async () => {
  const identity = { provider: 'Google', label: 'ada@gmail.example' }
  const notified = { to: 'Ada@Example.org', username: 'ada', locale: undefined }
  const event = { kind: 'identity-added', id: 'i', ...notified, identity, ...common } as const
  const planned = await planMail(stores.table, event, service, now)
  expect(planned?.message.lead).toContain('Google (ada@gmail.example) was added to your account ada at Test.')
})

test('a notice goes to the address in its event', async () => {
  const event = {
    kind: 'account-deleted',
    id: 'i',
    to: 'Ada@Example.org',
    username: 'ada',
    locale: undefined,
  } as const
  expect(await plan({ ...event, ...common })).toEqual({
    to: 'Ada@Example.org',
    subject: 'Your account at Test was deleted',
  })
})

describe('a planned mail', () => {
  const FORGOT = 'https://service.example/forgot'
  const ORIGIN = 'The request came on 2026-11-26 at 09:00 UTC from 203.0.113.7, with curl.'
  const OPERATOR = 'An operator sent this on 2026-11-26 at 09:00 UTC.'
  const messageOf = async (event: MailEvent) => {
    const planned = await planMail(stores.table, event, service, now)
    const { lead, action, paragraphs } = planned?.message ?? {}
    return { text: [lead, ...(paragraphs ?? [])].join(' '), url: action?.url, planned }
  }
  const linkOf = (kind: string, mailId: string) =>
    expect.stringMatching(new RegExp(`^https://service\\.example/confirm#${kind}=${mailId}\\.[\\w-]{43}$`))

  test.each(['reset', 'enrolment'] as const)(
    'of a %s names its user, its request and its link',
    async (kind) => {
      const { id: userId, generation, username } = await addUser({ emailVerified: true })
      const mailId = mailIdOf()
      const event = { kind, mailId, userId, generation, loginName: username, ...common }
      const { text, url } = await messageOf(event as MailEvent)
      expect(url).toEqual(linkOf(kind, mailId))
      expect(text).toContain(`your account ${username} at Test`)
      expect(text).toContain(ORIGIN)
      if (kind === 'enrolment') expect(text).toContain(`choose a new password: ${FORGOT}`)
    },
  )

  test('of a registration has the link of its request, and of an invitation the operator', async () => {
    const mailId = mailIdOf('first@example.org')
    const registered = await messageOf({ kind: 'registration', mailId, ...common })
    expect(registered.url).toEqual(linkOf('registration', mailId))
    expect(registered.text).toContain(ORIGIN)

    await storeInvitation(stores.table, mailId, 'user', testAct(now))
    const invited = await messageOf({ kind: 'invitation', mailId, at: common.at })
    expect(invited.url).toEqual(linkOf('invitation', mailId))
    expect(invited.text).toContain(OPERATOR)
  })

  test('to the owner of an address names the username, and the page for a new password', async () => {
    const { email, username } = await addUser()
    const mailId = mailIdOf(String(email))
    const { text, url, planned } = await messageOf({ kind: 'registration', mailId, ...common })
    expect(text).toContain(`Your username is ${username}.`)
    expect(url).toBe(FORGOT)
    expect(planned).not.toHaveProperty('withoutCode')
  })

  test('to the owner of an address names the providers of the account', async () => {
    const { email } = await addUser()
    const event = { kind: 'registration', mailId: mailIdOf(String(email)), ...common } as const
    const providersOf = async () => ['Google', 'Entra']
    const planned = await planMail(stores.table, event, { ...service, providersOf }, now)
    expect(planned?.message.paragraphs).toContain('You can sign in with Google, Entra.')
  })

  test('of a reset of factors says when, and can cancel it as long as it may take effect', async () => {
    const { id: userId, username } = await addUser({ emailVerified: true })
    const mailId = mailIdOf()
    await storeFactorReset(stores.table, userId, mailId, testAct())
    const { text, url, planned } = await messageOf({ kind: 'factor-reset', mailId, userId, at: common.at })
    expect(url).toEqual(linkOf('cancel-reset', mailId))
    expect(text).toContain(`your account ${username} at Test`)
    expect(text).toContain('24 hours or more after this mail')
    expect(planned?.confirmation?.expiresAt).toBe(secondOf(now) + 8 * 86_400)
  })

  test('of a notice names the user, the time and the source', async () => {
    const event = {
      kind: 'password-changed',
      id: 'i',
      to: 'a@example.org',
      username: 'ada',
      locale: undefined,
    } as const
    const { text, url } = await messageOf({ ...event, ...common })
    expect(text).toContain('your account ada at Test')
    expect(text).toContain('on 2026-11-26 at 09:00 UTC from 203.0.113.7')
    expect(url).toBe(FORGOT)
  })

  test('has a link that is valid for an hour, and a code for ten minutes', async () => {
    const mailId = mailIdOf('second@example.org')
    const { planned } = await messageOf({ kind: 'registration', mailId, ...common })
    expect(planned?.confirmation).toMatchObject({
      expiresAt: secondOf(now) + 3_600,
      codeExpiresAt: secondOf(now) + 600,
    })
  })
})

test('a reset of factors of a user who does not exist sends no mail', async () => {
  const [mailId, userId] = [mailIdOf(), 'AbCdEfGhIjKlMnOpQrStUw']
  await storeFactorReset(stores.table, userId, mailId, testAct())
  expect(await plan({ kind: 'factor-reset', mailId, userId, at: common.at })).toBeUndefined()
})

test('a registration finds the owner of an address that is written in another case', async () => {
  const owner = await addUser({ email: undefined, emailAsWritten: undefined, username: 'mixed@example.org' })
  expect(await register('Mixed@Example.ORG')).toEqual({ ...toOwner(owner), to: 'mixed@example.org' })
})

const mailIdOf = (address?: string) => newMailId(randomBytes(MAIL_ID_BYTES), address)

/** Adds a user with an address in mixed case. */
async function addUser(values: Partial<User> = {}): Promise<User> {
  added += 1
  const address = `Ada.${added}@Example.org`
  const user = { email: address.toLowerCase(), emailAsWritten: address, ...values }
  return stores.user(await stores.add(user))
}

/** Returns the recipient and the subject of the mail of an event, and what it asks to confirm. */
async function plan(event: MailEvent) {
  const planned = await planMail(stores.table, event, service, now)
  if (planned === undefined) return undefined
  const { to, message, confirmation } = planned
  const { kind, userId, generation, email } = confirmation ?? {}
  return { to, subject: message.subject, ...(confirmation && { kind, userId, generation, email }) }
}

const register = (address: string) => plan({ kind: 'registration', mailId: mailIdOf(address), ...common })

const reset = (loginName: string) => plan({ kind: 'reset', mailId: mailIdOf(), loginName, ...common })

const changeTo = (address: string, { id, generation }: User) =>
  plan({ kind: 'address', mailId: mailIdOf(address), userId: id, generation, ...common })

/** The mail to the owner of an address. */
const toOwner = (owner: User) => ({
  to: owner.emailAsWritten,
  subject: 'You already have an account at Test',
})

const boundTo = ({ id, generation, email }: User) => ({ userId: id, generation, email })

const common = { at: now.toISOString(), origin: { sourceIp: '203.0.113.7', userAgent: 'curl/8' } }

const service = { name: 'Test', publicUrl: 'https://service.example', factorResetDelaySeconds: 86_400 }
