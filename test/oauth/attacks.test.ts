import { beforeEach, describe, expect, test } from 'vitest'
import type { Item } from '../../lib/aws/dynamodb.ts'
import { cookieOf, OWN_PAGE, withHeaders } from '../support/http/cookies.ts'
import { begin, call, context, eventOf, handlerOf, table, useRoutes } from '../support/http/routes.ts'
import { addApi, addClient, CALLBACK, type Changes, credentialsOf, formOf } from './clients.ts'
import {
  approve as approveBy,
  clickOf,
  codeFor as codeBy,
  exchange as exchangeCode,
  refreshGrant,
  sendForm,
} from './requests.ts'

// Every kind of token at every place that takes another kind, and codes in the wrong hands.

useRoutes()

let cookie: string
beforeEach(async () => {
  cookie = await begin()
  await addApi(table)
  const scopes = ['openid', 'profile', 'https://orders.example orders.read']
  await addClient(table, { scopes })
  await addClient(table, { id: 'other', scopes })
  await addClient(table, { id: 'phone', type: 'native', redirectUris: [CALLBACK], scopes })
  await addClient(table, { id: 'robot', type: 'machine', redirectUris: [], scopes: scopes.slice(2) })
})

/** What an attacker may hold. */
const KINDS = {
  'access token': async () => (await eventOf('userinfo')).headers.Authorization?.replace('Bearer ', ''),
  'app token': async () => (await exchange(await codeFor())).body.access_token,
  'API token': async () => (await exchange(await codeFor({ scope: 'orders.read' }))).body.access_token,
  'machine token': async () =>
    (await sendForm('token', { grant_type: 'client_credentials', ...credentialsOf('robot') })).body
      .access_token,
  id_token: async () => (await exchange(await codeFor())).body.id_token,
  'cookie token': async () => begin(),
  'body token': async () => JSON.parse((await eventOf('refresh')).body ?? '').refreshToken,
  'grant token': async () => (await exchange(await codeFor())).body.refresh_token,
  'spent code': async () => {
    const code = await codeFor()
    await exchange(code)
    return code
  },
  code: () => codeFor(),
} satisfies Record<string, () => Promise<string | undefined>>

type Kind = keyof typeof KINDS

/** Tries a token at a place. Returns whether it opened it. */
const PLACES: Record<string, { takes: Kind[]; opens: (token: string) => Promise<boolean> }> = {
  'the authorizer': {
    takes: ['access token'],
    opens: async (token) => {
      const handler = await handlerOf('authorizer')
      const event = await eventOf('authorizer', { authorizationToken: `Bearer ${token}` } as object)
      return handler(event, context).then(
        () => true,
        (error) => {
          expect(String(error)).toBe('Error: Unauthorized')
          return false
        },
      )
    },
  },
  '/userinfo': {
    takes: ['access token', 'app token'],
    opens: async (token) => {
      const headers = withHeaders({ Authorization: `Bearer ${token}` })
      return (await call('userinfo', 'userinfo', headers)).statusCode === 200
    },
  },
  '/refresh': {
    takes: ['cookie token', 'body token'],
    opens: async (refreshToken) =>
      (await call('refresh', 'refresh', { body: JSON.stringify({ refreshToken }) })).statusCode === 200,
  },
  'the cookie of an approval': {
    takes: ['cookie token'],
    opens: async (token) => (await approve(token)).body.next === 'client',
  },
  'the bearer of an approval': {
    takes: [],
    opens: async (token) =>
      (await approve('', {}, { Cookie: '', Authorization: `Bearer ${token}` })).body.next === 'client',
  },
  'the code of an exchange': { takes: ['code'], opens: async (token) => isOk(await exchange(token)) },
  'the refresh of a grant': { takes: ['grant token'], opens: async (token) => isOk(await refresh(token)) },
  'the token of a revocation': {
    takes: ['app token', 'API token', 'grant token'],
    opens: async (token) => {
      const before = await liveGrants()
      await sendForm('POST /oauth2/revoke', { token, ...credentialsOf('shop') })
      return (await liveGrants()) < before
    },
  },
  'the hint of a sign-out': {
    takes: ['id_token'],
    opens: async (id_token_hint) => (await signOut(cookie, { id_token_hint })).body.next === 'done',
  },
  'the cookie of a sign-out': {
    takes: ['cookie token', 'body token'],
    opens: async (token) => (await signOut(token)).body.next === 'question',
  },
  'the bearer of a sign-out': {
    takes: [],
    opens: async (token) => (await signOut('', {}, token)).body.next === 'question',
  },
  'the secret of a client': {
    takes: [],
    opens: async (client_secret) =>
      (await exchange(await codeFor(), 'shop', { client_secret })).body.error !== 'invalid_client',
  },
  'the verifier of a code': {
    takes: [],
    opens: async (code_verifier) => isOk(await exchange(await codeFor(), 'shop', { code_verifier })),
  },
  'the hint of a request': {
    takes: ['id_token'],
    opens: async (id_token_hint) =>
      !String((await approve(cookie, { id_token_hint })).body.location).includes('error='),
  },
}

