import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { hostOf } from '../../lib/oauth/clients/url-client.ts'
import { type Changes, queryOf, VERIFIER } from '../../test/oauth/clients.ts'
import {
  APP_URL,
  type DocumentHost,
  HOST,
  sendDocument,
  startDocumentHost,
} from '../../test/oauth/document-host.ts'
import { cookieOf, OWN_PAGE, withHeaders } from '../../test/support/cookies.ts'
import { begin, call, ok, stored, useRoutes } from '../../test/support/routes.ts'

// Apps that are not registered: their client_id is the URL of a metadata document.

const network = vi.hoisted(() => ({ host: undefined as DocumentHost | undefined }))
vi.mock('../../lib/oauth/documents/edge.ts', () => ({
  edge: {
    resolve: (name: string) => network.host?.edge.resolve(name),
    reach: (address: string, name: string) => network.host?.edge.reach(address, name),
  },
}))

useRoutes()

let host: DocumentHost
let cookie: string
beforeAll(async () => {
  host = await startDocumentHost()
  network.host = host
})
afterAll(() => host.stop())
beforeEach(async () => {
  cookie = await begin()
  host.reply = sendDocument()
  host.addresses = [['93.184.215.14']]
  host.requests.length = host.lookups.length = 0
})

const REDIRECT = 'https://app.test/callback'

const approve = (
  changes: Changes = {},
  more: object = {},
  headers: Record<string, string> = cookieOf(cookie),
) =>
  call('approve', 'approve', {
    ...withHeaders({ ...OWN_PAGE, ...headers }),
    body: JSON.stringify({
      query: queryOf({ client_id: APP_URL, redirect_uri: REDIRECT, ...changes }),
      ...more,
    }),
  })

const click = async (scope = 'openid') => ({ click: { sub: (await stored()).id, scope } })

const send = (form: Record<string, string>) => {
  const body = String(new URLSearchParams({ client_id: APP_URL, ...form }))
  return call('token', 'token', {
    ...withHeaders({ 'Content-Type': 'application/x-www-form-urlencoded' }),
    body,
  })
}

async function codeFor(scope: string, changes: Changes = {}): Promise<string> {
  const { body } = await approve({ scope, ...changes }, await click(scope))
  return String(new URL(body.location).searchParams.get('code'))
}

const exchange = (code: string) => send({ grant_type: 'authorization_code', code, code_verifier: VERIFIER })

describe('an app that is not registered', () => {
  test('signs a user in, after the screen with its host', async () => {
    const user = await stored()
    expect(await approve()).toEqual(
      ok({
        next: 'screen',
        user: { sub: user.id, username: 'user' },
        client: { id: APP_URL, name: 'Test app', place: HOST, host: hostOf(APP_URL) },
        scopes: [{ name: 'openid', sentence: 'Recognise you when you sign in' }],
      }),
    )
    const { body } = await exchange(await codeFor('openid'))
    expect(body).toMatchObject({ token_type: 'Bearer', scope: 'openid', expires_in: 900 })
    const { body: refreshed } = await send({
      grant_type: 'refresh_token',
      refresh_token: body.refresh_token,
    })
    expect(refreshed.refresh_token).not.toBe(body.refresh_token)
    // One document for all of it.
    expect(host.requests.length).toBe(1)
  })
})
