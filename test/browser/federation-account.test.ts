import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { PROVIDER_REFUSALS } from '../../lib/federation/refusals.ts'
import {
  ACCOUNT,
  claimsOf,
  mails,
  newName,
  openAccount,
  PASSWORD,
  register,
  rows,
  serviceUrl,
  tokenOf,
} from './accounts.ts'
import { alert, heading, inspect, open, press, signIn, useBrowser } from './browser.ts'
import { addApp, confirmPassword, fillIn, pressIn } from './factors.ts'
import {
  type IdentityProvider,
  MAIL_DOMAIN,
  respondAt,
  signInAt,
  startIdentityProvider,
} from './identity-provider.ts'

useBrowser()

let provider: IdentityProvider
beforeAll(async () => {
  provider = await startIdentityProvider()
})

test('an identity is added on the account page, by the password under its label, and signs in', async () => {
  const { name, address } = await register()
  const identity = newIdentity()
  const page = await openOwn(name)
  await add(page, identity)
  await page.getByText(`${identity} at ${provider.name} then signs you in to this account.`).waitFor()
  await inspect(page, 'federation-add')
  await page.getByLabel('Current password').filter({ visible: true }).fill(PASSWORD)
  await press(page, `Add ${identity}`)
  await identities(page).filter({ hasText: identity }).waitFor()
  await inspect(page, 'federation-account')
  const subject = `${provider.name} was added to your account at serverless-jwt-auth`
  await expect
    .poll(async () => (await mails()).filter((mail) => mail.to === address))
    .toContainEqual(expect.objectContaining({ subject }))

  const other = await open(`${serviceUrl()}/signin`, { origins: [provider.origin] })
  await signInAt(other, provider, identity)
  await heading(other, `Signed in as ${name}`).waitFor()
})

test('a user with a second factor is asked for it after the provider', async () => {
  const { name } = await register()
  const identity = newIdentity()
  const page = await openOwn(name)
  await add(page, identity)
  await confirmPassword(page, `Add ${identity}`)
  await identities(page).filter({ hasText: identity }).waitFor()
  const { nextCode } = await addApp(page)

  const other = await open(`${serviceUrl()}/signin`, { origins: [provider.origin] })
  await signInAt(other, provider, identity)
  await pressIn(other, 'Cancel')
  await alert(other, 'You are not signed in: the second factor is missing.')
  await other.getByRole('button', { name: `Continue with ${provider.name}` }).click()
  await fillIn(other, 'Code from your authenticator app', nextCode(), 'Continue')
  await heading(other, `Signed in as ${name}`).waitFor()
  expect(await claimsOf(other)).toMatchObject({ amr: ['fed', 'otp', 'mfa'], acr: 'aal2' })
})

test('a wrong password adds nothing, and a cancelled dialog neither', async () => {
  const { name } = await register()
  const identity = newIdentity()
  const page = await openOwn(name)
  await add(page, identity)
  await page.getByLabel('Current password').filter({ visible: true }).fill('a wrong password')
  await press(page, `Add ${identity}`)
  await page.getByText('Incorrect password.').waitFor()
  await press(page, 'Cancel')
  await page.reload()
  await heading(page, ACCOUNT).waitFor()
  expect(await identities(page).count()).toBe(0)
})

test('an identity is removed by the password, and no longer signs in', async () => {
  const { name } = await register()
  const identity = newIdentity()
  const page = await openOwn(name)
  await add(page, identity)
  await page.getByLabel('Current password').filter({ visible: true }).fill(PASSWORD)
  await press(page, `Add ${identity}`)
  await identities(page).filter({ hasText: identity }).waitFor()
  await page.getByRole('button', { name: `Remove ${provider.name}: ${identity}` }).click()
  await page.getByLabel('Current password').filter({ visible: true }).fill(PASSWORD)
  await press(page, `Remove ${identity}`)
  await page.getByText(`${identity} at ${provider.name} was removed.`).first().waitFor()
  expect(await identities(page).count()).toBe(0)

  const other = await open(`${serviceUrl()}/signin`, { origins: [provider.origin] })
  await signInAt(other, provider, identity)
  await heading(other, 'Do you have an account?').waitFor()
})

test('a response for a link of another user adds nothing', async () => {
  const [ada, bob] = [await register(), await register()]
  const page = await openOwn(ada.name)
  await page.getByRole('button', { name: `Add ${provider.name}` }).click()
  await heading(page, 'Provider').waitFor()
  const tab = await page.context().newPage()
  await tab.goto(`${serviceUrl()}/signin`)
  await press(tab, 'Sign out', 'Sign in')
  await signIn(tab, bob.name, PASSWORD)
  await heading(tab, `Signed in as ${bob.name}`).waitFor()
  await respondAt(page, newIdentity())
  await heading(page, ACCOUNT).waitFor()
  await alert(page, PROVIDER_REFUSALS.foreign)
  expect(await identities(page).count()).toBe(0)
})

