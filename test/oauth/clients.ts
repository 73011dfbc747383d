import { randomBytes, randomUUID } from 'node:crypto'
import type { Table } from '../../lib/aws/dynamodb.ts'
import type { Api } from '../../lib/oauth/apis/api.ts'
import { createApi } from '../../lib/oauth/apis/store.ts'
import { hasSecret } from '../../lib/oauth/clients/client.ts'
import { hashSecret } from '../../lib/oauth/clients/secret.ts'
import { type ClientWithSecrets, createClient } from '../../lib/oauth/clients/store.ts'
import type { Grant } from '../../lib/oauth/grants/grant.ts'
import { selectorOf, sessionIdOf } from '../../lib/sessions/refresh-token.ts'
import { secondOf } from '../../lib/time.ts'
import { testAct } from '../support/users/users.ts'

/** The example of RFC 7636 appendix B. */
export const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

export const SECRET = 'a-secret-of-the-shop'
export const CALLBACK = 'https://shop.example/callback?tenant=1'

const times = { createdAt: '2026-06-01T00:00:00.000Z', changedAt: '2026-06-01T00:00:00.000Z' }

/** Stores a client, with {@link SECRET} if its type has one: a `web` one that may have all standard scopes, unless the values differ. */
export async function addClient(
  table: Table,
  values: Partial<ClientWithSecrets> = {},
): Promise<ClientWithSecrets> {
  const client: ClientWithSecrets = {
    id: 'shop',
    type: 'web',
    name: 'Shop',
    names: [],
    generation: 7,
    disabled: false,
    redirectUris: [CALLBACK],
    postLogoutRedirectUris: [],
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    firstParty: false,
    silent: false,
    local: false,
    changeId: randomUUID(),
    ...times,
    ...(hasSecret({ type: values.type ?? 'web' }) && { secretHash: hashSecret(SECRET) }),
    ...values,
  }
  const outcome = await createClient(table, client, testAct())
  if (outcome !== 'done') throw new Error(`the client ${client.id} is ${outcome}`)
  return client
}

/** Returns an API with the scopes `orders.read` and `orders.write`, unless the values differ. */
export const testApi = (values: Partial<Api> = {}): Api => ({
  identifier: 'https://orders.example',
  name: 'Orders',
  scopes: [
    { name: 'orders.read', sentence: 'See your orders' },
    { name: 'orders.write', sentence: 'Change your orders' },
  ],
  changeId: randomUUID(),
  ...times,
  ...values,
})

/** Stores such an API. */
export async function addApi(table: Table, values: Partial<Api> = {}): Promise<Api> {
  const api = testApi(values)
  const outcome = await createApi(table, api, testAct())
  if (outcome !== 'done') throw new Error(`the API ${api.identifier} is ${outcome}`)
  return api
}

/** Creates a live grant of `shop` with `offline_access`, unless the values differ. No token belongs to it. */
export const testGrant = (
  values: Pick<Grant, 'userId' | 'sessionId'> & Partial<Grant>,
  now: Date,
): Grant => ({
  id: sessionIdOf(selectorOf(secondOf(now), randomBytes(16))),
  secretHash: 'a hash',
  salt: 'a salt',
  rotatedAtMs: 0,
  clientId: 'shop',
  clientGeneration: 7,
  appGeneration: 3,
  sessionGeneration: 5,
  scope: 'openid offline_access',
  offline: true,
  authTime: secondOf(now),
  amr: 'pwd',
  createdAt: secondOf(now),
  lastUsedAt: secondOf(now),
  shownUsedAt: secondOf(now),
  expiresAt: secondOf(now) + 60,
  ...values,
})

/** Changes of the parameters of a request: `undefined` leaves one out, and a list repeats it. */
export type Changes = Record<string, string | string[] | undefined>

/** Returns parameters as a query or a form has them. */
export function formOf(parameters: Changes): string {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of [value ?? []].flat()) form.append(name, one)
  }
  return String(form)
}

/** Returns the header of a client that authenticates by Basic. */
export const basic = (clientId: string, secret = SECRET) => ({
  Authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`,
})

/** Returns what a client of the tests authenticates with in a form. `phone` is public. */
export const credentialsOf = (clientId: string): Record<string, string> => ({
  client_id: clientId,
  ...(clientId !== 'phone' && { client_secret: SECRET }),
})

/** The header of a form. */
export const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' }

/** Returns the query of a valid authorization request of `shop`, with changes. */
export function queryOf(changes: Changes = {}): string {
  const valid = {
    response_type: 'code',
    client_id: 'shop',
    redirect_uri: CALLBACK,
    scope: 'openid',
    state: 'a state',
    nonce: 'a-nonce',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
  }
  return `?${formOf({ ...valid, ...changes })}`
}
