import { describe, expect, test } from 'vitest'
import { LINK, mailboxOf, mailOf } from '../../test/support/users/mails.ts'
import { firstLink, mailLine } from './mailbox.ts'

test('a mailbox keeps the last 100 mails, the newest first', () => {
  const mailbox = mailboxOf(...Array.from({ length: 101 }, (_, index) => mailOf({ id: String(index) })))
  const ids = mailbox.list().map(({ id }) => Number(id))
  expect(ids).toEqual(Array.from({ length: 100 }, (_, index) => 100 - index))
})

describe('the line of a mail', () => {
  test('has recipient, subject and link, whose token is complete', () => {
    expect(mailLine(mailOf())).toBe(`Mail to ada@example.org: Confirm your address  ${LINK}`)
    expect(mailLine(mailOf({ link: undefined }))).toBe('Mail to ada@example.org: Confirm your address')
  })

  test('escapes control characters', () => {
    expect(mailLine(mailOf({ subject: 'a\r\nb\u001b[31m', link: undefined }))).toBe(
      'Mail to ada@example.org: a\\x0d\\x0ab\\x1b[31m',
    )
  })
})

test.each([
  ['none', undefined],
  [`Open ${LINK}. Then go.`, LINK],
  [`(${LINK})\nhttps://example.org`, LINK],
  ['<https://example.org/?a=b&c=d>', 'https://example.org/?a=b&c=d'],
  ['javascript:alert(1)', undefined],
])('firstLink finds in %j the link %s', (text, link) => {
  expect(firstLink(text)).toBe(link)
})
