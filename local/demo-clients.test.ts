import { expect, test } from 'vitest'
import { findApis } from '../lib/oauth/apis/store.ts'
import { CLIENT_TYPES, hasSecret } from '../lib/oauth/clients/client.ts'
import { matchesRedirectUri } from '../lib/oauth/clients/redirect-uri.ts'
import { isSecretOf } from '../lib/oauth/clients/secret.ts'
import { findClientWithSecrets } from '../lib/oauth/clients/store.ts'
import { identifiersOf, scopeIn, scopesOf } from '../lib/oauth/scopes.ts'
import { requireFittingValues } from '../scripts/clients/values.ts'
import { useTable } from '../test/support/aws/table.ts'
import { DEMO_CLIENTS } from './demo-clients.ts'

const { table } = await useTable()

test('the local service has one demo client of each type', () => {
  expect(DEMO_CLIENTS.map(({ type }) => type)).toEqual(CLIENT_TYPES)
})

test.each(DEMO_CLIENTS.map(({ id }) => id))('%s is one that the command would add', async (id) => {
  const client = await findClientWithSecrets(table, id)
  if (client === undefined) throw new Error(`there is no ${id}`)
  expect(() => requireFittingValues(client)).not.toThrow()
  const apis = await findApis(table, identifiersOf(client))
  expect([...scopesOf(client, apis).keys()].sort()).toEqual(
    client.scopes.map((entry) => scopeIn(entry).scope).sort(),
  )
  expect(isSecretOf(client, id, new Date())).toBe(hasSecret(client))
  const isRedirected = matchesRedirectUri(client, 'http://localhost:5173/callback')
  expect(isRedirected).toBe(client.type !== 'machine')
})
