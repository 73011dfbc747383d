import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { codeIn, type MailService, newAddress, startMailService, tokenIn } from '../support/mail-service.ts'
import { PASSWORD, signIn } from '../support/sessions.ts'

vi.mock('node:crypto', async (original) =>
  (await import('../support/cheap-argon2.ts')).cheapArgon2(await original()),
)

let service: MailService

beforeAll(async () => {
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(console, level).mockReturnValue()
  service = await startMailService({ LIMIT_MAIL_SOURCE: '9999/3600' })
})
afterAll(() => service.aws.stop())

/** Signs in a new user with an address. */
async function signInUser(values: { username?: string } = {}) {
  const address = newAddress()
  const email = address.toLowerCase()
  const username = await service.add({ email, emailAsWritten: address, ...values })
  const tokens = await signIn(service.functions, username)
  return { username, email, address, ...tokens }
}

const change = (token: string, email: string, currentPassword = PASSWORD) =>
  service.ask('change-email', { token, body: { email, currentPassword } })
const confirm = (body: object) => service.ask('confirm-email', { body })

test('a user gets five mails to new addresses from a source whose strangers have used up theirs', async () => {
  // In one window of the limits.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2027, 0, 15, 12) })
  onTestFinished(() => void vi.useRealTimers())
  const limited = await service.load({ LIMIT_MAIL_SOURCE: '6/3600' })
  const [user, neighbour] = [await signInUser(), await signInUser()]
  const sourceIp = '2001:db8:1::1'
  const forgot = () => limited.ask('forgot', { sourceIp, body: { login: user.email } })
  for (let count = 0; count < 6; count += 1) expect((await forgot()).status).toBe(202)
  expect((await forgot()).status).toBe(429)
  const changeOf = async ({ authToken: token }: typeof user) => {
    const body = { email: newAddress(), currentPassword: PASSWORD }
    return (await limited.ask('change-email', { token, sourceIp, body })).status
  }
  for (let count = 0; count < 5; count += 1) expect(await changeOf(user)).toBe(202)
  expect(await changeOf(user)).toBe(429)
  expect(await changeOf(neighbour)).toBe(202)
  expect(await changeOf(neighbour)).toBe(429)
})

describe('a new address', () => {
  test.each(['token', 'code'])(
    'counts after its confirmation by the %s, and both addresses get a mail',
    async (by) => {
      const user = await signInUser()
      const next = newAddress()
      const { status, body } = await change(user.authToken, next)
      expect([status, Object.keys(body)]).toEqual([202, ['requestId']])
      expect(service.mailTo(user.address).subject).toBe('A new address for your account at Test')
      expect((await service.user(user.username)).email).toBe(user.email)

      const mail = service.mailTo(next)
      expect(mail.subject).toBe('Confirm your new address for Test')
      const proof =
        by === 'token' ? { token: tokenIn(mail) } : { requestId: body.requestId, code: codeIn(mail) }
      expect((await confirm(proof)).status).toBe(204)
      const stored = await service.user(next.toLowerCase())
      expect(stored).toMatchObject({
        username: user.username,
        email: next.toLowerCase(),
        emailAsWritten: next,
      })
      expect(stored.emailVerified).toBe(true)
      expect(service.mailTo(user.address).subject).toBe('Your address for Test was changed')
      await expect(service.user(user.email)).rejects.toThrow('there is no user')
      expect((await confirm(proof)).status).toBe(400)
    },
  )

  test('revokes access tokens, and the session stays', async () => {
    const user = await signInUser()
    const next = newAddress()
    await change(user.authToken, next)
    await confirm({ token: tokenIn(service.mailTo(next)) })
    expect(await service.functions.opens(user.authToken)).toBe(false)
    expect((await service.ask('refresh', { body: { refreshToken: user.refreshToken } })).status).toBe(200)
  })

  test('makes the source known, so that a sign-in with it causes no notice', async () => {
    const user = await signInUser()
    const next = newAddress()
    await change(user.authToken, next)
    await confirm({ token: tokenIn(service.mailTo(next)) })
    const before = service.mailsTo(next).length
    const body = { username: next.toLowerCase(), password: PASSWORD }
    expect((await service.ask('login', { body })).status).toBe(200)
    expect(service.mailsTo(next)).toHaveLength(before)
    expect((await service.ask('login', { body, sourceIp: '198.51.100.9' })).status).toBe(200)
    expect(service.mailsTo(next)).toHaveLength(before + 1)
  })

  test('replaces a username that is the address', async () => {
    const address = newAddress().toLowerCase()
    await service.add({ username: address, email: address })
    const { authToken } = await signIn(service.functions, address)
    const next = newAddress()
    await change(authToken, next)
    expect((await confirm({ token: tokenIn(service.mailTo(next)) })).status).toBe(204)
    expect(await service.user(next.toLowerCase())).toMatchObject({ username: next.toLowerCase() })
  })

  test('with the current password leaves no attempt counted', async () => {
    const user = await signInUser()
    const { id } = await service.user(user.username)
    expect((await change(user.authToken, newAddress())).status).toBe(202)
    const items = Object.entries(await service.items(`user#${id}`))
    const counters = items.filter(([sk]) => sk.startsWith('attempts'))
    expect(counters.map(([, { ids }]) => ids)).toEqual([undefined, undefined])
  })

  test('needs the current password, whose guesses are limited', async () => {
    const user = await signInUser()
    const next = newAddress()
    const statuses = []
    for (let tried = 1; tried <= 11; tried += 1) {
      statuses.push((await change(user.authToken, next, 'a wrong password')).status)
    }
    expect(statuses).toEqual([...Array(10).fill(422), 429])
    expect(service.mailsTo(next)).toEqual([])
  })

  test('that is the current one is verified by its link, without a notice', async () => {
    const user = await signInUser()
    await service.settled()
    const before = service.mailsTo(user.address).length
    await change(user.authToken, user.address)
    expect((await confirm({ token: tokenIn(service.mailTo(user.address)) })).status).toBe(204)
    expect((await service.user(user.username)).emailVerified).toBe(true)
    expect(service.mailsTo(user.address)).toHaveLength(before + 1)
  })

  test('that another user has is not confirmed, and its owner gets a mail', async () => {
    const owner = await signInUser()
    const user = await signInUser()
    expect((await change(user.authToken, owner.address)).status).toBe(202)
    expect(service.mailTo(owner.address).subject).toBe('You already have an account at Test')
    expect((await service.user(owner.email)).username).toBe(owner.username)
  })

  test('that another user got meanwhile is refused', async () => {
    const user = await signInUser()
    const next = newAddress()
    await change(user.authToken, next)
    await service.add({ email: next.toLowerCase() })
    const { status, body } = await confirm({ token: tokenIn(service.mailTo(next)) })
    expect([status, body.errors]).toEqual([
      422,
      [{ pointer: '#', detail: 'This address already has an account.' }],
    ])
    expect((await service.user(user.username)).email).toBe(user.email)
  })

  test('is not confirmed after a reset, which cancels the change', async () => {
    const user = await signInUser()
    const next = newAddress()
    await change(user.authToken, next)
    await service.ask('forgot', { body: { login: user.username } })
    const token = tokenIn(service.mailTo(user.address))
    const password = 'a password that the thief does not know'
    expect((await service.ask('reset', { body: { token, password } })).status).toBe(204)
    expect((await confirm({ token: tokenIn(service.mailTo(next)) })).status).toBe(400)
  })
})

