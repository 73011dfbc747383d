import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { handler as signin } from '../../functions/pages/federation/signin.ts'
import { PROVIDER_REFUSALS } from '../../lib/federation/refusals.ts'
import { lambdaContext, sampleEvent } from '../support/http/lambda.ts'
import { code, newName, nextMail, openAccount, PASSWORD, register, serviceUrl } from './accounts.ts'
import { addAuthenticator } from './authenticator.ts'
import { alert, expectFocus, heading, inspect, open, press, signIn, useBrowser } from './browser.ts'
import { addPasskey, saveCodes } from './factors.ts'
import {
  expectNoCode,
  type IdentityProvider,
  MAIL_DOMAIN,
  respondAt,
  signInAt,
  startIdentityProvider,
  stopResponse,
} from './identity-provider.ts'
import { agree, arrival, startShop } from './shop.ts'

const QUESTION = 'Do you have an account?'
const FOREIGN = PROVIDER_REFUSALS.foreign

useBrowser()

let provider: IdentityProvider
beforeAll(async () => {
  provider = await startIdentityProvider()
})

test('a new account is created by a click, and the next sign-in asks for nothing', async () => {
  const { name, address } = newAddress()
  const page = await openSignin()
  await signInAt(page, provider, address)
  await heading(page, QUESTION).waitFor()
  await page.getByText(`You come from ${provider.name} as ${address}.`).waitFor()
  await expectFocus(page, 'identity-title')
  await nameField(page).fill(name)
  await press(page, `Create an account for ${address}`, `Signed in as ${name}`)
  await expectNoCode(page)

  const other = await openSignin()
  await signInAt(other, provider, address)
  await heading(other, `Signed in as ${name}`).waitFor()
  await expectNoCode(other)
})

test('nothing is created before the click, and an account that is there is named', async () => {
  const { address } = newAddress()
  const { name } = await register()
  const page = await openSignin()
  for (const isFirst of [true, false]) {
    await page.getByRole('button', { name: `Continue with ${provider.name}` }).click()
    // The second time, the provider knows its user.
    if (isFirst) await respondAt(page, address)
    await heading(page, QUESTION).waitFor()
    await press(page, 'I have an account', 'Sign in')
    await status(page, `Sign in with your account. Then add ${provider.name} on your account page.`)
  }
  await signIn(page, name, PASSWORD)
  await heading(page, `Signed in as ${name}`).waitFor()
})

test('an address that the provider has not proven needs the code of our mail', async () => {
  const { name, address } = newName()
  const page = await openSignin()
  await signInAt(page, provider, address)
  await heading(page, QUESTION).waitFor()
  const field = page.getByLabel('E-mail address', { exact: true })
  expect(await field.inputValue()).toBe(address)
  await inspect(page, 'federation-address')
  await press(page, 'Send mail')
  await code(page)
    .filter({ visible: true })
    .fill((await nextMail(address)).code)
  await nameField(page).fill(name)
  await inspect(page, 'federation-code')
  await press(page, `Create an account for ${address}`, `Signed in as ${name}`)
})

test('without mails, the page says what is possible in place of a form for an address', async () => {
  const { address } = newName()
  const page = await openSignin()
  await page.route(
    ({ pathname }) => pathname.endsWith('/signin'),
    async (route) => {
      const response = await route.fetch()
      const html = await response.text()
      const part = questionIn(await pageWithoutMails())
      await route.fulfill({ response, body: html.replace(questionIn(html), () => part) })
    },
  )
  await signInAt(page, provider, address)
  await heading(page, QUESTION).waitFor()
  await page.locator('#identity-address', { hasText: 'this service sends no mails.' }).waitFor()
  expect(await page.locator('#identity').getByRole('textbox').count()).toBe(0)
  await press(page, 'I have an account', 'Sign in')
})

test('?provider= moves the focus to the button, and begins nothing', async () => {
  const page = await openSignin(`?provider=${provider.id}`)
  await expect
    .poll(() => page.evaluate('document.activeElement.textContent'))
    .toBe(`Continue with ${provider.name}`)
  await inspect(page, 'federation-signin')
  expect(page.url()).toBe(`${serviceUrl()}/signin?provider=${provider.id}`)
})

test('without storage the button says what is missing', async () => {
  const page = await openSignin()
  await page.evaluate('Storage.prototype.setItem = () => { throw new Error() }')
  await page.getByRole('button', { name: `Continue with ${provider.name}` }).click()
  await alert(page, 'Your browser allows this page no storage')
  expect(page.url()).toBe(`${serviceUrl()}/signin`)
})

test('the page opens no address of a provider that is neither https nor on this machine', async () => {
  const page = await openSignin()
  const json = { authorizationUrl: 'http://provider.example/auth?state=a' }
  await page.route('**/login/provider/options', (route) => route.fulfill({ json }))
  await page.getByRole('button', { name: `Continue with ${provider.name}` }).click()
  await alert(page, 'This page may not open the address of the provider.')
})

test('two tabs of a browser can each complete', async () => {
  const { name, address } = newAddress()
  await createAccount(name, address)
  const page = await openSignin()
  const tab = await page.context().newPage()
  await tab.goto(`${serviceUrl()}/signin`)
  for (const one of [page, tab]) {
    await one.getByRole('button', { name: `Continue with ${provider.name}` }).click()
    await heading(one, 'Provider').waitFor()
  }
  for (const one of [page, tab]) {
    await respondAt(one, address)
    await heading(one, `Signed in as ${name}`).waitFor()
    await expectNoCode(one)
  }
})

