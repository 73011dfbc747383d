import { decodeJwt } from 'jose'
import { afterAll, expect, test } from 'vitest'
import { OWN_PAGE } from '../support/http/cookies.ts'
import { get, send } from '../support/http/http.ts'
import { useLocalService } from '../support/process/local-service.ts'
import { addSession, operator, tableAt } from '../support/users/sessions.ts'
import { addApi, type Changes, queryOf, VERIFIER } from './clients.ts'
import { APP_URL, HOST, startDocumentHost } from './document-host.ts'
import { approveAt, pageOf } from './proof.ts'

// An app that is not registered signs a user in at `npm start`. Its document is at a host of the developer's machine.

const host = await startDocumentHost()
Object.assign(process.env, host.environment())
const service = await useLocalService()
afterAll(() => host.stop())

test('an app with a document under .test gets a token for an API that takes such apps', async () => {
  const { url } = service
  const { body: metadata } = await get(`${url}/.well-known/oauth-authorization-server`)
  expect(JSON.parse(metadata)).toMatchObject({ client_id_metadata_document_supported: true })
  const table = tableAt(service.dynamoDbUrl)
  const { identifier: resource } = await addApi(table, { urlClients: true })
  const username = await operator(table).add({ username: 'user-of-urls' })
  const page = pageOf(await addSession({ table }, username))
  const scope = 'openid orders.read'
  const redirect_uri = 'http://127.0.0.1:53100/callback'
  const approve = (more: object = {}, browser = page) => {
    const changes: Changes = { client_id: APP_URL, redirect_uri, scope, resource }
    const body = { query: queryOf(changes), ...more }
    return approveAt(url, browser, body)
  }
  const { body: first } = await approve({}, { headers: OWN_PAGE })
  expect(first).toMatchObject({ next: 'sign-in', client: { name: HOST } })
  expect(host.requests.length).toBe(0)

  const { body: screen } = await approve()
  expect(screen.client).toEqual({
    id: APP_URL,
    claimedName: 'Test app',
    name: HOST,
    place: '127.0.0.1:53100',
    device: 'address',
    host: HOST,
  })
  const { body: led } = await approve({ click: { sub: screen.user.sub, scope } })
  const code = String(new URL(led.location).searchParams.get('code'))
  const form = {
    grant_type: 'authorization_code',
    client_id: APP_URL,
    code,
    code_verifier: VERIFIER,
    resource,
  }
  const { status, body } = await send(
    `${url}/oauth2/token`,
    'POST',
    { 'Content-Type': 'application/x-www-form-urlencoded' },
    String(new URLSearchParams(form)),
  )
  expect(status).toBe(200)
  expect(decodeJwt(JSON.parse(body).access_token)).toMatchObject({ aud: resource, client_id: APP_URL, scope })
  expect(host.requests.length).toBe(1)
})
