import { randomBytes, randomUUID } from 'node:crypto'
import type { Table } from '../lib/aws/dynamodb.ts'
import type { Act } from '../lib/events/event.ts'
import { createApi } from '../lib/oauth/apis/store.ts'
import { CLIENT_RANDOM_BYTES, type Client, hasSecret, newClient } from '../lib/oauth/clients/client.ts'
import { hashSecret } from '../lib/oauth/clients/secret.ts'
import { createClient } from '../lib/oauth/clients/store.ts'
import { entryOf } from '../lib/oauth/scopes.ts'

/** An API that exists on a developer's machine only. */
const DEMO_API = {
  identifier: 'https://orders.example.com',
  name: 'Demo orders',
  scopes: [
    { name: 'orders:read', sentence: 'See your orders' },
    { name: 'orders:write', sentence: 'Place and cancel orders' },
  ],
}

const STANDARD = ['openid', 'profile', 'email']
const OF_API = DEMO_API.scopes.map(({ name }) => entryOf(DEMO_API, name))

const ON_LOOPBACK = ['http://localhost/callback', 'http://127.0.0.1/callback']
const HOME = ['http://localhost/', 'http://127.0.0.1/']

/** Clients that exist on a developer's machine only, one of each type. The secret of each that has one is its id. Ports do not count. */
export const DEMO_CLIENTS: readonly (Pick<Client, 'id' | 'type' | 'name'> & Partial<Client>)[] = [
  {
    id: 'demo-web',
    type: 'web',
    name: 'Demo shop',
    redirectUris: ON_LOOPBACK,
    postLogoutRedirectUris: HOME,
    scopes: [...STANDARD, 'offline_access', ...OF_API],
  },
  {
    id: 'demo-browser',
    type: 'browser',
    name: 'Demo page',
    redirectUris: [...ON_LOOPBACK, ...HOME],
    postLogoutRedirectUris: HOME,
    scopes: [...STANDARD, ...OF_API],
  },
  {
    id: 'demo-native',
    type: 'native',
    name: 'Demo app',
    redirectUris: [...ON_LOOPBACK, 'http://[::1]/callback', 'com.example.demo:/callback'],
    scopes: [...STANDARD, 'offline_access', ...OF_API],
  },
  { id: 'demo-machine', type: 'machine', name: 'Demo program', scopes: OF_API },
]

/** Adds an API and clients to try the service with. */
export async function addDemoClients(table: Table, act: Act): Promise<void> {
  const at = act.now.toISOString()
  await createApi(table, { ...DEMO_API, changeId: randomUUID(), createdAt: at, changedAt: at }, act)
  for (const values of DEMO_CLIENTS) {
    const client = newClient({ local: true, ...values }, act.now, randomBytes(CLIENT_RANDOM_BYTES))
    const secret = hasSecret(client) ? { secretHash: hashSecret(client.id) } : {}
    await createClient(table, { ...client, ...secret }, act)
  }
}
