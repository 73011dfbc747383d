import { expect, test } from 'vitest'
import { senderOf } from './send.ts'

const ADDRESS = 'no-reply@example.org'

/** Names, and how many encoded words each has. */
const NAMES: [string, string, number][] = [
  ['ASCII', 'Notes', 1],
  ['45 bytes', 'a'.repeat(45), 1],
  ['46 bytes', 'a'.repeat(46), 2],
  ['a character of two bytes over the limit', `${'a'.repeat(44)}é`, 2],
  ['Persian', 'سامانه\u200cی ورود یکپارچه\u200cی دانشگاه تهران', 2],
  ['emoji of four bytes', '🔑'.repeat(60), 6],
  ['characters of a header', '"Ada" <ada@example.org>, \r\nBcc: eve', 1],
]

test.each(NAMES)('a sender with %s has encoded words of at most 75 characters', (_what, name, count) => {
  const value = senderOf(name, ADDRESS)
  expect(value.endsWith(` <${ADDRESS}>`)).toBe(true)
  const words = value.slice(0, -ADDRESS.length - 3).split(' ')
  expect(words).toHaveLength(count)
  const decoded = words.map((word) => {
    expect(word.length).toBeLessThanOrEqual(75)
    const [, base64 = ''] = /^=\?UTF-8\?B\?([A-Za-z0-9+/]+=*)\?=$/.exec(word) ?? []
    // Each word has whole characters.
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(base64, 'base64'))
  })
  expect(decoded.join('')).toBe(name)
})

test('a sender of one word is encoded as in RFC 2047', () => {
  expect(senderOf('Dienst ✓', ADDRESS)).toBe('=?UTF-8?B?RGllbnN0IOKckw==?= <no-reply@example.org>')
})
