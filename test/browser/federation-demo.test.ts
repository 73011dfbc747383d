import { expect, test } from 'vitest'
import { useLocalService } from '../support/process/local-service.ts'
import { code, newName, nextMail, serviceUrl } from './accounts.ts'
import { addAuthenticator } from './authenticator.ts'
import { heading, inspect, open, press, useBrowser } from './browser.ts'
import { createIdentity, originOfDemo, signInAtDemo } from './demo-provider.ts'
import { pressIn, saveCodes } from './factors.ts'

useBrowser()

test.each([
  ['an address that it proves', 'demo.example'],
  ['an address elsewhere', 'example.org'],
])('the provider of npm start signs in with %s, without the internet', async (_what, domain) => {
  const { name } = newName()
  const address = `${name}@${domain}`
  const page = await open(`${serviceUrl()}/signin`, { origins: [await originOfDemo()] })
  await press(page, 'Continue with Demo', 'Sign in at Demo')
  await inspect(page, `federation-demo-${domain}`)
  await page.getByLabel('Name').fill(domain === 'demo.example' ? name : address)
  await press(page, 'Continue', 'Do you have an account?')
  if (domain !== 'demo.example') {
    await press(page, 'Send mail')
    await code(page)
      .filter({ visible: true })
      .fill((await nextMail(address)).code)
  }
  await page.getByLabel('Username or e-mail address').filter({ visible: true }).fill(name)
  await press(page, `Create an account for ${address}`, `Signed in as ${name}`)
})

test('a user who cancels at the provider of npm start is back at the sign-in', async () => {
  const page = await open(`${serviceUrl()}/signin`, { origins: [await originOfDemo()] })
  await press(page, 'Continue with Demo', 'Sign in at Demo')
  await press(page, 'Cancel', 'Sign in')
  await page.getByText('You cancelled the sign-in at Demo.').waitFor()
  expect(page.url()).toBe(`${serviceUrl()}/signin`)
})

test('a new account that must have a second factor sets one up before it is signed in', async () => {
  const service = await useLocalService({ params: { requireSecondFactor: 'all' } })
  const { name } = newName()
  const origin = await originOfDemo(service.dynamoDbUrl)
  const page = await open(`${service.url}/signin`, { origins: [origin] })
  await addAuthenticator(page)
  await signInAtDemo(page, name)
  await createIdentity(page, name)
  await pressIn(page, 'Create a passkey')
  expect(await saveCodes(page)).toHaveLength(10)
  await heading(page, `Signed in as ${name}`).waitFor()
})
