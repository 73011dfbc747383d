import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { lambdaContext, sampleEvent } from '../../test/support/http/lambda.ts'
import { handler as authorize } from './authorize/authorize.ts'
import { handler as accountPages } from './confirm/account-pages.ts'
import { handler as docs } from './docs/docs.ts'
import { handler as federatedMailSignin } from './federation/mail/signin.ts'
import { handler as federated } from './federation/signin.ts'
import { handler as mailSignin } from './mail/signin.ts'
import { handler as signin } from './signin/signin.ts'

// The pages of a service with three languages: which one a page has, and its links to the others.

vi.mock('../../auth.config.ts', () => ({
  default: {
    roles: ['member'],
    administrators: [],
    languages: ['en', 'de', 'ar'],
    theme: { links: { terms: '/terms' } },
    words: { de: { Terms: 'Nutzungsbedingungen' } },
  },
}))

beforeEach(() => {
  const settings = { ACT_AS: 'off', MAILER: 'mailer', REGISTRATION: 'open', OAUTH: 'on', DEMO: 'off' }
  for (const [name, value] of Object.entries({ ...settings, SERVICE_NAME: 'Notes' })) vi.stubEnv(name, value)
})
afterEach(() => {
  vi.unstubAllEnvs()
})

test.each<[string, typeof signin, string]>([
  ['signin', signin, 'Nutzungsbedingungen'],
  // The page has no words of other languages.
  ['docs', docs, 'Terms'],
])('the page of %s has the link to the terms in its own language', async (name, handler, label) => {
  const { body } = await handler(
    { ...sampleEvent(name), queryStringParameters: { lang: 'de' } },
    lambdaContext(),
  )
  expect(body).toContain(`<a href="/terms" target="_blank">${label}</a>`)
})

async function linksOf(handler: typeof signin, name: string, lang?: string): Promise<string[]> {
  const event = { ...sampleEvent(name), queryStringParameters: lang ? { lang } : null }
  const { body } = await handler({ ...event, headers: {} }, lambdaContext())
  return body.match(/<nav class="languages">.*?<\/nav>/g) ?? []
}

const PAGES: [name: string, handler: typeof signin][] = [
  ['signin', signin],
  ['GET /account', signin],
  ['account-pages', accountPages],
  ['GET /forgot', accountPages],
]

test.each(PAGES)('the page of %s links to the other languages, each in itself', async (name, handler) => {
  expect(await linksOf(handler, name)).toEqual([
    '<nav class="languages"><span lang="en" aria-current="true">English</span><a lang="de" hreflang="de">Deutsch</a><a lang="ar" hreflang="ar">العربية</a></nav>',
  ])
  expect(await linksOf(handler, name, 'de')).toEqual([
    '<nav class="languages"><a lang="en" hreflang="en">English</a><span lang="de" aria-current="true">Deutsch</span><a lang="ar" hreflang="ar">العربية</a></nav>',
  ])
})

test.each<[string, typeof signin]>([
  ['GET /confirm', accountPages],
  ['authorize', authorize],
  ['POST /oauth2/logout', authorize],
])('the page of %s has none: it would lose what it has in memory', async (name, handler) => {
  expect(await linksOf(handler, name, 'de')).toEqual([])
})

const ACCOUNT: [ways: string, handler: typeof signin][] = [
  ['a password', signin],
  ['a mail', mailSignin],
  ['a provider', federated],
  ['a provider and a mail', federatedMailSignin],
]

test.each(ACCOUNT)(
  'with sign-ins by %s, the page /account has a choice of the language of mails',
  async (_ways, handler) => {
    const { body } = await handler({ ...sampleEvent('GET /account'), headers: {} }, lambdaContext())
    expect(body.match(/<details class="card" id="change-language">/g)).toHaveLength(1)
    expect(/<select id="locale" name="locale">(.*)<\/select>/.exec(body)?.[1]).toBe(
      '<option value="en" lang="en">English</option><option value="de" lang="de">Deutsch</option><option value="ar" lang="ar">العربية</option>',
    )
    expect(body).not.toContain('{{')
  },
)

test.each(ACCOUNT)('with sign-ins by %s and without mails, it has none', async (_ways, handler) => {
  vi.stubEnv('MAILER', '')
  vi.stubEnv('REGISTRATION', 'off')
  const { statusCode, body } = await handler({ ...sampleEvent('GET /account'), headers: {} }, lambdaContext())
  expect([statusCode, body.includes('change-language'), body.includes('<select')]).toEqual([
    200,
    false,
    false,
  ])
})

test.each([
  ['de', 'de'],
  ['fr de en', 'de'],
  ['de-AT', 'de'],
  ['AR', 'ar'],
  // What the service does not know is ignored, and never an error.
  ['fr', 'en'],
  ['', 'en'],
  ['"><script>alert(1)</script>', 'en'],
  ['__proto__ constructor', 'en'],
  ['x'.repeat(7_000), 'en'],
])('an app with ui_locales=%s gets its pages in %s', async (uiLocales, language) => {
  const next = `oauth2/authorize?client_id=a&${new URLSearchParams({ ui_locales: uiLocales })}`
  const opened = async (handler: typeof signin, name: string, query: Record<string, string>) => {
    const event = { ...sampleEvent(name), headers: {}, queryStringParameters: query }
    const { statusCode, body } = await handler(event, lambdaContext())
    return [statusCode, /<html lang="([^"]*)"/.exec(body)?.[1], body.includes('alert(1)')]
  }
  const expected = [200, language, false]
  expect(await opened(authorize, 'authorize', { ui_locales: uiLocales })).toEqual(expected)
  expect(await opened(signin, 'signin', { next })).toEqual(expected)
  expect(await opened(accountPages, 'account-pages', { next })).toEqual(expected)
  const body = `ui_locales=${encodeURIComponent(uiLocales)}`
  const form = { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body }
  const sent = await authorize({ ...sampleEvent('POST /oauth2/logout'), ...form }, lambdaContext())
  expect(/<html lang="([^"]*)"/.exec(sent.body)?.[1]).toBe(uiLocales.length < 4_000 ? language : 'en')
  // The choice of the reader comes first.
  expect(await opened(signin, 'signin', { next, lang: 'ar' })).toEqual([200, 'ar', false])
})
