import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda'
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Item } from '../../lib/aws/dynamodb.ts'
import { eventsOfUser } from '../../lib/events/store.ts'
import { findCode } from '../../lib/oauth/codes/store.ts'
import { type KeyState, nextStep, targetOf } from '../../scripts/keys/plan.ts'
import { OUTAGES, startWire, strike, type Target, targetsOf, type Wire } from '../support/aws/wire.ts'
import { cookieOf, OWN_PAGE, withHeaders } from '../support/http/cookies.ts'
import { loadHandler } from '../support/http/handlers.ts'
import { parsed } from '../support/http/lambda.ts'
import {
  aws,
  begin,
  context,
  eventOf,
  handlerOf,
  later,
  records,
  refresh as refreshSession,
  service,
  stored,
  table,
  useRoutes,
} from '../support/http/routes.ts'
import { addApi, addClient, CALLBACK, credentialsOf, FORM, formOf, queryOf, VERIFIER } from './clients.ts'
import { pageHeaders } from './requests.ts'

// Approval, exchange, refresh, revocation, sign-out and the token of a machine × every call of AWS × every outage. The functions are warm, or read the public key first.

useRoutes()

type Handler = (event: APIGatewayProxyEvent, context: Context) => Promise<APIGatewayProxyResult>
let wire: Wire
let wired: Record<string, Handler>
let cookie: string
let ran = 0

beforeAll(async () => {
  wire = await startWire(aws)
  const url = new URL(wire.url)
  const endpoints = { dynamodb: url, kms: url, lambda: url, ses: url }
  const through = { ...aws, settings: { ...aws.settings, endpoints } }
  wired = {
    approve: await loadHandler(service, 'approve', through),
    token: await loadHandler(service, 'token', through),
    logout: await loadHandler(service, 'logout', through),
  }
})
afterAll(() => {
  wire.stop()
  console.log(`Faults of OAuth: ${ran} cases ran`)
})
beforeEach(async () => {
  wire.intercept(() => 'pass')
  // No pause between attempts.
  vi.spyOn(Math, 'random').mockReturnValue(0)
  cookie = await begin()
  await addClient(table)
  await addClient(table, { id: 'phone', type: 'native', redirectUris: [CALLBACK] })
  await addApi(table)
  const scopes = ['https://orders.example orders.read']
  await addClient(table, { id: 'robot', type: 'machine', redirectUris: [], scopes })
})

async function send(
  functionKey: string,
  handler: Handler | undefined,
  changes: Partial<APIGatewayProxyEvent>,
) {
  const event = await eventOf(functionKey, changes)
  if (handler === undefined) throw new Error(`${functionKey} is not loaded`)
  return parsed(await handler(event, context))
}

async function approve(handler: Handler | undefined, client_id = 'shop', scope = 'openid') {
  const click = { sub: (await stored()).id, scope }
  const { statusCode, body } = await send('approve', handler, {
    ...withHeaders(await pageHeaders(cookie)),
    body: JSON.stringify({ query: queryOf({ client_id, scope }), click }),
  })
  const location = body.location && new URL(body.location)
  return { statusCode, code: location?.searchParams.get('code') ?? undefined }
}

const ask = (handler: Handler | undefined, form: Record<string, string>) =>
  send('token', handler, {
    ...withHeaders(FORM),
    body: formOf(form),
  })
const exchange = (handler: Handler | undefined, code: string, client = 'shop') =>
  ask(handler, { grant_type: 'authorization_code', code, code_verifier: VERIFIER, ...credentialsOf(client) })
const refresh = (handler: Handler | undefined, refresh_token: string, client = 'shop') =>
  ask(handler, { grant_type: 'refresh_token', refresh_token, ...credentialsOf(client) })

const clean = { approve: () => handlerOf('approve'), token: () => handlerOf('token') }
const newCode = async (client = 'shop') => String((await approve(await clean.approve(), client)).code)

