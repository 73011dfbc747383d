import * as oauth from 'oauth4webapi'
import { beforeAll, expect, inject, test } from 'vitest'
import { tableAt } from '../support/users/sessions.ts'
import { addByCommand } from './add-by-command.ts'
import { addApi } from './clients.ts'

// oauth4webapi takes tokens for a machine, and verifies them as an API does. In a browser it signs users in: test/browser/libraries.

const API = 'https://oauth4webapi.example'
const client: oauth.Client = { client_id: 'oauth4webapi-machine' }
// The service under test has no TLS.
const insecure = { [oauth.allowInsecureRequests]: true }

let service: oauth.AuthorizationServer
let secret: string
beforeAll(async () => {
  const issuer = new URL(inject('serviceUrl'))
  service = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure))
  const scopes = ['packets:read', 'packets:write'].map((name) => ({ name, sentence: name }))
  await addApi(tableAt(inject('dynamoDbUrl')), { identifier: API, scopes })
  const options = scopes.flatMap(({ name }) => ['--scope', name])
  secret = await addByCommand(inject('dynamoDbUrl'), [client.client_id, '--type', 'machine', ...options])
})

test.each([
  [{ resource: API }, oauth.ClientSecretBasic, 'packets:read packets:write'],
  [{ resource: API, scope: 'packets:read' }, oauth.ClientSecretPost, 'packets:read'],
  [{ scope: 'packets:write' }, oauth.ClientSecretBasic, 'packets:write'],
])('a machine with %j gets a token that the API accepts', async (parameters, authenticationOf, scope) => {
  const { access_token, token_type } = await takeToken(parameters, authenticationOf(secret))
  expect(token_type).toBe('bearer')
  expect(await verify(access_token, API)).toMatchObject({
    iss: service.issuer,
    sub: client.client_id,
    client_id: client.client_id,
    scope,
  })
  await expect(verify(access_token, 'https://other.example')).rejects.toThrow('unexpected JWT "aud"')
})

test('a machine with another secret gets none', async () => {
  const refused = takeToken({ resource: API }, oauth.ClientSecretBasic(`${secret}-`))
  await expect(refused).rejects.toMatchObject({ error: 'invalid_client', status: 401 })
})

async function takeToken(parameters: Record<string, string>, authentication: oauth.ClientAuth) {
  const request = oauth.clientCredentialsGrantRequest(service, client, authentication, parameters, insecure)
  return oauth.processClientCredentialsResponse(service, client, await request)
}

const verify = (token: string, audience: string) => {
  const headers = { Authorization: `Bearer ${token}` }
  return oauth.validateJwtAccessToken(service, new Request(API, { headers }), audience, insecure)
}
