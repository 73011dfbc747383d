import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startServer } from '../verifiers/programs.ts'
import { serviceUrl } from './accounts.ts'
import { heading, open, useBrowser } from './browser.ts'
import { addUser, CODE_FROM_ANOTHER_SITE, cookiesOf, signInTo, signOutAt } from './shop.ts'

// Apache with mod_auth_openidc signs users in, as the demo client `demo-web` at another site than that of the service.

const APACHE = '/usr/sbin/apache2'
const MODULES = '/usr/lib/apache2/modules'
const NEEDED = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'dir', 'mime', 'auth_openidc']
const INSTALL = 'This test needs: apt-get install libapache2-mod-auth-openidc.'
const isInstalled = existsSync(APACHE) && existsSync(`${MODULES}/mod_auth_openidc.so`)

/** A user and group without rights. Apache refuses to serve as root. */
const ID_WITHOUT_RIGHTS = 65_534
const unprivileged =
  process.getuid?.() === 0
    ? ['setpriv', `--reuid=${ID_WITHOUT_RIGHTS}`, `--regid=${ID_WITHOUT_RIGHTS}`, '--clear-groups']
    : []

const folder = mkdtempSync(join(tmpdir(), 'apache-'))

let url: string
beforeAll(async () => {
  if (!isInstalled) {
    if (process.env.CI) throw new Error(INSTALL)
    return console.warn(INSTALL)
  }
  const pages = join(folder, 'pages')
  mkdirSync(pages)
  writeFileSync(join(pages, 'index.html'), pageOf('Home'))
  writeFileSync(join(pages, 'members.html'), pageOf('Members'))
  if (unprivileged.length > 0) chownSync(folder, ID_WITHOUT_RIGHTS, ID_WITHOUT_RIGHTS)
  const server = await startServer('env', (port) => {
    writeFileSync(join(folder, 'httpd.conf'), configOf(port))
    // One process in the foreground, so nothing is left when it is stopped.
    return [...unprivileged, APACHE, '-X', '-d', folder, '-f', 'httpd.conf']
  })
  stop = server.stop
  url = `http://127.0.0.1:${server.port}`
})
beforeEach(({ skip }) => skip(!isInstalled, INSTALL))
afterAll(() => {
  stop()
  rmSync(folder, { recursive: true })
})
useBrowser()

interface Info {
  access_token: string
  refresh_token: string
  id_token: { aud: string; sub: string }
  userinfo: object
}

test('mod_auth_openidc signs in, reads userinfo, and refreshes', async () => {
  const { page, username } = await openSignedIn()
  const first = await infoOf(page)
  const { sub } = first.id_token
  expect(first).toMatchObject({
    id_token: { iss: serviceUrl(), aud: 'demo-web', acr: 'aal1' },
    userinfo: { sub, preferred_username: username },
  })
  expect(String(await refresh(page, first))).toBe(`${url}/members.html`)
  const next = await infoOf(page)
  expect(next.access_token).not.toBe(first.access_token)
  expect(next.refresh_token).toBe(first.refresh_token)
  expect(next.userinfo).toEqual(first.userinfo)
})

test('mod_auth_openidc signs in without a screen, while the session of the service lasts', async () => {
  const { page } = await openSignedIn()
  await page.context().clearCookies({ domain: '127.0.0.1' })
  await page.goto(url)
  const cookies = cookiesOf(page)
  await page.getByRole('link', { name: 'Members' }).click()
  await heading(page, 'Members').waitFor()
  await expect.poll(() => cookies).toEqual(CODE_FROM_ANOTHER_SITE)
})

test('mod_auth_openidc gets no token after the user has signed out at the service', async () => {
  const { page } = await openSignedIn()
  const info = await infoOf(page)
  await signOutAt(serviceUrl(), page)
  expect((await refresh(page, info)).searchParams.get('error_code')).toBe('refresh_failed')
  expect(readFileSync(join(folder, 'error.log'), 'utf8')).toContain('invalid_grant')
})

const configOf = (port: number) => `
${NEEDED.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`).join('\n')}
Listen 127.0.0.1:${port}
ServerName 127.0.0.1
DefaultRuntimeDir ${folder}
PidFile ${folder}/pid
ErrorLog ${folder}/error.log
TypesConfig /dev/null
AddType text/html .html
DocumentRoot ${folder}/pages
OIDCProviderMetadataURL ${serviceUrl()}/.well-known/openid-configuration
OIDCClientID demo-web
OIDCClientSecret demo-web
OIDCRedirectURI http://127.0.0.1:${port}/callback
OIDCCryptoPassphrase ${randomBytes(16).toString('hex')}
OIDCScope "openid profile"
OIDCPKCEMethod S256
OIDCRemoteUserClaim preferred_username
OIDCInfoHook access_token id_token userinfo refresh_token
<LocationMatch ^/(members|callback)>
  AuthType openid-connect
  Require valid-user
</LocationMatch>
`

const pageOf = (title: string) =>
  `<!doctype html><link rel="icon" href="data:,"><h1>${title}</h1><a href="/members.html">Members</a>`

let stop = () => {}

/** Opens the site, and signs a new user in. */
async function openSignedIn() {
  const username = await addUser()
  const page = await open(url, { origins: [serviceUrl()] })
  await page.getByRole('link', { name: 'Members' }).click()
  await signInTo(page, username, 'Demo shop')
  await heading(page, 'Members').waitFor()
  return { page, username }
}

/** Returns what the module knows of the user. */
async function infoOf(page: Page): Promise<Info> {
  return JSON.parse((await (await page.goto(`${url}/callback?info=json`))?.text()) ?? '')
}

/** Lets the module refresh the access token. @returns Where it leads. */
async function refresh(page: Page, { access_token }: Info): Promise<URL> {
  const query = new URLSearchParams({ refresh: `${url}/members.html`, access_token })
  await page.goto(`${url}/callback?${query}`)
  return new URL(page.url())
}