describe('a response is refused', () => {
  test('if the user cancels, and the sign-in stays', async () => {
    const page = await openSignin()
    await signInAt(page, provider, '')
    await alert(page, `You cancelled the sign-in at ${provider.name}.`)
    await expectNoCode(page)
    await heading(page, 'Sign in').waitFor()
  })

  test('in another browser', async () => {
    const page = await openSignin()
    const stopped = await stopResponse(page, provider, newAddress().address)
    const other = await open(stopped, { origins: [provider.origin] })
    await alert(other, FOREIGN)
    await expectNoCode(other)
  })

  test('the second time', async () => {
    const { name, address } = newAddress()
    await createAccount(name, address)
    const page = await openSignin()
    const stopped = await stopResponse(page, provider, address)
    for (const refused of [false, true]) {
      await page.goto(stopped)
      if (refused) await alert(page, 'was not completed. Start again.')
      else await heading(page, `Signed in as ${name}`).waitFor()
    }
  })

  test('after the provider was disabled', async () => {
    const other = await startIdentityProvider()
    const page = await open(`${serviceUrl()}/signin`, { origins: [other.origin] })
    await page.getByRole('button', { name: `Continue with ${other.name}` }).click()
    await heading(page, 'Provider').waitFor()
    await other.disable()
    await respondAt(page, newAddress().address)
    await alert(page, 'The sign-in at the provider was not completed. Start again.')
  })

  test.each(['down', 'silent'] as const)(
    'within 4 seconds if the provider is %s, and password and passkey sign in',
    async (how) => {
      const { name } = await register()
      const page = await openAccount(name, { origins: [provider.origin] })
      await addAuthenticator(page)
      await addPasskey(page)
      await saveCodes(page)
      await page.goto(`${serviceUrl()}/signin`)
      await press(page, 'Sign out', 'Sign in')
      await press(page, `Continue with ${provider.name}`, 'Provider')
      provider.behave(how)
      onTestFinished(() => provider.behave('normal'))
      let beganAtMs = 0
      page.on('request', (request) => {
        if (request.url().endsWith('/login/provider')) beganAtMs = Date.now()
      })
      await respondAt(page, newAddress().address)
      await alert(page, `${provider.name} does not respond. Try again shortly, or sign in in another way.`)
      expect(Date.now() - beganAtMs).toBeLessThan(4_000)
      await signIn(page, 'user')
      await heading(page, 'Signed in as user').waitFor()
      await press(page, 'Sign out', 'Sign in')
      await press(page, 'Sign in with a passkey', `Signed in as ${name}`)
    },
  )
})

test('what waits for a decision goes when another user signs in', async () => {
  const { name } = await register()
  const page = await openSignin()
  await signInAt(page, provider, newAddress().address)
  await heading(page, QUESTION).waitFor()
  const tab = await page.context().newPage()
  await tab.goto(`${serviceUrl()}/signin`)
  await signIn(tab, name, PASSWORD)
  await heading(page, `Signed in as ${name}`).waitFor()
  expect(await page.getByRole('button', { name: 'Create an account' }).count()).toBe(0)
})

test('an app gets its code after a sign-in by a provider, with a new account too', async () => {
  const shop = await startShop()
  const { name, address } = newAddress()
  const page = await shop.open({ origins: [serviceUrl(), provider.origin] })
  await shop.click(page, shop.requestOf(await shop.register()))
  await heading(page, 'Sign in to continue to Shop').waitFor()
  await signInAt(page, provider, address)
  await heading(page, QUESTION).waitFor()
  await nameField(page).fill(name)
  await press(page, `Create an account for ${address}`, `Continue as ${name} to Shop`)
  await agree(page)
  expect((await arrival(page)).get('code')).toMatch(/./)

  await shop.click(page, shop.requestOf(await shop.register(), { prompt: 'login' }))
  await heading(page, 'Sign in to continue to Shop').waitFor()
  await signInAt(page, provider, address)
  await heading(page, `Continue as ${name} to Shop`).waitFor()
})

/** Returns the sign-in page of a service that sends no mails. */
async function pageWithoutMails(): Promise<string> {
  const settings = { MAILER: '', REGISTRATION: 'open', OAUTH: 'on', SERVICE_NAME: 'A service', DEMO: 'off' }
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value)
  onTestFinished(() => {
    vi.unstubAllEnvs()
  })
  return String((await signin(sampleEvent('signin'), lambdaContext())).body)
}

/** Returns the part of a sign-in page that asks for a decision. */
const questionIn = (html: string) => String(/<template id="identity-template">.*?<\/template>/s.exec(html))

const newAddress = () => {
  const { name } = newName()
  return { name, address: `${name}@${MAIL_DOMAIN}` }
}

const openSignin = (query = '') => open(`${serviceUrl()}/signin${query}`, { origins: [provider.origin] })

const status = (page: Page, text: string) => page.getByRole('status').filter({ hasText: text }).waitFor()

async function createAccount(name: string, address: string): Promise<void> {
  const page = await openSignin()
  await signInAt(page, provider, address)
  await heading(page, QUESTION).waitFor()
  await nameField(page).fill(name)
  await press(page, `Create an account for ${address}`, `Signed in as ${name}`)
}

/** The field for the name of a new account. That of the sign-in is hidden then. */
const nameField = (page: Page) => page.getByLabel('Username or e-mail address').filter({ visible: true })
