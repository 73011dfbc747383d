import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { LINK, mailboxOf, mailOf } from '../../test/support/users/mails.ts'
import type { Mail } from './mailbox.ts'
import { mailboxResponse } from './mailbox-page.ts'

const get = (path: string, ...mails: Mail[]) => mailboxResponse(mailboxOf(...mails), path)

const HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': expect.any(String),
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
}

describe('the mailbox', () => {
  test('lists its mails, the newest first, with links to them', () => {
    const second = mailOf({ id: 'b-2', subject: 'Your password was changed', to: 'bob@example.org' })
    const { body = '', status, headers } = get('/mailbox', mailOf(), second) ?? {}
    expect({ status, headers }).toEqual({
      status: 200,
      headers: { 'Content-Type': 'text/html; charset=utf-8', ...HEADERS },
    })
    const links = [...body.matchAll(/<a href="\/mailbox\/([^"]+)">([^<]+)</g)].map(([, ...link]) => link)
    expect(links).toEqual([
      ['b-2', 'Your password was changed'],
      ['a-1', 'Confirm your address'],
    ])
    expect(body).toContain('To bob@example.org')
    expect(body).toContain('From Service &lt;no-reply@example.org&gt;')
    expect(body).toContain('2026-11-26 09:30:00 UTC')
  })

  test('says that it has no mails', () => {
    expect(get('/mailbox')?.body).toContain('There are no mails yet.')
  })

  test('allows its own style and nothing else', () => {
    const { body = '', headers } = get('/mailbox') ?? {}
    const [, style = ''] = /<style>(.*)<\/style>/s.exec(body) ?? []
    const hash = createHash('sha256').update(style).digest('base64')
    expect(headers?.['Content-Security-Policy']).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`,
    )
    expect(body).not.toContain('<script')
  })

  test('shows a mail with its link, its text, and its HTML in a sandboxed frame', () => {
    const { body = '', status } = get('/mailbox/a-1', mailOf()) ?? {}
    expect(status).toBe(200)
    expect(body).toContain(`<a href="${LINK}">`)
    expect(body).toContain(`<pre>Open ${LINK}\n</pre>`)
    expect(body).toContain(
      '<iframe title="HTML of the mail" sandbox="allow-popups allow-popups-to-escape-sandbox" src="/mailbox/a-1/html"></iframe>',
    )
  })

  test('shows a mail without link and HTML', () => {
    const plain = mailOf({ unsafeHtml: undefined, link: undefined, subject: '' })
    const { body = '' } = get('/mailbox/a-1', plain) ?? {}
    expect(body).toContain('(no subject)')
    expect(body).not.toContain('<iframe')
    expect(get('/mailbox/a-1/html', plain)?.status).toBe(404)
  })

  test('sends the HTML of a mail in a sandbox without scripts, with links that open new tabs', () => {
    expect(get('/mailbox/a-1/html', mailOf({ unsafeHtml: '<script>evil()</script>' }))).toEqual({
      status: 200,
      headers: {
        'Content-Type': 'text/html; charset=utf-8',
        ...HEADERS,
        'Content-Security-Policy':
          "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; base-uri 'none'; form-action 'none'",
      },
      body: '<base target="_blank"><script>evil()</script>',
    })
    const unsafeHtml = '<!DOCTYPE html><html lang="en"><p>Hello</p></html>'
    expect(get('/mailbox/a-1/html', mailOf({ unsafeHtml }))?.body).toBe(
      '<!DOCTYPE html><base target="_blank"><html lang="en"><p>Hello</p></html>',
    )
  })

  test('escapes HTML in each member of a mail', () => {
    const evil = '"><script>evil()</script>\''
    const members = { subject: evil, from: evil, to: evil, text: evil, link: `http://a/${evil}` }
    for (const path of ['/mailbox', '/mailbox/a-1']) {
      const { body = '' } = get(path, mailOf(members)) ?? {}
      expect(body).toContain('&quot;&gt;&lt;script&gt;evil()&lt;/script&gt;&#39;')
      expect(body).not.toContain(evil)
      expect(body).not.toContain('<script')
      expect(body.match(/<a href="http:[^>]*>/g) ?? []).toHaveLength(path === '/mailbox' ? 0 : 1)
    }
  })

  test('lists its mails as JSON', () => {
    const { body = '', ...rest } = get('/mailbox.json', mailOf(), mailOf({ id: 'b-2' })) ?? {}
    expect(rest).toEqual({ status: 200, headers: { 'Content-Type': 'application/json', ...HEADERS } })
    const [newest, oldest] = JSON.parse(body)
    expect(newest.id).toBe('b-2')
    expect(oldest).toEqual({
      id: 'a-1',
      sentAt: '2026-11-26T09:30:00.000Z',
      from: 'Service <no-reply@example.org>',
      to: 'ada@example.org',
      subject: 'Confirm your address',
      text: `Open ${LINK}\n`,
      html: mailOf().unsafeHtml,
      link: LINK,
      headers: { 'auto-submitted': 'auto-generated' },
    })
  })

  test.each(['/mailbox/none', '/mailbox/none/html', '/mailbox/'])('returns 404 for %s', (path) => {
    const { status, headers, body } = get(path, mailOf()) ?? {}
    expect({ status, headers }).toEqual({
      status: 404,
      headers: { 'Content-Type': 'text/html; charset=utf-8', ...HEADERS },
    })
    expect(body).toContain('<h1 id="title">Mail not found</h1>')
  })

  test.each(['/', '/mailboxes', '/login', '/mailbox/a-1/text', '/mailbox/a-1/html/'])(
    'leaves %s to the gateway',
    (path) => {
      expect(get(path, mailOf())).toBeUndefined()
    },
  )
})
