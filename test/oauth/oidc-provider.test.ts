import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { OWN_PAGE, withHeaders } from '../support/http/cookies.ts'
import { begin, call, later, table, useRoutes } from '../support/http/routes.ts'
import {
  addApi,
  addClient,
  basic,
  CALLBACK,
  type Changes,
  credentialsOf,
  FORM,
  formOf,
  queryOf,
  VERIFIER,
} from './clients.ts'
import {
  AUTHORIZATION_REQUESTS,
  type ClientId,
  EXCHANGES,
  type MalformedForm,
  REFRESHES,
} from './malformed-requests.ts'
import { type OtherServer, startOidcProvider } from './oidc-provider.ts'
import { DIFFERENCES } from './oidc-provider-differences.ts'
import { pageHeaders } from './requests.ts'

// oidc-provider and this service get the same malformed requests, with clients that are configured in the same way.

useRoutes()

let other: OtherServer
let cookie: string
const compared: { isEqual: boolean }[] = []

beforeAll(async () => {
  other = await startOidcProvider()
})
afterAll(() => {
  other.stop()
  const equal = compared.filter(({ isEqual }) => isEqual).length
  console.log(`oidc-provider: ${compared.length} malformed requests, ${equal} with the same outcome`)
})
beforeEach(async () => {
  cookie = await begin()
  await addApi(table)
  const scopes = ['openid', 'profile', 'offline_access', 'https://orders.example orders.read']
  for (const id of ['shop', 'books']) await addClient(table, { id, scopes })
  await addClient(table, { id: 'phone', type: 'native', redirectUris: [CALLBACK], scopes })
})

/** One of the two services. */
interface Side {
  /** Returns the outcome of an authorization request: a page, a redirect, or what the user is asked for. */
  authorize(query: string, isSignedOut?: boolean): Promise<{ outcome: string; code?: string }>
  token(
    form: string,
    headers: Record<string, string>,
  ): Promise<{ status: number; body: Record<string, string> }>
}

const ours: Side = {
  async authorize(query, isSignedOut) {
    const headers = isSignedOut ? OWN_PAGE : await pageHeaders(cookie)
    const scope = new URLSearchParams(query).get('scope') ?? ''
    // The user consents to what the screen shows.
    const send = (click?: object) =>
      call('approve', 'approve', { ...withHeaders(headers), body: JSON.stringify({ query, click }) })
    let { statusCode, body } = await send()
    if (body.next === 'screen') {
      const shown = body.scopes.map(({ name }: { name: string }) => name).join(' ')
      ;({ statusCode, body } = await send({ sub: body.user.sub, scope: shown || scope }))
    }
    if (statusCode !== 200) return { outcome: `page ${statusCode}` }
    return body.next === 'client' ? redirected(body.location) : { outcome: `asks for ${body.next}` }
  },
  async token(body, headers) {
    const response = await call('token', 'token', { ...withHeaders({ ...FORM, ...headers }), body })
    return { status: response.statusCode, body: response.body }
  },
}

const theirs: Side = {
  async authorize(query, isSignedOut) {
    const { status, location, asks } = await other.authorize(query, isSignedOut)
    if (asks !== undefined) return { outcome: `asks for ${asks === 'login' ? 'sign-in' : 'screen'}` }
    return location === undefined ? { outcome: `page ${status}` } : redirected(location)
  },
  token: (form, headers) => other.token(form, headers),
}

describe('an authorization request with', () => {
  test.each(AUTHORIZATION_REQUESTS)('$name', async ({ name, changes, isSignedOut }) => {
    await compare(`authorization: ${name}`, async (side) => {
      // The user has a session, and has consented.
      expect((await side.authorize(queryOf({ scope: 'openid profile' }))).outcome).toBe('code')
      return (await side.authorize(queryOf(changes), isSignedOut)).outcome
    })
  })
})

