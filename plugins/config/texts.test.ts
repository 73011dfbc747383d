import { expect, test } from 'vitest'
import { faultsOfTexts, parseTexts } from './texts.ts'

const DIGITS =
  '8 digits. The code is valid for 10 minutes, the link for 60. Five wrong codes void the code. The link in the mail still works.'

const TEXTS: [string, Record<string, unknown>][] = [
  ['no words', {}],
  ['words of a page', { 'Sign in': 'Log in', [DIGITS]: 'Eight digits' }],
  [
    'placeholders in another order',
    { 'Your account {username} at {service} was deleted, with all its sessions.': '{service}: {username}' },
  ],
  ['a link with other words', { 'No account yet? [Create an account]': '[Join us]' }],
  ['brackets where there is no link', { 'You are invited to {service}': '[{service}] Welcome' }],
  ['Persian with a non-joiner', { 'Sign in': 'می\u200cخواهم' }],
  ['Hebrew with a mark of its direction', { 'Sign in': 'כניסה!\u200f' }],
  ['HTML, which is shown as text', { 'Sign in': '<b>Sign in</b>' }],
  ['a sentence without words, which is counted elsewhere', { 'Sign in': '' }],
  ['a draft with words of former sentences', { draft: true, '//': { 'Dear customer,': { words: 'Hallo' } } }],
  [
    'the two plural forms of German',
    { '{count} users#one': 'eine Lampe', '{count} users#other': '{count} Lampen' },
  ],
]

/** Plural forms, in a language with others than English. */
const FORMS: [string, string, Record<string, string>, string[]][] = [
  ['the one form of Japanese', 'ja', { '{count} users#other': 'ランプ{count}個' }, []],
  [
    'the six forms of Arabic',
    'ar',
    Object.fromEntries(
      ['zero', 'one', 'two', 'few', 'many', 'other'].map((one) => [`{count} users#${one}`, 'مصابيح {count}']),
    ),
    [],
  ],
  [
    'one of four in Polish',
    'pl',
    { '{count} users#other': '{count} lampy' },
    ['"{count} users" needs its plural forms #one, #few, #many.'],
  ],
  [
    'no other in German',
    'de',
    { '{count} users#one': 'eine Lampe' },
    ['"{count} users" needs its plural form #other.'],
  ],
  [
    'a form that Japanese lacks',
    'ja',
    { '{count} users#one': 'ランプ', '{count} users#other': 'ランプ{count}個' },
    ['"{count} users#one" is no plural form of ja, which has #other.'],
  ],
  [
    'other without the count',
    'ja',
    { '{count} users#other': 'ランプ' },
    ['"{count} users#other" needs {count}.'],
  ],
  [
    'one with another placeholder',
    'de',
    { '{count} users#one': '{number} Lampe', '{count} users#other': '{count} Lampen' },
    ['"{count} users#one" has {number}, which the sentence does not have.'],
  ],
  [
    'the sentence without a form',
    'de',
    { '{count} users': '{count} Lampen' },
    ['"{count} users" needs its plural forms #one, #other.'],
  ],
  [
    'a form that no language has',
    'de',
    { '{count} users#more': '{count} Lampen' },
    [
      '"{count} users#more" is no plural form of de, which has #one, #other.',
      '"{count} users" needs its plural forms #one, #other.',
    ],
  ],
  [
    'a form of a sentence without forms',
    'de',
    { 'Sign in#one': 'Anmelden' },
    ['"Sign in#one" is no sentence with plural forms.'],
  ],
]

const REFUSED: [string, Record<string, unknown>, string][] = [
  ['a mistyped sentence', { 'Sing in': 'Log in' }, '"Sing in" is unknown. Did you mean "Sign in"?'],
  ['a sentence of another version', { 'Dear customer,': 'Hi' }, '"Dear customer," is unknown.'],
  ['the name of an inherited member', { constructor: 'Hi' }, '"constructor" is unknown.'],
  ['a draft that is text', { draft: 'yes' }, '"draft" must be true or false.'],
  ['a comment that is text', { '//': 'our words' }, '"//" must be an object.'],
  ['a number', { 'Sign in': 1 }, '"Sign in" must have text.'],
  [
    'two lines',
    { 'You are invited to {service}': 'Hi\r\nBcc: {service}' },
    '"You are invited to {service}" must be one line of text.',
  ],
  ['a line separator', { 'Sign in': 'Sign\u2028in' }, '"Sign in" must be one line of text.'],
  ...['\u202e', '\u202a', '\u2066', '\u2069'].map((character): [string, Record<string, string>, string] => [
    `U+${character.charCodeAt(0).toString(16)}`,
    { 'Sign in': `Sign ${character}in` },
    '"Sign in" must not have characters that change the direction of text.',
  ]),
  ['a novel', { 'Sign in': 'a'.repeat(1_001) }, '"Sign in" may have 1000 characters.'],
  [
    'no placeholder',
    { 'You are invited to {service}': 'Welcome' },
    '"You are invited to {service}" needs {service}.',
  ],
  [
    'a placeholder of its own',
    { 'Sign in': 'Sign in, {name}' },
    '"Sign in" has {name}, which the sentence does not have.',
  ],
  [
    'a placeholder twice',
    { 'You are invited to {service}': '{service} {service}' },
    '"You are invited to {service}" has {service} twice.',
  ],
  [
    'no link',
    { 'No account yet? [Create an account]': 'Join us' },
    '"No account yet? [Create an account]" needs 1 of [brackets].',
  ],
  [
    'two links for one',
    { 'No account yet? [Create an account]': '[Join] [us]' },
    '"No account yet? [Create an account]" needs 1 of [brackets].',
  ],
]
console.log(`${TEXTS.length + REFUSED.length + FORMS.length} own words, ${FORMS.length} of them plural forms`)

test.each(TEXTS)('%s may take the place of sentences', (_what, texts) => {
  expect(faultsOfTexts(texts, 'de')).toEqual([])
})

test.each(REFUSED)('%s is refused with its reason', (_what, texts, fault) => {
  expect(faultsOfTexts(texts, 'de')).toEqual([fault])
})

test.each([
  ['a list', '["Sign in"]', 'It must be an object of words by English sentence.'],
  ['text', '"Sign in"', 'It must be an object of words by English sentence.'],
  ['nothing', 'null', 'It must be an object of words by English sentence.'],
  ['a sentence twice', '{ "Sign in": "a", "Sign in": "b" }', '"Sign in" is there twice.'],
  ['a comma at the end', '{ "Sign in": "a", }', /^It must be JSON: .+\.$/],
])('%s is no file of words', (_what, text, fault) => {
  expect(() => parseTexts(text)).toThrow(fault)
})

test('a mistyped placeholder is refused with what it probably means', () => {
  expect(faultsOfTexts({ 'You are invited to {service}': 'Welcome to {servise}' }, 'de')).toEqual([
    '"You are invited to {service}" needs {service}.',
    '"You are invited to {service}" has {servise}, which the sentence does not have. Did you mean {service}?',
  ])
})

test.each(FORMS)('plural forms: %s', (_what, language, texts, faults) => {
  expect(faultsOfTexts(texts, language)).toEqual(faults)
})
