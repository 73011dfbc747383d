import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Mail, Mailbox } from './mailbox.ts'

/** The style of the sign-in page, and what only this page has. */
const styleOf = (name: string) =>
  readFileSync(new URL(`../../functions/pages/signin/${name}`, import.meta.url), 'utf8')
const STYLE = `${styleOf('page.css')}${styleOf('demo.css')}
.mails { margin: 0; padding: 0; list-style: none }
.mails li { padding: 0.75rem 0; border-top: 1px solid var(--line); overflow-wrap: anywhere }
.mails a { font-weight: 600; display: inline-block; padding: 0.5rem 0 }
.members > div { grid-template-columns: 4.5rem 1fr }
pre { margin: 0; padding: 0.75rem 1rem; font: 0.9375rem/1.5 var(--mono); white-space: pre-wrap; overflow-wrap: anywhere; background: var(--page); border-radius: 0.5rem }
iframe { width: 100%; height: 32rem; border: 1px solid var(--line); border-radius: 0.5rem }
`

const styleHash = createHash('sha256').update(STYLE).digest('base64')

const PAGE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${styleHash}'`,
  'img-src data:',
  "frame-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

/** Lets links open new tabs, which are not in the sandbox: the pages that they open need scripts. */
const SANDBOX = 'allow-popups allow-popups-to-escape-sandbox'

/** The HTML of a mail is not trusted: no script runs in it, its origin is opaque, and it loads nothing from elsewhere. */
const MAIL_POLICY = [
  `sandbox ${SANDBOX}`,
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  'img-src data:',
  "frame-ancestors 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

const ICON = `data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='4' fill='%230b6e63'/%3E%3Cpath d='M3 5h10v6.500H3zM3 5l5 4 5-4' fill='none' stroke='%23fff'/%3E%3C/svg%3E`

/**
 * Returns a response of the mailbox, which shows the mails of the local service. It is part of the local gateway only, so
 * it cannot be deployed.
 *
 * - `/mailbox`: the list, the newest first.
 * - `/mailbox.json`: all mails for programs, the newest first.
 * - `/mailbox/{id}`: one mail; `/mailbox/{id}/html`: its HTML, for a sandboxed frame.
 *
 * @param path - Path of a GET request.
 * @returns `undefined` for a path outside the mailbox.
 */
export function mailboxResponse(mailbox: Mailbox, path: string) {
  if (path === '/mailbox') return page(200, 'Mailbox', listOf(mailbox.list()))
  if (path === '/mailbox.json') return jsonOf(mailbox.list())
  const [, id, part = ''] = /^\/mailbox\/([^/]*)(\/html)?$/.exec(path) ?? []
  if (id === undefined) return undefined
  const mail = mailbox.list().find((one) => one.id === id)
  const { unsafeHtml } = mail ?? {}
  if (mail === undefined || (part !== '' && unsafeHtml === undefined)) return NOT_FOUND
  return part === ''
    ? page(200, mail.subject, oneMail(mail))
    : html(200, MAIL_POLICY, withNewTabs(unsafeHtml ?? ''))
}

/**
 * Makes the links of a document open new tabs, as in a mail program: the frame may show nothing else. Such a tab has no
 * opener (https://html.spec.whatwg.org/multipage/links.html#get-an-element's-noopener).
 */
const withNewTabs = (unsafeHtml: string) =>
  unsafeHtml.replace(/^(\s*<!doctype[^>]*>)?/i, '$&<base target="_blank">')

function jsonOf(mails: readonly Mail[]) {
  const shown = mails.map(({ unsafeHtml, ...mail }) => ({ ...mail, html: unsafeHtml }))
  return response(200, 'application/json', "default-src 'none'", JSON.stringify(shown))
}

const response = (status: number, type: string, policy: string, body: string) => ({
  status,
  headers: {
    'Content-Type': type,
    // Mails hold tokens.
    'Cache-Control': 'no-store',
    'Content-Security-Policy': policy,
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  },
  body,
})

const html = (status: number, policy: string, body: string) =>
  response(status, 'text/html; charset=utf-8', policy, body)

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Escapes a text for HTML, for attributes in double quotes too. */
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char)

const titleOf = ({ subject }: Mail): string => escapeHtml(subject.trim() || '(no subject)')

const timeOf = ({ sentAt }: Mail): string =>
  `<time datetime="${sentAt.toISOString()}">${sentAt.toISOString().slice(0, 19).replace('T', ' ')} UTC</time>`

function page(status: number, title: string, main: string) {
  return html(
    status,
    PAGE_POLICY,
    `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta name="robots" content="noindex">
    <title>${escapeHtml(title.trim() || '(no subject)')}</title>
    <link rel="icon" href="${ICON}">
    <style>${STYLE}</style>
  </head>
  <body>
    <header class="masthead">
      <span class="brand">serverless-jwt-auth</span>
      <a href="/mailbox">Mailbox</a>
    </header>

    <main>
      <section class="card" aria-labelledby="title">
${main}
      </section>
    </main>

    <footer>
      <p>Only the local service has this page. It keeps the last 100 mails in memory until it stops. No mail is delivered.</p>
    </footer>
  </body>
</html>
`,
  )
}

function listOf(mails: readonly Mail[]): string {
  const items = mails.map(
    (mail) => `          <li>
            <a href="/mailbox/${encodeURIComponent(mail.id)}">${titleOf(mail)}</a>
            <p>To ${escapeHtml(mail.to)}</p>
            <p class="hint">From ${escapeHtml(mail.from)}, ${timeOf(mail)}</p>
          </li>`,
  )
  return `        <h1 id="title">Mailbox</h1>
        <p class="lead">Mails that this service has sent, the newest first. Reload the page to see new mails.</p>
${
  items.length === 0
    ? '        <p>There are no mails yet.</p>'
    : `        <ul class="mails">\n${items.join('\n')}\n        </ul>`
}`
}

function oneMail(mail: Mail): string {
  const { id, from, to, text, unsafeHtml, link } = mail
  const members = [
    ['From', escapeHtml(from)],
    ['To', escapeHtml(to)],
    ['Sent', timeOf(mail)],
  ]
  const parts = [
    `<h1 id="title">${titleOf(mail)}</h1>`,
    `<dl class="members">${members.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join('')}</dl>`,
    link === undefined ? '' : `<p><a href="${escapeHtml(link)}">Open the first link of the mail</a></p>`,
    `<h2>Text</h2>\n<pre>${escapeHtml(text)}</pre>`,
    unsafeHtml === undefined
      ? ''
      : `<h2>HTML</h2>\n<iframe title="HTML of the mail" sandbox="${SANDBOX}" src="/mailbox/${encodeURIComponent(id)}/html"></iframe>`,
  ]
  return parts.filter((part) => part !== '').join('\n')
}

const NOT_FOUND = page(
  404,
  'Mail not found',
  `        <h1 id="title">Mail not found</h1>
        <p>The mailbox has no such mail. Mails are gone after a restart. <a href="/mailbox">Show all mails</a></p>`,
)