describe('an exchange with', () => {
  test.each(EXCHANGES)('$name', async (request) => {
    await compare(`exchange: ${request.name}`, (side) => exchanged(side, request))
  })
})

describe('a refresh with', () => {
  test.each(REFRESHES)('$name', async (request) => {
    await compare(`refresh: ${request.name}`, (side) => refreshed(side, request))
  })
})

test('each difference is one of a request', () => {
  const names = [
    ...AUTHORIZATION_REQUESTS.map(({ name }) => `authorization: ${name}`),
    ...EXCHANGES.map(({ name }) => `exchange: ${name}`),
    ...REFRESHES.map(({ name }) => `refresh: ${name}`),
  ]
  expect(names.length).toBeGreaterThan(60)
  expect(Object.keys(DIFFERENCES).filter((name) => !names.includes(name))).toEqual([])
})

/** Returns the outcome of a redirect to the client. */
function redirected(location: string) {
  if (!location.startsWith(CALLBACK)) return { outcome: `redirect to ${location}` }
  const { searchParams, hash } = new URL(location)
  const found = hash === '' ? searchParams : new URLSearchParams(hash.slice(1))
  const code = found.get('code')
  const place = hash === '' ? '' : ' in the fragment'
  const state = found.get('state') === 'a state' ? '' : ' without state'
  if (code !== null) return { outcome: `code${place}${state}`, code }
  return { outcome: `redirect with ${found.get('error')}${place}${state}` }
}

/** Returns how a client authenticates. */
const authenticationOf = (client: ClientId): { form: Changes; headers: Record<string, string> } => {
  if (client === 'shop') return { form: {}, headers: basic(client) }
  return { form: credentialsOf(client), headers: {} }
}

/** Sends a valid request for tokens, with changes. */
async function sendAs(side: Side, client: ClientId, values: Changes, request?: MalformedForm) {
  const { form, headers } = authenticationOf(client)
  const body = request?.body ?? formOf({ ...values, ...form, ...request?.changes })
  return side.token(body, { ...headers, ...request?.headers })
}

const outcomeOf = ({ status, body }: Awaited<ReturnType<Side['token']>>): string =>
  status === 200 ? 'tokens' : `${status} ${body.error}`

async function codeOf(side: Side, client: ClientId): Promise<Changes> {
  const { code, outcome } = await side.authorize(queryOf({ client_id: client }))
  expect(outcome).toBe('code')
  return { grant_type: 'authorization_code', code, code_verifier: VERIFIER, redirect_uri: CALLBACK }
}

async function exchanged(side: Side, request: MalformedForm): Promise<string> {
  const { client = 'shop', owner = client, isUsed } = request
  const values = await codeOf(side, owner)
  if (isUsed) expect(outcomeOf(await sendAs(side, owner, values))).toBe('tokens')
  return outcomeOf(await sendAs(side, client, values, request))
}

async function refreshed(side: Side, request: MalformedForm): Promise<string> {
  const { client = 'shop', owner = client, isUsed } = request
  const { body } = await sendAs(side, owner, await codeOf(side, owner))
  const values = { grant_type: 'refresh_token', refresh_token: body.refresh_token }
  if (isUsed) {
    vi.setSystemTime(later(20))
    const { body: second } = await sendAs(side, owner, values)
    vi.setSystemTime(later(40))
    await sendAs(side, owner, { ...values, refresh_token: second.refresh_token })
  }
  return outcomeOf(await sendAs(side, client, values, request))
}

/** Compares the outcomes of a request with what the list of differences says. */
async function compare(name: string, outcomeAt: (side: Side) => Promise<string>) {
  const [their, our] = [await outcomeAt(theirs), await outcomeAt(ours)]
  const difference = their === our ? undefined : { theirs: their, ours: our, reason: expect.any(String) }
  compared.push({ isEqual: difference === undefined })
  expect(DIFFERENCES[name], name).toEqual(difference)
}
