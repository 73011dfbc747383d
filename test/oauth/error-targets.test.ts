import { beforeEach, describe, expect, test, vi } from 'vitest'
import { appIdOf } from '../../lib/oauth/grants/app.ts'
import * as urls from '../../scripts/clients/urls.ts'
import { cookieOf } from '../support/http/cookies.ts'
import { begin, call, ok, problem, stored, table, useRoutes } from '../support/http/routes.ts'
import { asOperator } from '../support/users/users.ts'
import { addClient, type Changes } from './clients.ts'
import { APP_URL, type DocumentHost, HOST } from './document-host.ts'
import { useDocumentHost } from './network.ts'
import { approve as approveBy } from './requests.ts'

// Where the errors of authorization requests lead: to registered apps, and to others only if their user has allowed them.

const network = vi.hoisted(() => ({ host: undefined as DocumentHost | undefined }))
vi.mock('../../lib/oauth/documents/edge.ts', async () => (await import('./document-host.ts')).edgeOf(network))

useRoutes()

let cookie: string
const host = await useDocumentHost(network)
beforeEach(async () => {
  cookie = await begin()
  host.requests.length = host.lookups.length = 0
})

const SIGNED_OUT = { Cookie: 'other=1' }
const REDIRECT = 'https://app.test/callback'
const STRANGER = { client_id: APP_URL, redirect_uri: REDIRECT }
const REGISTERED = { client_id: 'shop', redirect_uri: REDIRECT }
const refused = problem(
  400,
  'Bad Request',
  'With prompt=none, an app that is not registered needs a user who is signed in and has allowed it.',
  { error: 'not_allowed' },
)

/** Each error of a request, and what has it. */
const ERRORS: [error: string, changes: Changes, more?: object][] = [
  ['request_not_supported', { request: 'a.b.c' }],
  ['request_uri_not_supported', { request_uri: 'https://app.test/request' }],
  ['registration_not_supported', { registration: '{}' }],
  ['unsupported_response_type', { response_type: 'token' }],
  ['invalid_request', { code_challenge: undefined }],
  ['invalid_request', { id_token_hint: 'a.b.c' }],
  ['invalid_target', { resource: 'https://unknown.example' }],
  ['invalid_scope', { scope: 'unknown' }],
  ['access_denied', {}, { cancel: true }],
  ['login_required', { prompt: 'none', max_age: '0' }],
  ['interaction_required', { prompt: 'none' }],
  ['consent_required', { prompt: 'none', scope: 'offline_access' }],
]

describe.each(ERRORS)('%s, by %j,', (error, changes, more) => {
  test('leads to an app that is registered', async () => {
    await addClient(table, { id: 'shop', type: 'native', redirectUris: [REDIRECT] })
    expect(await approve({ ...REGISTERED, ...changes }, more)).toEqual(led(error))
  })

  test('leads to another app only after its user has allowed it', async () => {
    const request = { ...STRANGER, ...changes }
    const before = isQuiet(changes) ? refused : held(error)
    expect(await approve(request, more)).toEqual(before)
    await allow(STRANGER)
    expect(await approve(request, more)).toEqual(led(error))
    await call('sessions', 'DELETE /apps/{id}', { pathParameters: { id: appIdOf(APP_URL) } })
    expect(await approve(request, more)).toEqual(before)
  })

  test('leads a browser without a session to no other app', async () => {
    await allow(STRANGER)
    const response = await approve({ ...STRANGER, ...changes }, more, SIGNED_OUT)
    if (isQuiet(changes)) expect(response).toEqual(refused)
    else expect(response.body).toMatchObject({ next: 'sign-in', client: { name: HOST } })
  })
})

test('prompt=none sends the host of an app no request that says whether its visitor is signed in', async () => {
  const quiet = { ...STRANGER, prompt: 'none' }
  expect(await approve(quiet)).toEqual(await approve(quiet, {}, SIGNED_OUT))
  expect([host.lookups, host.requests]).toEqual([[], []])
})

test('an app whose access an operator has ended is not allowed any longer', async () => {
  await allow(STRANGER)
  await urls.endAllGrants(asOperator(table), HOST)
  expect(await approve({ ...STRANGER, response_type: 'token' })).toEqual(held('unsupported_response_type'))
})

test('another user has not allowed an app', async () => {
  await allow(STRANGER)
  const other = cookieOf(await begin('admin'))
  const response = await approve({ ...STRANGER, response_type: 'token' }, {}, other)
  expect(response).toEqual(held('unsupported_response_type'))
})

const approve = (changes: Changes, more: object = {}, headers: Record<string, string> = {}) =>
  approveBy(cookie, changes, { ...more, headers })

/** Lets the user allow an app by a click on its screen. */
async function allow(app: Changes): Promise<void> {
  const { body } = await approve(app, { click: { sub: (await stored()).id, scope: 'openid' } })
  expect(body.location).toMatch(/[?&]code=/)
}

/** Matches a location with an error. */
const locationWith = (error: string) => {
  const parameters = `error_description=[^&]+&state=a%20state&iss=https%3A%2F%2Fissuer.example`
  return expect.stringMatching(new RegExp(`^https://app\\.test/callback\\?error=${error}&${parameters}$`))
}

const led = (error: string) => ok({ next: 'client', location: locationWith(error) })

const held = (error: string) =>
  ok({
    next: 'error',
    error,
    description: expect.stringMatching(/^[A-Z_a-z].+\.$/),
    location: locationWith(error),
    client: { name: HOST, place: HOST, host: HOST },
  })

const isQuiet = ({ prompt }: Changes) => prompt === 'none'
