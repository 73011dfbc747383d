import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  ACCOUNT,
  mails,
  newName,
  nextMail,
  openAccount,
  PASSWORD,
  post,
  register,
  rows,
  serviceUrl,
} from './accounts.ts'
import { addAuthenticator, judgeRecorded, recordResponses } from './authenticator.ts'
import { alert, expectFocus, heading, inspect, LOOKS, open, press, signIn, useBrowser } from './browser.ts'
import {
  closeWhileBusy,
  dialog,
  faultIn,
  fillIn,
  pressIn,
  saveCodes,
  shownSecret,
  startApp,
} from './factors.ts'
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

const CODE = 'Code from the mail'
const INVALID = 'The link or code is invalid or expired.'
const LOST = /net::ERR_FAILED/
const MISSING = 'Nothing was changed: the confirmation is missing.'

test('a user without a password adds a passkey by a mail, and makes every other change with it', async () => {
  const { page, address } = await openFromProvider()
  const { credentials } = await addAuthenticator(page)
  await recordResponses(page)
  await press(page, 'Add a passkey')
  await dialog(page).getByText('Your device or phone then signs you in, without a mail.').waitFor()
  await fillIn(page, 'Name of the passkey', 'Laptop', 'Create the passkey')
  await dialog(page).getByText('To add a passkey, confirm that it is you.').waitFor()
  expect(await buttonsIn(page)).toEqual([`Send a code to ${address}`, 'Cancel'])
  await confirmByMail(page, address)
  expect(await saveCodes(page)).toHaveLength(10)
  await alert(page, 'The passkey was added.')
  expect(await credentials()).toHaveLength(1)
  await page.getByText('A change was confirmed by a code in a mail').waitFor()
  const mailed = (await codesFor(address)).length

  await press(page, 'Get new codes')
  await pressIn(page, 'Get new codes')
  await confirmByPasskey(page, 'To get new recovery codes, confirm that it is you.', address)
  expect(await saveCodes(page)).toHaveLength(10)
  await alert(page, 'You have new recovery codes.')
  await page.getByText('A change was confirmed with a passkey').first().waitFor()

  await press(page, 'Set up the authenticator app')
  await pressIn(page, 'Continue')
  await confirmByPasskey(page, 'To set up an authenticator app, confirm that it is you.', address)
  await dialog(page).getByRole('img', { name: 'QR code with the key' }).waitFor()
  await fillIn(page, 'Code from the app', startApp(await shownSecret(page))(), 'Confirm')
  await alert(page, 'The authenticator app is set up.')

  const moved = `moved-${address}`
  await page.getByText('Change e-mail address').click()
  expect(await page.locator('#email-password').isVisible()).toBe(false)
  await page.getByLabel('New e-mail address').fill(moved)
  await press(page, 'Send mail')
  await confirmByPasskey(page, 'To change your e-mail address, confirm that it is you.', address)
  await page.locator('#code').fill((await nextMail(moved)).code)
  await press(page, 'Confirm the address')
  await alert(page, `Mails go to ${moved} from now on.`)

  await press(page, `Remove ${provider.name}: ${address}`)
  await pressIn(page, `Remove ${address}`)
  await confirmByPasskey(page, 'To add or remove a sign-in with a provider, confirm that it is you.', moved)
  await page.getByText(`${address} at ${provider.name} was removed.`).first().waitFor()

  await press(page, 'Remove the passkey Laptop')
  await dialog(page).getByText('Without another factor, a sign-in needs no second step').waitFor()
  await pressIn(page, 'Remove')
  await confirmByPasskey(page, 'To remove a second factor, confirm that it is you.', moved)
  await alert(page, 'The passkey was removed.')
  expect((await codesFor(address)).length).toBe(mailed)
  expect(await codesFor(moved)).toEqual([])
})

test('other implementations agree with the service on each passkey that proves a change', async () => {
  expect(await judgeRecorded()).toEqual({ registrations: 1, signIns: 5, accepted: 6, refused: 0 })
})

test('a user without a password adds and removes a sign-in with a provider, and leaves, each by its mail', async () => {
  const { page, address } = await openPasswordless()
  const second = `${newName().name}@${MAIL_DOMAIN}`
  await press(page, `Add ${provider.name}`)
  await respondAt(page, second)
  await pressIn(page, `Add ${second}`)
  await confirmByMail(page, address)
  await page.getByText(`${second} at ${provider.name} was added.`).first().waitFor()
  await press(page, `Remove ${provider.name}: ${second}`)
  await pressIn(page, `Remove ${second}`)
  await confirmByMail(page, address)
  await page.getByText(`${second} at ${provider.name} was removed.`).first().waitFor()

  await page.getByText('Delete account').first().click()
  await press(page, 'Delete account')
  await dialog(page).getByText('To delete your account, confirm that it is you.').waitFor()
  await confirmByMail(page, address)
  await heading(page, 'Your account was deleted').waitFor()
  expect(await codesFor(address)).toHaveLength(3)
})

