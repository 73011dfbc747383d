import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ROLES } from '../../lib/application/roles.ts'
import { MODULES, readServed } from '../../packages/client.ts'
import { lambdaContext, sampleEvent } from '../../test/support/http/lambda.ts'
import { TECHNICAL } from '../../test/support/technical-words.ts'
import { handler as authorize } from './authorize/authorize.ts'
import { handler as accountPages } from './federation/account-pages.ts'
import { handler as signin } from './federation/signin.ts'

const PAGES = [
  { page: 'signin', handler: signin, event: 'signin' },
  { page: 'account', handler: signin, event: 'GET /account' },
  { page: 'register', handler: accountPages, event: 'account-pages' },
  { page: 'forgot', handler: accountPages, event: 'GET /forgot' },
  { page: 'confirm', handler: accountPages, event: 'GET /confirm' },
  { page: 'oauth2/authorize', handler: authorize, event: 'authorize' },
  { page: 'oauth2/logout', handler: authorize, event: 'POST /oauth2/logout' },
]
type Page = (typeof PAGES)[number]

const get = async ({ handler, event }: Pick<Page, 'handler' | 'event'>, file?: string) => {
  const sample = sampleEvent(event)
  const { body } = await handler(file ? { ...sample, pathParameters: { file } } : sample, lambdaContext())
  return body
}

/** Returns what users see of a page, and what screen readers read. */
const textOf = (html: string) => {
  const labels = [...html.matchAll(/ (?:aria-label|alt|title|placeholder|content)="([^"]*)"/g)].map(
    ([, text]) => text,
  )
  return [...labels, html.replaceAll(/<!--.*?-->|<[^>]*>/gs, ' ')].join(' ')
}

