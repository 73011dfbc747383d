import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { hashSecret } from '../../lib/oauth/clients/secret.ts'
import { changeClient, findClientWithSecrets, removeClient } from '../../lib/oauth/clients/store.ts'
import { secondOf } from '../../lib/time.ts'
import { addApi, addClient, basic, type Changes, SECRET } from '../../test/oauth/clients.ts'
import { addNotesApi, notesScopes, withNotes } from '../../test/oauth/own-api.ts'
import { codeFor, exchange, sendForm } from '../../test/oauth/requests.ts'
import { loadAuthorizers } from '../../test/support/http/authorizers.ts'
import { withHeaders } from '../../test/support/http/cookies.ts'
import {
  aws,
  begin,
  call,
  context,
  eventOf,
  later,
  now,
  ok,
  records,
  service,
  stored,
  table,
  useRoutes,
} from '../../test/support/http/routes.ts'
import { testAct } from '../../test/support/users/users.ts'

useRoutes()

const PARCELS = 'https://parcels.example'
const OF_ORDERS = ['https://orders.example orders.read', 'https://orders.example orders.write']

beforeEach(async () => {
  await addApi(table)
  const scopes = [{ name: 'parcels.read', sentence: 'See your parcels' }]
  await addApi(table, { identifier: PARCELS, name: 'Parcels', scopes })
  await addNotesApi(table)
  await addMachine('robot', OF_ORDERS)
  await addMachine('clerk', [...OF_ORDERS, ...notesScopes('notes:read')])
  await addMachine('porter', [...OF_ORDERS, `${PARCELS} parcels.read`])
})

const addMachine = (id: string, scopes: string[], more: Parameters<typeof addClient>[1] = {}) =>
  addClient(table, { id, type: 'machine', redirectUris: [], scopes, ...more })

const ask = (form: Changes = {}, id = 'robot', secret = SECRET) =>
  sendForm('token', { grant_type: 'client_credentials', ...form }, basic(id, secret))

const read = async (id: string) => {
  const client = await findClientWithSecrets(table, id)
  if (client === undefined) throw new Error(`${id} is missing`)
  return client
}

/** Returns audience and scopes of the token, or the error. */
async function outcomeOf(response: ReturnType<typeof ask>): Promise<string> {
  const { statusCode, body } = await response
  if (statusCode !== 200) return body.error
  return `${decodeJwt(body.access_token).aud} ${body.scope}`
}

test('a machine gets an access token of its own, and nothing else', async () => {
  vi.setSystemTime(later(5))
  const response = await ask({ scope: 'orders.read' })
  const token = response.body.access_token
  expect(response).toEqual(
    ok({ access_token: token, token_type: 'Bearer', expires_in: 900, scope: 'orders.read' }),
  )
  expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'RS256', typ: 'at+jwt' })
  expect(decodeJwt(token)).toEqual({
    iss: 'https://issuer.example',
    sub: 'robot',
    aud: 'https://orders.example',
    client_id: 'robot',
    scope: 'orders.read',
    iat: secondOf(now) + 5,
    exp: secondOf(now) + 905,
    gen: expect.any(Number),
    jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
  })
  expect(JSON.stringify(records)).not.toContain(SECRET)
})

test('a machine without a scope of an API reads what is missing', async () => {
  await addMachine('mistaken', ['openid'])
  const { body } = await ask({ scope: 'openid' }, 'mistaken')
  expect(body.error_description).toBe('scope has no scope of an API.')
})

test('its token is valid as long as the client says', async () => {
  await addMachine('quick', OF_ORDERS, { tokenTtlSeconds: 60 })
  const { body } = await ask({}, 'quick')
  expect([body.expires_in, Number(decodeJwt(body.access_token).exp) - secondOf(now)]).toEqual([60, 60])
})

