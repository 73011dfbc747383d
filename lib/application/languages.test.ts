import { expect, onTestFinished, test, vi } from 'vitest'
import { directionOf, languageFor, tagsIn } from './languages.ts'
import { inLanguage, say } from './texts.ts'

vi.mock('../../auth.config.ts', () => ({
  default: {
    languages: ['en', 'de', 'pt-BR', 'zh-Hans', 'ar'],
    words: {
      de: { 'Sign in': 'Anmelden' },
      ar: { Password: 'كلمة المرور', 'Or open this link: {link}': 'الرابط: {link}' },
    },
  },
}))

test.each([
  ['de', 'de'],
  ['de-AT', 'de'],
  ['DE', 'de'],
  ['pt-PT', 'pt-BR'],
  ['zh-CN', 'zh-Hans'],
  ['zh', 'zh-Hans'],
  ['zh-TW', undefined],
  ['zh-Hant', undefined],
  ['en-GB', 'en'],
  ['ar-EG', 'ar'],
  ['fr', undefined],
  ['*', undefined],
  ['__proto__', undefined],
  ['constructor', undefined],
  ['de_DE', undefined],
  ['"><script>', undefined],
  ['', undefined],
  ['und', undefined],
  ['UND-DE', undefined],
])('the tag %j leads to %s', (tag, language) => {
  expect(languageFor([tag])).toBe(language)
})

test.each([
  ['de', ['de']],
  ['de-DE,de;q=0.9,en;q=0.8', ['de-DE', 'de', 'en']],
  ['en;q=0.1, de;q=0.9', ['de', 'en']],
  ['de;q=0', []],
  ['de;q=0.000, en;q=0.001', ['en']],
  ['fr, de', ['fr', 'de']],
  ['de;q=2, en', ['en']],
  ['*, de;q=0.5', ['de']],
  ['de;Q=0.5', ['de']],
  ['', []],
  [',;q=1,,', []],
  ['"><script>', []],
])('the header %j has the tags %j', (header, tags) => {
  expect(tagsIn(header)).toEqual(tags)
})

test('only the first kilobyte of a header counts, and the first 32 tags', () => {
  const many = Array.from({ length: 3_000 }, () => 'fr')
  expect(tagsIn([...many, 'de'].join(','))).not.toContain('de')
  expect(languageFor([...many.slice(0, 31), 'de'])).toBe('de')
  expect(languageFor([...many.slice(0, 32), 'de'])).toBeUndefined()
})

test.each([
  // The 1,024th character is the last one of `en`.
  [1_021, []],
  [1_022, []],
  [1_025, []],
  [1_018, []],
  [1_016, ['en']],
])('a cut header keeps no range without its weight: after %i characters', (length, tags) => {
  expect(tagsIn(`${','.repeat(length)}en;q=0.1,${'fr,'.repeat(1_000)}`)).toEqual(tags)
})

test('a cut header without a comma has no tags', () => {
  expect(tagsIn(`en${' '.repeat(2_000)};q=0`)).toEqual([])
  expect(tagsIn(`${'x-'.repeat(5_000)}de`)).toEqual([])
})

test('a tag of 100 characters counts, and a longer one costs nothing', () => {
  const tagOf = (length: number) => `de-x-${'a-'.repeat(length)}`.slice(0, length - 1).concat('a')
  expect(languageFor([tagOf(99)])).toBe('de')
  expect(languageFor([tagOf(101)])).toBeUndefined()
})

test('Arabic, Hebrew, Persian and Urdu are written from right to left', () => {
  const directions = ['ar', 'he', 'fa', 'ur', 'de', 'zh-Hans'].map(directionOf)
  expect(directions).toEqual(['rtl', 'rtl', 'rtl', 'rtl', 'ltr', 'ltr'])
})

test('a Node.js that has only the member knows the direction, too', () => {
  const prototype = Object(Intl.Locale.prototype)
  const { getTextInfo } = prototype
  prototype.getTextInfo = undefined
  onTestFinished(() => {
    prototype.getTextInfo = getTextInfo
  })
  expect(directionOf('ar')).toBe('rtl')
})

test('a sentence has the words of the language that it is said in, also after an error in another one', () => {
  const signIn = () => say('Sign in')
  expect(inLanguage('de', signIn)).toBe('Anmelden')
  const fail = () => {
    throw new Error('no page')
  }
  expect(() => inLanguage('de', fail)).toThrow('no page')
  expect(signIn()).toBe('Sign in')
  expect(inLanguage('de', () => inLanguage('en', signIn) + signIn())).toBe('Sign inAnmelden')
})

test('a language without words for a sentence has the English one', () => {
  expect(inLanguage('ar', () => say('Sign in'))).toBe('Sign in')
  expect(inLanguage('pt-BR', () => say('Sign in'))).toBe('Sign in')
})

test('a value in a sentence from right to left is isolated, except a URL', () => {
  const linkTo = (link: unknown) => say('Or open this link: {link}', { link })
  const said = (language: string) =>
    inLanguage(language, () => ['C++', 8, '', undefined, 'https://a.example/'].map(linkTo))
  expect(said('ar')).toEqual([
    'الرابط: \u2068C++\u2069',
    'الرابط: \u20688\u2069',
    'الرابط: ',
    'الرابط: {link}',
    'الرابط: https://a.example/',
  ])
  expect(said('de').join('')).not.toMatch(/[\u2066-\u2069]/)
})

test('what says sentences may not return a promise', () => {
  // @ts-expect-error: another request could change the language before it ends.
  expect(inLanguage('de', async () => 'later')).toBeInstanceOf(Promise)
})

test.each(['de', { de: true }, 5])(
  'a configuration with the languages %j loads, so that it can be refused',
  async (languages) => {
    vi.resetModules()
    vi.doMock('../../auth.config.ts', () => ({ default: { roles: ['user'], administrators: [], languages } }))
    onTestFinished(() => {
      vi.doUnmock('../../auth.config.ts')
    })
    await expect(import('./languages.ts')).resolves.toHaveProperty('LANGUAGES', languages)
  },
)
