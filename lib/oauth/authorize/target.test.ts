import { describe, expect, test } from 'vitest'
import type { Client } from '../clients/client.ts'
import { locationOf } from './location.ts'
import { readQuery, requireTarget, TARGET_REFUSALS } from './target.ts'

const refusalOf = (step: () => unknown) => {
  try {
    step()
    return undefined
  } catch (error) {
    return Object(error)
  }
}

const uri = encodeURIComponent('https://shop.example/callback?tenant=1')

describe('readQuery', () => {
  test('returns client and redirect URI, decoded once', () => {
    expect(readQuery(`?client_id=shop&redirect_uri=${uri}&x=1`).target).toEqual({
      clientId: 'shop',
      redirectUri: 'https://shop.example/callback?tenant=1',
    })
  })

  test.each([
    ['no query', ''],
    ['no client_id', `redirect_uri=${uri}`],
    ['an empty client_id', `client_id=&redirect_uri=${uri}`],
    ['client_id twice', `client_id=shop&client_id=shop&redirect_uri=${uri}`],
    ['no redirect_uri', 'client_id=shop'],
    ['an empty redirect_uri', 'client_id=shop&redirect_uri='],
    ['redirect_uri twice', `client_id=shop&redirect_uri=${uri}&redirect_uri=${uri}`],
    ['an empty one more', `client_id=shop&redirect_uri=${uri}&redirect_uri=`],
    ['over 4 KiB', `client_id=shop&redirect_uri=${uri}&state=`.padEnd(4_097, 'a')],
    ['over 4 KiB in UTF-8', `client_id=shop&redirect_uri=${uri}&state=${'é'.repeat(2_040)}`],
  ])('with %s it is refused', (_what, query) => {
    expect(refusalOf(() => readQuery(query))).toMatchObject({
      code: 'malformed_body',
      event: 'client.refused',
      error: 'invalid_query',
      detail: TARGET_REFUSALS.invalid_query,
    })
  })
})

test('a query may have 4 KiB', () => {
  const query = `client_id=shop&redirect_uri=${uri}&state=`.padEnd(4_096, 'a')
  expect(readQuery(query).target.clientId).toBe('shop')
})

const client = {
  id: 'shop',
  type: 'web',
  local: false,
  disabled: false,
  redirectUris: ['https://shop.example/callback?tenant=1', 'https://shop.example'],
} as Client

describe('requireTarget', () => {
  const target = { clientId: 'shop', redirectUri: 'https://shop.example/callback?tenant=1' }

  test.each<[string, Client | undefined, string, string | undefined]>([
    ['a registered URI', client, target.redirectUri, undefined],
    ['an unknown client', undefined, target.redirectUri, 'unknown_client'],
    ['a disabled client', { ...client, disabled: true }, target.redirectUri, 'unknown_client'],
    ['another URI', client, 'https://evil.example', 'unknown_redirect_uri'],
    ['another query', client, 'https://shop.example/callback?tenant=2', 'unknown_redirect_uri'],
    ['a slash more', client, 'https://shop.example/', 'unknown_redirect_uri'],
    ['a machine', { ...client, type: 'machine' }, target.redirectUri, 'unknown_redirect_uri'],
  ])('%s', (_what, found, redirectUri, error) => {
    expect(refusalOf(() => requireTarget(found, { ...target, redirectUri }))?.error).toBe(error)
  })
})

test.each([
  ['https://shop.example', 'https://shop.example?code=a%26b&state=%20&iss=https%3A%2F%2Fx'],
  ['https://shop.example/cb?a=%7e', 'https://shop.example/cb?a=%7e&code=a%26b&state=%20&iss=https%3A%2F%2Fx'],
  ['com.example.app:/cb', 'com.example.app:/cb?code=a%26b&state=%20&iss=https%3A%2F%2Fx'],
])('locationOf leaves %s as text', (redirectUri, location) => {
  const parameters = { code: 'a&b', error: undefined, state: ' ', iss: 'https://x' }
  expect(locationOf(redirectUri, parameters)).toBe(location)
})
