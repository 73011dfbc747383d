import type { Page } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { code, newName, nextMail, serviceUrl } from './accounts.ts'
import { alert, heading, open, press, useBrowser } from './browser.ts'
import { expectNoCode } from './identity-provider.ts'
import { startApple, startGitHub } from './stand-ins.ts'

const QUESTION = 'Do you have an account?'

useBrowser()

let apple: Awaited<ReturnType<typeof startApple>>
let gitHub: Awaited<ReturnType<typeof startGitHub>>
beforeAll(async () => {
  apple = await startApple()
  gitHub = await startGitHub()
})

test('a form that Apple posts from its site, without cookies, signs in', async () => {
  const { name } = newName()
  apple.user.email = `${name}@privaterelay.appleid.com`
  const page = await openSignin(apple)
  const posts = postsTo(page, `/signin/${apple.id}`)
  const sent = postsTo(page, '/login/provider')
  await continueWith(page, apple)
  await heading(page, QUESTION).waitFor()
  await page.getByText(`You come from ${apple.name} as ${apple.user.email}.`).waitFor()
  await expectNoCode(page)
  expect(await page.content()).not.toContain('Lovelace')
  await nameField(page).fill(name)
  await press(page, `Create an account for ${apple.user.email}`, `Signed in as ${name}`)

  await press(page, 'Sign out', 'Sign in')
  await continueWith(page, apple)
  await heading(page, `Signed in as ${name}`).waitFor()
  await expectNoCode(page)
  expect(await cookieNames(page)).toEqual(['__Host-refresh', '__Host-try'])
  await expect.poll(() => [posts.length, sent.length]).toEqual([2, 2])
  expect(posts.map(({ body }) => [...new URLSearchParams(body).keys()])).toEqual(
    Array(2).fill(['code', 'state', 'user']),
  )
  for (const { headers } of posts) {
    expect(headers).toMatchObject({ origin: apple.origin, 'sec-fetch-site': 'cross-site' })
    expect(headers).not.toHaveProperty('cookie')
  }
  for (const { headers, body } of sent) {
    expect(headers.cookie).toContain('__Host-try=')
    expect([...new URLSearchParams(JSON.parse(body).query).keys()]).toEqual(['code', 'state'])
  }
})

test('a user of GitHub is the numeric id, and the address is only suggested', async () => {
  const { name, address } = newName()
  Object.assign(gitHub.user, { login: name, email: address })
  const page = await openSignin(gitHub)
  await continueWith(page, gitHub)
  await heading(page, QUESTION).waitFor()
  await page.getByText(`You come from ${gitHub.name} as ${name}.`).waitFor()
  await expectNoCode(page)
  expect(await page.getByLabel('E-mail address', { exact: true }).inputValue()).toBe(address)
  await press(page, 'Send mail')
  await code(page)
    .filter({ visible: true })
    .fill((await nextMail(address)).code)
  await nameField(page).fill(name)
  await press(page, `Create an account for ${name}`, `Signed in as ${name}`)

  // The user gives the login and the address to another one.
  const former = { ...gitHub.user }
  Object.assign(gitHub.user, { login: `${name}-new`, email: `new-${address}` })
  const second = await openSignin(gitHub)
  await continueWith(second, gitHub)
  await heading(second, `Signed in as ${name}`).waitFor()
  await expectNoCode(second)
  Object.assign(gitHub.user, { ...former, id: former.id + 1 })
  const other = await openSignin(gitHub)
  await continueWith(other, gitHub)
  await heading(other, QUESTION).waitFor()
})

test.each([
  ['bad_verification_code', 'The sign-in at the provider was not completed. Start again.'],
  ['incorrect_client_credentials', 'does not respond. Try again shortly, or sign in in another way.'],
])('%s of GitHub, with status 200, is shown as what it is', async (error, text) => {
  gitHub.fault.error = error
  const page = await openSignin(gitHub)
  await continueWith(page, gitHub)
  await alert(page, text)
  await expectNoCode(page)
  gitHub.fault.error = ''
})

const openSignin = ({ origin }: { origin: string }) => open(`${serviceUrl()}/signin`, { origins: [origin] })

/** Presses the button of a provider, and signs in on its page. */
async function continueWith(page: Page, { name }: { name: string }): Promise<void> {
  await press(page, `Continue with ${name}`, name.replace(/ .*/, ''))
  await press(page, 'Continue')
}

/** Notes the requests with a body that a tab sends to a path of the service. */
function postsTo(page: Page, path: string) {
  const posts: { headers: Record<string, string>; body: string }[] = []
  page.on('requestfinished', async (request) => {
    if (request.method() !== 'POST' || request.url() !== serviceUrl() + path) return
    posts.push({ headers: await request.allHeaders(), body: request.postData() ?? '' })
  })
  return posts
}

const cookieNames = async (page: Page) =>
  (await page.context().cookies(serviceUrl())).map(({ name }) => name).toSorted()

const nameField = (page: Page) => page.getByLabel('Username or e-mail address').filter({ visible: true })
