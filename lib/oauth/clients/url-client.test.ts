import { expect, test } from 'vitest'
import { attribute, type Item } from '../../aws/dynamodb.ts'
import { isClientId } from './client.ts'
import { decisionKeys, hostOf, isClientUrl, isOfAllowedHost, urlClientOf } from './url-client.ts'

// test/oauth/documents.test.ts has a table of what is refused.
test.each([
  'https://claude.ai/oauth/claude-code-client-metadata',
  'https://chatgpt.com/oauth/aaaaaaaaaaaa/client.json',
  'https://app.example/client.json?version=1',
  'https://app.example/a%2Fb/',
  'https://xn--pp-eka.example/client',
  'https://1.app.example/a',
  `https://app.example/${'a'.repeat(492)}`,
])('%s may be a client, and is the id of no registered one', (url) => {
  expect([isClientUrl(url), isClientId(url)]).toEqual([true, false])
})

test.each([
  'shop',
  'claude.ai',
  'app.example',
  'first-party',
  '',
  undefined,
  1,
  ['https://app.example/a'],
  'https://app.example/a?\\',
  'xhttps://app.example/a',
  'https://app.example/a/../b',
])('%j is no URL of a client', (id) => {
  expect(isClientUrl(id)).toBe(false)
})

test.each<[hosts: string[], isAllowed: boolean]>([
  [['*'], true],
  [['claude.ai', 'app.example'], true],
  [['example'], false],
  [['a.app.example', 'app.example.evil', 'app.exampl'], false],
  [[], false],
])('with the hosts %j, app.example is allowed: %s', (hosts, isAllowed) => {
  expect(isOfAllowedHost('https://app.example/client.json', hosts)).toBe(isAllowed)
})

test.each([
  [undefined, undefined, 0, false],
  [[3, false], undefined, 3, false],
  [undefined, [4, true], 4, true],
  [[3, true], [4, false], 7, true],
] as const)(
  'the decisions %j and %j give the generation %i, disabled: %s',
  (url, host, generation, disabled) => {
    const items = [url, host].map(
      (one): Item | undefined => one && { generation: attribute(one[0]), disabled: attribute(one[1]) },
    )
    const client = urlClientOf('https://app.example/client.json', items)
    const lists = { names: [], redirectUris: [], postLogoutRedirectUris: [] }
    const flags = { firstParty: false, silent: false, local: false }
    expect(client).toEqual({
      id: 'https://app.example/client.json',
      name: 'app.example',
      type: 'native',
      generation,
      disabled,
      scopes: ['openid', 'profile', 'email', 'offline_access', '*'],
      ...lists,
      ...flags,
      changeId: '',
      createdAt: '',
      changedAt: '',
    })
    expect(hostOf(client.id)).toBe('app.example')
  },
)

test('the decisions about a URL have its hash and that of its host as keys', () => {
  const hashes = [
    'HPwM3fX8jOq37b7sEEUjox0Jg55HxLCfw6itVv1iAQk',
    'VtmCAS3hjt8Iz1fY2UtegalxmdPrFPI7fCt1xcdfVG0',
  ]
  const keys = hashes.map((one) => ({ pk: { S: `url-client#${one}` }, sk: { S: 'url-client' } }))
  expect(decisionKeys('https://app.example/client.json')).toEqual(keys)
})
