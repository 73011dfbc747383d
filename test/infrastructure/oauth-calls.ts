import { vi } from 'vitest'
import { attribute, type Table, writeIf } from '../../lib/aws/dynamodb.ts'
import { clientKey } from '../../lib/oauth/clients/store.ts'
import type { Fetched } from '../../lib/oauth/documents/find.ts'
import { approvalCounter } from '../../lib/throttling/counter.ts'
import { AMR } from '../../lib/users/factors.ts'
import { addApi, addClient, CALLBACK, type Changes, queryOf, SECRET, VERIFIER } from '../oauth/clients.ts'
import { HOST } from '../oauth/document-host.ts'
import { cookieOf, OWN_PAGE, refreshTokenIn } from '../support/http/cookies.ts'
import { sampleEvent } from '../support/http/lambda.ts'
import { addCaller, lost, PASSWORD, type Run } from './factor-calls.ts'

const DAY_MS = 86_400_000

const LATE = 9_999_999_999

/** What the function that fetches documents returns. */
export const FETCHED: Fetched = {
  document: { name: 'App', redirectUris: [CALLBACK], staleAt: LATE, expiresAt: LATE },
}

/**
 * Makes the functions of OAuth do all that they can do to AWS: a user approves a client with more and more scopes, also after a
 * change of the client. The client exchanges codes, refreshes grants and revokes tokens, and a machine gets a token. Codes and tokens
 * are used again, those of sessions too, and the response to a transaction is lost. The user ends a session, removes the access of the
 * client, gives it again, and leaves.
 *
 * Moves the clock, which must stand still.
 *
 * @param onApps - Called with the id of the user while a client has access.
 */
