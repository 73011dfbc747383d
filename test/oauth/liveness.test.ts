import { createLocalJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { changeFactors } from '../../lib/factors/change.ts'
import { signInOf } from '../../lib/sessions/session.ts'
import { createUser } from '../../lib/users/names.ts'
import { findUser, findUserByName, replaceHash } from '../../lib/users/store.ts'
import type { User } from '../../lib/users/user.ts'
import { disable, enable, endAllGrants, remove } from '../../scripts/clients/changes.ts'
import { disable as disableUser } from '../../scripts/users/changes.ts'
import { endSessions } from '../../scripts/users/identities/end-sessions.ts'
import { remove as removeUser } from '../../scripts/users/remove.ts'
import { withHeaders } from '../support/http/cookies.ts'
import { loadHandler } from '../support/http/handlers.ts'
import { parsed } from '../support/http/lambda.ts'
import {
  aws,
  begin,
  behindAuthorizer,
  call,
  context,
  eventOf,
  later,
  logout,
  refresh as refreshSession,
  service,
  sessionIdOf,
  sessionOf,
  stored,
  table,
  useRoutes,
} from '../support/http/routes.ts'
import { rowsOf } from '../support/rows.ts'
import { asOperator, testAct, testUser } from '../support/users/users.ts'
import { addClient, CALLBACK, credentialsOf, FORM, formOf, VERIFIER } from './clients.ts'
import { addNotesApi, notesScopes, withNotes } from './own-api.ts'
import { codeFor as codeBy } from './requests.ts'

// What ends a grant, at each place that its tokens open.

useRoutes()

let cookie: string
beforeEach(async () => {
  cookie = await begin()
  await addNotesApi(table)
  for (const [id, type] of Object.entries(TYPES)) await add(id, type)
})

const TYPES = { shop: 'web', phone: 'native' } as const
type Id = keyof typeof TYPES
// The prompts of commands are not reached, because these are confirmed.
const io = { now: () => new Date() } as Parameters<typeof remove>[3]

/** A grant of a client: what the client has of it. */
interface Given {
  client: Id
  code: string
  tokens: { access_token: string; refresh_token: string }
}

/** What may happen, by how it comes about. It gets the client that has a code or a grant. */
const HAPPENINGS: Record<string, (client: Id) => Promise<unknown>> = {
  nothing: async () => undefined,
  'the user signs out': () => logout(cookie),
  'the session is ended from elsewhere': async () => {
    const pathParameters = { id: sessionIdOf(cookie) }
    expect((await call('sessions', 'DELETE /sessions/{id}', { pathParameters })).statusCode).toBe(204)
  },
  'a copy of the cookie is used again': async () => {
    await refreshSession(cookie)
    vi.setSystemTime(later(40))
    expect((await refreshSession(cookie)).statusCode).toBe(401)
  },
  'the user signs out everywhere': () =>
    call('logout', 'logout', { body: JSON.stringify({ refreshToken: cookie, everywhere: true }) }),
  'an operator ends all sessions': () => endSessions(operators(), 'user'),
  'the password changes in this session': async () => {
    const from = await behindAuthorizer('password', sessionIdOf(cookie))
    expect((await call('password', 'password', from)).statusCode).toBe(204)
    expect((await stored()).survivingSession).toBeDefined()
  },
  'a factor is added in this session': async () => {
    const session = await sessionOf(cookie)
    const change = {
      factors: 'totp',
      isRevoking: true,
      survivingSession: session && signInOf(session),
      changeId: 'x',
      writes: [],
      happening: { changes: ['totp'], detail: 'added' },
    } as const
    expect(await changeFactors(table, await stored(), change, testAct())).toBe(true)
  },
  'the user is disabled': () => disableUser(operators(), 'user'),
  'the user is removed': () => removeUser(operators(), 'user', true, io),
  'the user is removed, and imported again with the id': async () => {
    const { id, passwordHash } = await stored()
    await removeUser(operators(), 'user', true, io)
    await createUser(table, testUser({ id, username: 'user', passwordHash }), testAct())
    expect(await findUser(table, id)).toBeDefined()
  },
  'the access of the app is removed': (client) => removeAccess(client),
  'the access of the app is removed and given again': async (client) => {
    await removeAccess(client)
    expect(await codeFor(client, 'openid offline_access')).not.toBe('null')
  },
  'the client is disabled': (client) => disable(operators(), client),
  'the client is disabled and enabled': async (client) => {
    await disable(operators(), client)
    await enable(operators(), client)
  },
  'all grants of the client end': (client) => endAllGrants(operators(), client),
  'the client is removed': (client) => remove(operators(), client, true, io),
  'the client is removed and added again': async (client) => {
    await remove(operators(), client, true, io)
    await add(client, TYPES[client], { generation: 123 })
  },
}

/** What may happen to a grant by its own tokens. */
const REUSES: Record<string, (given: Given) => Promise<unknown>> = {
  'its code is used again': ({ client, code }) => {
    vi.setSystemTime(later(11))
    return exchange(client, code)
  },
  'another client uses its code and its token': async ({ client, code, tokens }) => {
    const other = client === 'shop' ? 'phone' : 'shop'
    await exchange(other, code)
    await refresh(other, tokens.refresh_token)
  },
  'a replaced token is used again': async ({ client, tokens }) => {
    const { body } = await refresh(client, tokens.refresh_token)
    expect(body.refresh_token === tokens.refresh_token).toBe(client === 'shop')
    tokens.access_token = body.access_token
    const replaced = tokens.refresh_token
    tokens.refresh_token = body.refresh_token
    vi.setSystemTime(later(11))
    await refresh(client, replaced)
  },
}

/** With `offline_access`, a grant outlives its session, unless its user ends the session in the list. */
const isLive = (what: string, scope: string, client: Id): boolean => {
  if (['nothing', 'another client uses its code and its token'].includes(what)) return true
  // The token of a web client is never replaced.
  if (what === 'a replaced token is used again') return client === 'shop'
  return what === 'the user signs out' && scope.includes('offline_access')
}

let authorizer: Awaited<ReturnType<typeof loadHandler>>

let cases = 0
afterAll(() => console.log(`Liveness of codes and grants: ${cases} cases`))

const CLIENTS = Object.keys(TYPES) as Id[]
const SCOPES = ['openid', 'openid offline_access']
/** For the service's own API. */
const OF_NOTES = ['notes:read', 'openid notes:read offline_access']

describe('a code', () => {
  const rows = Object.keys(HAPPENINGS).flatMap((what) =>
    CLIENTS.flatMap((client) => SCOPES.map((scope) => [what, client, scope] as const)),
  )
  test.each(rowsOf(rows, ([what]) => what))('if %s, of %s with %s', async (what, client, scope) => {
    const code = await codeFor(client, scope)
    await HAPPENINGS[what]?.(client)
    check(await outcomeOf(exchange(client, code)), what === 'nothing' ? 'ok' : errorOf(what))
  })
})

describe('a grant', () => {
  const all = [...Object.keys(HAPPENINGS), ...Object.keys(REUSES)]
  const rows = all.flatMap((what) =>
    CLIENTS.flatMap((client) => [...SCOPES, ...OF_NOTES].map((scope) => [what, client, scope] as const)),
  )
  const representatives = rowsOf(rows, ([what, client, scope]) => `${what} ${isLive(what, scope, client)}`)
  test.each(representatives)('if %s, of %s with %s', async (what, client, scope) => {
    const given = await give(client, scope)
    await HAPPENINGS[what]?.(client)
    await REUSES[what]?.(given)
    const { access_token, refresh_token } = given.tokens
    const live = isLive(what, scope, client)
    const isOfNotes = OF_NOTES.includes(scope)
    check(await userInfo(access_token), scope.startsWith('openid') ? (live ? 200 : 401) : 403)
    check(await isRefused(access_token), !(live && isOfNotes))
    // An API that verifies tokens by itself accepts this one until it expires.
    check(await isVerified(access_token), true)
    check(await outcomeOf(refresh(client, refresh_token)), live ? 'ok' : errorOf(what))
    vi.setSystemTime(later(930))
    check(await isVerified(access_token), false)
  })

  test.each(CLIENTS.flatMap((client) => SCOPES.map((scope) => [client, scope] as const)))(
    'of %s with %s is refreshed no longer if a policy demands a second factor',
    async (client, scope) => {
      const { tokens } = await give(client, scope)
      check(await outcomeOf(refresh(client, tokens.refresh_token, withPolicy)), 'invalid_grant')
      check(await userInfo(tokens.access_token), 200)
      check(await isRefused(tokens.access_token), true)
      check(await isVerified(tokens.access_token), true)
      // Nothing has ended: without the policy, it is refreshed again.
      check(await outcomeOf(refresh(client, tokens.refresh_token)), 'ok')
      const { passwordHash, ...user } = (await findUserByName(table, 'user')) as User
      await replaceHash(table, { ...user, passwordHash }, { passwordHash, mustEnrol: true })
      check(await outcomeOf(refresh(client, tokens.refresh_token)), 'invalid_grant')
    },
  )

  test.each(CLIENTS)('of %s is a new one after its access was removed', async (client) => {
    const before = await give(client, 'openid offline_access')
    await removeAccess(client)
    const after = await give(client, 'openid offline_access')
    check(await outcomeOf(refresh(client, before.tokens.refresh_token)), 'invalid_grant')
    check(await outcomeOf(refresh(client, after.tokens.refresh_token)), 'ok')
    await removeAccess(client)
    check(await outcomeOf(refresh(client, after.tokens.refresh_token)), 'invalid_grant')
  })
})

const add = (id: string, type: (typeof TYPES)[Id], values = {}) =>
  addClient(table, {
    id,
    type,
    redirectUris: [CALLBACK],
    scopes: ['openid', 'offline_access', ...notesScopes('notes:read')],
    ...values,
  })

const operators = () => asOperator(table)

const send = async (client: Id, form: Record<string, string>, handler?: typeof call) => {
  const changes = { ...withHeaders(FORM), body: formOf({ ...credentialsOf(client), ...form }) }
  return (handler ?? call)('token', 'token', changes)
}

const exchange = (client: Id, code: string) =>
  send(client, { grant_type: 'authorization_code', code, code_verifier: VERIFIER })

const refresh = (client: Id, refresh_token: string, handler?: typeof call) =>
  send(client, { grant_type: 'refresh_token', refresh_token }, handler)

const codeFor = (client_id: Id, scope = 'openid') => codeBy(cookie, { client_id, scope })

async function give(client: Id, scope: string): Promise<Given> {
  const code = await codeFor(client, scope)
  const { body } = await exchange(client, code)
  return { client, code, tokens: body }
}

const removeAccess = async (id: Id) => {
  const { statusCode } = await call('sessions', 'DELETE /apps/{id}', { pathParameters: { id } })
  expect(statusCode).toBe(204)
}

/** The token function of a service that demands a second factor of all users. */
const withPolicy: typeof call = async (key, file, changes) => {
  const { environment, ...rest } = Object(service.functions[key])
  const strict = { ...rest, environment: { ...environment, REQUIRE_SECOND_FACTOR: 'all' } }
  const functions = { ...service.functions, [key]: strict }
  const handler = await loadHandler({ ...service, functions }, key, aws)
  return parsed(await handler(await eventOf(file, changes), context))
}

/** Returns the error that a client gets for what has ended. */
const errorOf = (what: string) =>
  ['the client is disabled', 'the client is removed'].includes(what) ? 'invalid_client' : 'invalid_grant'

const outcomeOf = async (response: ReturnType<typeof call>) => {
  const { statusCode, body } = await response
  return statusCode === 200 ? 'ok' : body.error
}

const userInfo = async (token: string) => {
  const headers = withHeaders({ Authorization: `Bearer ${token}` })
  return (await call('userinfo', 'userinfo', headers)).statusCode
}

/** Asks the gateway's authorizer of a service with routes for clients. */
const isRefused = async (token: string) => {
  authorizer ??= await loadHandler(withNotes(service), 'authorizer', aws)
  const handler = authorizer
  const event = await eventOf('authorizer', { authorizationToken: `Bearer ${token}` } as object)
  return handler(event, context).then(
    () => false,
    (error: unknown) => String(error) === 'Error: Unauthorized',
  )
}

/** Verifies an access token as an API does, with only the published keys. */
const isVerified = async (token: string) => {
  const { body } = await call('metadata', 'GET /.well-known/jwks.json')
  const expected = { issuer: 'https://issuer.example', typ: 'at+jwt', currentDate: new Date() }
  return jwtVerify(token, createLocalJWKSet(body), expected).then(
    () => true,
    () => false,
  )
}

/** Counts a case, and compares what came of it. */
function check<T>(actual: T, expected: T): void {
  cases += 1
  expect(actual).toEqual(expected)
}
