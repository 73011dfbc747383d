import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { MailEvent } from '../../lib/mail/event.ts'
import { findConfirmation, storeInvitation } from '../../lib/mail/store.ts'
import { breakOff, fail, type Reply, say, startFakeAws } from '../support/aws/fake-aws.ts'
import { recordLogs } from '../support/logs.ts'
import { proof } from '../support/rows.ts'
import { type TestService, useService } from '../support/service.ts'
import { codeIn, stopClock, tokenIn } from '../support/users/mails.ts'
import { PASSWORD, signIn } from '../support/users/sessions.ts'
import { testAct } from '../support/users/users.ts'
import { bomb } from './mail-bomb.ts'

let service: TestService
const records: Record<string, unknown>[] = []

beforeEach(() => {
  records.length = 0
  recordLogs(records)
})
afterEach(() => service.aws.stop())

const at = '2026-11-26T09:00:00.000Z'
const origin = { sourceIp: '203.0.113.7', userAgent: 'curl/8' }
const request = (service: TestService, email: string, sourceIp?: string) =>
  service.ask('register', { body: { email }, ...(sourceIp && { sourceIp }) })
// A busy machine may be slow to answer the store's first try.
const logged = () => records.map(({ event }) => event).filter((event) => event !== 'dependency.failed')