/** Returns the texts in a minified script: literals of several words. */
const literalsIn = (script: string) =>
  [...script.matchAll(/(["'`])((?:\\.|(?!\1)[^\\])*)\1/gs)]
    .map(([, , text = '']) => text.replaceAll(/\$\{[^}]*\}/g, ' '))
    .filter((text) => / \w/.test(text))

/** Texts for developers, which no page shows. */
const OF_CLIENT = MODULES.flatMap((module) => literalsIn(readServed(module)))

/** Returns the texts that a script of a page may show. */
const textsIn = (script: string) =>
  literalsIn(script)
    .filter((text) => !OF_CLIENT.includes(text))
    .join(' ')

const nameOf = (file: string) => file.replace(/-[0-9a-f]{16}\./, '.')

/** Returns the files that a page loads, by their names. */
const filesOf = (html: string) =>
  [...html.matchAll(/(?:href|src)="(?:signin|confirm|authorize)\/([^"]+)"/g)].map(([, file = '']) => file)

beforeEach(() => {
  for (const [name, value] of Object.entries({
    MAILER: 'mailer',
    REGISTRATION: 'open',
    OAUTH: 'on',
    DEMO: 'off',
    ACT_AS: 'off',
  }))
    vi.stubEnv(name, value)
  vi.stubEnv('SERVICE_NAME', 'Acme Shop')
})
afterEach(() => {
  vi.unstubAllEnvs()
})

describe.each(PAGES)('the page $page', (page) => {
  test('names the service in its title and its masthead', async () => {
    const html = await get(page)
    expect(html).toMatch(/<title>[^<]+ · Acme Shop<\/title>/)
    expect(html).toContain('<span class="brand">Acme Shop</span>')
    expect(html).toContain('<meta name="application-name" content="Acme Shop">')
  })

  test('escapes the name of the service', async () => {
    vi.stubEnv('SERVICE_NAME', '<b>"A" & B</b>')
    const html = await get(page)
    expect(html).not.toContain('<b>')
    expect(html).toContain('<span class="brand">&lt;b>&quot;A&quot; &amp; B&lt;/b></span>')
  })

  test('has no technical word without the demo', async () => {
    const html = await get(page)
    expect(textOf(html).match(TECHNICAL)).toBeNull()
    expect(html).not.toContain('<!-- if')
  })

  test('loads no script with a technical word, and nothing of the demo', async () => {
    const files = filesOf(await get(page))
    expect(files.map(nameOf).filter((name) => name.startsWith('demo'))).toEqual([])
    const scripts = files.filter((file) => file.endsWith('.js'))
    const isAtOthers = ['signin', 'account'].includes(page.page)
    expect(scripts.map(nameOf).filter((name) => name === 'federation.js')).toHaveLength(isAtOthers ? 1 : 0)
    expect(scripts).toHaveLength(isAtOthers ? 2 : 1)
    for (const script of scripts) expect(textsIn(await get(page, script)).match(TECHNICAL)).toBeNull()
  })

  test('accepts an e-mail address where it asks for a username', async () => {
    expect(await get(page)).not.toContain('>Username</label>')
  })
})

test('a page without links in its theme has an empty footer', async () => {
  expect(await get({ handler: signin, event: 'signin' })).toContain('<footer></footer>')
})

test('the plain sign-in page names the service in its heading, and leads to the account', async () => {
  const html = await get({ handler: signin, event: 'signin' })
  expect(html).toContain('>Sign in to Acme Shop</h1>')
  expect(html).toContain('<meta name="default-next" content="account">')
  expect(html).toContain('<label for="username">Username or e-mail address</label>')
  expect(html).not.toContain('href="docs"')
})

describe('the demo', () => {
  beforeEach(() => {
    vi.stubEnv('DEMO', 'on')
    vi.stubEnv('OWN_ROUTES', 'GET/,GET/admin!')
  })

  test.each([
    ['', undefined],
    ['GET/', 'GET/'],
    ['GET/admin!,PUT/notes,GET/notes/{id},*', 'GET/admin!'],
    ['POST/notes', undefined],
  ])('calls the routes of the project that have no parameter and no body: %s', async (own, routes) => {
    vi.stubEnv('OWN_ROUTES', own)
    const html = await get({ handler: signin, event: 'signin' })
    expect(/data-routes="([^"]*)"/.exec(html)?.[1]).toBe(routes)
    expect(html.includes('id="protected"')).toBe(routes !== undefined)
    expect(html).not.toMatch(/<!-- (if|end)/)
    for (const tag of ['section', 'div', 'article']) {
      expect(html.split(`<${tag}`).length).toBe(html.split(`</${tag}>`).length)
    }
  })

  test('shows the access token and the protected routes on /signin, and does not lead on', async () => {
    const html = await get({ handler: signin, event: 'signin' })
    expect(filesOf(html).map(nameOf)).toEqual(['plain.js', 'federation.js', 'demo.css', 'demo.js'])
    const script = filesOf(html).find((file) => nameOf(file) === 'demo.js')
    expect(textsIn(await get({ handler: signin, event: 'signin' }, script)).match(TECHNICAL)).not.toBeNull()
    expect(html).toContain('id="raw-token"')
    expect(html).toContain('data-routes="GET/ GET/admin!"')
    expect(html).toContain(`a demo user for each role: ${ROLES.join(', ')}.`)
    expect(html).toContain('href="docs"')
    expect(html).not.toContain('default-next')
    expect(html).not.toContain('Sign in to Acme Shop')
  })

  test('is not on a sign-in page that leads on, which still names the demo users', async () => {
    const sample = { ...sampleEvent('signin'), queryStringParameters: { next: 'oauth2/authorize?a=b' } }
    const { body } = await signin(sample, lambdaContext())
    expect(filesOf(body).map(nameOf)).toEqual(['federation.js', 'plain.css', 'plain.js'])
    expect(body).toContain(`a demo user for each role: ${ROLES.join(', ')}.`)
    const withoutHint = textOf(body).replace('has a demo user for each role', '')
    expect(withoutHint.match(TECHNICAL)).toBeNull()
    expect(body).not.toMatch(/<!-- (if|end)|id="protected"|id="raw-token"/)
  })

  test('shows the role on /account, and leads to the access token', async () => {
    const html = await get({ handler: signin, event: 'GET /account' })
    expect(html).toContain('<dd id="role"></dd>')
    expect(html).toContain('<a href="signin">Access token</a>')
  })
})
