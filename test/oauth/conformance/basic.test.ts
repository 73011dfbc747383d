import { createHash } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import { attribute, writeIf } from '../../../lib/aws/dynamodb.ts'
import { codeKey } from '../../../lib/oauth/codes/code.ts'
import { OWN_CLAIMS } from '../../http/own-claims.ts'
import { send } from '../../support/http/http.ts'
import { addClient, basic, FORM, queryOf, SECRET } from '../clients.ts'
import { issuer, metadata, signedIn, signedOut, signInAgain, suiteFor, table } from './flow.ts'

// The description of the running service has the attributes of `auth.config.ts`.
vi.mock('../../../auth.config.ts', (importOriginal) => importOriginal())

// Each test has the name of a module of the OpenID conformance suite and checks the same, over HTTP. See plans.ts.

const client_id = 'conformance-basic'
const { authorize, exchange, signIn, sendForm, userInfo } = await suiteFor(client_id)

const UNSIGNED = `${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.`

test('oidcc-server', async () => {
  const browser = await signedIn()
  const { code, claims, ...tokens } = await signIn(browser)
  // 128 bits at least, in base64url.
  expect(code.length).toBeGreaterThan(128 / 6)
  expect(tokens).toMatchObject({ token_type: 'Bearer', expires_in: expect.any(Number) })
  expect(claims).toEqual({
    iss: issuer,
    sub: expect.stringMatching(/^[\w-]{22}$/),
    aud: client_id,
    nonce: 'a-nonce',
    exp: expect.any(Number),
    iat: expect.any(Number),
    auth_time: expect.any(Number),
    acr: 'aal1',
    amr: ['pwd'],
    sid: expect.any(String),
  })
  expect(await userInfo(tokens.access_token)).toEqual({ status: 200, body: { sub: claims.sub } })
})

test('oidcc-response-type-missing', async () => {
  expect(await authorize(await signedIn(), { response_type: undefined })).toMatchObject({
    error: 'invalid_request',
    state: 'a state',
  })
})

test('oidcc-idtoken-signature', async () => {
  const { protectedHeader } = await signIn(await signedIn())
  const { body } = await send(`${issuer}/.well-known/jwks.json`, 'GET')
  const kids = JSON.parse(body).keys.map(({ kid }: { kid: string }) => kid)
  expect(protectedHeader).toMatchObject({ alg: 'RS256' })
  expect(kids).toContain(protectedHeader.kid)
})

test('oidcc-idtoken-unsigned', async () => {
  const found = await metadata()
  expect(found.id_token_signing_alg_values_supported).toEqual(['RS256'])
  expect(found).not.toHaveProperty('registration_endpoint')
})

test('oidcc-userinfo-get', async () => {
  const { access_token, claims } = await signIn(await signedIn())
  expect(await userInfo(access_token)).toEqual({ status: 200, body: { sub: claims.sub } })
})

test('oidcc-userinfo-post-header', async () => {
  const { access_token, claims } = await signIn(await signedIn())
  expect(await userInfo(access_token, 'POST')).toEqual({ status: 200, body: { sub: claims.sub } })
})

test('oidcc-userinfo-post-body', async () => {
  const { access_token } = await signIn(await signedIn())
  expect((await sendForm('/userinfo', { access_token }, {})).status).toBe(401)
})

test('oidcc-ensure-request-without-nonce-succeeds-for-code-flow', async () => {
  const { claims } = await signIn(await signedIn(), { nonce: undefined })
  expect(claims).not.toHaveProperty('nonce')
})

test('oidcc-scope-profile', async () => {
  const browser = await signedIn()
  const { access_token, claims } = await signIn(browser, { scope: 'openid profile' })
  const { body } = await userInfo(access_token)
  expect(body).toEqual({ sub: claims.sub, preferred_username: browser.username, ...OWN_CLAIMS })
})

test('oidcc-scope-email', async () => {
  const browser = await signedIn()
  const { access_token, claims } = await signIn(browser, { scope: 'openid email' })
  const { body } = await userInfo(access_token)
  expect(body).toEqual({
    sub: claims.sub,
    email: `${browser.username}@example.org`,
    email_verified: true,
  })
})

test.each(['address', 'phone'])('oidcc-scope-%s', async (scope) => {
  expect((await metadata()).scopes_supported).not.toContain(scope)
  const { access_token, claims, ...tokens } = await signIn(await signedIn(), { scope: `openid ${scope}` })
  expect(tokens.scope).toBe('openid')
  expect((await userInfo(access_token)).body).toEqual({ sub: claims.sub })
})

