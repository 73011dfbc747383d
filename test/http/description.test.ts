import { readFileSync } from 'node:fs'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import { beforeAll, describe, expect, inject, test, vi } from 'vitest'
import * as z from 'zod/mini'
import { DEVICES_AND_ADMIN } from '../../lib/openapi/devices/console.ts'
import { describeApi, schemasOf } from '../../lib/openapi/document.ts'
import { GATEWAY_PROBLEMS } from '../../lib/openapi/problems/problems.ts'
import { FEATURES, type Feature } from '../../lib/openapi/route.ts'
import { brokenPasswordRule } from '../../lib/passwords/rules.ts'
import { gatewayResponses } from '../../local/gateway/gateway-rules.ts'
import { addMachineOf } from '../oauth/own-api.ts'
import { FORBIDDEN, get, postLogin, send, tokenOf, UNAUTHORIZED } from '../support/http/http.ts'
import { describeService, resourcesOf, root } from '../support/process/service-description.ts'
import { tableAt } from '../support/users/sessions.ts'
import { expectDescribed } from './openapi/check.ts'
import { describeTested, operationsOf, SERVICE_FEATURES, TESTED_ROUTES } from './openapi/document.ts'

// The description of the running service has the attributes of `auth.config.ts`.
vi.mock('../../auth.config.ts', (importOriginal) => importOriginal())

const serviceUrl = inject('serviceUrl')
const service = describeService()
const PROD = 'https://abcdef1234.execute-api.eu-central-1.amazonaws.com/prod'
const document = describeTested(PROD)
const responsesByType = gatewayResponses(resourcesOf(service))

test('GET /openapi.json returns the description with the URL of the request', async () => {
  const { body, ...response } = await get(`${serviceUrl}/openapi.json`)
  expect(JSON.parse(body)).toEqual(JSON.parse(JSON.stringify(describeTested(serviceUrl))))
  expect(response).toEqual({
    status: 200,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    },
  })
})

test.each([
  ['with everything', FEATURES],
  ['without pages and mail', []],
])('the description %s is valid OpenAPI 3.1 by strict rules', async (_, features) => {
  // The one route that only redirects has no 2xx response. Some have no 4xx one, where the gateway throttles with 503.
  const rules = { 'operation-2xx-response': 'off', 'operation-4xx-response': 'off' } as const
  const config = await createConfig({ extends: ['recommended-strict'], rules })
  const source = JSON.stringify(describeApi(PROD, features, { more: DEVICES_AND_ADMIN }))
  expect(await lintFromString({ source, config })).toEqual([])
})

/** In addition to `GET /register`. `POST /register` has the same path. */
const MAIL_PAGES = ['/forgot', '/confirm', '/confirm/{file}']
const OWN_PAGES = [
  '/docs',
  '/docs/{file}',
  '/signin',
  '/signin/{file}',
  '/client.js',
  '/passkeys.js',
  '/account',
  '/.well-known/change-password',
]
const CONSOLE_PAGES = ['/admin-console', '/admin-console/{file}']
const AUTHORIZE = ['/oauth2/authorize', '/oauth2/logout', '/oauth2/authorize/{file}']

test.each<[Feature, string[]]>([
  ['pages', [...CONSOLE_PAGES, ...OWN_PAGES, ...AUTHORIZE, ...MAIL_PAGES]],
  [
    'mail',
    [
      '/password/forgot',
      '/password/reset',
      '/email',
      '/email/confirm',
      '/me/locale',
      '/enrolment/mail',
      '/factors/cancel-reset',
      ...MAIL_PAGES,
      '/admin-api/users/{id}/reset',
      '/admin-api/users/{id}/factors/reset',
    ],
  ],
  ['invitations', ['/register/confirm', '/register/passkey', '/admin-api/invitations']],
  ['registration', ['/register']],
  ['devices', ['/sessions/bind', '/sessions/renew']],
  [
    'oauth',
    [
      '/oauth2/approve',
      '/oauth2/signout',
      '/oauth2/token',
      '/oauth2/revoke',
      '/apps',
      '/apps/{id}',
      ...AUTHORIZE,
      '/admin-api/users/{id}/grants/{gid}/end',
    ],
  ],
])('the description has the routes of %s only if that is switched on', (feature, routes) => {
  const { tags, paths } = describeTested(
    PROD,
    FEATURES.filter((one) => one !== feature),
  )
  const missing = Object.keys(document.paths).filter((path) => !(path in paths))
  expect(missing.toSorted()).toEqual(routes.toSorted())
  expect(tags.some(({ name }) => name === 'Pages')).toBe(feature !== 'pages')
  expect(tags.some(({ name }) => name === 'OAuth')).toBe(feature !== 'oauth')
})

