import { expect, test } from 'vitest'
import { MAIL_COLOURS } from '../../lib/mail/look/colours.ts'
import { renderMessage } from '../../lib/mail/look/render.ts'
import { serviceUrl } from './accounts.ts'
import { alert, heading, inspect, LOOKS, open, signIn, useBrowser } from './browser.ts'
import { EVERY_MAIL } from './every-mail.ts'
import { startShop } from './shop.ts'

// How the sign-in to an app, and mails, look in each width and scheme. The pictures are in `.results/screenshots`.

useBrowser()
const shop = await startShop()

const rgb = (colour: string) =>
  `rgb(${[1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)).join(', ')})`

test.each(LOOKS)(
  'the sign-in to an app in the demo is one card in the middle: $width, $colorScheme',
  async (appearance) => {
    const look = `${appearance.width}-${appearance.colorScheme}`
    const page = await shop.open(appearance)
    // Tests beside this one add providers to the same service.
    const providers = [{ id: 'demo', name: 'Demo', kind: 'oidc' }]
    await page.route('**/providers', (route) => route.fulfill({ json: { providers } }))
    await shop.click(page, shop.requestOf(await shop.register()))
    await heading(page, 'Sign in to continue to Shop').waitFor()
    await page.getByRole('button', { name: 'Continue with Demo' }).waitFor()
    expect(await page.getByText('to continue').filter({ visible: true }).count()).toBe(1)
    expect(await page.getByText('token').filter({ visible: true }).count()).toBe(0)
    const box = await page.locator('main').boundingBox()
    const card = await page.locator('.card').filter({ visible: true }).boundingBox()
    // The card is as wide as its page, and has as much room above as below, but for masthead and footer.
    expect(card?.width).toBe(box?.width)
    const { width = 0, y = 0, height = 0 } = card ?? {}
    expect(width).toBeLessThanOrEqual(544)
    expect(Math.abs(y - (800 - y - height))).toBeLessThan(80)
    await inspect(page, `app-signin-${look}`)
    await signIn(page, 'nobody', 'wrong')
    await alert(page, 'Incorrect username or password.')
    const places = await page.evaluate<
      number[]
    >(`['#password', '#credentials-notice', '#sign-in [type=submit]', '#use-passkey']
    .map((selector) => document.querySelector(selector).getBoundingClientRect().top)`)
    expect(places).toEqual(places.toSorted((one, next) => one - next))
    await inspect(page, `app-signin-refused-${look}`)
  },
)

test.each(LOOKS)(
  'every mail has a heading, one button and its link: $width, $colorScheme',
  async (appearance) => {
    const page = await open(`${serviceUrl()}/signin`, appearance)
    const scheme = appearance.colorScheme === 'light' ? 0 : 1
    // The policy of the page would refuse the style of a mail.
    await page.goto('about:blank')
    for (const [name, message] of EVERY_MAIL) {
      const { html, subject } = renderMessage(message)
      await page.setContent(html)
      await page.screenshot({
        path: `.results/screenshots/mail-${name}-${appearance.width}-${appearance.colorScheme}.png`,
        fullPage: true,
      })
      const seen = await page.evaluate<Record<string, unknown>>(`(() => {
      const styleOf = (selector) => {
        const element = document.querySelector(selector)
        return element && [getComputedStyle(element).backgroundColor, getComputedStyle(element).color]
      }
      const root = document.documentElement
      return {
        mode: document.compatMode,
        headings: [...document.querySelectorAll('h1')].map(({ innerText }) => innerText),
        links: [...document.links].map(({ href }) => href),
        overflow: root.scrollWidth - root.clientWidth,
        page: styleOf('body')?.[0],
        card: styleOf('.card'),
        button: styleOf('.button'),
      }
    })()`)
      const { page: ground, card, ink, accent, onAccent } = MAIL_COLOURS
      expect([name, seen]).toEqual([
        name,
        {
          mode: 'CSS1Compat',
          headings: [subject],
          links: message.action ? [message.action.url, message.action.url] : [],
          overflow: 0,
          page: rgb(ground[scheme]),
          card: [rgb(card[scheme]), rgb(ink[scheme])],
          button: message.action ? [rgb(accent[scheme]), rgb(onAccent[scheme])] : null,
        },
      ])
    }
  },
)
