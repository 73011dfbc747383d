import type { Page } from 'playwright-core'
import { beforeEach, expect } from 'vitest'
import { useLocalService } from '../support/process/local-service.ts'
import { MANY_PASSWORDS, type Service } from '../support/process/service.ts'
import { newName, nextMail, PASSWORD } from './accounts.ts'
import { heading, open, signIn, useBrowser } from './browser.ts'
import { originOfDemo } from './demo-provider.ts'
import { startTlsProxy, type TlsProxy } from './tls-proxy.ts'

const [AUTH, APP] = ['auth.example.test', 'app.example.test']

/** A service behind TLS, whose sessions browsers bind. */
export interface BoundService {
  url: string
  /** Origin of an app that may use it. */
  app: string
  /** The service without TLS, where a test is no browser. */
  service: Service
  proxy: TlsProxy
}

/** Starts a service behind TLS, and a browser that binds sessions, for the tests of a file. */
export async function useBoundService(params: Record<string, string> = {}): Promise<BoundService> {
  const proxy = await startTlsProxy(AUTH, APP)
  const url = `https://${AUTH}:${proxy.port}`
  const app = `https://${APP}:${proxy.port}`
  const own = { issuer: url, allowedOrigins: app, rpId: AUTH, rpOrigins: url }
  const service = await useLocalService({
    params: { ...MANY_PASSWORDS, limitMailSource: '1000/3600', ...own, ...params },
  })
  proxy.target = service.url
  useBrowser(() => proxy.arguments)
  beforeEach(() => {
    proxy.requests = []
    proxy.faultOf = () => undefined
  })
  return { url, app, service, proxy }
}

/** Creates an account over HTTP. */
export async function addUser({ service }: BoundService) {
  const { name, address } = newName()
  const ask = async (path: string, body: object) => {
    const headers = { 'Content-Type': 'application/json' }
    const { status } = await fetch(service.url + path, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    })
    return status
  }
  expect(await ask('/register', { email: address })).toBe(202)
  const { link } = await nextMail(address, service.url)
  const account = { token: link.replace(/.*=/, ''), username: name, password: PASSWORD }
  expect(await ask('/register/confirm', account)).toBe(200)
  return { name, address }
}

/** Opens the page /signin. */
export async function openSignin(at: BoundService): Promise<Page> {
  return open(`${at.url}/signin`, { origins: [await originOfDemo(at.service.dynamoDbUrl)] })
}

/**
 * Opens the page of a user whose session is bound.
 *
 * @param user - The default is a new user. `path` of the page.
 */
export async function signedIn(
  at: BoundService,
  { username, path = 'signin', known }: { username?: string; path?: string; known?: RegExp } = {},
): Promise<Page> {
  const page = await open(`${at.url}/${path}`, { origins: [at.app], ...(known && { known }) })
  await signInOn(page, username ?? (await addUser(at)).name)
  return page
}

/** Signs in with a password, and waits until the session is bound. */
export async function signInOn(page: Page, username: string): Promise<void> {
  await heading(page, 'Sign in').waitFor()
  await signIn(page, username, PASSWORD)
  await expectBound(page)
}

/** Forgets who was signed in, as after the end of a session. */
export async function startAgain({ url }: BoundService, page: Page): Promise<void> {
  // A refresh of the page before would bring a cookie again.
  await page.goto(`${url}/openapi.json`)
  await page.context().clearCookies()
  await page.goto(`${url}/signin`)
  await heading(page, 'Sign in').waitFor()
}

/** Waits until the browser has bound the session. */
export const expectBound = (page: Page) =>
  expect
    .poll(async () => (await page.context().cookies()).map(({ name }) => name), { timeout: 15_000 })
    .toContain('__Host-bound')
