import { describe, expect, test, vi } from 'vitest'

/** As a module: handlers import files of pages as text. A page has one language and its own words. */
async function pageWith<T>(path: string, lang?: string, ownWords?: Record<string, string>): Promise<T> {
  vi.stubGlobal('document', lang === undefined ? undefined : { documentElement: { lang } })
  vi.stubGlobal('ownWords', ownWords)
  vi.resetModules()
  return import(new URL(path, import.meta.url).href)
}

interface Words {
  language: string
  sayCount(forms: { one: string; other: string }, count: number, locale?: string): string
  listed(values: string[], locale?: string): string
}

const forms = { one: '1 code left', other: '{count} codes left' }
const POLISH = {
  '{count} codes left#one': 'Został {count} kod',
  '{count} codes left#few': 'Zostały {count} kody',
  '{count} codes left#many': 'Zostało {count} kodów',
  '{count} codes left#other': 'Zostało {count} kodu',
}
const ARABIC = Object.fromEntries(
  ['zero', 'one', 'two', 'few', 'many', 'other'].map((form) => [`{count} codes left#${form}`, form]),
)
const FRENCH = {
  '{count} codes left#one': 'Il reste {count} code',
  '{count} codes left#many': 'Il reste {count} de codes',
  '{count} codes left#other': 'Il reste {count} codes',
}
const CASES: [language: string, count: number, text: string, words?: Record<string, string>][] = [
  ['en', 0, '0 codes left'],
  ['en', 1, '1 code left'],
  ['en', 1_200, '1,200 codes left'],
  ['en', 1, 'Only 1!', { '{count} codes left#one': 'Only {count}!' }],
  ['en', 2, '2 codes left', { '{count} codes left#one': 'Only {count}!' }],
  ['pl', 1, 'Został 1 kod', POLISH],
  ['pl', 3, 'Zostały 3 kody', POLISH],
  ['pl', 5, 'Zostało 5 kodów', POLISH],
  ['pl', 22, 'Zostały 22 kody', POLISH],
  ['ar', 0, 'zero', ARABIC],
  ['ar', 2, 'two', ARABIC],
  ['ar', 7, 'few', ARABIC],
  ['ar', 11, 'many', ARABIC],
  ['ar', 100, 'other', ARABIC],
  ['fr', 0, 'Il reste 0 code', FRENCH],
  // English sentences keep the rules of English on a page without own words.
  ['fr', 0, '0 codes left'],
  ['pl', 3, '3 codes left'],
  ['ja', 1, '残り1個', { '{count} codes left#other': '残り{count}個' }],
  ['de', 1_200, 'Noch 1.200 Codes', { '{count} codes left#other': 'Noch {count} Codes' }],
]

describe('a sentence with a count', () => {
  console.log(`Plural forms: ${CASES.length} cases`)

  test.each(CASES)('in %s for %i is “%s”', async (locale, count, text, words) => {
    const page = await pageWith<Words>('./words.js', locale, words)
    expect(page.sayCount(forms, count)).toBe(text)
    // Also by its argument, on a page of another language.
    const other = await pageWith<Words>('./words.js', 'sv', words)
    expect(other.sayCount(forms, count, locale)).toBe(text)
  })
})

test.each([
  ['rtl', 'ar', 'الدخول إلى \u2068C++\u2069: {other} \u2068[ada]\u2069'],
  ['ltr', 'ar', 'الدخول إلى C++: {other} [ada]'],
  ['ltr', 'en', 'الدخول إلى C++: {other} [ada]'],
])('on a page that runs %s in %s, values of a sentence are “%s”', async (dir, lang, text) => {
  vi.stubGlobal('document', { documentElement: { lang, dir } })
  vi.stubGlobal('ownWords', { '{app}: {other} {username}': 'الدخول إلى {app}: {other} {username}' })
  vi.resetModules()
  const path = './words.js'
  const { say } = await import(new URL(path, import.meta.url).href)
  expect(say('{app}: {other} {username}', { app: 'C++', username: '[ada]' })).toBe(text)
})

test.each([
  ['de', 'de'],
  ['', 'en'],
  [undefined, 'en'],
])('a page with the language %j writes times in %s', async (lang, expected) => {
  expect((await pageWith<Words>('./words.js', lang)).language).toBe(expected)
})

test.each([
  ['en', 'Google, GitHub, Demo'],
  ['de', 'Google, GitHub und Demo'],
  ['ja', 'Google、GitHub、Demo'],
])('a list in %s is “%s”', async (locale, text) => {
  const { listed } = await pageWith<Words>('./words.js')
  expect(listed(['Google', 'GitHub', 'Demo'], locale)).toBe(text)
})

test.each([
  ['en', '1 hour 1 minute 5 seconds'],
  ['de', '1 Stunde, 1 Minute und 5 Sekunden'],
  ['ja', '1 時間1 分5 秒'],
])('a duration for screen readers in %s is “%s”', async (locale, text) => {
  const path = './time.js'
  const { inWords } = await pageWith<{ inWords(seconds: number, locale?: string): string }>(path, locale)
  expect(inWords(3_665)).toBe(text)
  expect((await pageWith<{ inWords: typeof inWords }>(path)).inWords(3_665, locale)).toBe(text)
})

test.each([
  ['en', 'Nov 26, 2026', 'Nov 26, 2026, 1:21 PM', 'Nov 26, 2026, 1 PM'],
  ['de', '26. Nov. 2026', '26. Nov. 2026, 13:21', '26. Nov. 2026, 13 Uhr'],
  ['ja', '2026年11月26日', '2026年11月26日 13:21', '2026年11月26日 13時'],
])('days, minutes and hours are in the language of the page: %s', async (lang, day, minute, hour) => {
  const days = await pageWith<Record<string, (instant: string) => string>>('./account/days.js', lang)
  // The time zone is that of the browser.
  const instant = new Date(2026, 10, 26, 13, 21).toISOString()
  const texts = [days.dayOf, days.minuteOf, days.hourOf].map((show) =>
    show?.(instant).replaceAll('\u202f', ' '),
  )
  expect(texts).toEqual([day, minute, hour])
})
