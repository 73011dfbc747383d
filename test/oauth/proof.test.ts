import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { writeIf } from '../../lib/aws/dynamodb.ts'
import { appKey } from '../../lib/oauth/grants/app.ts'
import type { Session } from '../../lib/sessions/session.ts'
import { accessTokenInput } from '../../lib/tokens/access-token.ts'
import { kmsSigner } from '../../lib/tokens/signer.ts'
import { findUser, profileKey } from '../../lib/users/store.ts'
import { cookieOf, OWN_PAGE, refreshTokenIn, withHeaders } from '../support/http/cookies.ts'
import { loadHandler } from '../support/http/handlers.ts'
import { parsed } from '../support/http/lambda.ts'
import {
  aws,
  begin,
  call,
  context,
  eventOf,
  later,
  refresh,
  service,
  sessionOf,
  stored,
  table,
  useRoutes,
} from '../support/http/routes.ts'
import { tokenPartiesOf } from '../support/process/service-description.ts'
import { addApi, addClient, type Changes, queryOf } from './clients.ts'
import { bearerOf } from './proof.ts'
import { approve, clickOf, codeFor, exchange, pageHeaders } from './requests.ts'

// POST /oauth2/approve issues a code only with an access token of the session in the cookie.

useRoutes()

const FOR_REFRESH = { next: 'refresh' }
const parties = tokenPartiesOf(service)
const { signingKey } = service.custom.auth

let cookie: string
beforeEach(async () => {
  cookie = await begin()
  await addApi(table)
  const scopes = ['openid', 'https://orders.example orders.read']
  await addClient(table, { scopes })
})

/** The headers of requests that get no code. */
const INVALID: Record<string, () => Promise<string> | string> = {
  'no token': () => '',
  'another scheme': async () => (await bearer()).replace('Bearer', 'Basic'),
  'what is no token': () => 'Bearer a.b.c',
  'the refresh token': () => `Bearer ${cookie}`,
  'a token of another session of the user': async () => bearer(await begin()),
  'a token of another user': async () => bearer(await begin('admin')),
  'a token of another user, with the id of this session': async () => {
    const [other, session] = [await stored('admin'), await sessionOf(cookie)]
    const details = { parties, ttlSeconds: 900, tokenId: randomUUID() }
    const input = accessTokenInput(other, session as Session, details, new Date())
    return `Bearer ${await kmsSigner()(table.aws, signingKey, input, new Date())}`
  },
  'a token of another audience': () => bearer(cookie, { audience: 'another audience' }),
  'a token of another issuer': () => bearer(cookie, { issuer: 'https://another.example' }),
  'a token by another key': async () => `Bearer ${await sampleToken('{{forged user token}}')}`,
  'a token without its signature': async () => (await bearer()).replace(/[^.]+$/, ''),
  'an expired token': async () => {
    const token = await bearer()
    vi.setSystemTime(later(900))
    return token
  },
  'a token of before a revocation': async () => {
    const token = await bearer()
    await writeIf(table, 'UpdateItem', {
      Key: profileKey((await stored()).id),
      UpdateExpression: 'SET generation = generation + :one',
      ExpressionAttributeValues: { ':one': { N: '1' } },
    })
    return token
  },
  'a token of an app': async () => {
    const { access_token } = (await exchange(await codeFor(cookie), CREDENTIALS)).body
    return `Bearer ${access_token}`
  },
  'a token of an app for another API': async () => {
    const code = await codeFor(cookie, { scope: 'orders.read' })
    return `Bearer ${(await exchange(code, CREDENTIALS)).body.access_token}`
  },
  'an id_token': async () => `Bearer ${(await exchange(await codeFor(cookie), CREDENTIALS)).body.id_token}`,
}
const CREDENTIALS = { client_id: 'shop', client_secret: 'a-secret-of-the-shop' }