describe('a mail', () => {
  test.each<[string, Reply]>([
    ['throttles', fail(429, 'TooManyRequestsException')],
    ['is down', say(503, '<html>')],
    ['refuses the sender', fail(400, 'MessageRejected')],
  ])('that SES %s once is sent by the second attempt', async (_what, reply) => {
    const ses = await startFakeAws(reply, say(200, { MessageId: 'm-1' }))
    service = await useService({ settings: { AWS_ENDPOINT_URL_SESV2: ses.url.href } })
    expect((await request(service, 'ada@example.org')).status).toBe(202)
    expect(ses.received).toHaveLength(2)
    expect(logged()).toEqual(['mail.refused', 'mail.sent'])
    expect(service.deadLetters).toEqual([])
  })

  test('that SES refuses three times is a dead letter, and asking again works', async () => {
    const refuse = fail(429, 'TooManyRequestsException')
    const ses = await startFakeAws(refuse, refuse, refuse, say(200, { MessageId: 'm-1' }))
    service = await useService({ settings: { AWS_ENDPOINT_URL_SESV2: ses.url.href } })
    await request(service, 'ada@example.org')
    expect(service.deadLetters).toHaveLength(1)
    expect(JSON.stringify(service.deadLetters)).not.toMatch(/"(token|code|secret\w*)"/)
    await request(service, 'ada@example.org')
    expect(ses.received).toHaveLength(4)
    expect(logged().at(-1)).toBe('mail.sent')
  })

  test('that SES refuses is logged without the message of SES, which may name the address', async () => {
    const message = 'Email address is not verified: ada@example.org'
    const ses = await startFakeAws(say(400, { __type: 'MessageRejected', message }))
    service = await useService({ settings: { AWS_ENDPOINT_URL_SESV2: ses.url.href } })
    await request(service, 'ada@example.org')
    const reason = 'SES refused the mail'
    const record = { event: 'mail.refused', code: 'unavailable', reason, type: 'MessageRejected' }
    expect(records).toEqual([record, record, record])
  })

  test('to a typed address that SES does not accept is tried once, and is no dead letter', async () => {
    const ses = await startFakeAws(fail(400, 'BadRequestException'), say(200, { MessageId: 'm-1' }))
    service = await useService({ settings: { AWS_ENDPOINT_URL_SESV2: ses.url.href } })
    expect((await request(service, 'ada@example.org')).status).toBe(202)
    expect(ses.received).toHaveLength(1)
    expect(records).toEqual([{ event: 'mail.undeliverable', kind: 'registration' }])
    expect(service.deadLetters).toEqual([])
    await request(service, 'ada@example.org')
    expect(logged().at(-1)).toBe('mail.sent')
  })

  test('to a user that SES does not accept is a dead letter', async () => {
    const refuse = fail(400, 'BadRequestException')
    const ses = await startFakeAws(refuse, refuse, refuse)
    service = await useService({ settings: { AWS_ENDPOINT_URL_SESV2: ses.url.href } })
    await service.add({ email: 'ada@example.org' })
    await service.ask('forgot', { body: { login: 'ada@example.org' } })
    expect(logged()).toEqual(['mail.refused', 'mail.refused', 'mail.refused'])
    expect(service.deadLetters).toHaveLength(1)
  })

  test('whose outcome is unknown is not sent twice, and is a dead letter', async () => {
    const ses = await startFakeAws(breakOff, say(200, { MessageId: 'm-1' }))
    service = await useService({ settings: { AWS_ENDPOINT_URL_SESV2: ses.url.href } })
    await request(service, 'ada@example.org')
    expect(ses.received).toHaveLength(1)
    expect(logged()).toEqual(['mail.unknown', 'mail.unresolved', 'mail.unresolved'])
    expect(service.deadLetters).toHaveLength(1)
  })

  test.each([
    ['invokes the mailer ten times for', () => undefined],
    ['delivers ten times', () => 'one-request-id'],
  ])('of an event that Lambda %s at once is sent once', async (_what, mailId) => {
    service = await useService()
    const event: MailEvent = {
      kind: 'password-changed',
      id: 'i',
      to: 'ada@example.org',
      username: 'ada',
      locale: undefined,
      at,
      origin,
    }
    const invoke = () => service.functions.mail(event, mailId())
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, invoke))
    expect(service.aws.mailbox.list()).toHaveLength(1)
    const unresolved = logged().filter((name) => name === 'mail.unresolved')
    const repeated = logged().filter((name) => name === 'mail.repeated')
    // Another invocation ends without an error. The same one does not know whether the mail is sent in time.
    expect(unresolved.length + repeated.length).toBe(9)
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(unresolved.length)
    if (mailId() === undefined) expect(repeated).toHaveLength(9)
    // Lambda's next attempt.
    await invoke()
    expect(logged().at(-1)).toBe('mail.repeated')
    expect(service.aws.mailbox.list()).toHaveLength(1)
  })

  test('is text and HTML, with a sender and without a secret in its event', async () => {
    service = await useService({ settings: { SERVICE_NAME: 'Zoë & <Co>' } })
    await request(service, 'ada@example.org')
    const mail = service.mailTo('ada@example.org')
    expect(mail).toMatchObject({
      from: 'Zoë & <Co> <no-reply@service.example>',
      subject: 'Confirm your address for Zoë & <Co>',
      headers: expect.objectContaining({ 'auto-submitted': 'auto-generated' }),
    })
    expect(mail.link).toMatch(
      /^https:\/\/service\.example\/confirm#registration=[\w-]{22}\.[\w-]+\.[\w-]{43}$/,
    )
    expect(mail.text).toContain(`Or type this code: ${codeIn(mail)}`)
    expect(mail.unsafeHtml).toContain('Zoë &amp; &lt;Co&gt;')
    expect(mail.unsafeHtml).not.toMatch(/<(img|script|link)|url\(/)
    const secret = tokenIn(mail).slice(-43)
    const stored = JSON.stringify([service.events, records, await service.scan()])
    for (const text of [secret, codeIn(mail)]) expect(stored).not.toContain(text)
  })
})

