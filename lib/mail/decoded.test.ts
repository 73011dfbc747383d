import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { senderOf } from './send.ts'

/** Names in the languages of mails: the longest are longer than one encoded word. */
const NAMES = [
  'Grüße aus der Straßenbäckerei Müller & Söhne GmbH, Zweigstelle Gößweinstein',
  '株式会社サンプル商店 お客様サポートセンター 東京本社 アカウント窓口',
  'شركة المثال للتجارة الإلكترونية وخدمات الحسابات في الشرق الأوسط',
  'Emoji 👩‍👩‍👧‍👦 "quoted", <b>',
]

test('a foreign program decodes the sender as meant, and no encoded word is over 75 characters', (context) => {
  const senders = NAMES.map((name) => senderOf(name, 'no-reply@example.org'))
  for (const sender of senders) {
    for (const word of sender.split(' ')) expect(word.length).toBeLessThanOrEqual(75)
  }
  let decoded: string
  try {
    decoded = execFileSync('python3', ['-c', DECODE], { input: JSON.stringify(senders), encoding: 'utf8' })
  } catch (error) {
    if (Object(error).code !== 'ENOENT') throw error
    return context.skip('python3 is missing')
  }
  expect(JSON.parse(decoded)).toEqual(NAMES)
})

/**
 * Decodes headers with the library of Python, as a foreign program does. Some versions of its parser of
 * addresses put spaces between encoded words, against RFC 2047 section 6.2, so the name is decoded as a header.
 */
const DECODE = `
import json, sys
from email.header import decode_header, make_header
print(json.dumps([str(make_header(decode_header(one.rsplit(' <', 1)[0]))) for one in json.load(sys.stdin)]))
`