test('the description has the name and version of the package', () => {
  const { name, version } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'))
  expect(document.info).toMatchObject({ title: name, version })
})

test('request schemas reject unknown members, and response schemas allow them', () => {
  const closed = Object.entries(schemasOf(DEVICES_AND_ADMIN)).filter(([, schema]) =>
    JSON.stringify(schema).includes('"additionalProperties":false'),
  )
  const bodies = [
    'AccountDeletionRequest',
    'ActCode',
    'ActRequest',
    'ApprovalRequest',
    'AttributesChange',
    'EmailChangeRequest',
    'EmailConfirmation',
    'EnrolmentPasskey',
    'EnrolmentProofRequest',
    'EnrolmentRequest',
    'EnrolmentTotpConfirmation',
    'FactorChangeRequest',
    'FactorResetCancellation',
    'ForgottenPasswordRequest',
    'IdentityLink',
    'IdentityRegistration',
    'IdentityRemoval',
    'Invitation',
    'LocaleChangeRequest',
    'LoginRequest',
    'LogoutRequest',
    'MailSignInConfirmation',
    'MailSignInRequest',
    'NamesChange',
    'NewPasskey',
    'NewUserPasskeyRequest',
    'PasskeyChange',
    'PasskeyOptionsRequest',
    'PasskeyRemoval',
    'PasskeySignIn',
    'PasskeySignInOptions',
    'PasswordChangeRequest',
    'PasswordResetRequest',
    'ProofCompletion',
    'ProofStart',
    'ProviderOptions',
    'ProviderResponse',
    'RecoveryCodeLoginRequest',
    'RefreshRequest',
    'RegistrationConfirmation',
    'RegistrationRequest',
    'RoleChange',
    'SignOutRequest',
    'TotpConfirmation',
    'TotpLoginRequest',
    'UserPatch',
  ]
  expect(closed.map(([name]) => name).sort()).toEqual(bodies)
})

const bodies = TESTED_ROUTES.flatMap(({ path, body }) =>
  Object.values(body?.examples ?? {}).map(({ summary, value }) => ({
    path,
    summary,
    value,
    schema: body?.schema,
  })),
)

test.each(bodies)('the example $summary of $path is valid', ({ value, schema }) => {
  expect(schema && z.safeParse(schema, value).error).toBeUndefined()
  if (!('newPassword' in value)) return
  expect(brokenPasswordRule(String(value.newPassword), { username: 'user' })).toBeUndefined()
})