describe('the API and the scopes', () => {
  const ORDERS = 'https://orders.example'
  const NOTES = 'https://issuer.example/api notes:read'
  const ALL = `${ORDERS} orders.read orders.write`
  const rows: [what: string, form: Changes, id: string, expected: string][] = [
    ['nothing, of a machine with one API', {}, 'robot', ALL],
    ['nothing, of a machine with two', {}, 'porter', 'invalid_scope'],
    ['nothing, of a machine without scopes', {}, 'idle', 'invalid_scope'],
    ['an API', { resource: PARCELS }, 'porter', `${PARCELS} parcels.read`],
    ['an API in another spelling', { resource: `${PARCELS}/` }, 'porter', `${PARCELS} parcels.read`],
    ['an API of others', { resource: PARCELS }, 'robot', 'invalid_target'],
    ['an unknown API', { resource: 'https://unknown.example' }, 'robot', 'invalid_target'],
    ['the issuer as an API', { resource: 'https://issuer.example' }, 'robot', 'invalid_target'],
    ['the service’s own API', { resource: 'https://issuer.example' }, 'clerk', NOTES],
    ['the own API with a final slash', { resource: 'https://issuer.example/' }, 'clerk', NOTES],
    ['the own API in capitals', { resource: 'https://ISSUER.example:443' }, 'clerk', NOTES],
    ['a scope of the own API', { scope: 'notes:read' }, 'clerk', NOTES],
    ['the audience of the own API', { resource: 'https://issuer.example/api' }, 'clerk', 'invalid_target'],
    ['two APIs', { resource: [ORDERS, PARCELS] }, 'porter', 'invalid_target'],
    ['a scope', { scope: 'orders.write' }, 'porter', `${ORDERS} orders.write`],
    ['a scope twice', { scope: 'orders.read orders.read' }, 'robot', `${ORDERS} orders.read`],
    ['scopes of two APIs', { scope: 'orders.read parcels.read' }, 'porter', 'invalid_scope'],
    ['an API and a scope of another', { resource: PARCELS, scope: 'orders.read' }, 'porter', 'invalid_scope'],
    [
      'a scope that it may have, and one of others',
      { scope: 'orders.read parcels.read' },
      'robot',
      `${ORDERS} orders.read`,
    ],
    ['a scope of others', { scope: 'parcels.read' }, 'robot', 'invalid_scope'],
    ['the scope of users', { scope: 'openid' }, 'robot', 'invalid_scope'],
    ['the scope of users, which it has by mistake', { scope: 'openid' }, 'mistaken', 'invalid_scope'],
    ['spaces', { scope: ' ' }, 'robot', 'invalid_scope'],
    ['a scope that its API no longer has', {}, 'late', 'invalid_scope'],
  ]

  afterAll(() => console.log(`${rows.length} requests of machines`))

  test.each(rows)('of a request with %s', async (_what, form, id, expected) => {
    await addMachine('idle', [])
    await addMachine('mistaken', ['openid'])
    await addMachine('late', [`${PARCELS} parcels.read`])
    const key = { pk: { S: 'client#late' }, sk: { S: 'client' } }
    await table.aws('dynamodb', 'UpdateItem', {
      TableName: table.name,
      Key: key,
      UpdateExpression: 'SET scopes = :scopes',
      ExpressionAttributeValues: { ':scopes': { SS: [`${PARCELS} parcels.gone`] } },
    })
    expect(await outcomeOf(ask(form, id))).toBe(expected)
  })
})