export async function runOAuth(
  run: Run,
  table: Table,
  onApps: (userId: string, sessionId: string) => Promise<unknown> = async () => {},
): Promise<void> {
  const { id, newSession, call } = await addCaller(run, table, { username: 'olga' }, AMR.password)
  await addApi(table)
  const scopes = ['openid', 'profile', 'offline_access', 'https://orders.example orders.read']
  await addClient(table, { scopes })
  await addClient(table, { id: 'phone', type: 'native', redirectUris: [CALLBACK], scopes })
  await addClient(table, { id: 'robot', type: 'machine', redirectUris: [], scopes: scopes.slice(3) })
  let session: { id: string; refreshToken: string; token?: string } = await newSession()

  /** Refreshes the session as the page does. */
  const refreshSession = async () => {
    const headers = { ...OWN_PAGE, ...cookieOf(session.refreshToken) }
    const event = { ...sampleEvent('refresh'), headers, multiValueHeaders: {}, body: '{}' }
    const { headers: sent, body } = Object(await run('refresh', event))
    session = { ...session, refreshToken: refreshTokenIn(sent), token: JSON.parse(body).authToken }
  }
  const approve = async (scope: string, more: object = {}, changes: Changes = {}) => {
    const event = sampleEvent('approve')
    const body = JSON.stringify({ query: queryOf({ scope, ...changes }), ...more })
    const ask = async () => {
      const Authorization = `Bearer ${session.token}`
      const headers = { ...OWN_PAGE, ...cookieOf(session.refreshToken), Authorization }
      const response = await run('approve', { ...event, headers, multiValueHeaders: {}, body })
      return JSON.parse(Object(response).body)
    }
    let asked = await ask()
    if (asked.next === 'refresh') {
      await refreshSession()
      asked = await ask()
    }
    const { location } = asked
    return location === undefined ? '' : String(new URL(location).searchParams.get('code'))
  }
  const agree = (scope: string, changes: Changes = {}) =>
    approve(scope, { click: { sub: id, scope } }, changes)
  const send = async (form: Record<string, string>, setting?: typeof lost) => {
    const body = String(new URLSearchParams(form))
    const response = await run('token', { ...sampleEvent('token'), body }, setting)
    return JSON.parse(Object(response).body)
  }
  const shop = { client_id: 'shop', client_secret: SECRET }
  const phone = { client_id: 'phone' }
  const exchange = (code: string, client: Record<string, string>, setting?: typeof lost) =>
    send({ grant_type: 'authorization_code', code, code_verifier: VERIFIER, ...client }, setting)
  const refresh = (refresh_token: string, client: Record<string, string>) =>
    send({ grant_type: 'refresh_token', refresh_token, ...client })
  const later = async (ms: number, step: () => Promise<unknown>) => {
    const now = Date.now()
    vi.setSystemTime(now + ms)
    await step()
    vi.setSystemTime(now)
  }

  const code = await agree('openid profile')
  const { access_token: token } = await exchange(code, shop)
  const asked = { ...sampleEvent('userinfo'), headers: { Authorization: `Bearer ${token}` } }
  await run('userinfo', asked)
  await later(11_000, () => exchange(code, shop))
  await exchange(await approve('openid'), shop, lost)
  const { refresh_token: offline } = await exchange(await agree('offline_access orders.read'), shop)
  await later(2 * DAY_MS, () => refresh(offline, shop))
  const { refresh_token: first } = await exchange(await agree('openid', phone), phone)
  await refresh(first, phone)
  await later(11_000, () => refresh(first, phone))

  // The cache has another document of this host.
  const app = { client_id: `https://${HOST}/oauth/other.json` }
  const { access_token: ofApp, id_token: hint } = await exchange(await agree('openid', app), app)
  await run('userinfo', { ...asked, headers: { Authorization: `Bearer ${ofApp}` } })
  const signedOut = { ...OWN_PAGE, ...cookieOf((await newSession()).refreshToken) }
  await run('logout', {
    ...sampleEvent('POST /oauth2/signout'),
    headers: signedOut,
    multiValueHeaders: {},
    body: JSON.stringify({ query: `?id_token_hint=${hint}` }),
  })

  await send({ grant_type: 'client_credentials', client_id: 'robot', client_secret: SECRET })
  const revoke = (token: string) => {
    const body = String(new URLSearchParams({ token, ...shop }))
    return run('token', { ...sampleEvent('POST /oauth2/revoke'), body })
  }
  const { access_token: revoked, refresh_token } = await exchange(await agree('openid'), shop)
  await revoke(revoked)
  await revoke(refresh_token)
  await revoke(offline)

  await agree('openid orders.read')
  await approve('openid')
  await later(700_000, async () => {
    const ids = Array.from({ length: 60 }, (_, index) => String(index))
    await writeIf(table, 'UpdateItem', {
      Key: approvalCounter(id, new Date()).key,
      UpdateExpression: 'SET ids = :ids',
      ExpressionAttributeValues: { ':ids': attribute(ids) },
    })
    await approve('openid')
  })
  const unsigned = `${Buffer.from('{"alg":"RS256","kid":"unknown"}').toString('base64url')}.e30.AA`
  await approve('openid', {}, { id_token_hint: unsigned })
  await writeIf(table, 'UpdateItem', {
    Key: clientKey('shop'),
    UpdateExpression: 'SET generation = :next',
    ExpressionAttributeValues: { ':next': attribute(8) },
  })
  await agree('openid')
  const ended = {
    ...sampleEvent('POST /oauth2/signout'),
    headers: { ...OWN_PAGE, ...cookieOf((await newSession()).refreshToken) },
  }
  await run('logout', {
    ...ended,
    multiValueHeaders: {},
    body: JSON.stringify({ query: `?client_id=shop&id_token_hint=${unsigned}`, sub: id }),
  })
  for (const name of ['refresh', 'logout']) {
    session = await newSession()
    const body = JSON.stringify({ refreshToken: session.refreshToken })
    await exchange(await agree('openid offline_access'), shop)
    await run('refresh', { ...sampleEvent('refresh'), body })
    await later(11_000, () => run(name, { ...sampleEvent(name), body }))
  }

  session = await newSession()
  await exchange(await agree('openid offline_access'), shop)
  await onApps(id, session.id)
  session = await newSession()
  await exchange(await agree('openid offline_access'), shop)
  await call('sessions', 'GET /apps', {})
  await call('sessions', 'DELETE /sessions/{id}', {}, { pathId: session.id })
  await call('sessions', 'DELETE /apps/{id}', {}, { pathId: 'shop' })
  session = await newSession()
  await agree('openid')
  await call('delete-me', 'delete-me', { currentPassword: PASSWORD })
}