test.each(bodies.filter(({ path }) => path === '/login'))(
  'the example $summary of /login signs in',
  async ({ value }) => {
    const headers = { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin' }
    expect((await postLogin(serviceUrl, JSON.stringify(value), headers)).status).toBe(200)
  },
)

test('the problems of the gateway are described word for word', () => {
  const bodyOf = (type: string) => JSON.parse(responsesByType.get(type)?.body ?? '{}')
  const { request_refused, throttled } = GATEWAY_PROBLEMS
  const { status: _, ...rejected } = request_refused
  expect(bodyOf('DEFAULT_4XX')).toEqual({ type: 'about:blank', ...rejected })
  const written = readFileSync(`${root}/plugins/resources/gateway-responses.yml`, 'utf8')
  expect(written).toContain(`'${JSON.stringify({ type: 'about:blank', ...ordered(throttled) })}'`)
})

const ordered = ({ title, status, detail, code }: (typeof GATEWAY_PROBLEMS)['throttled']) => ({
  title,
  status,
  detail,
  code,
})

test('where sessions are bound to devices, the gateway throttles as in an outage, and says no 429', () => {
  const [throttled, outage] = ['THROTTLED', 'AUTHORIZER_FAILURE'].map((type) => responsesByType.get(type))
  expect(throttled).toEqual(outage)
  expect(JSON.stringify(document)).not.toContain(GATEWAY_PROBLEMS.throttled.detail)
})

// The local gateway throttles nothing, so the responses come from the deployed resources.
test.each(
  operationsOf(document).map((operation) => [`${operation.method} ${operation.path}`, operation] as const),
)('%s describes the 500 and 503 of the gateway', (_, { method, path }) => {
  for (const type of ['THROTTLED', 'DEFAULT_5XX', 'INTEGRATION_FAILURE']) {
    const { status = 0, headers = {}, body = '' } = responsesByType.get(type) ?? {}
    expect(() => expectDescribed({ method, url: path, status, headers, body })).not.toThrow()
  }
})

const protectedRoutes = TESTED_ROUTES.filter(({ isProtected }) => isProtected === true).map(
  ({ method, path, parameters }) =>
    [`${method.toUpperCase()} ${path}`, method.toUpperCase(), path, parameters] as const,
)

test.each(protectedRoutes)('%s returns 401 without a token', async (_, method, path) => {
  expect(await send(serviceUrl + path.replace(/\{\w+\}/, 'x'), method)).toEqual(UNAUTHORIZED)
})

test('with routes for clients, each protected route describes that clients are refused, and no other does', () => {
  const forbidden = (features: Feature[]) =>
    operationsOf(describeTested(PROD, features))
      .filter(({ responses }) => JSON.stringify(responses[403] ?? '').includes('forbidden'))
      .map(({ method, path }) => `${method} ${path}`)
  const known = forbidden(FEATURES.filter((feature) => feature !== 'scopes'))
  const routes = protectedRoutes.map(([route]) => route)
  expect(forbidden([...FEATURES]).toSorted()).toEqual([...new Set([...known, ...routes])].toSorted())
  expect(routes.length).toBeGreaterThan(known.length)
})

const isForClients = (method: string, path: string) =>
  ` ${service.functions.authorizer?.environment?.SCOPED_ROUTES}`.includes(
    ` ${method}${path.replace(/\{\w+\+?\}/g, '*')}=`,
  )

// This also covers routes that are added later: `send` compares the responses with the description.
test.each(protectedRoutes.filter(([, method, , parameters]) => method === 'GET' && !parameters))(
  '%s returns a described response to each demo user',
  async (_, method, path) => {
    for (const username of ['user', 'admin']) {
      const headers = { Authorization: `Bearer ${await tokenOf(serviceUrl, username)}` }
      // A route that only clients may use refuses users.
      const expected = isForClients(method, path) ? [200, 401, 403] : [200, 403]
      expect(expected).toContain((await send(serviceUrl + path, method, headers)).status)
    }
  },
)

describe.runIf(SERVICE_FEATURES.includes('scopes'))('with routes for clients', () => {
  const scopes = service.functions.openapi?.environment?.API_SCOPES?.split(',') ?? []
  const table = tableAt(inject('dynamoDbUrl'))
  let tokenWith: (scope: string) => Promise<string>
  beforeAll(async () => {
    tokenWith = await addMachineOf(serviceUrl, table, 'described', [...scopes, 'described'])
  })

  test.each(protectedRoutes)('%s returns 403 to a client without their scopes', async (_, method, path) => {
    const headers = { Authorization: `Bearer ${await tokenWith('described')}` }
    expect(await send(serviceUrl + path.replace(/\{\w+\}/, 'x'), method, headers)).toEqual(FORBIDDEN)
  })

  test.each(protectedRoutes)('%s returns a described response to a client', async (_, method, path) => {
    const headers = { Authorization: `Bearer ${await tokenWith(scopes.join(' '))}` }
    const { status } = await send(serviceUrl + path.replace(/\{\w+\}/, 'x'), method, headers)
    expect(status === 403).toBe(!isForClients(method, path))
  })

  test('the metadata of their API is as described', async () => {
    expect((await get(`${serviceUrl}/.well-known/oauth-protected-resource`)).status).toBe(200)
  })
})