test('oidcc-scope-all', async () => {
  const browser = await signedIn()
  const tokens = await signIn(browser, { scope: 'openid email phone address profile' })
  expect(tokens.scope).toBe('openid email profile')
  expect((await userInfo(tokens.access_token)).body).toEqual({
    sub: tokens.claims.sub,
    preferred_username: browser.username,
    email: `${browser.username}@example.org`,
    email_verified: true,
    ...OWN_CLAIMS,
  })
})

test('oidcc-alternate-happy-flow', async () => {
  const reversed = Object.fromEntries([...new URLSearchParams(queryOf({ client_id }))].toReversed())
  const tokens = await signIn(await signedIn(), { ...reversed, scope: 'email openid' })
  expect(tokens.scope.split(' ').toSorted()).toEqual(['email', 'openid'])
})

test('oidcc-display-page', async () => {
  expect(await authorize(signedOut, { display: 'page' })).toMatchObject({ page: 'sign-in' })
  expect(await signIn(await signedIn(), { display: 'page' })).toHaveProperty('access_token')
})

test('oidcc-display-popup', async () => {
  expect(await authorize(signedOut, { display: 'popup' })).toMatchObject({ page: 'sign-in' })
  expect(await signIn(await signedIn(), { display: 'popup' })).toHaveProperty('access_token')
})

test.each([
  ['oidcc-prompt-login', { prompt: 'login' }],
  ['oidcc-max-age-1', { max_age: '1' }],
])('%s', async (_name, changes) => {
  const browser = await signedIn(10)
  const { claims: first } = await signIn(browser)
  const { page, start } = await authorize(browser, changes)
  expect(page).toBe('sign-in')
  const { claims: second } = await signIn(await signInAgain(browser), changes, start)
  expect(second.sub).toBe(first.sub)
  expect(second.auth_time).toBeGreaterThan(first.auth_time)
})

test('oidcc-prompt-none-not-logged-in', async () => {
  expect(await authorize(signedOut, { prompt: 'none' })).toMatchObject({
    error: 'login_required',
    state: 'a state',
  })
})

/** What is the same in the id_tokens of two authorizations with one sign-in. */
const sameIn = ({ sub, auth_time }: { sub: string; auth_time: number }) => ({ sub, auth_time })

test('oidcc-prompt-none-logged-in', async () => {
  const browser = await signedIn(10)
  const { claims: first } = await signIn(browser)
  const { claims: second } = await signIn(browser, { prompt: 'none' })
  expect(sameIn(second)).toEqual(sameIn(first))
})

test('oidcc-max-age-10000', async () => {
  const browser = await signedIn(10)
  const { claims: first } = await signIn(browser, { max_age: '15000' })
  const { claims: second } = await signIn(browser, { max_age: '10000' })
  expect(sameIn(second)).toEqual(sameIn(first))
  expect(second.auth_time).toEqual(expect.any(Number))
})

test('oidcc-ensure-request-with-unknown-parameter-succeeds', async () => {
  expect(await signIn(await signedIn(), { extra: 'foobar' })).toHaveProperty('access_token')
})

test('oidcc-id-token-hint', async () => {
  const browser = await signedIn(10)
  const { claims: first, id_token } = await signIn(browser)
  const { claims: second } = await signIn(browser, { prompt: 'none', id_token_hint: id_token })
  expect(sameIn(second)).toEqual(sameIn(first))
})

test('oidcc-login-hint', async () => {
  const login_hint = `buffy@${new URL(issuer).hostname}`
  expect(await authorize(signedOut, { login_hint })).toMatchObject({ page: 'sign-in' })
  const browser = await signedIn()
  expect(await signIn(browser, { login_hint: browser.username })).toHaveProperty('access_token')
})

test('oidcc-ui-locales', async () => {
  expect(await authorize(signedOut, { ui_locales: 'se' })).toMatchObject({ page: 'sign-in' })
  expect(await signIn(await signedIn(), { ui_locales: 'se' })).toHaveProperty('access_token')
})

test('oidcc-claims-locales', async () => {
  expect(await signIn(await signedIn(), { claims_locales: 'se' })).toHaveProperty('access_token')
})

test('oidcc-ensure-request-with-acr-values-succeeds', async () => {
  const values = [(await metadata()).acr_values_supported].flat()
  const { claims } = await signIn(await signedIn(), { acr_values: values.join(' ') })
  expect(values).toContain(claims.acr)
})