test('a user with an app and no passkey signs in again before a mail is sent', async () => {
  const { page, name, address } = await openFromProvider()
  await press(page, 'Set up the authenticator app')
  await pressIn(page, 'Continue')
  await confirmByMail(page, address)
  await dialog(page).getByRole('img', { name: 'QR code with the key' }).waitFor()
  const nextCode = startApp(await shownSecret(page))
  await fillIn(page, 'Code from the app', nextCode(), 'Confirm')
  await saveCodes(page)

  await press(page, 'Remove the authenticator app')
  await pressIn(page, 'Remove')
  await pressIn(page, `Send a code to ${address}`)
  await dialog(page).getByText('A code by mail needs a sign-in with it in the last 5 minutes.').waitFor()
  await inspect(page, 'mail-account-sign-in-again')
  expect(await codesFor(address)).toHaveLength(1)
  await pressIn(page, 'Sign in again')
  await signInAt(page, provider, address)
  await fillIn(page, 'Code from your authenticator app', nextCode(), 'Continue')
  await heading(page, ACCOUNT).waitFor()
  expect(page.url()).toBe(`${serviceUrl()}/account`)
  await press(page, 'Remove the authenticator app')
  await pressIn(page, 'Remove')
  await confirmByMail(page, address)
  await alert(page, 'The authenticator app was removed.')
  expect(await page.getByText(name, { exact: true }).count()).toBeGreaterThan(0)
})

