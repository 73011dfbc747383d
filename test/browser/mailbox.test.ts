import { createServer } from 'node:http'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { renderMessage } from '../../lib/mail/look/render.ts'
import { createMailbox, type Mail, type Mailbox } from '../../local/mail/mailbox.ts'
import { mailboxResponse } from '../../local/mail/mailbox-page.ts'
import { listen } from '../local/aws-service.ts'
import { mailOf } from '../support/users/mails.ts'
import { heading, inspect, LOOKS, open, useBrowser } from './browser.ts'

useBrowser()

let mailbox: Mailbox
const requests: string[] = []
const server = createServer(({ url: path = '' }, response) => {
  requests.push(path)
  const { status = 404, headers, body } = mailboxResponse(mailbox, path) ?? {}
  response.writeHead(status, headers).end(body)
})
const { port, stop } = await listen(server)
afterAll(stop)
const url = `http://localhost:${port}`

beforeEach(() => {
  mailbox = createMailbox()
  requests.length = 0
})

/**
 * Chromium's messages about what it blocks in the sandboxed frame. Playwright tries to run its own script
 * there.
 */
const BLOCKED = /^error: Blocked script execution in/

test.each([...LOOKS, { width: 320, colorScheme: 'light' as const }])(
  'the pages fit and are accessible at $width pixels, $colorScheme',
  async (appearance) => {
    const { width, colorScheme } = appearance
    const page = await open(`${url}/mailbox`, { ...appearance, known: BLOCKED })
    const take = (state: string) => inspect(page, `mailbox-${state}-${width}-${colorScheme}`)
    await page.getByText('There are no mails yet.').waitFor()
    await take('empty')
    mailbox.add(mail({ id: 'a-2', subject: 'Your password was changed' }))
    mailbox.add(mail())
    await page.reload()
    await take('list')
    await page.getByRole('link', { name: 'Confirm your address' }).click()
    await page.getByRole('heading', { level: 1, name: 'Confirm your address' }).waitFor()
    await page.frameLocator('iframe').getByRole('link', { name: 'this link' }).waitFor()
    expect(await page.getByRole('link', { name: 'Open the first link' }).getAttribute('href')).toBe(
      `${url}/confirm#token`,
    )
    await take('mail')
    await page.goto(`${url}/mailbox/none`)
    await page.getByRole('heading', { level: 1, name: 'Mail not found' }).waitFor()
    await take('none')
  },
)

test('HTML of a mail runs no script, loads nothing and navigates nothing', async () => {
  const unsafeHtml = `<p>Hello</p>
    <script>top.location = '/evil-script'</script>
    <img src="/evil-image" onerror="top.location = '/evil-handler'">
    <form action="/evil-form" target="_top"><button>Send</button></form>
    <a href="/evil-link" target="_top">Go</a>
    <a href="javascript:location = '/evil-address'">Run</a>`
  mailbox.add(mail({ unsafeHtml, subject: '<script>document.title = "evil"</script>' }))
  const page = await open(`${url}/mailbox/a-1`, { known: /sandbox|Content Security Policy|^CSP: img-src/i })
  const frame = page.frameLocator('iframe')
  await frame.getByRole('button', { name: 'Send' }).click()
  await frame.getByRole('link', { name: 'Go' }).click()
  await frame.getByRole('link', { name: 'Run' }).click()
  await page.getByRole('heading', { level: 1, name: '<script>' }).waitFor()
  expect(page.url()).toBe(`${url}/mailbox/a-1`)
  expect(await page.title()).toBe('<script>document.title = "evil"</script>')
  expect(requests).toEqual(['/mailbox/a-1', '/mailbox/a-1/html'])
})

test('a link of a mail opens in a new tab, which has no opener and is not in the sandbox', async () => {
  mailbox.add(mail({ unsafeHtml: '<p><a href="/mailbox">this link</a></p>' }))
  const page = await open(`${url}/mailbox/a-1`, { known: BLOCKED })
  const opened = page.context().waitForEvent('page')
  await page.frameLocator('iframe').getByRole('link', { name: 'this link' }).click()
  const tab = await opened
  await heading(tab, 'Mailbox').waitFor()
  expect(await tab.evaluate('[window.opener, origin, document.referrer]')).toEqual([null, url, ''])
  expect(page.url()).toBe(`${url}/mailbox/a-1`)
})

test.each([
  ['light', 'rgb(22, 33, 30)'],
  ['dark', 'rgb(230, 238, 235)'],
] as const)('a mail of this service is %s where the page is', async (colorScheme, ink) => {
  mailbox.add(mail({ unsafeHtml: renderMessage({ subject: 'Hi', lead: 'Hello', paragraphs: [] }).html }))
  const page = await open(`${url}/mailbox/a-1`, { colorScheme, known: BLOCKED })
  await page.frameLocator('iframe').getByText('Hello').waitFor()
  const colors = (name: string) =>
    `['color', 'backgroundColor'].map((one) => getComputedStyle(document.querySelector('${name}'))[one])`
  const clear = 'rgba(0, 0, 0, 0)'
  expect(await page.frames()[1]?.evaluate(colors('p'))).toEqual([ink, clear])
  // If the frame has no background, it shows that of the card.
  expect(await page.evaluate(colors('iframe'))).toEqual([expect.any(String), clear])
})

/** A mail with words that do not break. */
const mail = (changes: Partial<Mail> = {}) =>
  mailOf({
    to: `${'ada'.repeat(30)}@example.org`,
    text: `Open this link to confirm your address:\n\n${url}/confirm#${'token'.repeat(20)}\n`,
    link: `${url}/confirm#token`,
    ...changes,
  })
