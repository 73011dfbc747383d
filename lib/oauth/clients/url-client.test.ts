import { expect, test } from 'vitest'
import { attribute, type Item } from '../../aws/dynamodb.ts'
import { isClientId } from './client.ts'
import { hostOf, isClientUrl, isOfAllowedHost, urlClientOf } from './url-client.ts'

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
    expect(client).toMatchObject({
      name: 'app.example',
      type: 'native',
      generation,
      disabled,
      redirectUris: [],
    })
    expect(hostOf(client.id)).toBe('app.example')
  },
)
