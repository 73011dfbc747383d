import { describe, expect, test } from 'vitest'
import { fieldError } from '../support/http/problems.ts'
import { recordLogs } from '../support/logs.ts'
import { useService } from '../support/service.ts'
import { codeIn, newAddress, stopClock, tokenIn } from '../support/users/mails.ts'
import { PASSWORD, signIn } from '../support/users/sessions.ts'

recordLogs()
const service = await useService({ settings: { LIMIT_MAIL_SOURCE: '9999/3600' } })

/** Signs in a new user with an address. */
async function signInUser(values: { username?: string } = {}) {
  const address = newAddress()
  const email = address.toLowerCase()
  const username = await service.add({ email, emailAsWritten: address, ...values })
  const tokens = await signIn(service.functions, username)
  return { username, email, address, ...tokens }
}

test('a user gets five mails to new addresses from a source whose strangers have used up theirs', async () => {
  stopClock()
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

const change = (token: string, email: string, currentPassword = PASSWORD) =>
  service.ask('change-email', { token, body: { email, currentPassword } })

const confirm = (token: string, body: object) => service.ask('confirm-email', { token, body })

/** Asks for a new address of a user. Returns the address, and both proofs in its mail. */
async function askForAddress(token: string, next = newAddress()) {
  const { body } = await change(token, next)
  const mail = service.mailTo(next)
  return {
    next,
    email: next.toLowerCase(),
    byLink: { token: tokenIn(mail) },
    byCode: { mailId: body.mailId, code: codeIn(mail) },
  }
}

describe('a new address', () => {
  test.each(['token', 'code'])(
    'counts after its confirmation by the %s, and both addresses get a mail',
    async (by) => {
      const user = await signInUser()
      const next = newAddress()
      const { status, body } = await change(user.authToken, next)
      expect([status, Object.keys(body)]).toEqual([202, ['mailId']])
      expect(service.mailTo(user.address).subject).toBe('A new address for your account at Test')
      expect((await service.user(user.username)).email).toBe(user.email)

      const mail = service.mailTo(next)
      expect(mail.subject).toBe('Confirm your new address for Test')
      const proof = by === 'token' ? { token: tokenIn(mail) } : { mailId: body.mailId, code: codeIn(mail) }
      expect((await confirm(user.authToken, proof)).status).toBe(204)
      const stored = await service.user(next.toLowerCase())
      expect(stored).toMatchObject({
        username: user.username,
        email: next.toLowerCase(),
        emailAsWritten: next,
      })
      expect(stored.emailVerified).toBe(true)
      expect(service.mailTo(user.address).subject).toBe('Your address for Test was changed')
      await expect(service.user(user.email)).rejects.toThrow('there is no user')
      const { authToken } = await signIn(service.functions, user.username)
      expect((await confirm(authToken, proof)).status).toBe(400)
    },
  )

  test('revokes access tokens, and the session stays', async () => {
    const user = await signInUser()
    const { byLink } = await askForAddress(user.authToken)
    await confirm(user.authToken, byLink)
    expect(await service.functions.opens(user.authToken)).toBe(false)
    expect((await service.ask('refresh', { body: { refreshToken: user.refreshToken } })).status).toBe(200)
  })

  test('makes no source known, so that the first sign-in with it causes a notice', async () => {
    const user = await signInUser()
    const { next, email, byLink } = await askForAddress(user.authToken)
    await confirm(user.authToken, byLink)
    const before = service.mailsTo(next).length
    const body = { username: email, password: PASSWORD }
    expect((await service.ask('login', { body })).status).toBe(200)
    expect(service.mailsTo(next)).toHaveLength(before + 1)
    expect((await service.ask('login', { body })).status).toBe(200)
    expect(service.mailsTo(next)).toHaveLength(before + 1)
  })

  test('replaces a username that is the address', async () => {
    const address = newAddress().toLowerCase()
    await service.add({ username: address, email: address })
    const { authToken } = await signIn(service.functions, address)
    const { email, byLink } = await askForAddress(authToken)
    expect((await confirm(authToken, byLink)).status).toBe(204)
    expect(await service.user(email)).toMatchObject({ username: email })
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
    stopClock()
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
    const proof = { token: tokenIn(service.mailTo(user.address)) }
    expect((await confirm(user.authToken, proof)).status).toBe(204)
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
    const { email, byLink } = await askForAddress(user.authToken)
    await service.add({ email })
    const { status, body } = await confirm(user.authToken, byLink)
    expect([status, body.errors]).toEqual([422, [fieldError('#', 'This address already has an account.')]])
    expect((await service.user(user.username)).email).toBe(user.email)
  })

  test('is not confirmed after a reset, which cancels the change', async () => {
    const user = await signInUser()
    const { byLink } = await askForAddress(user.authToken)
    await service.ask('forgot', { body: { login: user.username } })
    const token = tokenIn(service.mailTo(user.address))
    const password = 'a password that the thief does not know'
    expect((await service.ask('reset', { body: { token, password } })).status).toBe(204)
    const { authToken } = await signIn(service.functions, user.username, password)
    expect((await confirm(authToken, byLink)).status).toBe(400)
  })
})

describe('a proof of another user', () => {
  const OTHER_USER = {
    type: 'about:blank',
    title: 'Forbidden',
    status: 403,
    detail: 'The link or code belongs to another user. Sign in as the user who asked for the mail.',
    code: 'forbidden',
    error: 'other_user',
  }

  test.each(['byLink', 'byCode'] as const)('is refused %s, and nothing is spent', async (by) => {
    const [attacker, victim] = [await signInUser(), await signInUser()]
    const { email, [by]: proof } = await askForAddress(attacker.authToken)
    const before = [await service.user(attacker.username), await service.user(victim.username)]
    expect(await service.ask('confirm-email', { body: proof })).toMatchObject({ status: 401 })
    expect(await confirm(victim.authToken, proof)).toMatchObject({ status: 403, body: OTHER_USER })
    expect([await service.user(attacker.username), await service.user(victim.username)]).toEqual(before)
    await expect(service.user(email)).rejects.toThrow('there is no user')
    expect((await confirm(attacker.authToken, proof)).status).toBe(204)
  })

  test('shows no more than an invalid one, if the caller has not read the mail', async () => {
    const [user, other] = [await signInUser(), await signInUser()]
    const { byLink, byCode } = await askForAddress(user.authToken)
    const code = byCode.code === '00000000' ? '00000001' : '00000000'
    const wrong = [{ token: byLink.token.replace(/.{6}$/, 'AAAAAA') }, { ...byCode, code }]
    for (const proof of wrong) expect((await confirm(other.authToken, proof)).status).toBe(400)
  })
})

test('of concurrent confirmations by both users, one of the user who asked succeeds', async () => {
  const [user, other] = [await signInUser(), await signInUser()]
  const { email, byLink } = await askForAddress(user.authToken)
  const authorizations = await Promise.all(
    [user, other].map(async ({ authToken: token }) => service.functions.authorize(token)),
  )
  const responses = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      service.ask('confirm-email', {
        authorization: Object(authorizations[index % 2]).context,
        body: byLink,
      }),
    ),
  )
  const statuses = responses.map(({ status }) => status)
  expect(statuses.filter((status) => status === 204)).toEqual([204])
  const ofOther = statuses.filter((_, index) => index % 2 === 1)
  expect(ofOther.every((status) => status === 403 || status === 400)).toBe(true)
  expect((await service.user(user.username)).email).toBe(email)
  expect((await service.user(other.username)).email).toBe(other.email)
})

