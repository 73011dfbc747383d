import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { failedAt } from '../../../lib/federation/refusals.ts'
import { BUILD_MS, buildGo, hasPackage, hasPython, PYTHON, requireOrWarn } from '../../verifiers/programs.ts'
import { claimsOf, code, nextMail, serviceUrl } from '../accounts.ts'
import { alert, heading, open, press, useBrowser } from '../browser.ts'
import { arrival, startShop } from '../shop.ts'
import { type ProviderUser, programAt, startProvider } from './program.ts'

// Providers of others sign users in, each as it does by default. An operator adds them, and a user clicks at another site.

const INSTALL =
  'These tests need: apt-get install golang-go golang-github-zitadel-oidc-dev python3-django-oauth-toolkit'

interface Library {
  name: string
  isInstalled: boolean
  command(): [command: string, ...parameters: string[]]
  /** Path of the issuer. */
  path: string
  /** Whether its id_tokens have the address. Otherwise the user proves it by a mail. */
  namesAddress: boolean
  /** What a user is called before there is an account. */
  labelOf(user: ProviderUser): string
  logIn(page: Page, user: ProviderUser): Promise<void>
  /** Answers what the provider asks after each sign-in, if it asks. */
  agree(page: Page, answer?: 'Authorize' | 'Cancel'): Promise<void>
  /** Whether it has sessions. */
  remembers: boolean
}

const LIBRARIES: Library[] = [
  {
    name: 'zitadel/oidc',
    isInstalled: hasPackage('github.com/zitadel/oidc/example/server/exampleop'),
    command: () => [buildGo(programAt('zitadel_oidc.go'))],
    path: '',
    namesAddress: false,
    labelOf: ({ name }) => `…${name.slice(-6)}`,
    async logIn(page, { name, password }) {
      await page.getByLabel('Username:').fill(name)
      await page.getByLabel('Password:').fill(password)
      await page.getByRole('button', { name: 'Login' }).click()
    },
    async agree() {},
    remembers: false,
  },
  {
    name: 'django-oauth-toolkit',
    isInstalled: hasPython('oauth2_provider'),
    command: () => [PYTHON, programAt('django_oauth_toolkit.py')],
    path: '/o',
    namesAddress: true,
    labelOf: ({ address }) => address,
    async logIn(page, { name, password }) {
      await page.getByLabel('Username:').fill(name)
      await page.getByLabel('Password:').fill(password)
      await press(page, 'Log in')
    },
    async agree(page, answer = 'Authorize') {
      await page.getByRole('heading', { name: 'Authorize Service?' }).waitFor()
      await press(page, answer)
    },
    remembers: true,
  },
]

useBrowser()
beforeAll(() =>
  requireOrWarn(
    LIBRARIES.every(({ isInstalled }) => isInstalled),
    INSTALL,
  ),
)

describe.each(LIBRARIES)('$name', ({ isInstalled, command, path, ...library }) => {
  let provider: Awaited<ReturnType<typeof startProvider>>
  beforeAll(async () => {
    if (!isInstalled) return
    const [program, ...parameters] = command()
    provider = await startProvider(program, parameters, path)
  }, BUILD_MS)

  const openSignin = () => open(`${serviceUrl()}/signin`, { origins: [provider.origin] })

  async function signIn(page: Page, user: ProviderUser): Promise<void> {
    await provider.begin(page)
    await library.logIn(page, user)
    await library.agree(page)
  }

  /** Answers the question about an account with a new one, which has the name of the user at the provider. */
  async function createAccount(page: Page, user: ProviderUser): Promise<void> {
    const label = library.labelOf(user)
    await heading(page, 'Do you have an account?').waitFor()
    await page.getByText(`You come from ${provider.name} as ${label}.`).waitFor()
    if (!library.namesAddress) await proveAddress(page, user)
    await page.getByLabel('Username or e-mail address').filter({ visible: true }).fill(user.name)
    await press(page, `Create an account for ${label}`)
  }

  test.skipIf(!isInstalled)('signs a user in with a new account, and then with no question', async () => {
    const user = provider.nextUser()
    const page = await openSignin()
    await signIn(page, user)
    await createAccount(page, user)
    await heading(page, `Signed in as ${user.name}`).waitFor()

    const other = await openSignin()
    await signIn(other, user)
    await heading(other, `Signed in as ${user.name}`).waitFor()
    expect(await claimsOf(other)).toMatchObject({ amr: ['fed'], acr: 'aal1' })
  })

  test.skipIf(!isInstalled)('refuses a wrong secret, which the user is not blamed for', async () => {
    await provider.replaceSecret('a-wrong-secret')
    const page = await openSignin()
    await signIn(page, provider.nextUser())
    await alert(page, failedAt(provider.name))
    await provider.replaceSecret()
  })

  if (!library.remembers) return
  test.skipIf(!isInstalled)('is asked to sign its user in again, and does', async () => {
    const user = provider.nextUser()
    const shop = await startShop()
    const page = await shop.open({ origins: [serviceUrl(), provider.origin] })
    for (const prompt of [undefined, 'login']) {
      await shop.click(
        page,
        shop.requestOf(await shop.register({ firstParty: true, silent: true }), { prompt }),
      )
      await heading(page, 'Sign in to continue to Shop').waitFor()
      await signIn(page, user)
      if (prompt === undefined) await createAccount(page, user)
      expect((await arrival(page)).get('code')).toMatch(/./)
    }
  })

  test.skipIf(!isInstalled)('leads a user who cancels back to the sign-in', async () => {
    const page = await openSignin()
    await provider.begin(page)
    await library.logIn(page, provider.nextUser())
    await library.agree(page, 'Cancel')
    await alert(page, `You cancelled the sign-in at ${provider.name}.`)
    expect(page.url()).toBe(`${serviceUrl()}/signin`)
  })
})

async function proveAddress(page: Page, { address }: ProviderUser): Promise<void> {
  await page.getByLabel('E-mail address', { exact: true }).fill(address)
  await press(page, 'Send mail')
  await code(page)
    .filter({ visible: true })
    .fill((await nextMail(address)).code)
}
