import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { PROVIDER_REFUSALS } from '../../lib/federation/refusals.ts'
import { newName, openAccount, register, serviceUrl } from './accounts.ts'
import { alert, heading, open, press, useBrowser } from './browser.ts'
import {
  expectNoCode,
  historyOf,
  type IdentityProvider,
  MAIL_DOMAIN,
  respondAt,
  signInAt,
  startIdentityProvider,
  stopResponse,
} from './identity-provider.ts'
import { back, startShop } from './shop.ts'
import { startApple } from './stand-ins.ts'

const QUESTION = 'Do you have an account?'

useBrowser()
const shop = await startShop()

let provider: IdentityProvider
let apple: Awaited<ReturnType<typeof startApple>>
beforeAll(async () => {
  provider = await startIdentityProvider()
  apple = await startApple()
})

test('back shows the sign-in page after a provider that shows no page', async () => {
  const { name, address } = newAddress()
  const page = await openSignin()
  await signInAt(page, provider, address)
  await createAccount(page, name)
  await press(page, 'Sign out', 'Sign in')
  const tab = await page.context().newPage()
  await tab.goto(`${serviceUrl()}/register`)
  await tab.goto(`${serviceUrl()}/signin`)
  await press(tab, `Continue with ${provider.name}`, `Signed in as ${name}`)
  await expectHistory(tab, ['/register', '/signin', '/signin'], 3)
  await back(tab)
  await heading(tab, `Signed in as ${name}`).waitFor()
  await expectHistory(tab, ['/register', '/signin', '/signin'], 2)
  await back(tab)
  await heading(tab, 'Create an account').waitFor()
})

test('back shows the page of a provider, whose second response is refused, and then the sign-in page', async () => {
  const { name } = newAddress()
  apple.user.email = `${name}@icloud.com`
  const page = await openSignin()
  await press(page, `Continue with ${apple.name}`, 'Apple')
  await press(page, 'Continue', QUESTION)
  await createAccount(page, name)
  const shown = ['/signin', `${apple.origin}/auth/authorize`, '/signin']
  await expectHistory(page, shown, 3)
  await back(page)
  await heading(page, 'Apple').waitFor()
  await expectHistory(page, shown, 2)
  await press(page, 'Continue', `Signed in as ${name}`)
  await alert(page, PROVIDER_REFUSALS.incomplete)
  await expectHistory(page, shown, 3)
  await expectNoCode(page)
  await back(page)
  await heading(page, 'Apple').waitFor()
  await back(page)
  await heading(page, `Signed in as ${name}`).waitFor()
  await expectHistory(page, shown, 1)
})

test('back from the page of a provider shows the sign-in page, which can begin again', async () => {
  const page = await openSignin()
  const responses = responsesOf(page)
  await press(page, `Continue with ${provider.name}`, 'Provider')
  await back(page)
  await heading(page, 'Sign in').waitFor()
  await signInAt(page, provider, newAddress().address)
  await heading(page, QUESTION).waitFor()
  expect(responses).toHaveLength(1)
})

test('what waits for a decision is not in the page that comes back from the cache', async () => {
  const page = await openSignin()
  const responses = responsesOf(page)
  await signInAt(page, provider, newAddress().address)
  await heading(page, QUESTION).waitFor()
  await page.evaluate('addEventListener("pagehide", ({ persisted }) => { sessionStorage.kept = persisted })')
  await page.goto(`${serviceUrl()}/register`)
  expect(await page.evaluate('sessionStorage.kept')).toBe('true')
  await back(page)
  await heading(page, 'Sign in').waitFor()
  expect(await page.getByRole('button', { name: 'Create an account' }).count()).toBe(0)
  expect(responses).toHaveLength(1)
})