describe('nothing is changed, and nothing is lost', () => {
  test('by a wrong code, a void code and a closed dialog', async () => {
    const { page, address } = await openPasswordless()
    await openDeletion(page)
    const code = await askForCode(page, address)
    await expectFocus(page, 'proof-code')
    await fillIn(page, CODE, '1', 'Confirm')
    await faultIn(page, CODE, /^Must be 8 digits\./)
    const wrong = code === '00000000' ? '11111111' : '00000000'
    for (let times = 0; times < 5; times += 1) {
      await fillIn(page, CODE, wrong, 'Confirm')
      await alert(dialog(page), INVALID)
    }
    await fillIn(page, CODE, code, 'Confirm')
    await alert(dialog(page), INVALID)
    await pressIn(page, 'Start again')
    await expectFocus(page, 'proof-mail')
    const second = await askForCode(page, address)
    await pressIn(page, 'Cancel')
    await alert(page, MISSING)
    await page.reload()
    await heading(page, ACCOUNT).waitFor()
    await openDeletion(page)
    const third = await askForCode(page, address)
    // The code of the mail before was for the dialog that is closed.
    if (second !== third) {
      await fillIn(page, CODE, second, 'Confirm')
      await alert(dialog(page), INVALID)
    }
    await fillIn(page, CODE, `${third.slice(0, 4)} ${third.slice(4)}`, 'Confirm')
    await heading(page, 'Your account was deleted').waitFor()
  })

  test('by a lost network at each step, and one code is enough', async () => {
    const { page, address } = await openPasswordless({ known: LOST })
    const lose = (path: string) => page.route(path, (route) => route.abort())
    await lose('**/proof/ways')
    await openDeletion(page, false)
    await alert(page, 'The service did not respond. Try again.')
    await page.unroute('**/proof/ways')
    await lose('**/proof/mail')
    await press(page, 'Delete account')
    await pressIn(page, `Send a code to ${address}`)
    await alert(dialog(page), 'The service did not respond. Try again.')
    await page.unroute('**/proof/mail')
    const code = await askForCode(page, address)
    await lose('**/proof/confirm')
    await fillIn(page, CODE, code, 'Confirm')
    await alert(dialog(page), 'The service did not respond. Try again.')
    await page.unroute('**/proof/confirm')
    await lose('**/me')
    await pressIn(page, 'Confirm')
    await alert(page, 'The service did not respond. Try again.')
    await page.unroute('**/me')
    await press(page, 'Delete account')
    await heading(page, 'Your account was deleted').waitFor()
    expect(await codesFor(address)).toHaveLength(1)
  })

  test('by a fault in another field, whose proof is still valid, and by a proof that was spent', async () => {
    const { page, address } = await openPasswordless({ known: LOST })
    const moved = `moved-${address}`
    await page.getByText('Change e-mail address').click()
    await page.getByLabel('New e-mail address').fill(`${'x'.repeat(65)}@example.org`)
    await press(page, 'Send mail')
    await confirmByMail(page, address)
    await expectFocus(page, 'new-email')
    await page.getByLabel('New e-mail address').fill(moved)
    // The service gets the request, and the page no response.
    await page.route('**/email', async (route) => {
      await route.fetch()
      await route.abort()
    })
    await press(page, 'Send mail')
    await alert(page, 'The service did not respond. Try again.')
    await page.unroute('**/email')
    await press(page, 'Send mail')
    await dialog(page).getByText('To change your e-mail address, confirm that it is you.').waitFor()
    await confirmByMail(page, address)
    await page.getByText(`We sent a mail to ${moved}.`).waitFor()
    expect(await codesFor(address)).toHaveLength(2)
  })

  test('by too many mails, and the dialog counts the seconds to wait', async () => {
    const { page, address } = await openPasswordless()
    await openDeletion(page)
    const detail = 'Too many requests. Try again later.'
    await page.route('**/proof/mail', (route) =>
      route.fulfill({
        status: 429,
        headers: { 'Retry-After': '61' },
        json: { title: 'Too Many Requests', detail },
      }),
    )
    await pressIn(page, `Send a code to ${address}`)
    await alert(dialog(page), detail)
    expect(await dialog(page).locator('.wait').filter({ visible: true }).textContent()).toMatch(
      /^Try again in 1:0[01]$/,
    )
    await inspect(page, 'mail-account-throttled')
    await page.unroute('**/proof/mail')
    await askForCode(page, address)
  })

  test('by Escape while the service responds', async () => {
    const { page, address } = await openPasswordless()
    await openDeletion(page)
    await closeWhileBusy(page, `Send a code to ${address}`, '**/proof/mail')
    await dialog(page).getByText(`We sent a mail to ${address}.`).waitFor()
  })

  test('by a code that another tab has made void with its change', async () => {
    const { page, address } = await openPasswordless()
    await openDeletion(page)
    const code = await askForCode(page, address)
    const tab = await page.context().newPage()
    await tab.goto(`${serviceUrl()}/account`)
    await heading(tab, ACCOUNT).waitFor()
    await addAuthenticator(tab)
    await press(tab, 'Add a passkey')
    await pressIn(tab, 'Create the passkey')
    await confirmByMail(tab, address)
    await saveCodes(tab)
    await alert(tab, 'The passkey was added.')
    await fillIn(page, CODE, code, 'Confirm')
    await alert(dialog(page), INVALID)
    await pressIn(page, 'Cancel')
    await alert(page, MISSING)
    await tab.reload()
    await heading(tab, ACCOUNT).waitFor()
  })

  test('by the code of one user, when another one has signed in in this browser', async () => {
    const [{ page, address }, bob] = [await openPasswordless(), await register()]
    await openDeletion(page)
    const code = await askForCode(page, address)
    await fillIn(page, CODE, code)
    const tab = await page.context().newPage()
    await tab.goto(`${serviceUrl()}/signin?again&next=account`)
    await signIn(tab, bob.name, PASSWORD)
    await heading(tab, ACCOUNT).waitFor()
    await page
      .getByText(`Another user has signed in in this browser. This is the account of ${bob.name}.`)
      .waitFor()
    expect(await page.locator('dialog[open]').count()).toBe(0)
    expect(await page.locator('#delete-password').getAttribute('required')).toBe('')
  })
})

test('a user with a password sees the page as before, and no request asks for another proof', async () => {
  const { name } = await register()
  const sent: string[] = []
  const page = await openAccount(name)
  page.on('request', (request) => sent.push(`${request.method()} ${new URL(request.url()).pathname}`))
  for (const text of [
    'With a second factor, your password alone does not sign anyone in.',
    'A passkey signs you in without a password: by your fingerprint, face or PIN.',
    'Was something not you, such as a correct password that no sign-in followed?',
    'Where you are signed in. End what you do not recognise, and change your password.',
  ])
    await page.getByText(text).waitFor()
  await page.getByText('Delete account').first().click()
  await page.locator('#delete-password').fill(PASSWORD)
  await press(page, 'Delete account')
  await heading(page, 'Your account was deleted').waitFor()
  expect(sent.filter((one) => one.includes('/proof'))).toEqual([])
})

