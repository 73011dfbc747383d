import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import type { Changes } from '../oauth/clients.ts'
import { APP_URL, HOST } from '../oauth/document-host.ts'
import { serviceUrl } from './accounts.ts'
import { heading, inspect, LOOKS, type open, pauseClock, press, useBrowser } from './browser.ts'
import { addUser, agree, answer, arrival, begin, expectCode, screen, signInHere, startShop } from './shop.ts'

// Apps that are not registered: what a user sees of them, and when the browser is led to them.

useBrowser()
const shop = await startShop()

const CANNOT = 'You cannot continue'

describe('the screen of an app that is not registered', () => {
  const note = (page: Page) => page.locator('#unregistered')
  const onDevice = (page: Page) => page.getByText('The app runs on this device')

  test('names its host, quotes its name, warns of programs of the device, and leads to the app', async () => {
    const { page, username } = await openStranger()
    await strangerScreen(page, username)
    expect(await textOf(page, '#unregistered')).toContain(
      `It calls itself “Test app”. Anybody can write that, so check that you know the address ${HOST}.`,
    )
    expect(await page.locator('main').getByText('Test app').count()).toBe(1)
    expect(await onDevice(page).isVisible()).toBe(true)
    await agree(page)
    await expectCode(page)
  })

  test('warns of no program at an address of the internet, and other screens have no such note', async () => {
    const { page, username } = await openStranger({ redirect_uri: 'https://app.test/callback' })
    await strangerScreen(page, username)
    expect([await note(page).isVisible(), await onDevice(page).isVisible()]).toEqual([true, false])
    await shop.click(page, shop.requestOf(await shop.register()))
    await screen(page, username)
    expect(await note(page).isVisible()).toBe(false)
  })

  test('says of a scheme that looks like a host that it is an app on this device', async () => {
    const { page, username } = await openStranger()
    await strangerScreen(page, username)
    await answer(page, {
      next: 'screen',
      user: { sub: 'a', username },
      client: { id: APP_URL, name: HOST, host: HOST, place: 'accounts.google.com', device: 'scheme' },
      scopes: [],
    })
    await page.reload()
    await strangerScreen(page, username)
    expect([await textOf(page, '#to-scheme'), await page.locator('#to-place').isVisible()]).toEqual([
      `You go on to an app on this device (accounts.google.com). ${HOST} can then:`,
      false,
    ])
    expect(await onDevice(page).isVisible()).toBe(true)
  })

  test('names the host at a sign-in too', async () => {
    const { page, username } = await openStranger({ prompt: 'login' })
    await heading(page, `Sign in to continue to ${HOST}`).waitFor()
    await signInHere(page, username)
    await strangerScreen(page, username)
    await press(page, 'Use another account', `Sign in to continue to ${HOST}`)
  })

  test('leads nowhere by "Cancel", until its user has allowed the app', async () => {
    const { page, username } = await openStranger()
    await strangerScreen(page, username)
    const request = page.url()
    await press(page, 'Cancel', 'You have cancelled')
    expect(page.url()).toBe(request)
    await page.reload()
    await strangerScreen(page, username)
    await agree(page)
    await page.goto(shop.pageOf(request))
    await page.getByRole('link', { name: 'Sign in' }).click()
    await strangerScreen(page, username)
    await press(page, 'Cancel')
    expect((await arrival(page)).get('error')).toBe('access_denied')
  })
})

describe('an error of an app that is not registered', () => {
  test('is shown, and its link leads to the app by a click after a second', async () => {
    const { page } = await openStranger()
    await page.goto(shop.pageOf(shop.requestOf(APP_URL, { scope: 'unknown' }), 'cover'))
    await pauseClock(page)
    await page.mouse.click(180, 300)
    await heading(page, CANNOT).waitFor()
    expect(await textOf(page, '#refused')).toContain(
      `${HOST} sent a request that this service does not accept.`,
    )
    const link = page.getByRole('link', { name: `Go to ${new URL(shop.origin).host}` })
    const { x = 0, y = 0 } = Object(await link.boundingBox())
    await page.clock.runFor(900)
    await page.mouse.click(x + 5, y + 5)
    await page.clock.runFor(999)
    expect(new URL(page.url()).origin).toBe(serviceUrl())
    await page.clock.runFor(1)
    await page.mouse.click(x + 5, y + 5)
    expect((await arrival(page)).get('error')).toBe('invalid_scope')
  })

  test('leads to an app that the user has allowed', async () => {
    const { page } = await openStranger()
    await agree(page)
    await shop.click(page, shop.requestOf(APP_URL, { prompt: 'none' }))
    expect((await arrival(page)).get('error')).toBe('interaction_required')
  })

  test('of prompt=none shows the same to every visitor', async () => {
    const { page } = await openStranger({ prompt: 'none' })
    const texts: string[] = []
    for (const visitor of [page, await shop.open()]) {
      await shop.click(visitor, shop.requestOf(APP_URL, { prompt: 'none' }))
      await heading(visitor, CANNOT).waitFor()
      texts.push(await textOf(visitor, 'main > section:not([hidden])'))
    }
    expect(texts[0]).toBe(texts[1])
  })
})

test.each(LOOKS)('the pages fit and are accessible at $width pixels, $colorScheme', async (look) => {
  const { page, username } = await openStranger({}, look)
  const take = (state: string) => inspect(page, `authorize-${state}-${look.width}-${look.colorScheme}`)
  await strangerScreen(page, username)
  await page.getByRole('button', { name: 'Continue', disabled: false }).waitFor()
  await take('unregistered')
  await press(page, 'Cancel', 'You have cancelled')
  await take('cancelled')
  await shop.click(page, shop.requestOf(APP_URL, { response_type: 'token' }))
  await heading(page, CANNOT).waitFor()
  await take('refused')
})

/** Opens the page by a click on the link of the app, in the browser of a new user. */
async function openStranger(changes: Changes = {}, options: Parameters<typeof open>[1] = {}) {
  const username = await addUser()
  const page = await shop.open(options)
  await begin(page, username)
  await shop.click(page, shop.requestOf(APP_URL, changes))
  return { page, username }
}

const strangerScreen = (page: Page, username: string) =>
  heading(page, `Continue as ${username} to ${HOST}`).waitFor()

const textOf = async (page: Page, selector: string) =>
  String(await page.locator(selector).textContent())
    .replace(/\s+/g, ' ')
    .trim()
