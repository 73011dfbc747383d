import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { lambdaContext, sampleEvent } from '../../test/support/http/lambda.ts'
import { handler as authorize } from './authorize/authorize.ts'
import { handler as accountPages } from './confirm/account-pages.ts'
import { handler as console } from './console/console.ts'
import { handler as docs } from './docs/docs.ts'
import { handler as signin } from './signin/signin.ts'

// The pages of an application with a theme and own words.

vi.mock('../../auth.config.ts', () => ({
  default: {
    roles: ['member'],
    administrators: [],
    theme: {
      accent: ['#7b2d26', '#ffb4a2'],
      onAccent: ['#fffffe', '#2b0a06'],
      links: { terms: 'https://example.com/terms?a=1&b=2', privacy: '/privacy' },
      logo: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 1"><style>a{fill:#7b2d26}</style></svg>',
    },
    words: {
      en: {
        'Sign in to {serviceName}': 'Welcome back to {serviceName} <3',
        'No account yet? [Create an account]': 'New here? [Join us]',
        'Sign in': 'Log in',
        Terms: 'Terms & <rules>',
        'Create an account': '</title><script>1</script> & <!-- if demo -->Join',
        'You are signed out.': 'See "you" soon.',
        'Nothing is recorded yet.': 'Empty.',
        // As packaging marks the details of problems.
        '!Incorrect code.': 'Wrong </script> code.',
      },
    },
  },
}))

beforeEach(() => {
  const settings = {
    ACT_AS: 'off',
    MAILER: 'mailer',
    REGISTRATION: 'open',
    OAUTH: 'on',
    DEMO: 'off',
    SERVICE_NAME: 'Notes',
  }
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value)
})
afterEach(() => {
  vi.unstubAllEnvs()
})

const page = async (handler: typeof signin, event: string) =>
  (await handler(sampleEvent(event), lambdaContext())).body

/** Returns a file that a page loads. */
async function fileOf(html: string, extension: string) {
  const [, file = ''] = new RegExp(`(?:href|src)="signin/([^"]+\\.${extension})"`).exec(html) ?? []
  const { body } = await signin({ ...sampleEvent('signin'), pathParameters: { file } }, lambdaContext())
  return body
}

test('a page has own words as text, in its title too', async () => {
  const html = await page(signin, 'signin')
  expect(html.startsWith('<!doctype html>\n<html lang="en" dir="ltr">')).toBe(true)
  expect(html).toContain('<title>Log in · Notes</title>')
  expect(html).toContain('<h1 id="sign-in-title" tabindex="-1">Welcome back to Notes &lt;3</h1>')
  expect(html).toContain('<p>New here? <a href="register">Join us</a></p>')
  expect(html).toContain('<button class="primary" type="submit" disabled>Log in</button>')
  expect(html).toContain('<label for="password">Password</label>')
  expect(await page(accountPages, 'account-pages')).toContain('<a href="signin">Log in</a>')
})

test('HTML in own words is text everywhere, also in a title', async () => {
  const register = sampleEvent('account-pages')
  const { body } = await accountPages(
    { ...register, requestContext: { ...register.requestContext, path: '/register' } },
    lambdaContext(),
  )
  expect(body).toContain(
    '<title>&lt;/title>&lt;script>1&lt;/script> &amp; &lt;!-- if demo -->Join · Notes</title>',
  )
  expect(body).not.toContain('<script>1')
  expect(body).toContain('</header>')
})

test('a script has the own words of its sentences in front of it', async () => {
  const script = await fileOf(await page(signin, 'signin'), 'js')
  const words = { 'Sign in': 'Log in', 'You are signed out.': 'See "you" soon.' }
  const details = { 'Incorrect code.': 'Wrong </script> code.' }
  const inFront = `globalThis.ownWords=${JSON.stringify(words)};globalThis.ownDetails=${JSON.stringify(details)};`
  expect(script.startsWith(inFront)).toBe(true)
})

test('a script that shows no problems has no words of their details', async () => {
  const { body } = await docs(sampleEvent('docs'), lambdaContext())
  const [, file = ''] = /src="docs\/([^"]+\.js)"/.exec(body) ?? []
  const script = await docs({ ...sampleEvent('docs'), pathParameters: { file } }, lambdaContext())
  expect(script.statusCode).toBe(200)
  expect(script.body).not.toContain('ownDetails')
})

test('a style ends with the colours of the theme', async () => {
  const style = await fileOf(await page(signin, 'signin'), 'css')
  expect(style.slice(-200)).toContain(
    ':root{--accent:light-dark(#7b2d26,#ffb4a2);--on-accent:light-dark(#fffffe,#2b0a06)}',
  )
})

test('a page has the logo as an image and its icon in the colours of the theme', async () => {
  const html = await page(signin, 'signin')
  const [, url = ''] =
    /<span class="brand"><img src="([^"]+)" height="32" alt="">Notes<\/span>/.exec(html) ?? []
  const svg = decodeURIComponent(url.replaceAll('&lt;', '<').replaceAll('&quot;', '"'))
  expect(svg).toBe(
    'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 1"><style>a{fill:#7b2d26}</style></svg>',
  )
  expect(url).not.toContain('#')
  expect(html).toContain("rx='4' fill='%237b2d26'/%3E")
  expect(html).toContain("z' fill='%23fffffe'/%3E")
})

test.each([
  ['signin', signin, 'signin'],
  ['account', signin, 'GET /account'],
  ['register', accountPages, 'account-pages'],
  ['forgot', accountPages, 'GET /forgot'],
  ['confirm', accountPages, 'GET /confirm'],
  ['oauth2/authorize', authorize, 'authorize'],
  ['oauth2/logout', authorize, 'POST /oauth2/logout'],
  ['docs', docs, 'docs'],
  ['admin-console', console, 'console'],
])('the footer of /%s has terms and privacy, in own words', async (_path, handler, event) => {
  const html = await page(handler, event)
  expect(html).toContain(
    '<footer><a href="https://example.com/terms?a=1&amp;b=2" target="_blank">Terms &amp; &lt;rules></a>' +
      '<a href="/privacy" target="_blank">Privacy</a></footer>',
  )
  expect(html.match(/<footer>/g)).toHaveLength(1)
})
