import { describe, expect, test } from 'vitest'
import { recordLogs } from '../support/logs.ts'
import { useService } from '../support/service.ts'
import { codeIn, newAddress, tokenIn } from '../support/users/mails.ts'
import { NEW_PASSWORD, PASSWORD, signIn } from '../support/users/sessions.ts'

recordLogs()
const service = await useService({ settings: { LIMIT_MAIL_SOURCE: '9999/3600' } })

describe('a reset', () => {
  test.each(['username', 'email'] as const)(
    'asked for by %s sets the password and ends all else',
    async (by) => {
      const user = await addUser()
      const tokens = await signIn(service.functions, user.username)
      const { token, mail } = await forget(user[by], user.address)
      expect(mail.subject).toBe('Choose a new password for Test')
      expect(mail.text).toContain(user.username)

      expect(await reset({ token })).toMatchObject({ status: 204, body: undefined })
      expect(await service.functions.opens(tokens.authToken)).toBe(false)
      const refreshed = await service.ask('refresh', { body: { refreshToken: tokens.refreshToken } })
      expect(refreshed.status).toBe(401)
      expect((await login(user.username, PASSWORD)).status).toBe(401)
      expect((await login(user.email, NEW_PASSWORD)).status).toBe(200)
      expect((await service.user(user.username)).emailVerified).toBe(true)
      expect(service.mailTo(user.address).subject).toBe('Your password for Test was changed')
    },
  )

  test('by its code needs the id of the mail', async () => {
    const user = await addUser()
    const { mailId, code } = await forget(user.username, user.address)
    const other = await forget(user.username, user.address)
    expect((await reset({ mailId: other.mailId, code })).status).toBe(400)
    expect((await reset({ mailId, code })).status).toBe(204)
  })

  test('makes the source known, so that strangers cannot lock the owner out', async () => {
    const user = await addUser()
    const { token } = await forget(user.username, user.address)
    await reset({ token })
    const notices = service.mailsTo(user.address).length
    expect((await login(user.username, NEW_PASSWORD)).status).toBe(200)
    await service.settled()
    // A sign-in from a new source would have sent one more.
    expect(service.mailsTo(user.address)).toHaveLength(notices)
  })

  test('of a user whose username is an address goes there, and verifies no address', async () => {
    const username = newAddress().toLowerCase()
    await service.add({ username })
    const { token } = await forget(username, username)
    expect((await reset({ token })).status).toBe(204)
    const { email, emailVerified } = await service.user(username)
    expect({ email, emailVerified }).toEqual({ email: undefined, emailVerified: false })
  })

  test('of a user without an address, a disabled or an unknown one sends no mail', async () => {
    const without = await service.add()
    const disabled = await addUser()
    await service.change(disabled.username, { disabled: true })
    const before = service.aws.mailbox.list().length
    for (const name of [without, disabled.username, disabled.email, 'nobody', 'nobody@example.org']) {
      const { status, body } = await service.ask('forgot', { body: { login: name } })
      expect([status, Object.keys(body)]).toEqual([202, ['mailId']])
      expect(body.mailId).toMatch(/^[\w-]{22}$/)
      const wrong = await reset({ mailId: body.mailId, code: '12345678' })
      expect(wrong.body.detail).toBe('The link or code is invalid or expired.')
    }
    expect(service.aws.mailbox.list()).toHaveLength(before)
  })

  test('refuses a password that breaks a rule, and a later one is accepted', async () => {
    const user = await addUser()
    const { mailId, code } = await forget(user.username, user.address)
    for (let tried = 1; tried <= 6; tried += 1) {
      expect((await reset({ mailId, code, password: 'short' })).status).toBe(422)
    }
    expect((await reset({ mailId, code })).status).toBe(204)
  })
})

describe('links and codes in a mailbox are void after', () => {
  test.each<[string, (user: Awaited<ReturnType<typeof addUser>>) => Promise<unknown>]>([
    [
      'a change of the password',
      async ({ username }) => {
        const { authToken: token } = await signIn(service.functions, username)
        const body = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD }
        expect((await service.ask('password', { token, body })).status).toBe(204)
      },
    ],
    [
      'another reset',
      async ({ username, address }) => {
        const { token } = await forget(username, address)
        expect((await reset({ token })).status).toBe(204)
      },
    ],
    [
      'a change of the address',
      async ({ username }) => {
        const { authToken } = await signIn(service.functions, username)
        const email = newAddress()
        await service.ask('change-email', { token: authToken, body: { email, currentPassword: PASSWORD } })
        const { status } = await service.ask('confirm-email', {
          token: authToken,
          body: { token: tokenIn(service.mailTo(email)) },
        })
        expect(status).toBe(204)
      },
    ],
    [
      'the end of all sessions',
      async ({ username }) => {
        const { refreshToken } = await signIn(service.functions, username)
        await service.ask('logout', { body: { refreshToken, everywhere: true } })
      },
    ],
    ['the removal of the user', ({ username }) => service.remove(username)],
    ['a change by an operator', ({ username }) => service.change(username, { role: 'admin' })],
  ])('%s', async (_what, change) => {
    const user = await addUser()
    const { mailId, token, code } = await forget(user.username, user.address)
    await change(user)
    expect((await reset({ token })).status).toBe(400)
    expect((await reset({ mailId, code })).status).toBe(400)
  })
})

test('50 resets by one link at once change the password once', async () => {
  const user = await addUser()
  const { token } = await forget(user.username, user.address)
  const passwords = Array.from({ length: 50 }, (_, index) => `${NEW_PASSWORD} ${index}`)
  const statuses = await Promise.all(
    passwords.map(async (password) => (await reset({ token, password })).status),
  )
  expect(statuses.filter((status) => status === 204)).toHaveLength(1)
  expect(statuses.filter((status) => status === 400)).toHaveLength(49)
  const stored = String(passwords[statuses.indexOf(204)])
  expect((await login(user.username, stored)).status).toBe(200)
})

/** Adds a user with an address. */
async function addUser() {
  const address = newAddress()
  const email = address.toLowerCase()
  const username = await service.add({ email, emailAsWritten: address })
  return { username, email, address }
}

/** Asks for a new password, and returns what the mail has. */
async function forget(login: string, address: string) {
  const { status, body } = await service.ask('forgot', { body: { login } })
  expect([status, Object.keys(body)]).toEqual([202, ['mailId']])
  const mail = service.mailTo(address)
  return { mailId: String(body.mailId), token: tokenIn(mail), code: codeIn(mail), mail }
}

const reset = (body: object) => service.ask('reset', { body: { password: NEW_PASSWORD, ...body } })

const login = (username: string, password: string) =>
  service.functions.ask('login', { body: { username, password } })
