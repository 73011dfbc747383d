import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import Provider from 'oidc-provider'
import type { Page } from 'playwright-core'
import { expect, inject, vi } from 'vitest'
import { awsClient, withTimeout } from '../../lib/aws/client.ts'
import { findProvider, type ProviderWithSecret } from '../../lib/federation/provider.ts'
import { encryptProviderSecret } from '../../lib/federation/secret.ts'
import { changeProvider, createProvider, removeProvider } from '../../lib/federation/store.ts'
import { localAct } from '../../local/aws.ts'
import { namesOf } from '../../project/names.ts'
import { testProvider } from '../federation/provider.ts'
import { listen } from '../local/aws-service.ts'
import { atEnd } from '../support/at-end.ts'
import { tableAt } from '../support/users/sessions.ts'
import { serviceUrl } from './accounts.ts'
import { heading } from './browser.ts'

const SECRET = randomBytes(24).toString('base64url')
/** The provider runs the mailboxes of this domain only. */
export const MAIL_DOMAIN = 'provider.example'

const FORM = `<!doctype html><html lang="en"><title>Provider</title><link rel="icon" href="data:,"><main><h1>Provider</h1>
  <form method="post"><label>Login <input name="login"></label> <button>Continue</button></form>
  <form method="post"><button name="cancel" value="yes">Cancel</button></form></main></html>`

/** An identity provider at another site than the service, which the service has as a provider. */
export interface IdentityProvider {
  id: string
  name: string
  /** Origin of its pages. */
  origin: string
  /** What its token endpoint does: `down` closes each connection, `silent` never responds. */
  behave(how: 'normal' | 'down' | 'silent'): void
  /** Disables it, as an operator does. */
  disable(): Promise<void>
}

/** Starts oidc-provider for the tests of a file, and adds it to the service. `http://127.0.0.1` and `http://localhost` are two sites. */
export async function startIdentityProvider(): Promise<IdentityProvider> {
  const id = `p${randomBytes(4).toString('hex')}`
  const name = `Provider ${id}`
  let how: 'normal' | 'down' | 'silent' = 'normal'
  let provider: Provider
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/ask/')) return ask(provider, request, response)
    if (request.url === '/token' && how === 'down') return request.socket.destroy()
    if (request.url === '/token' && how === 'silent') return undefined
    return provider.callback()(request, response)
  })
  const { port, stop } = await listen(server)
  atEnd(stop)
  const origin = `http://127.0.0.1:${port}`
  provider = providerAt(origin, `${serviceUrl()}/signin/${id}`)
  await addProvider(
    testProvider(origin, {
      id,
      name,
      clientId: 'service',
      authorizationEndpoint: `${origin}/auth`,
      sendsIssuer: true,
      mailDomains: [MAIL_DOMAIN],
      secret: SECRET,
    }),
  )
  return {
    id,
    name,
    origin,
    behave: (next) => {
      how = next
    },
    async disable() {
      const stored = await findProvider(table(), id)
      if (stored) await changeProvider(table(), stored, { changes: { disabled: true } }, localAct(new Date()))
    },
  }
}

function providerAt(origin: string, redirectUri: string): Provider {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  // It warns of its adapter, which keeps all in memory.
  const warnings = vi.spyOn(console, 'warn').mockReturnValue()
  const provider: Provider = new Provider(origin, {
    clients: [{ client_id: 'service', client_secret: SECRET, redirect_uris: [redirectUri] }],
    jwks: {
      keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'a' } as never],
    },
    cookies: { keys: ['a key'] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    // Each tab has its own interaction, whose cookie is for its path.
    interactions: { url: (_, { uid }) => `/ask/${uid}` },
    findAccount: async (_, accountId) => ({
      accountId,
      claims: async () => ({ sub: accountId, email: accountId, email_verified: true }),
    }),
    async loadExistingGrant({ oidc }) {
      const { client, session } = oidc
      const grant = new provider.Grant({
        clientId: String(client?.clientId),
        accountId: String(session?.accountId),
      })
      grant.addOIDCScope('openid email')
      await grant.save()
      return grant
    },
  })
  warnings.mockRestore()
  return provider
}

/** Asks for the address of the user, which is the whole sign-in. */
async function ask(provider: Provider, request: IncomingMessage, response: ServerResponse) {
  if (request.method !== 'POST') {
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(FORM)
    return
  }
  const form = new URLSearchParams(await text(request))
  const accountId = form.get('login')
  const result = accountId ? { login: { accountId } } : { error: 'access_denied' }
  await provider.interactionFinished(request, response, result)
}

const table = () => tableAt(inject('dynamoDbUrl'))

/**
 * Adds a provider to the service, as an operator does, until the end of the file or the test.
 *
 * @param provider - Its secret is not encrypted yet.
 */
export async function addProvider({ id, secret, ...values }: ProviderWithSecret): Promise<void> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const endpoints = { kms: new URL(inject('kmsUrl')) }
  const kms = withTimeout(awsClient({ region: 'eu-central-1', credentials, endpoints }), 10_000)
  const { factorKey } = namesOf('serverless-jwt-auth-dev-auth')
  const ciphertext = await encryptProviderSecret(kms, factorKey, id, secret)
  await createProvider(table(), { id, ...values, secret: ciphertext }, localAct(new Date()))
  atEnd(async () => {
    const stored = await findProvider(table(), id)
    if (stored) await removeProvider(table(), stored, localAct(new Date()))
  })
}

/** Presses the button of a provider on a page of the service, and signs in there. An empty address cancels. */
export async function signInAt(page: Page, { name }: Pick<IdentityProvider, 'name'>, address: string) {
  await page.getByRole('button', { name: `Continue with ${name}` }).click()
  await respondAt(page, address)
}

/** Signs in on the page of a provider. An empty address cancels. */
export async function respondAt(page: Page, address: string): Promise<void> {
  await heading(page, 'Provider').waitFor()
  if (address !== '') await page.getByLabel('Login').fill(address)
  await page.getByRole('button', { name: address === '' ? 'Cancel' : 'Continue' }).click()
}

/** Returns the URLs of the history of a tab, the oldest first, and which of them is shown. */
export async function historyOf(page: Page): Promise<{ urls: string[]; current: number }> {
  const session = await page.context().newCDPSession(page)
  const { entries, currentIndex } = await session.send('Page.getNavigationHistory')
  return { urls: entries.map(({ url }) => url), current: currentIndex }
}

/** Expects that no entry of the history of a tab has a response, and none at an address of the service its state. */
export async function expectNoCode(page: Page): Promise<void> {
  const { urls } = await historyOf(page)
  const own = urls.filter((url) => url.startsWith(serviceUrl()))
  expect(own.length).toBeGreaterThan(0)
  expect(own.filter((url) => /signin\/|state=|error=/.test(url))).toEqual([])
  expect(urls.filter((url) => /[?&]code=/.test(url))).toEqual([])
}

/** Signs in at the provider, and keeps the page that it leads to from its script. @returns The URL of the response. */
export async function stopResponse(
  page: Page,
  provider: Pick<IdentityProvider, 'id' | 'name'>,
  address: string,
): Promise<string> {
  const script = '**/response-*.js'
  await page.route(script, (route) => route.fulfill({ body: '', contentType: 'text/javascript' }))
  await signInAt(page, provider, address)
  await page.waitForURL(`${serviceUrl()}/signin/${provider.id}?**`)
  await page.unroute(script)
  return page.url()
}