test.each(LOOKS)(
  'the page and the dialog fit and are accessible at $width pixels, $colorScheme',
  async (look) => {
    const { page, address } = await openPasswordless(look)
    await page
      .getByText('You have no password. With one, you have one more way to sign in.')
      .waitFor({ state: 'attached' })
    await page.getByText('It needs no mail, so it also works when no mail comes.').waitFor()
    await page.goto(`${serviceUrl()}/account#change-password`)
    await page.getByRole('link', { name: 'Choose a password by a mail' }).waitFor()
    expect(await page.getByLabel('Current password').filter({ visible: true }).count()).toBe(0)
    const lookOf = `${look.width}-${look.colorScheme}`
    await inspect(page, `mail-account-${lookOf}`)
    await press(page, 'Set up the authenticator app')
    await inspect(page, `mail-account-change-${lookOf}`)
    await pressIn(page, 'Continue')
    await dialog(page).getByText('To set up an authenticator app, confirm that it is you.').waitFor()
    await inspect(page, `mail-account-ways-${lookOf}`)
    await askForCode(page, address)
    await inspect(page, `mail-account-code-${lookOf}`)
    await pressIn(page, 'Cancel')
    await pressIn(page, 'Cancel')
    await page.getByRole('link', { name: 'Choose a password by a mail' }).click()
    await heading(page, 'Choose a new password').waitFor()
  },
)

const buttonsIn = async (page: Page) =>
  await dialog(page).getByRole('button').filter({ visible: true }).allInnerTexts()

/** Opens /account of a new user without a password, whose account a request of the browser has created. */
async function openPasswordless(options: Parameters<typeof open>[1] = {}) {
  const { name, address } = newName()
  expect((await post('register', { email: address })).status).toBe(202)
  const token = (await nextMail(address)).link.replace(/.*=/, '')
  // It has no script.
  const page = await open(`${serviceUrl()}/openapi.json`, { ...options, origins: [provider.origin] })
  const body = JSON.stringify({ token, username: name, session: 'cookie' })
  expect(
    await page.evaluate(`fetch('register/confirm', {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: ${JSON.stringify(body)},
    }).then(({ status }) => status)`),
  ).toBe(200)
  await showAccount(page)
  return { page, name, address }
}

/** Opens /account of a new user, who has no password and came from the provider. */
async function openFromProvider() {
  const { name } = newName()
  const address = `${name}@${MAIL_DOMAIN}`
  const page = await open(`${serviceUrl()}/signin`, { origins: [provider.origin] })
  await signInAt(page, provider, address)
  await heading(page, 'Do you have an account?').waitFor()
  await page.getByLabel('Username or e-mail address').filter({ visible: true }).fill(name)
  await page.getByRole('button', { name: 'Create an account for' }).click()
  await heading(page, `Signed in as ${name}`).waitFor()
  await showAccount(page)
  return { page, name, address }
}

async function showAccount(page: Page): Promise<void> {
  await page.goto(`${serviceUrl()}/account`)
  await heading(page, ACCOUNT).waitFor()
  await rows(page).first().waitFor()
}

async function openDeletion(page: Page, opens = true): Promise<void> {
  await page.getByText('Delete account').first().click()
  await press(page, 'Delete account')
  if (opens) await dialog(page).getByText('To delete your account, confirm that it is you.').waitFor()
}

/** Confirms the change in the dialog on top. */
async function confirmByPasskey(page: Page, text: string, address: string): Promise<void> {
  await dialog(page).getByText(text).waitFor()
  expect(await buttonsIn(page)).toEqual(['Use a passkey', `Send a code to ${address}`, 'Cancel'])
  await expectFocus(page, 'proof-passkey')
  await pressIn(page, 'Use a passkey')
}

/** Returns the codes of the mails that confirm a change, the newest first. */
const codesFor = async (address: string) =>
  (await mails())
    .filter(({ to, subject }) => to === address && subject.startsWith('Confirm a change'))
    .map(({ text }) => String(/code: (\d{8})/.exec(text)?.[1]))

/** Asks for a code in the dialog on top. @returns The code. */
async function askForCode(page: Page, address: string): Promise<string> {
  const before = (await codesFor(address)).length
  await pressIn(page, `Send a code to ${address}`)
  await dialog(page).getByText(`We sent a mail to ${address}.`).waitFor()
  await expect.poll(async () => (await codesFor(address)).length).toBe(before + 1)
  return String((await codesFor(address))[0])
}

async function confirmByMail(page: Page, address: string): Promise<void> {
  await fillIn(page, CODE, await askForCode(page, address), 'Confirm')
}