const USED_CODE = { status: 400, body: { error: 'invalid_grant', error_description: expect.any(String) } }

test('oidcc-codereuse', async () => {
  const { code } = await signIn(await signedIn())
  expect(await exchange(code)).toMatchObject(USED_CODE)
})

test('oidcc-codereuse-30seconds', async () => {
  const { code, access_token } = await signIn(await signedIn())
  // Instead of a wait of 30 seconds.
  await writeIf(table, 'UpdateItem', {
    Key: codeKey(code),
    UpdateExpression: 'SET createdAt = createdAt - :passed, spentAt = spentAt - :passed',
    ConditionExpression: 'attribute_exists(spentBy)',
    ExpressionAttributeValues: { ':passed': attribute(30) },
  })
  expect(await exchange(code)).toMatchObject(USED_CODE)
  expect((await userInfo(access_token)).status).toBe(401)
})

test('oidcc-ensure-registered-redirect-uri', async () => {
  const redirect_uri = 'https://shop.example/callback?tenant=1&other=1'
  expect(await authorize(await signedIn(), { redirect_uri })).toMatchObject({ page: 'unknown_redirect_uri' })
})

test('oidcc-ensure-post-request-succeeds', async () => {
  const form = queryOf({ client_id }).slice(1)
  const response = await fetch(`${issuer}/oauth2/authorize`, {
    method: 'POST',
    headers: FORM,
    body: form,
    redirect: 'manual',
  })
  expect([response.status, response.headers.get('location')]).toEqual([303, `authorize?${form}`])
  expect(await signIn(await signedIn())).toHaveProperty('access_token')
})

test('oidcc-server-client-secret-post', async () => {
  expect((await metadata()).token_endpoint_auth_methods_supported).toContain('client_secret_post')
  const { code } = await authorize(await signedIn())
  const { status, body } = await exchange(code, { client_id, client_secret: SECRET }, {})
  expect(status).toBe(200)
  expect(body).toHaveProperty('id_token')
})

test('oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported', async () => {
  expect(await authorize(await signedIn(), { request_uri: 'https://shop.example/request' })).toMatchObject({
    error: 'request_uri_not_supported',
    state: 'a state',
  })
})

test('oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported', async () => {
  expect(await authorize(await signedIn(), { request: UNSIGNED })).toMatchObject({
    error: 'request_not_supported',
    state: 'a state',
  })
})

test('oidcc-claims-essential', async () => {
  const claims = JSON.stringify({ userinfo: { name: { essential: true } } })
  const tokens = await signIn(await signedIn(), { claims })
  expect((await userInfo(tokens.access_token)).body).toEqual({ sub: tokens.claims.sub })
})

test('oidcc-ensure-request-object-with-redirect-uri', async () => {
  const changes = { request: UNSIGNED, redirect_uri: 'https://shop.example/other' }
  expect(await authorize(await signedIn(), changes)).toMatchObject({ page: 'unknown_redirect_uri' })
})

test('oidcc-refresh-token', async () => {
  const changes = { scope: 'openid offline_access', prompt: 'consent' }
  const { refresh_token, access_token, claims } = await signIn(await signedIn(), changes)
  const form = { grant_type: 'refresh_token', refresh_token, scope: changes.scope }
  const other = `${client_id}-2`
  await addClient(table, { id: other })
  const refused = await sendForm('/oauth2/token', form, basic(other))
  expect(refused).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  const { status, headers, body } = await sendForm('/oauth2/token', form, basic(client_id))
  expect([status, headers['cache-control']]).toEqual([200, 'no-store'])
  expect(body.access_token).not.toBe(access_token)
  expect((await userInfo(body.access_token)).body.sub).toBe(claims.sub)
})

test('oidcc-ensure-request-with-valid-pkce-succeeds', async () => {
  const verifier = 'another-verifier-of-more-than-43-characters-in-all'
  const code_challenge = createHash('sha256').update(verifier).digest('base64url')
  const { code } = await authorize(await signedIn(), { code_challenge })
  expect((await exchange(code)).body.error).toBe('invalid_grant')
  expect((await exchange(code, { code_verifier: verifier })).status).toBe(200)
})

test('the requests of the suite without PKCE are refused', async () => {
  const changes = { code_challenge: undefined, code_challenge_method: undefined }
  expect(await authorize(await signedIn(), changes)).toMatchObject({
    error: 'invalid_request',
    error_description: expect.stringContaining('PKCE is missing'),
  })
})