describe('a mail over the limit of its recipient', () => {
  const limited: MailEvent = { kind: 'registration', mailId: `${'R'.repeat(22)}.YWRhQGI`, at, origin }

  test('is not sent, and its event is not a dead letter', async () => {
    service = await useService({ settings: { LIMIT_MAIL_RECIPIENT: '1/3600' } })
    await request(service, 'ada@b')
    await service.functions.mail(limited)
    expect(logged()).toEqual(['mail.sent', 'mail.limited'])
  })

  test('whose outcome is unknown is a dead letter, also after the window of the limit', async () => {
    const ses = await startFakeAws(breakOff, say(200, { MessageId: 'm-1' }))
    service = await useService({
      settings: { AWS_ENDPOINT_URL_SESV2: ses.url.href, LIMIT_MAIL_RECIPIENT: '1/3600' },
    })
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-26T09:59:30Z') })
    await expect(service.functions.mail(limited, 'one')).rejects.toThrow()
    vi.setSystemTime(new Date('2026-11-26T10:00:30Z'))
    await service.functions.mail({ ...limited, mailId: `${'S'.repeat(22)}.YWRhQGI` })
    await expect(service.functions.mail(limited, 'one')).rejects.toThrow()
    vi.useRealTimers()
    expect(logged()).toEqual(['mail.unknown', 'mail.sent', 'mail.unresolved'])
  })
})

