import { createSign, generateKeyPairSync } from 'node:crypto'
import { decodeProtectedHeader } from 'jose'
import { expect, test } from 'vitest'
import { type Browser, BYE, issuer, metadata, signedIn, suiteFor } from './flow.ts'

// Each test has the name of a module of the OpenID conformance suite and checks the same, over HTTP. See plans.ts.

const { authorize, signIn, signOut } = await suiteFor('conformance-logout')

test('oidcc-rp-initiated-logout-discovery-endpoint-verification', async () => {
  expect((await metadata()).end_session_endpoint).toBe(`${issuer}/oauth2/logout`)
})

/** Signs a user in at the app. @returns What the app sends to the end session endpoint by default. */
async function signedInAtApp() {
  const browser = await signedIn()
  const { id_token } = await signIn(browser)
  return { browser, parameters: { id_token_hint: id_token, post_logout_redirect_uri: BYE, state: 'bye' } }
}

async function expectSignedIn(browser: Browser, isSignedIn: boolean): Promise<void> {
  const outcome = await authorize(browser, { prompt: 'none' })
  expect(outcome).toMatchObject(isSignedIn ? { code: expect.any(String) } : { error: 'login_required' })
}

test('oidcc-rp-initiated-logout', async () => {
  const { browser, parameters } = await signedInAtApp()
  expect(await signOut(browser, parameters)).toEqual({ next: 'done', location: `${BYE}?state=bye` })
  await expectSignedIn(browser, false)
})

test('oidcc-rp-initiated-logout-bad-post-logout-redirect-uri', async () => {
  const { browser, parameters } = await signedInAtApp()
  const changed = { ...parameters, post_logout_redirect_uri: 'https://shop.example/other' }
  expect(await signOut(browser, changed)).toMatchObject({ error: 'unknown_logout_uri' })
  await expectSignedIn(browser, true)
})

const encoded = (members: object) => Buffer.from(JSON.stringify(members)).toString('base64url')

test('oidcc-rp-initiated-logout-modified-id-token-hint', async () => {
  const { browser, parameters } = await signedInAtApp()
  const [, claims] = parameters.id_token_hint.split('.')
  const id_token_hint = `${encoded({ alg: 'none' })}.${claims}.`
  expect(await signOut(browser, { ...parameters, id_token_hint })).toMatchObject({
    error: 'unknown_logout_uri',
  })
  await expectSignedIn(browser, true)
})

test('oidcc-rp-initiated-logout-no-id-token-hint', async () => {
  const { browser, parameters } = await signedInAtApp()
  const { id_token_hint, ...rest } = parameters
  expect(await signOut(browser, rest)).toMatchObject({ error: 'unknown_logout_uri' })
  await expectSignedIn(browser, true)
})

test('oidcc-rp-initiated-logout-no-params', async () => {
  const { browser } = await signedInAtApp()
  expect(await signOut(browser, {})).toMatchObject({ next: 'question' })
  await expectSignedIn(browser, true)
  expect(await signOut(browser, {}, true)).toEqual({ next: 'done' })
  await expectSignedIn(browser, false)
})

test('oidcc-rp-initiated-logout-no-post-logout-redirect-uri', async () => {
  const { browser, parameters } = await signedInAtApp()
  const { post_logout_redirect_uri, ...rest } = parameters
  expect(await signOut(browser, rest)).toEqual({ next: 'done' })
  await expectSignedIn(browser, false)
})

test('oidcc-rp-initiated-logout-no-state', async () => {
  const { browser, parameters } = await signedInAtApp()
  const { state, ...rest } = parameters
  expect(await signOut(browser, rest)).toEqual({ next: 'done', location: BYE })
  await expectSignedIn(browser, false)
})

test('oidcc-rp-initiated-logout-only-state', async () => {
  const { browser } = await signedInAtApp()
  expect(await signOut(browser, { state: 'bye' }, true)).toEqual({ next: 'done' })
  await expectSignedIn(browser, false)
})

test('oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri', async () => {
  const { browser, parameters } = await signedInAtApp()
  const changed = { ...parameters, post_logout_redirect_uri: `${BYE}?foo=bar` }
  expect(await signOut(browser, changed)).toMatchObject({ error: 'unknown_logout_uri' })
  await expectSignedIn(browser, true)
})

test('oidcc-rp-initiated-logout-bad-id-token-hint', async () => {
  const { browser, parameters } = await signedInAtApp()
  const { kid } = decodeProtectedHeader(parameters.id_token_hint)
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const [, claims] = parameters.id_token_hint.split('.')
  // The key of the suite, under its own name and under that of the service's key.
  for (const name of ['of-the-suite', kid]) {
    const input = `${encoded({ alg: 'RS256', typ: 'JWT', kid: name })}.${claims}`
    const signature = createSign('sha256').update(input).sign(privateKey, 'base64url')
    const changed = { ...parameters, id_token_hint: `${input}.${signature}` }
    expect(await signOut(browser, changed)).toMatchObject({ error: 'unknown_logout_uri' })
  }
  await expectSignedIn(browser, true)
})
