import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PREFIX, startService } from '../deployment.ts'
import { deployment, emulator, FUNCTIONS, SENDER } from '../stage.ts'
import { verifySender } from '../verify-sender.ts'

/** A mail in moto's SES. Its body is the HTML. */
interface Mail {
  source: string
  subject: string
  body: string
  destinations: { ToAddresses: string[] }
}

/** What the emulator keeps since it started; see `emulator.py`. */
interface Kept {
  invocations: { function: string; event: object }[]
  mails: Mail[]
}

const kept = async () => (await (await fetch(`${emulator}/moto-api/data.json`)).json()) as Kept

const ADA = 'Ada.Byron@example.org'
const PASSWORD = 'a password that ada chose'

describe('the uploaded functions, with the mails that the uploaded mailer sends', () => {
  let service: Awaited<ReturnType<typeof startService>>
  let mailer: Awaited<ReturnType<typeof deployment.start>>
  let delivered = 0
  const events: string[] = []
  const secrets: string[] = []

  beforeAll(async () => {
    await verifySender(emulator, SENDER)
    delivered = (await kept()).invocations.length
    service = await startService(deployment, FUNCTIONS)
    mailer = await deployment.start('mailer')
  })
  afterAll(() => {
    service?.stop()
    mailer?.stop()
  })

  const post = (key: string, body: object) => service.post(key, body)
  const signIn = async (username: string, password: string) =>
    await service.post('login', { username, password })

  /** Runs the mailer with the events since the last time, and returns the mails that it sends. */
  async function deliver(): Promise<Mail[]> {
    const before = await kept()
    for (const { function: name, event } of before.invocations.slice(delivered)) {
      expect(name).toBe(`${PREFIX}-mailer`)
      expect(await mailer.invoke(event)).toEqual({})
      events.push(JSON.stringify(event))
    }
    delivered = before.invocations.length
    const mails = (await kept()).mails.slice(before.mails.length)
    for (const { source } of mails) expect(source).toContain(`<${SENDER}>`)
    return mails
  }

  /** Returns the token and the code of a mail. */
  function proofIn(mail: Mail | undefined) {
    const [, kind = '', token = ''] =
      /https:\/\/app\.example\/\w+#([\w-]+)=([\w.-]+)/.exec(String(mail?.body)) ?? []
    const [, code = ''] = /<strong>(\d{8})<\/strong>/.exec(String(mail?.body)) ?? []
    secrets.push(token.replace(/^.*\./, ''), code)
    return { to: mail?.destinations.ToAddresses, kind, token, code }
  }

  test('an address registers with the link of its mail, once', async () => {
    expect(await post('POST /register', { email: ADA })).toMatchObject({ statusCode: 202 })
    const [mail, ...others] = await deliver()
    expect(others).toEqual([])
    const { to, kind, token } = proofIn(mail)
    expect({ to, kind }).toEqual({ to: [ADA], kind: 'registration' })
    const account = { token, password: PASSWORD, username: 'byron' }
    expect(await post('new-account', account)).toMatchObject({
      statusCode: 200,
      body: { tokenType: 'Bearer', expiresIn: 1800 },
    })
    expect(await post('new-account', { ...account, username: 'other' })).toMatchObject({ statusCode: 400 })
    expect(await signIn(ADA.toLowerCase(), PASSWORD)).toMatchObject({ statusCode: 200 })
  })

  test('an address that has an account gets a mail without a link', async () => {
    expect(await post('POST /register', { email: ADA.toLowerCase() })).toMatchObject({
      statusCode: 202,
    })
    const mails = await deliver()
    expect(mails.map(proofIn)).toEqual([{ to: [ADA], kind: '', token: '', code: '' }])
  })

  test('a forgotten password is replaced with the code of a mail, and its user is notified', async () => {
    const { body } = await post('POST /password/forgot', { login: 'byron' })
    const [mail] = await deliver()
    const { to, kind, code } = proofIn(mail)
    expect({ to, kind }).toEqual({ to: [ADA], kind: 'reset' })
    const reset = { mailId: body.mailId, password: `${PASSWORD} later` }
    const wrong = code === '00000000' ? '00000001' : '00000000'
    expect(await post('reset', { ...reset, code: wrong })).toMatchObject({ statusCode: 400 })
    expect(await post('reset', { ...reset, code })).toMatchObject({ statusCode: 204 })
    expect(await signIn('byron', PASSWORD)).toMatchObject({ statusCode: 401 })
    expect(await signIn('byron', `${PASSWORD} later`)).toMatchObject({ statusCode: 200 })
    const [notice] = await deliver()
    expect(notice).toMatchObject({
      destinations: { ToAddresses: [ADA] },
      subject: expect.stringContaining('password'),
    })
  })

  test('a user signs in with the code of a mail, in the browser that asked', async () => {
    const { body } = await post('mail-requests', { email: ADA })
    const [mail] = await deliver()
    const { to, kind, code } = proofIn(mail)
    expect({ to, kind }).toEqual({ to: [ADA], kind: 'sign-in' })
    const { mailId, browserKey } = body
    expect(await post('login-mail', { mailId, code })).toMatchObject({
      statusCode: 401,
      body: { error: 'other_browser' },
    })
    const signedIn = await post('login-mail', { mailId, code, browserKey })
    expect(signedIn).toMatchObject({ statusCode: 200, body: { tokenType: 'Bearer', expiresIn: 1800 } })
    expect(await service.call('me', 'GET/me', signedIn.body.authToken)).toMatchObject({ statusCode: 200 })
  })

  test('no mail is sent for an unknown login name', async () => {
    expect(await post('POST /password/forgot', { login: 'unknown' })).toMatchObject({ statusCode: 202 })
    expect(await deliver()).toEqual([])
  })

  test('a user changes the address, and deletes the account', async () => {
    const currentPassword = `${PASSWORD} later`
    const token = async () => (await signIn('byron', currentPassword)).body.authToken
    const body = JSON.stringify({ email: 'byron@example.net', currentPassword })
    expect(await service.call('change-email', 'PUT/email', await token(), { body })).toMatchObject({
      statusCode: 202,
    })
    const mails = (await deliver()).map(proofIn)
    const confirmation = mails.find(({ kind }) => kind === 'address')
    expect(mails.flatMap(({ to }) => to).sort()).toEqual([ADA, 'byron@example.net'])
    const proof = { body: JSON.stringify({ token: confirmation?.token }) }
    expect(await service.call('confirm-email', 'POST/email/confirm', await token(), proof)).toMatchObject({
      statusCode: 204,
    })
    expect(await service.call('me', 'GET/me', await token())).toMatchObject({
      statusCode: 200,
      body: { username: 'byron', email: 'byron@example.net', email_verified: true },
    })
    await deliver()

    const deletion = { body: JSON.stringify({ currentPassword }) }
    expect(await service.call('delete-me', 'DELETE/me', await token(), deletion)).toMatchObject({
      statusCode: 204,
    })
    expect((await deliver()).map(({ destinations }) => destinations.ToAddresses)).toEqual([
      ['byron@example.net'],
    ])
    expect(await signIn('byron', currentPassword)).toMatchObject({ statusCode: 401 })
  })

  test('neither a log nor an event contains what a mail confirms, and no log an address', () => {
    const found = secrets.filter((secret) => secret !== '')
    expect(found.length).toBeGreaterThan(4)
    const logs = service.logs() + mailer.logs()
    expect(logs).toContain('mail.sent')
    for (const secret of found) expect(logs + events.join()).not.toContain(secret)
    expect(logs).not.toMatch(/@example/i)
    expect(logs).not.toContain(PASSWORD)
  })
})