describe('nothing that another person left open is added by a later sign-in', () => {
  test.each([
    ['on the sign-in page', 'I have an account'],
    ['on the sign-in page, by a sign-in in another tab', undefined],
  ])('%s', async (_where, button) => {
    const { name } = await register()
    const identity = newIdentity()
    const page = await open(`${serviceUrl()}/signin`, { origins: [provider.origin] })
    await signInAt(page, provider, identity)
    await heading(page, 'Do you have an account?').waitFor()
    if (button) await press(page, button, 'Sign in')
    const tab = button ? page : await page.context().newPage()
    if (!button) await tab.goto(`${serviceUrl()}/signin`)
    await signIn(tab, name, PASSWORD)
    await heading(tab, `Signed in as ${name}`).waitFor()
    await heading(page, `Signed in as ${name}`).waitFor()
    await expectNothingAdded(page, identity)
  })

  test('on the account page, before the password', async () => {
    const { name } = await register()
    const identity = newIdentity()
    const page = await openOwn(name)
    await add(page, identity)
    const tab = await page.context().newPage()
    await tab.goto(`${serviceUrl()}/signin`)
    await press(tab, 'Sign out', 'Sign in')
    await heading(page, 'Sign in').waitFor()
    const sent: string[] = []
    page.on('request', (request) => sent.push(new URL(request.url()).pathname))
    await signIn(page, name, PASSWORD)
    await heading(page, ACCOUNT).waitFor()
    // The page sends a response as soon as the list is there.
    await page.getByRole('button', { name: `Add ${provider.name}` }).waitFor()
    expect(await page.getByRole('dialog').count()).toBe(0)
    expect(sent).toContain('/identities')
    expect(sent).not.toContain('/login/provider')
    await expectNothingAdded(page, identity)
  })

  test('in another browser, with a stolen access token', async () => {
    const [ada, eve] = [await register(), await register()]
    const identity = newIdentity()
    const stolen = await tokenOf(ada.name)
    const page = await openOwn(eve.name)
    const responding = page.waitForResponse('**/login/provider')
    await add(page, identity)
    const { identityToken } = await (await responding).json()
    const own = await fetch(`${serviceUrl()}/me`, { headers: { Authorization: `Bearer ${stolen}` } })
    expect(own.status).toBe(200)
    const link = { identityToken, currentPassword: PASSWORD }
    expect(await sendAs(page, stolen, 'identities', link)).toMatchObject({
      status: 401,
      error: 'identity_expired',
    })
    await page.context().clearCookies({ name: '__Host-refresh' })
    const begin = { provider: provider.id, purpose: 'link' }
    expect(await sendAs(page, stolen, 'login/provider/options', begin)).toMatchObject({ status: 401 })
    await expectNothingAdded(await openOwn(ada.name), identity)
  })
})

test('a user without a password may add a sign-in, and is led to the mail that chooses a password', async () => {
  const { name } = newName()
  const page = await open(`${serviceUrl()}/signin`, { origins: [provider.origin] })
  await signInAt(page, provider, newIdentity())
  await heading(page, 'Do you have an account?').waitFor()
  await page.getByLabel('Username or e-mail address').filter({ visible: true }).fill(name)
  await page.getByRole('button', { name: 'Create an account for' }).click()
  await heading(page, `Signed in as ${name}`).waitFor()
  await page.getByRole('link', { name: 'Your account' }).click()
  await page.getByRole('button', { name: `Add ${provider.name}` }).waitFor()
  await inspect(page, 'federation-passwordless')
  expect(await page.getByText('You have no password yet.').isVisible()).toBe(false)
  await page.getByRole('heading', { name: 'Choose a password' }).click()
  await page.getByRole('link', { name: 'Choose a password by a mail' }).click()
  await heading(page, 'Choose a new password').waitFor()
})

const newIdentity = () => `${newName().name}@${MAIL_DOMAIN}`

const openOwn = (name: string) => openAccount(name, { origins: [provider.origin] })

const identities = (page: Page) => page.locator('#identities li')

/** Adds an identity, up to the dialog that asks for the password. */
async function add(page: Page, identity: string): Promise<void> {
  await page.getByRole('button', { name: `Add ${provider.name}` }).click()
  await respondAt(page, identity)
  await heading(page, ACCOUNT).waitFor()
  await rows(page).first().waitFor()
  await page.getByRole('heading', { name: `Add ${provider.name}` }).waitFor()
  expect(page.url()).toBe(`${serviceUrl()}/account`)
}

/** Sends a request of a page of the service, with an access token. @returns The problem. */
const sendAs = (page: Page, token: string, path: string, body: object): Promise<object> =>
  page.evaluate(`fetch('${serviceUrl()}/${path}', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: 'Bearer ${token}' },
    body: ${JSON.stringify(JSON.stringify(body))},
  }).then((response) => response.json())`)

/** Expects that the user of a browser has no identity, and that no account has this one. */
async function expectNothingAdded(page: Page, identity: string): Promise<void> {
  const tab = await page.context().newPage()
  await tab.goto(`${serviceUrl()}/account`)
  await tab.getByRole('button', { name: `Add ${provider.name}` }).waitFor()
  expect(await identities(tab).count()).toBe(0)
  const other = await open(`${serviceUrl()}/signin`, { origins: [provider.origin] })
  await signInAt(other, provider, identity)
  await heading(other, 'Do you have an account?').waitFor()
}
