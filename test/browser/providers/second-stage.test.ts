import { randomBytes } from 'node:crypto'
import type { Page } from 'playwright-core'
import { beforeAll, expect, inject, test } from 'vitest'
import { hashPassword, SALT_BYTES } from '../../../lib/passwords/hash.ts'
import { runProviders } from '../../federation/by-command.ts'
import { addByCommand } from '../../oauth/add-by-command.ts'
import { useLocalService } from '../../support/process/local-service.ts'
import { freePort } from '../../support/process/service.ts'
import { operator, tableAt } from '../../support/users/sessions.ts'
import { claimsOf, code, newName, nextMail, openAccount, PASSWORD, serviceUrl } from '../accounts.ts'
import { alert, heading, open, press, signIn, useBrowser } from '../browser.ts'
import { addApp, fillIn } from '../factors.ts'
import { arrival, nextSecond, startShop } from '../shop.ts'

// Another stage of this service signs users in, at another site: `http://127.0.0.1`.

const NAME = 'First stage'
const CLIENT = 'Second stage'

useBrowser()

let first: { url: string; dynamoDbUrl: string }
beforeAll(async () => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const { dynamoDbUrl } = await useLocalService({ params: { issuer: url }, port })
  first = { url, dynamoDbUrl }
  const redirectUri = `${serviceUrl()}/signin/first`
  const client = ['second', '--type', 'web', '--name', CLIENT, '--redirect-uri', redirectUri]
  const secret = await addByCommand(dynamoDbUrl, client)
  const provider = ['first', '--kind', 'oidc', '--client-id', 'second', '--issuer', url, '--name', NAME]
  await runProviders(inject('dynamoDbUrl'), ['add', ...provider], secret)
  return () => runProviders(inject('dynamoDbUrl'), ['remove', 'first', '--yes'])
})

test('a user of the first stage gets an account here, and then signs in with no question', async () => {
  const { name, address } = await addUser()
  const page = await openSignin()
  await signInAtFirst(page, name)
  await createAccount(page, name, address)
  await heading(page, `Signed in as ${name}`).waitFor()

  const other = await openSignin()
  await begin(other)
  await signIn(other, name, PASSWORD)
  await heading(other, `Signed in as ${name}`).waitFor()
})

test('two factors at the first stage are one factor here', async () => {
  const { name, address } = await addUser()
  const own = await openAccount(name, { origin: first.url })
  const { nextCode } = await addApp(own)
  const page = await openSignin()
  await begin(page)
  await signIn(page, name, PASSWORD)
  await fillIn(page, 'Code from your authenticator app', nextCode(), 'Continue')
  await agreeAtFirst(page, name)
  await createAccount(page, name, address)
  await heading(page, `Signed in as ${name}`).waitFor()
  expect(await claimsOf(page)).toMatchObject({ amr: ['fed'], acr: 'aal1' })
  await page.goto(`${first.url}/signin`)
  await heading(page, `Signed in as ${name}`).waitFor()
  expect(await claimsOf(page)).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], acr: 'aal2' })
})

test('an app that demands another sign-in leads to one at the first stage', async () => {
  const { name, address } = await addUser()
  const shop = await startShop()
  const page = await shop.open({ origins: [serviceUrl(), first.url] })
  for (const prompt of [undefined, 'login']) {
    const client = await shop.register({ firstParty: true, silent: true })
    await nextSecond()
    await shop.click(page, shop.requestOf(client, { prompt }))
    await heading(page, 'Sign in to continue to Shop').waitFor()
    await begin(page)
    await signIn(page, name, PASSWORD)
    if (prompt === undefined) {
      await agreeAtFirst(page, name)
      await createAccount(page, name, address)
    }
    expect((await arrival(page)).get('code')).toMatch(/./)
  }
})

test.each([
  ['without a change is used', () => {}, false],
  ['without the issuer is refused', (sent: URLSearchParams) => sent.delete('iss'), true],
  ['of another issuer is refused', (sent: URLSearchParams) => sent.set('iss', 'http://127.0.0.1:1'), true],
])('a response %s', async (_, change, isRefused) => {
  const { name } = await addUser()
  const page = await openSignin()
  await page.route('**/login/provider', (route) => {
    const body = route.request().postDataJSON()
    const sent = new URLSearchParams(body.query)
    expect(sent.get('iss')).toBe(first.url)
    change(sent)
    return route.continue({ postData: JSON.stringify({ ...body, query: sent.toString() }) })
  })
  await signInAtFirst(page, name)
  if (isRefused) await alert(page, 'The sign-in at the provider was not completed. Start again.')
  else await heading(page, 'Do you have an account?').waitFor()
})

const openSignin = () => open(`${serviceUrl()}/signin`, { origins: [first.url] })

/** Adds a user to the first stage. */
async function addUser(): Promise<{ name: string; address: string }> {
  const { name, address } = newName()
  const passwordHash = await hashPassword(PASSWORD, randomBytes(SALT_BYTES))
  await operator(tableAt(first.dynamoDbUrl)).add({ username: name, passwordHash })
  return { name, address }
}

const begin = (page: Page) => press(page, `Continue with ${NAME}`, `Sign in to continue to ${CLIENT}`)

/** Presses the button of the screen, which the first stage shows once for a user and a client. */
async function agreeAtFirst(page: Page, name: string): Promise<void> {
  await heading(page, `Continue as ${name} to ${CLIENT}`).waitFor()
  await press(page, 'Continue')
}

async function signInAtFirst(page: Page, name: string): Promise<void> {
  await begin(page)
  await signIn(page, name, PASSWORD)
  await agreeAtFirst(page, name)
}

/** Creates an account here. The id_token of the first stage has no address, so the user proves one by a mail. */
async function createAccount(page: Page, name: string, address: string): Promise<void> {
  await heading(page, 'Do you have an account?').waitFor()
  await page.getByLabel('E-mail address', { exact: true }).fill(address)
  await press(page, 'Send mail')
  await code(page)
    .filter({ visible: true })
    .fill((await nextMail(address)).code)
  await page.getByLabel('Username or e-mail address').filter({ visible: true }).fill(name)
  await page.getByRole('button', { name: 'Create an account for' }).click()
}
