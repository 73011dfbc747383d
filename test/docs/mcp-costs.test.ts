import { readFileSync } from 'node:fs'
import { expect, onTestFinished, test, vi } from 'vitest'
import { storeDocument, timesOf } from '../../lib/oauth/documents/store.ts'
import { findUserByName } from '../../lib/users/store.ts'
import { addApi, CALLBACK, queryOf, VERIFIER } from '../oauth/clients.ts'
import { ADA, service } from '../security/faults/aws.ts'
import { cookieOf, OWN_PAGE, refreshTokenIn, withHeaders } from '../support/http/cookies.ts'
import { lambdaContext, loginEvent, sampleEvent } from '../support/http/lambda.ts'
import { root, tableOf } from '../support/process/service-description.ts'
import { costsIn, startCounted } from './costs.ts'
import { tableIn } from './table.ts'

/** A client that is not registered. Its document is in the cache. */
const CLIENT = 'https://app.test/oauth/client.json'

const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8')
const [ofService = '', ofServer = ''] = read('bench/COSTS.md').split('## An MCP server')
const { expectSums, quantities, priceOf, sums } = costsIn(ofServer)

test('the costs of an MCP server in bench/COSTS.md are sums of quantity times price', expectSums)

test('the costs in MCP.md are the sums of bench/COSTS.md', () => {
  expect(tableIn(read('docs/MCP.md'), 'A million').map(([, cost]) => cost)).toEqual(sums())
})

test('the prices of an MCP server are those of the service', () => {
  const { priceOf: priceThere } = costsIn(ofService)
  for (const what of ['Invocations', 'GB-seconds', 'Read units', 'Write units', 'RSA-2048 signatures']) {
    expect([what, priceOf(what)]).toEqual([what, priceThere(what)])
  }
  expect(priceOf('Requests at the gateway of the service')).toBe(priceThere('Requests at the gateway'))
})

interface Batch {
  RequestItems?: Record<string, { Keys: unknown[] }>
  TransactItems?: Record<string, { Item?: { day?: unknown } }>[]
}

/** Returns the units of a call: a consistent read of an item is one, a write in a transaction two, and an entry of an index one. */
function unitsOf(call: string, body: Batch) {
  if (call === 'BatchGetItem') {
    const keys = Object.values(body.RequestItems ?? {}).flatMap(({ Keys }) => Keys)
    return { reads: keys.length, writes: 0 }
  }
  if (call === 'UpdateItem') return { reads: 0, writes: 1 }
  expect(call).toBe('TransactWriteItems')
  const items = body.TransactItems ?? []
  const inIndex = items.filter(({ Put }) => Put?.Item?.day !== undefined)
  return { reads: 0, writes: 2 * items.length + inIndex.length }
}

test('a sign-in, a refresh and /userinfo use what bench/COSTS.md counts', async () => {
  const { aws, proxies, load } = await startCounted()
  const table = tableOf(service, aws)
  await addApi(table, { urlClients: true })
  const document = { name: 'Test app', redirectUris: [CALLBACK], ...timesOf(new Date()) }
  await storeDocument(table, CLIENT, document)
  const { id: sub } = (await findUserByName(table, ADA.username)) ?? { id: '' }
  const [login, refreshSession, approve, token, userinfo] = await Promise.all(
    ['login', 'refresh', 'approve', 'token', 'userinfo'].map(load),
  )
  const send = async (handler: typeof login, event: Parameters<NonNullable<typeof login>>[0]) => {
    const response = await handler?.(event, lambdaContext())
    expect(response?.statusCode).toBe(200)
    return { ...response, body: JSON.parse(response?.body ?? '') }
  }
  const inCookie = JSON.stringify({ ...ADA, session: 'cookie' })
  const { headers } = await send(login, loginEvent({ ...withHeaders(OWN_PAGE), body: inCookie }))
  const page: Record<string, string> = { ...OWN_PAGE, ...cookieOf(refreshTokenIn(headers)) }

  const ask = (body: object) =>
    send(approve, {
      ...sampleEvent('approve'),
      ...withHeaders(page),
      body: JSON.stringify(body),
    })
  const refreshPage = async () => {
    const event = { ...sampleEvent('refresh'), ...withHeaders(page), body: '{}' }
    const { headers: sent, body } = await send(refreshSession, event)
    return { ...cookieOf(refreshTokenIn(sent)), Authorization: `Bearer ${body.authToken}` }
  }
  const post = (form: Record<string, string>) =>
    send(token, {
      ...sampleEvent('token'),
      body: String(new URLSearchParams({ client_id: CLIENT, ...form })),
    })
  const scope = 'openid profile orders.read'
  const query = queryOf({ client_id: CLIENT, scope, resource: 'https://orders.example' })
  const signIn = async () => {
    // The page is new at each sign-in, and has no access token.
    delete page.Authorization
    await ask({ query })
    const click = { query, click: { sub, scope } }
    expect((await ask(click)).body.next).toBe('refresh')
    Object.assign(page, await refreshPage())
    const { body } = await ask(click)
    const code = new URL(body.location).searchParams.get('code') ?? ''
    const form = { grant_type: 'authorization_code', code, code_verifier: VERIFIER, redirect_uri: CALLBACK }
    return (await post(form)).body
  }
  const refresh = ({ refresh_token = '' }) => post({ grant_type: 'refresh_token', refresh_token })
  const askWho = ({ access_token = '' }) =>
    send(userinfo, {
      ...sampleEvent('userinfo'),
      ...withHeaders({ Authorization: `Bearer ${access_token}` }),
    })

  const usedBy = async (act: () => Promise<unknown>) => {
    for (const { calls, bodies } of Object.values(proxies)) calls.length = bodies.length = 0
    await act()
    const { calls, bodies } = proxies.dynamodb
    const units = calls.map((call, at) => unitsOf(call, JSON.parse(bodies[at] ?? '')))
    return {
      'Read units': String(units.reduce((sum, { reads }) => sum + reads, 0)),
      'Write units': String(units.reduce((sum, { writes }) => sum + writes, 0)),
      'RSA-2048 signatures': String(proxies.kms.calls.filter((call) => call === 'Sign').length),
    }
  }
  // The keys are loaded once, and the consent is stored.
  const first = await signIn()
  await askWho(first)
  await refresh(first)
  // A later refresh of the session replaces its secret.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 })
  onTestFinished(() => void vi.useRealTimers())
  let tokens = first
  expect({
    'Sign-in': await usedBy(async () => {
      tokens = await signIn()
    }),
    Refresh: await usedBy(() => refresh(tokens)),
    'Tool call with /userinfo': await usedBy(() => askWho(tokens)),
  }).toEqual({
    'Sign-in': expect.objectContaining(ofColumn('Sign-in')),
    Refresh: expect.objectContaining(ofColumn('Refresh')),
    'Tool call with /userinfo': expect.objectContaining(ofColumn('Tool call with /userinfo')),
  })
})

function ofColumn(heading: string) {
  const {
    'Read units': reads,
    'Write units': writes,
    'RSA-2048 signatures': signatures,
  } = quantities(heading)
  return { 'Read units': reads, 'Write units': writes, 'RSA-2048 signatures': signatures }
}
