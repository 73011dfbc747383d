import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { copySources } from '../support/process/checkout.ts'
import { type Service, startService } from '../support/process/service.ts'
import { root } from '../support/process/service-description.ts'
import { heading, inspect, open, press, signIn, useBrowser } from './browser.ts'

// The pages of a service with a theme and own words, started from its files.

const THEME = {
  accent: ['#7b2d26', '#ffb4a2'],
  onAccent: ['#ffffff', '#2b0a06'],
  page: ['#faf7f5', '#171211'],
  card: ['#fffdfb', '#221a18'],
  fieldLine: ['#8a7a74', '#85746f'],
  logo: 'theme/logo.svg',
}

/** Its style is in the file, which the policy of the pages would refuse in the page. */
const LOGO = `<svg xmlns="http://www.w3.org/2000/svg"
  viewBox="0 0 40 20">
  <style>rect { fill: #7b2d26 } @media (prefers-color-scheme: dark) { rect { fill: #ffb4a2 } }</style>
  <rect width="40" height="20" rx="4"/>
</svg>
`

const TEXTS = {
  'Sign in to {serviceName}': 'Welcome back to {serviceName}',
  'Sign out': 'Leave',
  'You are signed out': 'See you soon',
  'Your session on this device has ended.': 'This <device> forgets you.',
  'Show password': 'Show what I typed',
}

let folder: string
let service: Service
beforeAll(async () => {
  mkdirSync(`${root}/.results`, { recursive: true })
  folder = mkdtempSync(`${root}/.results/theme-`)
  copySources(folder)
  mkdirSync(`${folder}/theme`)
  mkdirSync(`${folder}/texts`)
  writeFileSync(`${folder}/texts/en.json`, JSON.stringify(TEXTS))
  writeFileSync(`${folder}/theme/logo.svg`, LOGO)
  const texts = 'texts/en.json'
  const config = {
    roles: ['user', 'admin'],
    administrators: ['admin'],
    serviceName: 'Notes',
    theme: THEME,
    texts,
  }
  writeFileSync(`${folder}/auth.config.ts`, `export default ${JSON.stringify(config)}\n`)
  service = await startService({ demo: 'off' }, [], folder)
})
afterAll(async () => {
  await service.stop()
  rmSync(folder, { recursive: true })
})

useBrowser()

describe.each([
  { colorScheme: 'light' as const, at: 0 },
  { colorScheme: 'dark' as const, at: 1 },
])('in the $colorScheme scheme', ({ colorScheme, at }) => {
  const colour = (name: Exclude<keyof typeof THEME, 'logo'>) => rgb(String(THEME[name][at]))

  test.each([
    [
      'signin',
      'Welcome back to Notes',
      ['GET signin', 'GET federation.js', 'GET plain.css', 'GET plain.js', 'GET providers'],
    ],
    ['register', 'Create an account', ['GET register', 'GET page.css', 'GET register.js']],
    ['oauth2/logout', 'Signed out', ['GET logout', 'GET page.css', 'GET logout.js']],
  ])('the page %s shows colours and logo without a request for them', async (path, title, requests) => {
    const page = await open(`${service.url}/${path}`, { colorScheme })
    await heading(page, title).waitFor()
    const requested: string[] = []
    page.on('request', (request) => {
      const { protocol, pathname } = new URL(request.url())
      const name = pathname.slice(pathname.lastIndexOf('/') + 1).replace(/-[0-9a-f]{16}\./, '.')
      if (protocol === 'http:' && request.method() === 'GET') requested.push(`GET ${name}`)
    })
    await page.reload()
    await heading(page, title).waitFor()
    expect(requested).toEqual(requests)
    expect(await colourOf(page, 'body', 'backgroundColor')).toBe(colour('page'))
    expect(await colourOf(page, '.card', 'backgroundColor')).toBe(colour('card'))
    expect(await pixelOfLogo(page)).toBe(`64 32 ${colour('accent')}`)
    expect(await page.title()).toMatch(/ · Notes$/)
    await inspect(page, `theme-${path.replace('/', '-')}-${colorScheme}`)
  })

  test('a button has the colours of the theme, also under the pointer', async () => {
    const page = await open(`${service.url}/signin`, { colorScheme })
    const button = page.getByRole('button', { name: 'Sign in', exact: true })
    expect(await colourOf(page, 'button.primary', 'backgroundColor')).toBe(colour('accent'))
    expect(await colourOf(page, 'button.primary', 'color')).toBe(colour('onAccent'))
    await button.hover()
    await inspect(page, `theme-hover-${colorScheme}`)
    await signIn(page, 'user')
    await heading(page, 'Your account').waitFor()
    await inspect(page, `theme-account-${colorScheme}`)
  })
})

test.each(['signin', 'account', 'register', 'forgot', 'confirm', 'oauth2/authorize', 'oauth2/logout'])(
  'the page %s with own words is in standards mode and begins with its masthead',
  async (path) => {
    const page = await open(`${service.url}/${path}`)
    // Without a session, /account leads to /signin.
    const seen = () =>
      page.evaluate('[document.compatMode, document.body.innerText.slice(0, 6)]').catch(String)
    await expect.poll(seen).toEqual(['CSS1Compat', 'Notes\n'])
  },
)

test('pages and their scripts have own words, as text', async () => {
  const page = await open(`${service.url}/signin`)
  await page.getByRole('button', { name: 'Show what I typed' }).waitFor()
  await signIn(page, 'user')
  await heading(page, 'Your account').waitFor()
  await press(page, 'Leave', 'See you soon')
  await page.getByText('This <device> forgets you.').waitFor()
})

const rgb = (colour: string) =>
  `rgb(${[1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)).join(', ')})`

/** Returns a computed colour of an element. */
const colourOf = (page: Page, selector: string, property: string) =>
  page.evaluate<string>(`getComputedStyle(document.querySelector('${selector}')).${property}`)

/** Returns the colour of a pixel of the logo, as the browser draws it. */
const pixelOfLogo = (page: Page) =>
  page.evaluate<string>(`(async () => {
    const image = document.querySelector('.brand img')
    await image.decode()
    const [canvas, { width, height }] = [document.createElement('canvas'), image]
    const context = canvas.getContext('2d')
    context.drawImage(image, 0, 0, width, height)
    return width + ' ' + height + ' rgb(' + [...context.getImageData(8, 8, 1, 1).data].slice(0, 3).join(', ') + ')'
  })()`)