const rows = Object.keys(PLACES).flatMap((place) =>
  (Object.keys(KINDS) as Kind[]).map((kind) => [kind, place] as const),
)

test.each(rows)('%s at %s', async (kind, place) => {
  const token = String(await KINDS[kind]())
  expect(token).not.toBe('undefined')
  expect(await PLACES[place]?.opens(token)).toBe(PLACES[place]?.takes.includes(kind))
})

describe('a code in the wrong hands', () => {
  test('is of no use to another client, a public one, or without the verifier', async () => {
    const code = await codeFor()
    for (const client of ['other', 'phone']) expect(isOk(await exchange(code, client))).toBe(false)
    expect(isOk(await exchange(code, 'shop', { code_verifier: '' }))).toBe(false)
    expect(isOk(await exchange(code))).toBe(true)
  })

  test('injected into another sign-in of the same client fails at its verifier', async () => {
    // The attacker's request has a challenge of the attacker. The victim's app sends the victim's verifier.
    const code_challenge = 'bJYbSC9Y3BX-kx9ODT3BckUPBK3H7H3AIa0-ZO1c0ok'
    const injected = await codeFor({ code_challenge })
    expect((await exchange(injected)).body.error).toBe('invalid_grant')
  })

  test('of a request whose method was changed on its way is never issued', async () => {
    for (const changes of [{ code_challenge_method: 'plain' }, { code_challenge_method: undefined }]) {
      expect((await approve(cookie, changes)).body.location).toContain('error=invalid_request')
    }
    expect((await approve(cookie, { code_challenge: undefined })).body.location).toContain('error=')
  })

  test('shows the issuer with every response, so that a client notices another one', async () => {
    for (const changes of [{}, { response_type: 'token' }, { prompt: 'none', scope: 'profile' }]) {
      const { body } = await approve(cookie, changes)
      expect(new URL(body.location).searchParams.get('iss')).toBe('https://issuer.example')
    }
  })
})

test('the screen of one user and the click of another give no code', async () => {
  const ada = cookie
  const shown = (await approve(ada, {})).body
  expect(shown.next).toBe('client')
  cookie = await begin('admin')
  // The body of the click still has the first user.
  expect((await approve(cookie, {})).body).toMatchObject({ next: 'screen', user: { username: 'admin' } })
})

const exchange = (code: string, client = 'shop', more: Changes = {}) =>
  exchangeCode(code, { ...credentialsOf(client), ...more })

const refresh = (refresh_token: string, client = 'shop') => refreshGrant(refresh_token, credentialsOf(client))

const approve = async (refreshToken: string, changes: Changes = {}, headers: Record<string, string> = {}) =>
  approveBy(refreshToken, changes, { ...(await clickOf(String(changes.scope ?? 'openid'))), headers })

const signOut = (refreshToken: string, parameters: Record<string, string> = {}, token?: string) =>
  call('logout', 'POST /oauth2/signout', {
    ...withHeaders({
      ...OWN_PAGE,
      ...cookieOf(refreshToken),
      ...(token && { Cookie: '', Authorization: `Bearer ${token}` }),
    }),
    body: JSON.stringify({ query: `?${formOf(parameters)}` }),
  })

const codeFor = (changes: Changes = {}) => codeBy(cookie, changes)

/** Returns how many grants have not ended. */
async function liveGrants(): Promise<number> {
  const { Items } = await table.aws('dynamodb', 'Scan', { TableName: table.name })
  return (Items as Item[]).filter(({ sk, secretHash }) => /^grant#/.test(Object(sk).S) && secretHash).length
}

const isOk = ({ statusCode }: { statusCode: number }) => statusCode === 200
