import { expect, test } from 'vitest'
import { GRANT_IDLE_TTL_SECONDS, GRANT_TTL_SECONDS } from '../../sessions/grant-lifetimes.ts'
import { CLIENT_RANDOM_BYTES, endGrants, hasSecret, isClientId, newClient } from './client.ts'

test.each(['app', 'a.b', '0-0', 'shop-2.example', 'a'.repeat(64)])('%s is a client id', (id) => {
  expect(isClientId(id)).toBe(true)
})

test.each([
  ['is too short', 'ab'],
  ['is too long', 'a'.repeat(65)],
  ['has an upper-case letter', 'Shop'],
  ['begins with a hyphen', '-shop'],
  ['begins with a dot', '.shop'],
  ['has an underscore', 'my_shop'],
  ['has a slash', 'my/shop'],
  ['has a colon', 'shop:1'],
  ['has a space', 'my shop'],
  ['ends with a line break', 'shop\n'],
  ['is a URL', 'https://shop.example'],
  ['has a letter beyond ASCII', 'schön'],
  ['is that of the application', 'first-party'],
  ['has the form of a user id', `${'a'.repeat(21)}g`],
  ['is empty', ''],
  ['is no text', 7],
  ['is missing', undefined],
])('an id that %s is no client id', (_what, id) => {
  expect(isClientId(id)).toBe(false)
})

test('a generation has 48 bits, and the end of all grants moves it by one', () => {
  const values = { id: 'shop', type: 'browser', name: 'Shop' } as const
  const client = newClient(values, new Date(0), Buffer.alloc(CLIENT_RANDOM_BYTES, 0xff))
  const [createdAt, changedAt] = ['1970-01-01T00:00:00.000Z', '1970-01-01T00:00:00.000Z']
  const lists = { names: [], redirectUris: [], postLogoutRedirectUris: [], scopes: [] }
  const flags = { disabled: false, firstParty: false, silent: false, local: false }
  const random = { generation: 2 ** 48 - 1, changeId: '_____________________w' }
  expect(client).toEqual({ ...values, ...lists, ...flags, ...random, createdAt, changedAt })
  expect(endGrants({ generation: 2 ** 48 - 1 })).toEqual({ generation: 2 ** 48 })
  expect(Number.isSafeInteger(2 ** 48 + 1_000_000)).toBe(true)
})

test('a grant lasts a year at most, and 30 days without use', () => {
  expect([GRANT_TTL_SECONDS, GRANT_IDLE_TTL_SECONDS].map((seconds) => seconds / 86_400)).toEqual([365, 30])
})

test('clients on a server have a secret, and the others have none', () => {
  const having = (['web', 'browser', 'native', 'machine'] as const).filter((type) => hasSecret({ type }))
  expect(having).toEqual(['web', 'machine'])
})