test('an identity that waits for the password is not in the page that comes back from the cache', async () => {
  const { name } = await register()
  const page = await openAccount(name, { origins: [provider.origin] })
  const responses = responsesOf(page)
  await press(page, `Add ${provider.name}`)
  await respondAt(page, newAddress().address)
  await page.getByRole('heading', { name: `Add ${provider.name}` }).waitFor()
  await page.evaluate(`addEventListener('pagehide', ({ persisted }) => { sessionStorage.kept = persisted })
    addEventListener('pageshow', () => { sessionStorage.isShown = 'true' })`)
  await page.goto(`${serviceUrl()}/docs`)
  expect(await page.evaluate('sessionStorage.kept')).toBe('true')
  await back(page)
  await expect.poll(() => page.evaluate('sessionStorage.isShown').catch(() => {})).toBe('true')
  await page.getByRole('dialog').waitFor({ state: 'hidden' })
  await page.getByRole('button', { name: `Add ${provider.name}` }).waitFor()
  expect(await page.getByRole('dialog').count()).toBe(0)
  expect(responses).toHaveLength(1)
})

describe('in a frame', () => {
  /** Chromium reports the frame that it does not show. */
  const known = /frame-ancestors/

  test.each(['/signin', '/account', '/signin/apple', 'a response'])('%s is not shown', async (path) => {
    const page = await shop.open({ origins: [serviceUrl(), provider.origin], known })
    const url = path === 'a response' ? await responseUrl() : serviceUrl() + path
    const sent = responsesOf(page)
    const blocked = refusal(page)
    await page.goto(shop.pageOf(url, 'frame'))
    expect(await blocked).toEqual(['GET', url, 'net::ERR_BLOCKED_BY_RESPONSE'])
    expect(sent).toEqual([])
  })

  test('a form of Apple is not shown', async () => {
    const page = await shop.open({ origins: [serviceUrl()], known })
    const url = `${serviceUrl()}/signin/${apple.id}`
    await page.goto(shop.pageOf(`${url}?code=a&state=b`))
    await page.evaluate(`document.body.append(Object.assign(document.createElement('iframe'), { name: 'frame' }))
      document.forms[0].target = 'frame'`)
    const blocked = refusal(page)
    await press(page, 'Sign in by a form')
    expect(await blocked).toEqual(['POST', url, 'net::ERR_BLOCKED_BY_RESPONSE'])
  })

  test('a response stays unused, also in a browser that shows it', async () => {
    const page = await shop.open({ origins: [serviceUrl(), provider.origin] })
    const sent = responsesOf(page)
    await page.route(`**/signin/${provider.id}?*`, async (route) => {
      const response = await route.fetch()
      const { 'content-security-policy': _, ...headers } = response.headers()
      await route.fulfill({ response, headers })
    })
    await page.goto(shop.pageOf(await responseUrl(), 'frame'))
    const frame = page.frameLocator('iframe')
    await frame.getByText('This page does not work inside another page.').waitFor()
    expect(page.frames().map((one) => one.url())).toContain(`${serviceUrl()}/signin/${provider.id}`)
    expect(sent).toEqual([])
  })
})

/** Waits for a request that the browser ends. */
async function refusal(page: Page) {
  const request = await page.waitForEvent('requestfailed')
  return [request.method(), request.url(), request.failure()?.errorText]
}

const newAddress = () => {
  const { name } = newName()
  return { name, address: `${name}@${MAIL_DOMAIN}` }
}

const openSignin = () => open(`${serviceUrl()}/signin`, { origins: [provider.origin, apple.origin] })

async function createAccount(page: Page, name: string): Promise<void> {
  await heading(page, QUESTION).waitFor()
  await page.getByLabel('Username or e-mail address').filter({ visible: true }).fill(name)
  await page.getByRole('button', { name: 'Create an account for' }).click()
  await heading(page, `Signed in as ${name}`).waitFor()
}

/** Returns the URL of a response that no page has sent. */
async function responseUrl(): Promise<string> {
  return stopResponse(await openSignin(), provider, newAddress().address)
}

/** Notes the responses of providers that a tab sends to the service. */
function responsesOf(page: Page): string[] {
  const sent: string[] = []
  page.on('request', (request) => {
    if (request.url().endsWith('/login/provider')) sent.push(String(request.postData()))
  })
  return sent
}

/** Expects the entries of the history behind the first page, without queries, and which one is shown. */
async function expectHistory(page: Page, expected: string[], current: number): Promise<void> {
  const history = await historyOf(page)
  const urls = history.urls.slice(1).map((url) => url.replace(serviceUrl(), '').replace(/\?.*/, ''))
  expect({ urls, current: history.current }).toEqual({ urls: expected, current })
}
