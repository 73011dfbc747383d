import { randomBytes } from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import { useTable } from '../../test/support/aws/table.ts'
import { testAct } from '../../test/support/users/users.ts'
import type { User } from '../users/user.ts'
import { CHANGES, newChangeMailId } from './change.ts'
import { MAIL_ID_BYTES, newMailId } from './confirmation.ts'
import { deliverMail } from './deliver.ts'
import type { MailEvent, NoticeKind } from './event.ts'
import { storeFactorReset } from './factor-reset.ts'
import { storeInvitation } from './store.ts'
import { NOTICES } from './texts/notices.ts'

/** Each sentence of mails has words in three languages: a mark of the language before the English sentence. */
vi.mock('../../auth.config.ts', async () => {
  const { readFileSync } = await import('node:fs')
  const list = new URL('../../plugins/config/sentences/mailer.txt', import.meta.url)
  const sentences = readFileSync(list, 'utf8').split('\n').filter(Boolean)
  const wordsIn = (tag: string) => Object.fromEntries(sentences.map((one) => [one, `[${tag}] ${one}`]))
  return {
    default: {
      roles: ['user', 'admin'],
      administrators: [],
      languages: ['en', 'de', 'fr', 'ar'],
      words: { de: wordsIn('de'), fr: wordsIn('fr'), ar: wordsIn('ar') },
    },
  }
})

const stores = await useTable()

const at = '2026-11-26T09:00:00.400Z'
const origin = { sourceIp: '203.0.113.7', userAgent: 'curl/8' }

/** The mails of a user, by what they are about. Each event has what a request can write into it. */
const OF_USERS: Record<string, (user: User) => MailEvent | Promise<MailEvent>> = {
  'a registration of the address': ({ email }) => ({
    kind: 'registration',
    mailId: mailIdOf(email),
    ...asked,
  }),
  'a sign-in with another spelling': ({ email }) => ({
    kind: 'sign-in',
    mailId: mailIdOf(email?.toUpperCase()),
    ...asked,
  }),
  'an invitation of the address': ({ email }) => ({ kind: 'invitation', mailId: mailIdOf(email), ...asked }),
  'a reset': ({ username }) => ({ kind: 'reset', mailId: mailIdOf(), loginName: username, ...asked }),
  'a reset by an operator': ({ username }) => ({
    kind: 'reset',
    mailId: mailIdOf(),
    loginName: username,
    at,
  }),
  'a new address': ({ id: userId, generation }) => ({
    kind: 'address',
    mailId: mailIdOf('next@example.org'),
    userId,
    generation,
    ...asked,
  }),
  'an address of another user': async ({ email }) => {
    const { id: userId, generation } = await addUser({ locale: 'fr' })
    return { kind: 'address', mailId: mailIdOf(email), userId, generation, ...asked }
  },
  'an enrolment': ({ id: userId, generation }) => ({
    kind: 'enrolment',
    mailId: mailIdOf(),
    userId,
    generation,
    ...asked,
  }),
  ...Object.fromEntries(
    CHANGES.map((change) => [
      `a change: ${change}`,
      ({ id: userId, generation }: User): MailEvent => ({
        kind: 'change',
        mailId: newChangeMailId(randomBytes(MAIL_ID_BYTES), { change, sessionId: 'session', acr: 'aal1' }),
        userId,
        generation,
        ...asked,
      }),
    ]),
  ),
  'a reset of factors': async ({ id: userId }) => {
    const mailId = mailIdOf()
    await storeFactorReset(stores.table, userId, mailId, testAct())
    return { kind: 'factor-reset', mailId, userId, at }
  },
  'lasting access of an app': ({ id: userId }) => ({
    kind: 'offline-access',
    id: mailIdOf(),
    userId,
    app: { name: 'Shop', place: 'shop.example' },
    ...asked,
  }),
  ...Object.fromEntries(
    Object.keys(NOTICES).flatMap((kind) =>
      [true, false].map((isAsked) => [
        `a notice: ${kind}, ${isAsked ? 'after a request' : 'of an operator'}`,
        ({ email, username, locale }: User): MailEvent => ({
          kind: kind as NoticeKind,
          id: mailIdOf(),
          to: String(email),
          username,
          locale,
          identity: { provider: 'Google', label: 'ada' },
          ...(isAsked ? asked : { at }),
        }),
      ]),
    ),
  ),
}

describe('a mail to a user', () => {
  console.log(`${Object.keys(OF_USERS).length} mails, for 5 users each`)

  test.each(Object.entries(OF_USERS))('about %s is in the language of the user', async (_, eventOf) => {
    for (const [locale, language] of [
      ['de', 'de'],
      ['de-AT', 'de'],
      ['ar', 'ar'],
      // A language that the service no longer has.
      ['it', 'en'],
      [undefined, 'en'],
    ] as const) {
      const mail = await deliver(await eventOf(await addUser({ locale })))
      expect({ locale, ...languageOf(mail) }).toEqual({ locale, ...allIn(language) })
    }
  })
})

