import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { expect, inject } from 'vitest'
import { addByCommand } from '../../oauth/add-by-command.ts'
import { startServer } from '../../verifiers/programs.ts'
import { serviceUrl } from '../accounts.ts'
import { open } from '../browser.ts'

// An app here is a small program that signs users in with a library of others.

/** What the library of a program has returned. */
export interface Seen {
  access_token: string
  refresh_token: string
  /** Of the id_token, which the library has verified. */
  claims: Record<string, unknown>
  userinfo: Record<string, unknown>
  error?: string
}

/** Returns the path of a program. */
export const programAt = (file: string) => fileURLToPath(new URL(file, import.meta.url))

/** Registers a client and starts the program of a library with it. The redirect URIs have any port: it is a loopback address. */
export async function startApp(command: string, parameters: readonly string[]) {
  const client = `app-${randomBytes(4).toString('hex')}`
  const uris = [
    '--redirect-uri',
    'http://127.0.0.1:1/callback',
    '--post-logout-uri',
    'http://127.0.0.1:1/bye',
  ]
  const values = [client, '--type', 'web', '--name', 'App', ...uris]
  const secret = await addByCommand(inject('dynamoDbUrl'), values)
  const environment = { ISSUER: serviceUrl(), CLIENT: client, SECRET: secret }
  const { port, stop } = await startServer(command, () => parameters, environment)
  const url = `http://127.0.0.1:${port}`
  return {
    client,
    url,
    stop,
    /** Lets the program begin a sign-in. */
    openSignIn: () => open(`${url}/sign-in`, { origins: [serviceUrl()] }),
    /** Waits until the browser is at the program again. @returns Where. */
    async arrival(page: Page): Promise<URL> {
      await page.waitForURL(`${url}/**`)
      return new URL(page.url())
    },
    /** Lets the program do what a path stands for, and returns what its library got. */
    async ask(page: Page, path: string): Promise<Seen> {
      const response = await page.goto(`${url}${path}`)
      expect(response?.status()).toBe(200)
      return response?.json()
    },
  }
}