describe('a code', () => {
  test.each(Object.entries(INVALID))('is not issued with %s', async (_what, headerOf) => {
    const header = await headerOf()
    expect(await askWith(header)).toEqual(FOR_REFRESH)
    expect(await askWith(await bearer())).toMatchObject({ next: 'client' })
  })

  test('is issued until the second before the token expires', async () => {
    const token = await bearer()
    vi.setSystemTime(later(899))
    expect(await askWith(token)).toMatchObject({ location: expect.stringContaining('code=') })
  })

  test('is issued after the refresh that the page sends', async () => {
    expect(await askWith()).toEqual(FOR_REFRESH)
    const { body } = await refresh(cookie)
    cookie = body.refreshToken
    expect(await askWith(`Bearer ${body.authToken}`)).toMatchObject({ next: 'client' })
  })

  test('is issued with a token of before another sign-in in the same browser', async () => {
    const token = await bearer()
    vi.setSystemTime(later(5))
    const { statusCode, headers } = await call('login', 'login', {
      ...withHeaders({ ...OWN_PAGE, ...cookieOf(cookie) }),
      body: JSON.stringify({ username: 'user', password: 'user', session: 'cookie' }),
    })
    expect(statusCode).toBe(200)
    cookie = refreshTokenIn(headers)
    expect(await askWith(token)).toMatchObject({ next: 'client' })
  })

  test('that is silent needs a token too', async () => {
    await codeFor(cookie)
    const silent = async (Authorization: string, prompt?: string) =>
      (await approve(cookie, { prompt }, { headers: { Authorization } })).body
    for (const prompt of [undefined, 'none']) {
      expect(await silent('', prompt)).toEqual(FOR_REFRESH)
      expect(await silent(await bearer(), prompt)).toMatchObject({ next: 'client' })
    }
  })

  test('leaves no consent behind if there is no token', async () => {
    await askWith()
    const { id } = await stored()
    const { Item } = await table.aws('dynamodb', 'GetItem', {
      TableName: table.name,
      Key: appKey(id, 'shop'),
    })
    expect([Item, (await findUser(table, id))?.id]).toEqual([undefined, id])
    expect((await approve(cookie)).body.next).toBe('screen')
  })
})

test.each<[string, Changes, object, object]>([
  ['the screen', {}, { click: undefined }, { next: 'screen' }],
  ['a sign-in', { prompt: 'login' }, {}, { next: 'sign-in' }],
  ['an error', { scope: 'unknown' }, {}, { location: expect.stringContaining('error=invalid_scope') }],
  ['a cancellation', {}, { cancel: true }, { location: expect.stringContaining('error=access_denied') }],
])('%s needs no token', async (_what, changes, more, expected) => {
  expect(await askWith('', changes, more)).toMatchObject(expected)
})

test('an outage of KMS is 503, and a request without a token makes no call of it', async () => {
  const handler = await loadHandler(service, 'approve', {
    ...aws,
    settings: {
      ...aws.settings,
      endpoints: { ...aws.settings.endpoints, kms: new URL('http://127.0.0.1:1') },
    },
  })
  const ask = async (headers: Record<string, string>) => {
    const body = JSON.stringify({ query: queryOf(), ...(await clickOf()) })
    return parsed(await handler(await eventOf('approve', { ...withHeaders(headers), body }), context))
  }
  expect((await ask(await pageHeaders(cookie))).statusCode).toBe(503)
  expect((await ask({ ...OWN_PAGE, ...cookieOf(cookie) })).body).toEqual(FOR_REFRESH)
})

/** Asks with a click and with this header. Returns the body of the response. */
const askWith = async (Authorization = '', changes: Changes = {}, more: object = {}) =>
  (await approve(cookie, changes, { ...(await clickOf()), ...more, headers: { Authorization } })).body

const bearer = async (of = cookie, changed: Partial<typeof parties> = {}) =>
  (await bearerOf({ table, signingKey, parties: { ...parties, ...changed } }, of)).Authorization ?? ''

const sampleToken = async (place: string) => (await eventOf('refresh', { body: place })).body ?? ''