test('a revoked token confirms nothing, while the gateway has its authorization cached', async () => {
  const user = await signInUser()
  const { context: authorization } = await service.functions.authorize(user.authToken)
  await service.ask('logout', { body: { refreshToken: user.refreshToken, everywhere: true } })
  const { authToken } = await signIn(service.functions, user.username)
  const { byLink: body } = await askForAddress(authToken)
  expect((await service.ask('confirm-email', { authorization, body })).status).toBe(401)
  expect((await confirm(authToken, body)).status).toBe(204)
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

  test('a sign-in with a token, and none that KMS let fail', async () => {
    const withoutKey = await service.load({ SIGNING_KEY: 'alias/none' })
    const address = newAddress()
    const username = await service.add({ email: address.toLowerCase(), emailAsWritten: address })
    const body = { username, password: PASSWORD }
    expect((await withoutKey.ask('login', { body })).status).toBe(503)
    await service.settled()
    expect(service.mailsTo(address)).toEqual([])
    expect((await service.ask('login', { body })).status).toBe(200)
    expect(service.mailTo(address).subject).toBe('A new sign-in to Test')
  })

  test('nothing, if new sources are not noticed', async () => {
    const quiet = await useService({ settings: { NOTIFY_NEW_SOURCE: 'off' } })
    const username = await quiet.add({ email: 'quiet@example.org' })
    await quiet.ask('login', { body: { username, password: PASSWORD } })
    expect(quiet.aws.mailbox.list()).toEqual([])
    quiet.aws.stop()
  })

  test('a change that succeeded, even if the mailer cannot be invoked', async () => {
    const broken = await useService({ settings: { MAILER: 'no-such-function' } })
    const username = await broken.add({ email: 'ada@example.org' })
    const { authToken: token } = await signIn(broken.functions, username)
    const body = { currentPassword: PASSWORD, newPassword: 'a password that nobody had before' }
    expect((await broken.ask('password', { token, body })).status).toBe(204)
    const forgot = await broken.ask('forgot', { body: { login: username } })
    expect(forgot.status).toBe(503)
    broken.aws.stop()
  })
})
