import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Auth } from '../../client/client.js'
import { root } from '../support/process/service-description.ts'
import { authenticator } from '../support/users/authenticator.ts'
import { startAppWithService } from './app-server.ts'
import { addAuthenticator } from './authenticator.ts'
import { open, useBrowser } from './browser.ts'

/** The program of BROWSERS.md. */
const [, PROGRAM = ''] =
  /#### Add a factor from your own page\n.*?```js\n(.*?)```/s.exec(
    readFileSync(join(root, 'docs/BROWSERS.md'), 'utf8'),
  ) ?? []

useBrowser()
const { origin, service } = await startAppWithService(
  (url) => `<title>App</title>
    <script type="module">
      import { createAuth } from '${url}/client.js'
      import { signInWithPasskey } from '${url}/passkeys.js'
      const auth = createAuth({ url: '${url}' })
      ${PROGRAM.replaceAll('https://auth.example.com', url)}
      Object.assign(globalThis, { auth, addPasskey, addApp, signInWithPasskey })
    </script>`,
  (rpOrigins) => ({ rpId: 'localhost', rpOrigins }),
)

/** What runs in the page. */
declare const auth: Auth

test('a page of another origin adds a passkey and an app by the program of BROWSERS.md', async () => {
  const page = await open(`${origin}/`, { origins: [service.url] })
  await addAuthenticator(page)
  await page.waitForFunction(() => 'addApp' in globalThis)
  await page.evaluate(() => auth.signIn({ username: 'user', password: 'user' }))
  const refused = page.evaluate(() => addPasskey('wrong', 'Laptop'))
  await expect(refused).rejects.toThrow('Incorrect password.')
  const codes = await page.evaluate(() => addPasskey('user', 'Laptop'))
  expect(codes).toHaveLength(10)
  expect(await page.evaluate(async () => (await signInWithPasskey(auth)).username)).toBe('user')

  await page.exposeFunction('codeOf', (uri: string) =>
    authenticator(String(new URL(uri).searchParams.get('secret')))(new Date()),
  )
  const others = await page.evaluate(async () => {
    await auth.signIn({ username: 'admin', password: 'admin' })
    return addApp('admin', (uri) => Object(globalThis).codeOf(uri))
  })
  expect(others).toHaveLength(10)
  const step = await page.evaluate(() => auth.signIn({ username: 'admin', password: 'admin' }))
  expect(step).toMatchObject({ next: 'second-factor', factors: ['totp', 'recovery-code'] })
})

declare function addPasskey(currentPassword: string, name: string): Promise<string[]>

declare function addApp(password: string, ask: (uri: string) => Promise<string>): Promise<string[]>

declare function signInWithPasskey(client: Auth): Promise<{ username: string }>
