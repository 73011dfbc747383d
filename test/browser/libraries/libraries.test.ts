import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BUILD_MS, buildGo, hasGo, hasPython, PYTHON, requireOrWarn } from '../../verifiers/programs.ts'
import { serviceUrl } from '../accounts.ts'
import { heading, useBrowser } from '../browser.ts'
import { addUser, signInHere, signInTo } from '../shop.ts'
import { programAt, startApp } from './app.ts'

// Libraries of others sign in, refresh, revoke and sign out, each as it does by default. A user clicks.

const PYTHON_PACKAGES = 'authlib, flask, requests'
const INSTALL =
  'These tests need: apt-get install python3-authlib python3-flask python3-requests golang-go golang-github-coreos-go-oidc-v3-dev'

interface Library {
  name: string
  isInstalled: boolean
  /** Whether the library revokes tokens. */
  revokes: boolean
  command(): [command: string, ...parameters: string[]]
}

const LIBRARIES: Library[] = [
  {
    name: 'oauth4webapi',
    isInstalled: true,
    revokes: true,
    command: () => [process.execPath, programAt('oauth4webapi.js')],
  },
  {
    name: 'express-openid-connect',
    isInstalled: true,
    revokes: false,
    command: () => [process.execPath, programAt('express-openid-connect.js')],
  },
  {
    name: 'authlib',
    isInstalled: hasPython(PYTHON_PACKAGES),
    revokes: true,
    command: () => [PYTHON, programAt('flask_authlib.py')],
  },
  {
    name: 'go-oidc',
    isInstalled: hasGo(),
    revokes: false,
    command: () => [buildGo(programAt('go-oidc.go'))],
  },
]

useBrowser()
beforeAll(() =>
  requireOrWarn(
    LIBRARIES.every(({ isInstalled }) => isInstalled),
    INSTALL,
  ),
)

describe.each(LIBRARIES)('$name', ({ isInstalled, revokes, command }) => {
  let app: Awaited<ReturnType<typeof startApp>>
  beforeAll(async () => {
    if (!isInstalled) return
    const [program, ...parameters] = command()
    app = await startApp(program, parameters)
  }, BUILD_MS)
  afterAll(() => app?.stop())

  /** Signs a new user in. */
  async function openSignedIn() {
    const username = await addUser()
    const page = await app.openSignIn()
    await signInTo(page, username, 'App')
    await app.arrival(page)
    return { page, username }
  }

  test.skipIf(!isInstalled)('signs in, reads userinfo, and refreshes', async () => {
    const { page, username } = await openSignedIn()
    const { claims, userinfo, ...first } = await app.ask(page, '/')
    const { sub } = claims
    expect(claims).toMatchObject({ iss: serviceUrl(), aud: app.client, acr: 'aal1' })
    expect(userinfo).toEqual({ sub, preferred_username: username })
    const next = await app.ask(page, '/refresh')
    expect(next.access_token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
    expect(next.access_token).not.toBe(first.access_token)
    // That of a client with a secret stays the same.
    expect(next.refresh_token).toBe(first.refresh_token)
  })

  test.skipIf(!isInstalled)('signs the user out here and at the service', async () => {
    const { page, username } = await openSignedIn()
    await page.goto(`${app.url}/sign-out`)
    const { pathname, search } = await app.arrival(page)
    expect([pathname, search]).toEqual(['/bye', '?state=a%20state'])
    await page.goto(`${app.url}/sign-in`)
    await heading(page, 'Sign in to continue to App').waitFor()
    await signInHere(page, username)
    await app.arrival(page)
  })

  if (!revokes) return
  test.skipIf(!isInstalled)('revokes the refresh token', async () => {
    const { page } = await openSignedIn()
    expect(await app.ask(page, '/revoke')).toEqual({ revoked: true })
    expect(await app.ask(page, '/refresh')).toEqual({ error: 'invalid_grant' })
  })
})