describe('the client', () => {
  test('has two valid secrets at once, until the earlier one ends', async () => {
    const secrets = { earlierSecretHash: hashSecret('earlier'), earlierSecretEndsAt: secondOf(now) + 60 }
    await addMachine('changing', OF_ORDERS, secrets)
    const outcomes = async () => [
      await outcomeOf(ask({ scope: 'orders.read' }, 'changing')),
      await outcomeOf(ask({ scope: 'orders.read' }, 'changing', 'earlier')),
    ]
    const token = 'https://orders.example orders.read'
    vi.setSystemTime(later(59))
    expect(await outcomes()).toEqual([token, token])
    vi.setSystemTime(later(60))
    expect(await outcomes()).toEqual([token, 'invalid_client'])
  })

  test('is refused at once when it is disabled, and when it is removed', async () => {
    await changeClient(table, await read('robot'), { changes: { disabled: true } }, testAct())
    await removeClient(table, await read('porter'), testAct())
    expect(await outcomeOf(ask())).toBe('invalid_client')
    expect(await outcomeOf(ask({ resource: PARCELS }, 'porter'))).toBe('invalid_client')
  })

  test.each(['web', 'browser', 'native'] as const)('of the type %s has no such tokens', async (type) => {
    await addClient(table, { id: 'other', type, scopes: OF_ORDERS })
    const secret = type === 'web' ? { client_secret: SECRET } : {}
    const body = String(
      new URLSearchParams({ grant_type: 'client_credentials', client_id: 'other', ...secret }),
    )
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    expect(await outcomeOf(call('token', 'token', { ...withHeaders(headers), body }))).toBe(
      'unauthorized_client',
    )
  })

  test.each(['authorization_code', 'refresh_token'])('of type machine has no %s', async (grant_type) => {
    const form = { client_id: 'robot', client_secret: SECRET, grant_type, code: 'x', refresh_token: 'x' }
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const body = String(new URLSearchParams(form))
    expect(await outcomeOf(call('token', 'token', { ...withHeaders(headers), body }))).toBe(
      'unauthorized_client',
    )
  })
})

test('a token of a machine opens nothing of the service', async () => {
  const { body } = await ask()
  const userInfo = withHeaders({ Authorization: `Bearer ${body.access_token}` })
  expect((await call('userinfo', 'userinfo', userInfo)).statusCode).toBe(401)
})

describe('at the authorizer of the service’s own API', () => {
  const authorize = async (token: string) => {
    const handler = await loadAuthorizers(withNotes(service), aws)
    const event = await eventOf('authorizer', { authorizationToken: `Bearer ${token}` } as object)
    return handler(event, context).then(
      (policy: { context: object }) => policy.context,
      (error: Error) => error.message,
    )
  }
  const ofNotes = { clientScope: 'notes:read', clientExpiresAt: String(secondOf(now) + 900) }
  const tokenOf = async (id: string) => (await ask({ scope: 'notes:read' }, id)).body.access_token

  test('a machine has no user, and an app has one', async () => {
    expect(await authorize(await tokenOf('clerk'))).toEqual({ clientId: 'clerk', ...ofNotes })
    await addClient(table, { scopes: notesScopes('notes:read') })
    const code = await codeFor(await begin(), { scope: 'notes:read' })
    const { body } = await exchange(code, {}, basic('shop'))
    const { id: clientUserId } = await stored()
    expect(await authorize(body.access_token)).toEqual({ clientId: 'shop', clientUserId, ...ofNotes })
  })

  test.each<[string, () => Promise<unknown>]>([
    [
      'is disabled',
      async () => changeClient(table, await read('clerk'), { changes: { disabled: true } }, testAct()),
    ],
    ['is removed', async () => removeClient(table, await read('clerk'), testAct())],
    [
      'is added again',
      async () => {
        await removeClient(table, await read('clerk'), testAct())
        await addMachine('clerk', notesScopes('notes:read'), { generation: 8 })
      },
    ],
    [
      'is of another type',
      async () => {
        await removeClient(table, await read('clerk'), testAct())
        await addClient(table, { id: 'clerk', scopes: notesScopes('notes:read') })
      },
    ],
  ])('a token is refused after its machine %s', async (_what, happen) => {
    const token = await tokenOf('clerk')
    await happen()
    expect(await authorize(token)).toBe('Unauthorized')
  })
})