describe('a bomb of', () => {
  beforeEach(stopClock)

  proof('60 requests for one address, by each route and spelling, is three mails', () => bomb(60))

  test('a source ends with 429 after 30 requests, for addresses and names alike', async () => {
    service = await useService()
    const statuses = []
    for (let index = 0; index < 32; index += 1) {
      const { status } =
        index % 2 === 0
          ? await request(service, `ada${index}@example.org`)
          : await service.ask('forgot', { body: { login: `nobody${index}` } })
      statuses.push(status)
    }
    expect(statuses).toEqual([...Array(30).fill(202), 429, 429])
    const refused = await request(service, 'ada@example.org')
    expect(refused.body.detail).toBe('Too many requests. Try again later.')
    expect(Number(refused.headers['Retry-After'])).toBeGreaterThan(0)
    expect((await request(service, 'ada@example.org', '198.51.100.9')).status).toBe(202)
    const { authToken: token } = await signIn(service.functions, await service.add())
    const body = { email: 'ada@example.org', currentPassword: PASSWORD }
    // It costs the password, and is counted apart.
    expect((await service.ask('change-email', { token, body })).status).toBe(202)
  })

  test('registrations leaves the owner a mail for a new password', async () => {
    service = await useService()
    await service.add({ username: 'ada', email: 'ada@example.org' })
    for (let asked = 1; asked <= 5; asked += 1) await request(service, 'ada@example.org')
    await service.ask('forgot', { body: { login: 'ada' } })
    const subjects = service.mailsTo('ada@example.org').map(({ subject }) => subject)
    const exists = 'You already have an account at Test'
    expect(subjects).toEqual(['Choose a new password for Test', exists, exists])
  })

  proof('new addresses leaves their owner a mail for a registration', async () => {
    service = await useService()
    const { authToken: token } = await signIn(service.functions, await service.add())
    const body = { email: 'ada@example.org', currentPassword: PASSWORD }
    for (let asked = 1; asked <= 5; asked += 1) await service.ask('change-email', { token, body })
    await request(service, 'ada@example.org')
    expect(service.mailsTo('ada@example.org')).toHaveLength(3)
    expect(service.mailTo('ada@example.org').subject).toBe('Confirm your address for Test')
  })

  proof('requests for one address has 20 codes a day, and then links only', async () => {
    service = await useService({
      settings: { LIMIT_MAIL_RECIPIENT: '9999/3600', LIMIT_MAIL_SOURCE: '9999/3600' },
    })
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-26T23:50:00Z') })
    const codes = async () => {
      const asked = await request(service, 'Ada@example.org')
      const mail = service.mailTo('Ada@example.org')
      const isCode = /code/i.test(`${mail.text}${mail.unsafeHtml}`)
      const guess = {
        mailId: asked.body.mailId,
        code: '00000000',
        password: 'correct horse battery staple',
      }
      return { isCode, mail, guess }
    }
    for (let index = 0; index < 20; index += 1) expect((await codes()).isCode).toBe(true)
    const { isCode, mail, guess } = await codes()
    expect(isCode).toBe(false)
    // Not hidden only: no code could be guessed.
    const stored = await findConfirmation(service.table, guess.mailId)
    expect(stored).toMatchObject({ codeHash: undefined, codeExpiresAt: undefined })
    expect((await service.ask('new-account', { body: guess })).status).toBe(400)
    const account = { token: tokenIn(mail), password: guess.password }
    expect((await service.ask('new-account', { body: account })).status).toBe(200)
    vi.setSystemTime(new Date('2026-11-27T00:00:00Z'))
    await service.ask('forgot', { body: { login: 'ada@example.org' } })
    expect(service.mailTo('Ada@example.org').text).toMatch(/code: \d{8}/)
    vi.useRealTimers()
  })

  proof('requests does not suppress what an operator sends', async () => {
    service = await useService()
    await service.add({ username: 'ada', email: 'ada@example.org' })
    for (let asked = 1; asked <= 5; asked += 1) {
      await service.ask('forgot', { body: { login: 'ada' } })
      await request(service, 'eve@example.org')
    }
    const invitedId = `${'I'.repeat(22)}.${Buffer.from('eve@example.org').toString('base64url')}`
    await service.functions.mail({ kind: 'reset', mailId: 'R'.repeat(22), loginName: 'ada', at })
    await storeInvitation(service.table, invitedId, 'user', testAct(new Date()))
    await service.functions.mail({ kind: 'invitation', mailId: invitedId, at })
    expect(service.mailsTo('ada@example.org')).toHaveLength(4)
    expect(service.mailTo('eve@example.org').subject).toBe('You are invited to Test')
  })

  proof('notices is 20 mails an hour', async () => {
    service = await useService()
    const notice = {
      kind: 'new-source',
      to: 'ada@example.org',
      username: 'ada',
      locale: undefined,
      at,
      origin,
    } as const
    for (let index = 1; index <= 21; index += 1) await service.functions.mail({ ...notice, id: `${index}` })
    expect(service.mailsTo('ada@example.org')).toHaveLength(20)
    expect(logged().slice(-2)).toEqual(['mail.sent', 'mail.limited'])
  })

  test('mails of administrators is 10 of 20, and suppresses no notice', async () => {
    service = await useService()
    await service.add({ username: 'ada', email: 'ada@example.org' })
    for (let index = 1; index <= 20; index += 1) {
      const mailId = `${index}`.padStart(22, 'A')
      await service.functions.mail({ kind: 'reset', mailId, loginName: 'ada', at, by: 'administrator' })
    }
    expect(service.mailsTo('ada@example.org')).toHaveLength(10)
    expect(logged().filter((name) => name === 'mail.limited')).toHaveLength(10)
    const notice = {
      kind: 'password-changed',
      to: 'ada@example.org',
      username: 'ada',
      locale: undefined,
      at,
      origin,
    } as const
    for (let index = 1; index <= 20; index += 1) await service.functions.mail({ ...notice, id: `${index}` })
    expect(service.mailsTo('ada@example.org')).toHaveLength(30)
  })

  test('an act by an operator is 3 a day, and other mails do not fill it', async () => {
    service = await useService()
    const to = await service.add({ email: 'ada@example.org' })
    const notice = { to: 'ada@example.org', username: to, locale: undefined, at } as const
    const send = (kind: 'username-changed' | 'acted-as', count: number) =>
      Promise.all(
        Array.from({ length: count }, (_, index) =>
          service.functions.mail({ ...notice, kind, id: `${kind}-${index}` }),
        ),
      )
    await send('username-changed', 21)
    expect(service.mailsTo('ada@example.org')).toHaveLength(20)
    await send('acted-as', 4)
    expect(service.mailsTo('ada@example.org')).toHaveLength(23)
  })

  test('requests does not suppress a notice', async () => {
    service = await useService({ settings: { LIMIT_MAIL_SOURCE: '9999/3600' } })
    const username = await service.add({ email: 'ada@example.org' })
    for (let asked = 1; asked <= 5; asked += 1) await service.ask('forgot', { body: { login: username } })
    const event: MailEvent = {
      kind: 'password-changed',
      id: 'i',
      to: 'ada@example.org',
      username,
      locale: undefined,
      at,
      origin,
    }
    await service.functions.mail(event)
    expect(service.mailsTo('ada@example.org')).toHaveLength(4)
  })
})
