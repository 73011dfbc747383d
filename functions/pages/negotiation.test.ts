import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { lambdaContext, sampleEvent } from '../../test/support/http/lambda.ts'
import { handler as authorize } from './authorize/authorize.ts'
import { handler as accountPages } from './confirm/account-pages.ts'
import { handler as signin } from './signin/signin.ts'

// The pages of a service in English and German, with the words that come with it.

vi.mock('../../auth.config.ts', async () => {
  const { readWords } = await import('../../plugins/config/words.ts')
  const config = { roles: ['member'], administrators: [], languages: ['en', 'de'] as const }
  return { default: { ...config, ...readWords(config, '.') } }
})

beforeEach(() => {
  const settings = { ACT_AS: 'off', MAILER: 'mailer', REGISTRATION: 'open', OAUTH: 'on', DEMO: 'off' }
  for (const [name, value] of Object.entries({ ...settings, SERVICE_NAME: 'Notes' })) vi.stubEnv(name, value)
})
afterEach(() => {
  vi.unstubAllEnvs()
})

type Query = Record<string, string> | null

/** Returns the body of a page for a browser that prefers a language. */
async function pageOf(handler: typeof signin, name: string, language = '', query: Query = null) {
  const headers = { 'Accept-Language': language }
  const event = { ...sampleEvent(name), headers, queryStringParameters: query }
  const { statusCode, body } = await handler(event, lambdaContext())
  expect(statusCode).toBe(200)
  return body
}

/** Returns the script of the page /signin. */
async function scriptOf(html: string) {
  const [, file = ''] = /src="signin\/([^"]+\.js)"/.exec(html) ?? []
  return (await signin({ ...sampleEvent('signin'), pathParameters: { file } }, lambdaContext())).body
}

test('a browser that prefers German gets the page and its script in German', async () => {
  const html = await pageOf(signin, 'signin', 'de-AT,de;q=0.9,en;q=0.8')
  expect(html.startsWith('<!doctype html>\n<html lang="de" dir="ltr">')).toBe(true)
  expect(html).toContain('<title>Anmelden · Notes</title>')
  expect(html).toContain('<label for="password">Passwort</label>')
  const script = await scriptOf(html)
  expect(script.startsWith('globalThis.ownWords={')).toBe(true)
  expect(script).toContain('"You are signed out.":"Sie sind abgemeldet."')
})

test('any other browser gets the page and its script in English', async () => {
  for (const language of ['', 'en-US,en;q=0.9,de;q=0.8', 'fr', '*', 'de;q=0']) {
    const html = await pageOf(signin, 'signin', language)
    expect(html.startsWith('<!doctype html>\n<html lang="en" dir="ltr">')).toBe(true)
    expect(html).toContain('<title>Sign in · Notes</title>')
    expect(await scriptOf(html)).not.toContain('ownWords=')
  }
})

test('a hundred interleaved requests in two languages get their own', async () => {
  const pages = [
    { name: 'signin', handler: signin },
    { name: 'GET /forgot', handler: accountPages },
    { name: 'authorize', handler: authorize },
  ]
  const all = pages.flatMap((page) => ['de', 'en'].map((language) => ({ ...page, language })))
  const asked = Array.from({ length: 17 }, () => all)
    .flat()
    .slice(0, 100)
  const bodies = await Promise.all(asked.map((one) => pageOf(one.handler, one.name, one.language)))
  expect(bodies.map((html) => /<html lang="([^"]*)"/.exec(html)?.[1])).toEqual(
    asked.map(({ language }) => language),
  )
  // One after the other, each is the same.
  for (const [at, one] of asked.entries()) {
    expect(bodies[at] === (await pageOf(one.handler, one.name, one.language)), `${at}: ${one.name}`).toBe(
      true,
    )
  }
  expect(new Set(bodies).size).toBe(2 * pages.length)
})

test.each([
  ['de', { lang: 'en', ui_locales: 'de', next: 'oauth2/authorize?ui_locales=de' }, 'en'],
  ['de', { lang: 'fr', ui_locales: 'fr en' }, 'en'],
  ['en', { ui_locales: 'de', next: 'oauth2/authorize?ui_locales=en' }, 'de'],
  ['en', { next: 'oauth2/authorize?ui_locales=de' }, 'de'],
  ['en', { lang: 'de' }, 'de'],
  ['de', { lang: 'fr', ui_locales: 'fr', next: 'oauth2/authorize?ui_locales=fr' }, 'de'],
])('a browser that prefers %s and asks for %o gets the page in %s', async (preferred, query, language) => {
  expect(await pageOf(signin, 'signin', preferred, query)).toContain(`<html lang="${language}" dir="ltr">`)
})

const HOSTILE: [string, Query][] = [
  ['markup', { lang: '"><script>alert(1)</script>' }],
  ['the name of an inherited member', { lang: '__proto__' }],
  ['a list', { 'lang[]': 'de' }],
  ['two tags', { lang: 'de,alert(1)' }],
  ['a line break', { lang: 'de\r\nSet-Cookie: alert(1)' }],
  ['markup of an app', { ui_locales: '"><script>alert(1)</script> constructor' }],
  ['markup of an app in the next page', { next: 'oauth2/authorize?ui_locales="><script>alert(1)</script>' }],
]
console.log(`${HOSTILE.length} hostile parameters`)

test.each(HOSTILE)(
  '%s as a language leads to the first one, and is not in the page',
  async (_what, query) => {
    expect(await pageOf(signin, 'signin', '', query)).toBe(await pageOf(signin, 'signin'))
  },
)

test('a header of 10 KB takes little longer than that of a browser', async () => {
  const usual = 'de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7'
  const longest = Array.from({ length: 2_000 }, (_, at) => `fr-${100 + (at % 900)}`)
    .join()
    .slice(0, 10_240)
  const durationOf = async (language: string) => {
    const start = performance.now()
    for (let at = 0; at < 20; at += 1) await pageOf(signin, 'signin', language)
    return performance.now() - start
  }
  await durationOf(usual)
  await durationOf(longest)
  // In turn, so that both have the same machine. The least is what others did not delay.
  const durations: [number, number][] = []
  for (let at = 0; at < 15; at += 1) durations.push([await durationOf(usual), await durationOf(longest)])
  const least = (which: 0 | 1) => Math.min(...durations.map((pair) => pair[which]))
  console.log(`10 KB of Accept-Language: ${(least(1) / least(0)).toFixed(2)} times as long`)
  // The first of the usual tags is that of the page. Of the others, the service reads 32. All would take 700 times as long.
  expect(least(1) / least(0)).toBeLessThan(100)
})
