import { createServer } from 'node:http'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { handler as authorize } from '../../functions/pages/authorize/authorize.ts'
import { handler as console } from '../../functions/pages/console/console.ts'
import { handler as accountPages } from '../../functions/pages/federation/mail/account-pages.ts'
import { handler as signin } from '../../functions/pages/federation/mail/signin.ts'
import { textForBrowsers } from '../../plugins/page-files.ts'
import { listen } from '../local/aws-service.ts'
import { lambdaContext, sampleEvent } from '../support/http/lambda.ts'
import { root } from '../support/process/service-description.ts'
import { open, useBrowser } from './browser.ts'

// The pages of an application that has a long word in each sentence, such as one of another language.

const { WORD } = vi.hoisted(() => ({ WORD: 'Donaudampfschifffahrtsgesellschaftskapitän'.repeat(2) }))

vi.mock('../../auth.config.ts', async () => {
  const { keysOf } = await import('../../plugins/config/sentences/list.ts')
  const places = (sentence: string) => sentence.match(/\{[\w-]+\}|\[[^[\]]+\]/g) ?? []
  const wordsOf = (sentence: string) =>
    [WORD, ...places(sentence).map((place) => (place.startsWith('[') ? `[${WORD}]` : place))].join(' ')
  return {
    default: {
      roles: ['member'],
      administrators: [],
      theme: { links: { terms: '/terms', privacy: '/privacy' } },
      words: { en: Object.fromEntries(keysOf('en').map((key) => [key, wordsOf(key)])) },
    },
  }
})

const PAGES = {
  '/signin': { handler: signin, event: 'signin' },
  '/account': { handler: signin, event: 'GET /account' },
  '/register': { handler: accountPages, event: 'account-pages' },
  '/forgot': { handler: accountPages, event: 'GET /forgot' },
  '/confirm': { handler: accountPages, event: 'GET /confirm' },
  '/oauth2/authorize': { handler: authorize, event: 'authorize' },
  '/oauth2/logout': { handler: authorize, event: 'POST /oauth2/logout' },
  '/admin-console': { handler: console, event: 'console' },
}

/** Vitest empties imported styles, so they are read here. */
const styleOf = async (...names: string[]) =>
  (await Promise.all(names.map((name) => textForBrowsers(`${root}/functions/pages/${name}.css`)))).join('')

const server = createServer(async ({ url: path = '' }, response) => {
  if (path.endsWith('.css')) {
    const names = [
      'signin/page',
      ...(path.includes('demo') ? ['signin/demo'] : []),
      ...(path.includes('console') ? ['console/page'] : []),
    ]
    response.writeHead(200, { 'Content-Type': 'text/css' }).end(await styleOf(...names))
    return
  }
  const { handler, event } = PAGES[path as keyof typeof PAGES] ?? {}
  // Pages load their script also if none runs.
  if (handler === undefined || event === undefined) {
    response.writeHead(404).end()
    return
  }
  const { statusCode, headers, body } = await handler(sampleEvent(event), lambdaContext())
  response.writeHead(statusCode, headers as Record<string, string>).end(body)
})
const { port, stop } = await listen(server)
beforeAll(() => {
  const settings = {
    MAILER: 'mailer',
    REGISTRATION: 'open',
    OAUTH: 'on',
    ACT_AS: 'on',
    SERVICE_NAME: WORD.slice(0, 40),
  }
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await stop()
})

useBrowser()

/** Shows all parts of a page, and puts the word into each place that a script fills. Returns how many elements are shown. */
const SHOW_ALL = `((word) => {
  for (const template of document.querySelectorAll('template')) template.replaceWith(template.content)
  for (const element of document.querySelectorAll('[hidden]')) element.hidden = false
  for (const element of document.querySelectorAll('details, dialog')) element.open = true
  const isPlace = (element) => element.childNodes.length === 0 && element.matches('main :not(input, progress, br)')
  for (const element of [...document.querySelectorAll('body *')].filter(isPlace)) element.textContent = word
  return document.querySelectorAll('main *').length
})('${WORD}')`

const OVERFLOW = `[...document.querySelectorAll('body *')]
  .filter((element) => !element.closest('.visually-hidden') && element.getBoundingClientRect().right > innerWidth)
  .map(({ tagName, id, className }) => tagName + '#' + id + '.' + className)`

test.each([
  ...Object.keys(PAGES).map((path) => ({ path, demo: 'off' })),
  // The demo shows more on these.
  ...['/signin', '/account'].map((path) => ({ path, demo: 'on' })),
])('$path fits 360 pixels with long words everywhere, demo $demo', async ({ path, demo }) => {
  vi.stubEnv('DEMO', demo)
  const page = await open(`http://localhost:${port}${path}`, { width: 360, javaScriptEnabled: false })
  // The words are there before the script puts one into each empty place.
  expect(await page.locator('h1').allTextContents()).toContainEqual(expect.stringContaining(WORD))
  expect(await page.evaluate(SHOW_ALL)).toBeGreaterThan(10)
  expect(await page.evaluate('document.body.innerText')).toContain(WORD)
  expect(await page.evaluate(OVERFLOW)).toEqual([])
  const { scrollWidth, clientWidth } = await page.evaluate<Record<string, number>>(
    '({ scrollWidth: document.documentElement.scrollWidth, clientWidth: document.documentElement.clientWidth })',
  )
  expect(scrollWidth).toBeLessThanOrEqual(Number(clientWidth))
  expect(clientWidth).toBe(360)
})