describe.each(['registration', 'sign-in', 'invitation'] as const)(
  'a %s of an address that no user has',
  (kind) => {
    test.each([
      ['fr', 'fr'],
      ['ar', 'ar'],
      ['it', 'en'],
      ['"><script>', 'en'],
      [undefined, 'en'],
    ])('that asks for %s is in %s', async (language, expected) => {
      const mailId = mailIdOf('unknown@example.org')
      await storeInvitation(stores.table, mailId, 'user', testAct())
      const mail = await deliver({ kind, mailId, language, at, origin })
      expect(languageOf(mail)).toEqual(allIn(expected))
      expect(mail.text).toMatch(new RegExp(`/confirm\\?lang=${expected}#(registration|invitation)=`))
    })
  },
)

test('a mail without its code is in the same language', async () => {
  const codes = []
  // The 31st code in a day and more are left out.
  const user = await addUser({ locale: 'de' })
  for (let sent = 0; sent < 40; sent += 1) {
    const mail = await deliver({ kind: 'reset', mailId: mailIdOf(), loginName: user.username, ...asked })
    expect(languageOf(mail)).toEqual(allIn('de'))
    codes.push(/\b\d{8}\b/.test(mail.text))
  }
  expect(new Set(codes)).toEqual(new Set([true, false]))
})

test('in a mail from right to left, values are isolated, and no link', async () => {
  const mailFor = async (locale: string) => {
    const { username: loginName } = await addUser({ locale })
    const { text, html } = await deliver({ kind: 'reset', mailId: mailIdOf(), loginName, ...asked })
    return { loginName, both: text + html }
  }
  const { loginName, both } = await mailFor('ar')
  expect(both).toContain(`\u2068${loginName}\u2069`)
  expect(both).toMatch(/\u2068\d{8}\u2069.*\u2068<strong>\d{8}<\/strong>\u2069/s)
  expect(both.split('https://').length).toBeGreaterThan(3)
  expect(both).not.toMatch(/\u2068https|[^>]\u2069"/)
  expect((await mailFor('de')).both).not.toMatch(/[\u2066-\u2069]/)
})

test('a hundred mails at once in two languages are each in their own', async () => {
  await Promise.all(
    Array.from({ length: 100 }, async (_, index) => {
      const { email, username, locale } = await addUser({ locale: index % 2 ? 'de' : 'fr' })
      const id = mailIdOf()
      const mail = await deliver({ kind: 'password-changed', id, to: String(email), username, locale, at })
      expect(languageOf(mail)).toEqual(allIn(String(locale)))
    }),
  )
})

interface SentMail {
  subject: string
  text: string
  html: string
}

const LIMITS = { MAIL_FROM: 'no-reply@example.org', SERVICE_NAME: 'Test', FACTOR_RESET_DELAY_SECONDS: 86_400 }
const CONFIG = {
  ...LIMITS,
  PUBLIC_URL: 'https://service.example',
  LIMIT_MAIL_RECIPIENT: { attempts: 1_000, windowSeconds: 3_600 },
}

/** Delivers the mail of an event, and returns what SES got. */
async function deliver(event: MailEvent): Promise<SentMail> {
  const sent: SentMail[] = []
  const aws: typeof stores.table.aws = async (service, operation, input) => {
    if (service !== 'ses') return stores.table.aws(service, operation, input)
    const { Subject, Body } = Object(input).Content.Simple
    sent.push({ subject: Subject.Data, text: Body.Text.Data, html: Body.Html.Data })
    return { MessageId: 'sent' }
  }
  vi.spyOn(console, 'info').mockReturnValue()
  const more = { invocationId: mailIdOf(), mayRegister: () => true }
  await deliverMail({ ...stores.table, aws }, CONFIG, event, more)
  expect(sent).toHaveLength(1)
  return sent[0] as SentMail
}

/** Returns which languages the parts of a mail are in, and that of its HTML. */
function languageOf({ subject, text, html }: SentMail) {
  // A link is in the paragraph of its label.
  const parts = [subject, ...text.trim().split('\n\n')]
  const tagOf = (part: string) => /^\[(\w+)\] /.exec(part)?.[1] ?? 'en'
  const [, lang, dir] = /<html lang="([^"]*)" dir="([^"]*)">/.exec(html) ?? []
  const links = [...text.matchAll(/https:\/\/service\.example\/\w+\?lang=(\w+)/g)].map(([, tag]) => tag)
  return {
    parts: [...new Set(parts.map(tagOf))],
    html: [...new Set([...html.matchAll(/<p [^>]*>(?:<a [^>]*>)?\[(\w+)\]/g)].map(([, tag]) => tag))],
    lang,
    dir,
    links: [...new Set(links)].filter((tag) => tag !== lang),
    bare: /https:\/\/service\.example\/\w+(?![\w?])/.exec(text),
  }
}

/** A mail whose parts are all in one language. */
const allIn = (language: string) => ({
  parts: [language],
  html: language === 'en' ? [] : [language],
  lang: language,
  dir: language === 'ar' ? 'rtl' : 'ltr',
  links: [],
  bare: null,
})

let added = 0

/** Adds a user with a confirmed address. */
async function addUser(values: Partial<User>): Promise<User> {
  added += 1
  const email = `ada.${added}@example.org`
  return stores.user(await stores.add({ email, emailVerified: true, ...values }))
}

const mailIdOf = (address?: string) => newMailId(randomBytes(MAIL_ID_BYTES), address)

/** What a request writes into an event: a header that wants French, also where the mailer does not read it. */
const asked = { at, origin, language: 'fr' }
