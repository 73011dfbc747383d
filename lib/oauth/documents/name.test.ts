import { expect, test } from 'vitest'
import { KNOWN_DOCUMENTS } from '../../../test/oauth/known-documents.ts'
import { isClaimedName } from './name.ts'

test.each([
  ...KNOWN_DOCUMENTS.map(({ client_name }) => client_name),
  'a'.repeat(60),
  '3 apps (beta), v1.2 & more',
  'L’atelier d’Ève',
  'Đặng Văn',
  'Сбербанк',
  '日本語　アプリ',
  'תפוז',
  'नमस्ते',
  // Persian, with the joiner in the word for "I write".
  'می\u200Cنویسم',
  '🛠\uFE0F Tools',
])('%s is a name', (name) => {
  expect(isClaimedName(name)).toBe(true)
})

test.each<[what: string, name: unknown]>([
  ['nothing', undefined],
  ['a number', 1],
  ['no character', ''],
  ['61 characters', 'a'.repeat(61)],
  ['signs alone', '—…'],
  ['a Hangul filler', '\u3164'],
  ['a Hangul filler in a word', 'Sh\u3164op'],
  ['a Hangul choseong filler', 'Sh\u115Fop'],
  ['a blank pattern of Braille', '\u2800Shop'],
  ['a zero width space', 'Sh\u200Bop'],
  ['a zero width joiner', 'Sh\u200Dop'],
  ['a zero width non-joiner between Latin letters', 'Sh\u200Cop'],
  ['a zero width non-joiner at the end', 'می\u200C'],
  ['two zero width non-joiners', 'می\u200C\u200Cنویسم'],
  ['a grapheme joiner', 'Sh\u034Fop'],
  ['a soft hyphen', 'Sh\u00ADop'],
  ['a selector after a letter', 'Shop\uFE0F'],
  ['a tag', 'Shop\u{E0041}'],
  ['another direction', 'Sh\u202Eop'],
  ['an isolate', 'Sh\u2066op'],
  ['two lines', 'Shop\nYour account is locked'],
  ['a line separator', 'Shop\u2028Locked'],
  ['a space at the end', 'Shop '],
  ['two spaces', 'Shop  Your account is locked'],
  ['two other spaces', 'Shop\u00A0\u3000Locked'],
  ['three marks in a row', 'Z\u0300\u0301\u0302algo'],
  ['a mark at the beginning', '\u0301Shop'],
  ['the end of its quotes', 'Shop” is safe. Its “owner'],
  ['the end of its quotes by apostrophes', 'Shop’’ is safe. It’s ‘‘yours'],
  ['the end of its quotes by a prime', 'Shop″ is safe'],
  ['the end of its quotes by a letter', 'Shopˮ is safe'],
  ['an ASCII quote', 'Shop" is safe'],
  ['a wide quote', 'Shop\uFF02 is safe'],
])('%s is no name', (_what, name) => {
  expect(isClaimedName(name)).toBe(false)
})