describe('a notice is sent after', () => {
  test('a change of the password', async () => {
    const user = await signInUser()
    const body = { currentPassword: PASSWORD, newPassword: 'a password that nobody had before' }
    expect((await service.ask('password', { token: user.authToken, body })).status).toBe(204)
    expect(service.mailTo(user.address).subject).toBe('Your password for Test was changed')
  })

  test('the deletion of the account', async () => {
    const user = await signInUser()
    const body = { currentPassword: PASSWORD }
    expect((await service.ask('delete-me', { token: user.authToken, body })).status).toBe(204)
    expect(service.mailTo(user.address).subject).toBe('Your account at Test was deleted')
  })

  test('a sign-in from a new source, and none from a known one', async () => {
    const user = await signInUser()
    await service.settled()
    const subjects = () => service.mailsTo(user.address).map(({ subject }) => subject)
    expect(subjects()).toEqual(['A new sign-in to Test'])
    const body = { username: user.username, password: PASSWORD }
    await service.ask('login', { body })
    expect(subjects()).toHaveLength(1)
    const agent = 'Mozilla/5.0 (X11; Linux) Firefox/140 <b> https://evil.example'
    const headers = { 'User-Agent': agent }
    await service.ask('login', { body, sourceIp: '198.51.100.9', headers })
    expect(subjects()).toHaveLength(2)
    const { text } = service.mailTo(user.address)
    expect(text).toMatch(
      /The request came on \d{4}-\d\d-\d\d at \d\d:\d\d UTC from 198\.51\.100\.9, with Firefox on Linux\./,
    )
    expect(text).not.toContain('evil')
  })

  test('nothing, if new sources are not noticed', async () => {
    const quiet = await startMailService({ NOTIFY_NEW_SOURCE: 'off' })
    const username = await quiet.add({ email: 'quiet@example.org' })
    await quiet.ask('login', { body: { username, password: PASSWORD } })
    expect(quiet.aws.mailbox.list()).toEqual([])
    quiet.aws.stop()
  })

  test('a change that succeeded, even if the mailer cannot be invoked', async () => {
    const broken = await startMailService({ MAILER: 'no-such-function' })
    const username = await broken.add({ email: 'ada@example.org' })
    const { authToken: token } = await signIn(broken.functions, username)
    const body = { currentPassword: PASSWORD, newPassword: 'a password that nobody had before' }
    expect((await broken.ask('password', { token, body })).status).toBe(204)
    const forgot = await broken.ask('forgot', { body: { login: username } })
    expect(forgot.status).toBe(503)
    broken.aws.stop()
  })
})