/** Returns how many grants of all users have not ended. */
async function liveGrants(): Promise<number> {
  const { Items } = await table.aws('dynamodb', 'Scan', { TableName: table.name })
  return (Items as Item[]).filter(({ sk, secretHash }) => /^grant#/.test(Object(sk).S) && secretHash).length
}
const alarms = () => records.filter((record) => /^(code\.reused|grant\.reuse)$/.test(Object(record).event))

/** Runs a request once, and returns the calls that it makes. */
async function callsOf(run: () => Promise<unknown>): Promise<Target[]> {
  wire.intercept(() => 'pass')
  await run()
  return targetsOf(wire.calls())
}

/** Strikes each call of a request with each outage, and checks what becomes of it. */
async function strikeAll(
  prepare: () => Promise<string>,
  run: (input: string) => Promise<unknown>,
  check: (input: string, what: string) => Promise<void>,
) {
  const first = await prepare()
  const targets = await callsOf(() => run(first))
  expect(targets.length).toBeGreaterThan(2)
  for (const target of targets) {
    for (const what of Object.keys(OUTAGES)) {
      records.length = 0
      const input = await prepare()
      const struck = strike(wire, target, what)
      await check(input, `${target.label} ${target.index} ${what}`)
      expect(struck(), `${target.label} ${target.index}`).toBeDefined()
      ran += 1
    }
  }
}

/** Waits for late calls, and ends all outages. */
async function recover(): Promise<void> {
  await wire.settle()
  wire.intercept(() => 'pass')
}

describe('an exchange', () => {
  test('gives one grant or none, and a repetition raises no alarm', async () => {
    // Its calls are those of a warm function.
    await exchange(wired.token, await newCode())
    await strikeAll(
      newCode,
      (code) => exchange(wired.token, code),
      async (code, what) => {
        const before = await liveGrants()
        const { statusCode, body } = await exchange(wired.token, code)
        await recover()
        const again = statusCode === 200 ? undefined : await exchange(wired.token, code)
        const given = [body, again?.body].filter((one) => one?.refresh_token)
        expect([200, 503], what).toContain(statusCode)
        expect((await liveGrants()) - before, what).toBe(given.length)
        if (again !== undefined) expect([200, 400], what).toContain(again.statusCode)
        for (const one of given) {
          expect((await refresh(wired.token, one.refresh_token)).statusCode, what).toBe(200)
        }
        expect(alarms(), what).toEqual([])
      },
    )
  }, 60_000)
})

describe('one of the two signatures of an exchange', () => {
  test('that fails spends nothing, and the code is valid for a repetition', async () => {
    // Its calls are those of a warm function.
    await exchange(wired.token, await newCode())
    for (const index of [0, 1]) {
      for (const what of Object.keys(OUTAGES)) {
        const code = await newCode()
        const before = await liveGrants()
        const struck = strike(wire, { label: 'Sign', index }, what)
        const { statusCode, body } = await exchange(wired.token, code)
        await recover()
        expect(struck(), what).toBeDefined()
        expect([statusCode, Object.keys(body).includes('access_token')], what).toEqual([503, false])
        expect([(await findCode(table, code))?.spentBy, await liveGrants()], what).toEqual([
          undefined,
          before,
        ])
        expect((await exchange(wired.token, code)).statusCode, what).toBe(200)
        expect(alarms(), what).toEqual([])
        ran += 1
      }
    }
  }, 60_000)
})

describe('a refresh of a public client', () => {
  const newToken = async () => {
    const { body } = await exchange(await clean.token(), await newCode('phone'), 'phone')
    return body.refresh_token
  }

  test('that fails can be repeated, and signs no user out', async () => {
    await refresh(wired.token, await newToken(), 'phone')
    await strikeAll(
      newToken,
      (token) => refresh(wired.token, token, 'phone'),
      async (token, what) => {
        const { statusCode } = await refresh(wired.token, token, 'phone')
        await recover()
        expect([200, 503], what).toContain(statusCode)
        const { body } = await refresh(wired.token, token, 'phone')
        expect((await refresh(wired.token, body.refresh_token, 'phone')).statusCode, what).toBe(200)
        expect(alarms(), what).toEqual([])
      },
    )
  }, 60_000)
})

describe('a revocation', () => {
  const newTokens = async () => (await exchange(await clean.token(), await newCode())).body
  const revoke = (token: string) =>
    send('POST /oauth2/revoke', wired.token, {
      ...withHeaders(FORM),
      body: formOf({ token, ...credentialsOf('shop') }),
    })

  test.each(['refresh_token', 'access_token'])(
    'by a %s that fails can be repeated',
    async (kind) => {
      const newToken = async () => (await newTokens())[kind]
      await revoke(await newToken())
      await strikeAll(newToken, revoke, async (token, what) => {
        const before = await liveGrants()
        const { statusCode } = await revoke(token)
        await recover()
        expect([200, 503], what).toContain(statusCode)
        // A success is true: the grant has ended.
        if (statusCode === 200) expect(await liveGrants(), what).toBe(before - 1)
        expect((await revoke(token)).statusCode, what).toBe(200)
        expect(await liveGrants(), what).toBe(before - 1)
        const { events } = await eventsOfUser(table, (await stored()).id, { limit: 1_000 })
        const ended = events.filter(({ type }) => type === 'grant.ended')
        expect(new Set(ended.map(({ detail }) => detail))).toEqual(new Set(['revoked']))
      })
    },
    60_000,
  )
})

describe('a sign-out', () => {
  const signOut = (refreshToken: string, query: string, sub?: string) =>
    send('POST /oauth2/signout', wired.logout, {
      ...withHeaders({ ...OWN_PAGE, ...cookieOf(refreshToken) }),
      body: JSON.stringify({ query, sub }),
    })
  const isLive = async (refreshToken: string) => (await refreshSession(refreshToken)).statusCode === 200

  test('that fails can be repeated, and ends the session if it succeeds', async () => {
    const sub = (await stored()).id
    const run = (token: string) => signOut(token, '?client_id=shop', sub)
    await strikeAll(
      () => begin(),
      run,
      async (token, what) => {
        const { statusCode, body } = await run(token)
        await recover()
        expect([200, 503], what).toContain(statusCode)
        if (statusCode === 200) expect([body.next, await isLive(token)], what).toEqual(['done', false])
        expect((await run(token)).body.next, what).toBe('done')
        expect(await isLive(token), what).toBe(false)
      },
    )
  }, 60_000)

  test('by an id_token ends nothing while no key can be read', async () => {
    const { id_token } = (await exchange(await clean.token(), await newCode())).body
    const query = `?id_token_hint=${id_token}`
    wire.intercept(({ operation }) => (operation.endsWith('GetPublicKey') ? 'refuse' : 'pass'))
    const { statusCode } = await signOut(cookie, query)
    wire.intercept(() => 'pass')
    expect([statusCode, await isLive(cookie)]).toEqual([503, true])
  })
})

describe('the request of a machine', () => {
  test('that fails can be repeated, and stores nothing', async () => {
    const request = () => ask(wired.token, { grant_type: 'client_credentials', ...credentialsOf('robot') })
    const items = async () => (await table.aws('dynamodb', 'Scan', { TableName: table.name })).Count
    await request()
    await strikeAll(
      async () => '',
      request,
      async (_input, what) => {
        const before = await items()
        expect([200, 503], what).toContain((await request()).statusCode)
        await recover()
        expect((await request()).statusCode, what).toBe(200)
        expect(await items(), what).toBe(before)
      },
    )
  }, 60_000)
})

describe('an approval', () => {
  test('that fails can be repeated, and gives a code that is valid', async () => {
    // Its calls are those of a warm function.
    await approve(wired.approve)
    await strikeAll(
      async () => '',
      () => approve(wired.approve),
      async (_input, what) => {
        const { statusCode } = await approve(wired.approve)
        await recover()
        expect([200, 503], what).toContain(statusCode)
        const { code } = await approve(wired.approve)
        expect((await exchange(await clean.token(), String(code))).statusCode, what).toBe(200)
      },
    )
  }, 60_000)
})

describe('a first offline_access', () => {
  test('gives its code also if the mail about it fails', async () => {
    const scope = 'openid offline_access'
    for (const [index, what] of Object.keys(OUTAGES).entries()) {
      const id = `offline-${index}`
      await addClient(table, { id })
      records.length = 0
      const label = `/2015-03-31/functions/${service.custom.auth.tableName}-mailer/invocations`
      const struck = strike(wire, { label, index: 0 }, what)
      const { statusCode, code } = await approve(wired.approve, id, scope)
      await recover()
      expect(struck(), what).toBeDefined()
      expect([statusCode, code], what).toEqual([200, expect.stringMatching(/^[\w-]{43}$/)])
      const event = 'dependency.failed'
      expect(records, what).toContainEqual(expect.objectContaining({ event }))
      ran += 1
    }
  })
})

test('a key turnover between approval and exchange changes nothing for the code', async () => {
  const earlier = (await exchange(await clean.token(), await newCode())).body
  const code = await newCode()
  // The step of `npm run keys -- turn-over` after which the other key signs.
  const state: KeyState = {
    signing: 'a',
    madeAt: { a: later(-200_000), b: later(-100_000) },
    tokenTtlSeconds: 900,
    settledAt: later(-100_000),
  }
  const step = { do: 'deploy', signingKey: 'b', publishedKeys: 'a,b' }
  expect(nextStep(state, targetOf(state), later(0))).toEqual(step)
  const { token } = service.functions
  const environment = { ...token?.environment, SIGNING_KEY: service.custom.auth.keyB }
  const turned = { ...service, functions: { ...service.functions, token: { ...token, environment } } }
  const handler: Handler = await loadHandler(turned as typeof service, 'token', aws)
  vi.setSystemTime(later(1))
  const { statusCode, body } = await exchange(handler, code)
  expect(statusCode).toBe(200)

  const { body: keys } = await send(
    'metadata',
    await handlerOf('metadata'),
    await eventOf('GET /.well-known/jwks.json'),
  )
  const verify = (jwt: string, audience: string) =>
    jwtVerify(jwt, createLocalJWKSet(keys), {
      audience,
      issuer: service.custom.auth.tokens.TOKEN_ISSUER,
      currentDate: later(1),
    })
  for (const tokens of [earlier, body]) {
    await verify(tokens.access_token, service.custom.auth.tokens.TOKEN_ISSUER)
    await verify(tokens.id_token, 'shop')
  }
  const kidsOf = ({ access_token, id_token }: Record<string, string>) =>
    [access_token, id_token].map((jwt) => decodeProtectedHeader(String(jwt)).kid)
  expect(new Set([...kidsOf(earlier), ...kidsOf(body)]).size).toBe(2)
  expect(new Set(kidsOf(body)).size).toBe(1)
  for (const { refresh_token } of [earlier, body]) {
    expect((await refresh(handler, refresh_token)).statusCode).toBe(200)
    expect((await refresh(await clean.token(), refresh_token)).statusCode).toBe(200)
  }
})
