import { afterAll, expect, test } from 'vitest'
import { isLoopback, matchesRedirectUri } from './redirect-uri.ts'
import { brokenRedirectUriRule } from './redirect-uri-rules.ts'

const CLIENTS = {
  web: {
    type: 'web',
    local: false,
    redirectUris: ['https://shop.example/cb', 'https://shop.example/cb?tenant=1', 'https://shop.example'],
  },
  native: {
    type: 'native',
    local: false,
    redirectUris: [
      'http://127.0.0.1/cb',
      'http://[::1]:4000/cb?a=1',
      'http://localhost/cb',
      'com.example.app:/cb',
      'https://app.example/cb',
    ],
  },
  local: { type: 'browser', local: true, redirectUris: ['http://localhost:5173', 'http://localhost/cb'] },
  // As a store that was written past the command could have them.
  stale: {
    type: 'web',
    local: false,
    redirectUris: [
      'http://localhost/cb',
      'http://shop.example/cb',
      'javascript:alert(1)',
      'data:text/html,x',
      'com.example.app:/cb',
      'https://*.shop.example/cb',
      'https://shop.example/cb#x',
      'https://ada@shop.example/cb',
      '//shop.example/cb',
    ],
  },
  machine: { type: 'machine', local: true, redirectUris: ['https://shop.example/cb'] },
} as const

type Name = keyof typeof CLIENTS
const matches = (name: Name, uri: string) =>
  matchesRedirectUri({ ...CLIENTS[name], redirectUris: [...CLIENTS[name].redirectUris] }, uri)

/** Spellings that a request may send, with which the code would go elsewhere, or might. */
const REFUSED: [Name, string][] = [
  // Other hosts.
  ['web', 'https://evil.example/cb'],
  ['web', 'https://shop.example.evil.example/cb'],
  ['web', 'https://evil.example/shop.example/cb'],
  ['web', 'https://evilshop.example/cb'],
  ['web', 'https://sub.shop.example/cb'],
  ['web', 'https://shop.example./cb'],
  ['web', 'https://shop.example%2eevil.example/cb'],
  ['web', 'https://shop.example@evil.example/cb'],
  ['web', 'https://shop.example:443@evil.example/cb'],
  ['web', 'https://ada@shop.example/cb'],
  ['web', 'https://ada:secret@shop.example/cb'],
  ['web', 'https://evil.example\\@shop.example/cb'],
  ['web', 'https://evil.example%5c@shop.example/cb'],
  ['web', 'https://evil.example#@shop.example/cb'],
  ['web', 'https://evil.example?@shop.example/cb'],
  ['web', 'https://shоp.example/cb'],
  ['web', 'https://xn--shp-gqa.example/cb'],
  ['web', '//shop.example/cb'],
  ['web', '///shop.example/cb'],
  ['web', '\\\\shop.example\\cb'],
  ['web', 'https:\\\\shop.example\\cb'],
  ['web', 'https:shop.example/cb'],
  ['web', 'https:/shop.example/cb'],
  ['web', 'https:///shop.example/cb'],
  // Other schemes and ports.
  ['web', 'http://shop.example/cb'],
  ['web', 'HTTPS://shop.example/cb'],
  ['web', 'hTTps://shop.example/cb'],
  ['web', 'https://shop.example:443/cb'],
  ['web', 'https://shop.example:8443/cb'],
  ['web', 'https://shop.example:/cb'],
  ['web', 'ws://shop.example/cb'],
  ['web', 'ftp://shop.example/cb'],
  // Other paths.
  ['web', 'https://shop.example/cb/'],
  ['web', 'https://shop.example/CB'],
  ['web', 'https://SHOP.example/cb'],
  ['web', 'https://shop.example/cb/../evil'],
  ['web', 'https://shop.example/evil/../cb'],
  ['web', 'https://shop.example/./cb'],
  ['web', 'https://shop.example/%2e%2e/cb'],
  ['web', 'https://shop.example/%63b'],
  ['web', 'https://shop.example//cb'],
  ['web', 'https://shop.example/cb%2f..%2fevil'],
  ['web', 'https://shop.example/cb;evil'],
  ['web', 'https://shop.example/cb%00'],
  ['web', 'https://shop.example/'],
  ['web', 'https://shop.example?'],
  // Other queries and fragments.
  ['web', 'https://shop.example/cb?'],
  ['web', 'https://shop.example/cb?evil=1'],
  ['web', 'https://shop.example/cb?tenant=2'],
  ['web', 'https://shop.example/cb?tenant=1&evil=1'],
  ['web', 'https://shop.example/cb?evil=1&tenant=1'],
  ['web', 'https://shop.example/cb#'],
  ['web', 'https://shop.example/cb#evil'],
  ['web', 'https://shop.example/cb%23evil'],
  // What parsers skip or cut.
  ['web', ' https://shop.example/cb'],
  ['web', 'https://shop.example/cb '],
  ['web', '\thttps://shop.example/cb'],
  ['web', 'https://shop.example/cb\n'],
  ['web', 'https://shop.exa\nmple/cb'],
  ['web', 'https://shop.example/cb\0'],
  ['web', '\uFEFFhttps://shop.example/cb'],
  ['web', 'https%3A%2F%2Fshop.example%2Fcb'],
  ['web', ''],
  ['web', 'undefined'],
  ['web', 'https://shop.example/cb,https://evil.example/cb'],
  ['web', 'https://shop.example/cb https://evil.example/cb'],
  ['web', 'https://*.example/cb'],
  ['web', `https://shop.example/cb${'a'.repeat(4_000)}`],
  // Code in place of an address.
  ['web', 'javascript:alert(1)'],
  ['web', 'JavaScript:alert(1)//https://shop.example/cb'],
  ['web', 'java\nscript:alert(1)'],
  ['web', '\u0001javascript:alert(1)'],
  ['web', 'data:text/html,<script>alert(1)</script>'],
  ['web', 'vbscript:x'],
  ['web', 'blob:https://shop.example/cb'],
  ['web', 'file:///etc/passwd'],
  ['web', 'view-source:https://shop.example/cb'],
  ['web', 'intent://shop.example/cb#Intent;scheme=https;end'],
  ['web', 'about:blank'],
  // Addresses that only look like a loopback address, or are another one.
  ['native', 'http://127.0.0.1:0/cb'],
  ['native', 'http://127.0.0.1:00080/cb'],
  ['native', 'http://127.0.0.1:65536/cb'],
  ['native', 'http://127.0.0.1:99999/cb'],
  ['native', 'http://127.0.0.1:/cb'],
  ['native', 'http://127.0.0.1:-1/cb'],
  ['native', 'http://127.0.0.1:80:80/cb'],
  ['native', 'http://127.0.0.1:8080@evil.example/cb'],
  ['native', 'http://127.0.0.1.evil.example/cb'],
  ['native', 'http://127.0.0.1:8080.evil.example/cb'],
  ['native', 'http://localhost.evil.example:8080/cb'],
  ['native', 'http://localhost:8080\\@evil.example/cb'],
  ['native', 'http://LOCALHOST:8080/cb'],
  ['native', 'http://localhost.:8080/cb'],
  ['native', 'http://127.1:8080/cb'],
  ['native', 'http://2130706433:8080/cb'],
  ['native', 'http://0x7f000001:8080/cb'],
  ['native', 'http://0177.0.0.1:8080/cb'],
  ['native', 'http://127.0.0.2:8080/cb'],
  ['native', 'http://0.0.0.0:8080/cb'],
  ['native', 'http://[::]:8080/cb?a=1'],
  ['native', 'http://[0:0:0:0:0:0:0:1]:8080/cb?a=1'],
  ['native', 'http://[::ffff:127.0.0.1]:8080/cb?a=1'],
  ['native', 'http://[::1]:8080/cb'],
  ['native', 'https://127.0.0.1:8080/cb'],
  ['native', 'http://127.0.0.1:8080/cb/evil'],
  ['native', 'http://127.0.0.1:8080/cb?evil=1'],
  ['native', 'http://127.0.0.1:8080/cb#evil'],
  ['native', 'http://127.0.0.1:8080'],
  ['native', 'http://127.0.0.1:8080\n/cb'],
  ['native', 'https://app.example:8080/cb'],
  ['native', 'com.example.app:/evil'],
  ['native', 'com.example.app://cb'],
  ['native', 'COM.example.app:/cb'],
  ['native', 'com.example.app.evil:/cb'],
  ['local', 'http://localhost:5173/'],
  ['local', 'http://127.0.0.1:5173'],
  ['local', 'https://localhost:5173'],
  // Stored, but against the rules.
  ...CLIENTS.stale.redirectUris.map((uri): [Name, string] => ['stale', uri]),
  ['machine', 'https://shop.example/cb'],
]

const ACCEPTED: [Name, string][] = [
  ['web', 'https://shop.example/cb'],
  ['web', 'https://shop.example/cb?tenant=1'],
  ['web', 'https://shop.example'],
  ['native', 'http://127.0.0.1/cb'],
  ['native', 'http://127.0.0.1:1/cb'],
  ['native', 'http://127.0.0.1:80/cb'],
  ['native', 'http://127.0.0.1:65535/cb'],
  ['native', 'http://[::1]/cb?a=1'],
  ['native', 'http://[::1]:65535/cb?a=1'],
  ['native', 'http://localhost:51004/cb'],
  ['native', 'com.example.app:/cb'],
  ['native', 'https://app.example/cb'],
  ['local', 'http://localhost:5173'],
  ['local', 'http://localhost:3000'],
  ['local', 'http://localhost'],
  ['local', 'http://localhost:8080/cb'],
]

let ran = 0
afterAll(() => console.log(`${ran} spellings of redirect URIs`))

test.each(REFUSED)('%s client: %j matches nothing', (name, uri) => {
  ran += 1
  expect(matches(name, uri)).toBe(false)
})

test.each(ACCEPTED)('%s client: %j matches', (name, uri) => {
  ran += 1
  expect(matches(name, uri)).toBe(true)
})

test('what matches is, for the browser, on the origin and path that are registered, but for the port', () => {
  for (const [name, uri] of ACCEPTED) {
    const places = CLIENTS[name].redirectUris.map((registered) => placeOf(registered))
    expect(places).toContain(placeOf(uri))
  }
})

const placeOf = (uri: string) => {
  const { protocol, hostname, pathname, search } = new URL(uri)
  return [protocol, hostname, pathname, search].join(' ')
}

test('a private-use scheme that ends with http makes no loopback address', () => {
  expect(isLoopback('com.example.http://localhost/cb')).toBe(false)
})

const RULES = {
  web: { type: 'web', local: false },
  browser: { type: 'browser', local: false },
  native: { type: 'native', local: false },
  local: { type: 'web', local: true },
  machine: { type: 'machine', local: true },
} as const

test.each<[keyof typeof RULES, string]>([
  ['web', 'https://shop.example'],
  ['web', 'https://shop.example/'],
  ['web', 'https://shop.example:8443/a/b?x=%20&y[]=1'],
  ['web', 'https://xn--bcher-kva.example/cb'],
  ['web', `https://shop.example/${'a'.repeat(491)}`],
  ['browser', 'https://shop.example/cb'],
  ['native', 'http://127.0.0.1:5000/cb'],
  ['native', 'http://[::1]/'],
  ['native', 'com.example.app:/cb'],
  ['native', 'com.example.app://cb'],
  ['native', 'https://app.example/cb'],
  ['local', 'http://localhost:5173'],
  ['local', 'http://127.0.0.1:3000/api/auth/callback/own'],
])('%s client: %s may be registered', (rules, uri) => {
  ran += 1
  expect(brokenRedirectUriRule(uri, RULES[rules])).toBeUndefined()
})

const CHARACTER = 'It has a character that is not allowed in a URI. Encode it with a percent sign.'
const RELATIVE = 'It is not an absolute URI, such as https://shop.example/callback.'
const HTTP =
  'It must be https. http is for 127.0.0.1, [::1] and localhost alone, with a port from 1 to 65535.'
const LOOPBACK = 'Loopback addresses are for native clients, and for development: use --dev.'
const PRIVATE = 'It must be https. Private-use schemes are for native clients (RFC 8252 section 7.1).'
const SCHEME =
  'A private-use scheme is a domain of yours in reverse order, such as com.example.app (RFC 8252 section 7.1).'
const as = (uri: string) => `Write it as browsers do: ${uri}`
const responses = (name: string) => `Its query must not have the parameter ${name}, which responses have.`

test.each<[keyof typeof RULES, string, string]>([
  ['machine', 'https://shop.example/cb', 'A machine client has no redirect URI.'],
  ['web', `https://shop.example/${'a'.repeat(492)}`, 'It must not have more than 512 characters.'],
  ['web', 'https://shop.example/cb#a', 'It must not have a fragment (RFC 6749 section 3.1.2).'],
  ['web', 'https://*.shop.example/cb', 'It must not have a wildcard. Register each URI.'],
  ['web', 'https://shop.example/a b', CHARACTER],
  ['web', 'https://bücher.example/cb', CHARACTER],
  ['web', 'https://shop.example/%zz', CHARACTER],
  ['web', 'https://shop.example/%4g', CHARACTER],
  ['web', 'https:\\\\shop.example', CHARACTER],
  ['web', 'https://shop.example/cb\n', CHARACTER],
  ['web', '/cb', RELATIVE],
  ['web', 'shop.example/cb', RELATIVE],
  ['web', 'https://:secret@shop.example/cb', 'It must not have a username or password.'],
  ['web', 'https://ada@shop.example/cb', 'It must not have a username or password.'],
  ['web', 'http://shop.example/cb', HTTP],
  ['native', 'http://127.0.0.1:0/cb', HTTP],
  ['native', 'http://127.0.0.2/cb', HTTP],
  ['web', 'http://localhost:3000/cb', LOOPBACK],
  ['browser', 'http://127.0.0.1/cb', LOOPBACK],
  ['local', 'com.example.app:/cb', PRIVATE],
  ['web', 'javascript:alert(1)', PRIVATE],
  ['native', 'javascript:alert(1)', SCHEME],
  ['native', 'data:text/html,x', SCHEME],
  ['native', 'file:///cb', SCHEME],
  ['native', 'blob:x', SCHEME],
  ['native', 'app:/cb', SCHEME],
  ['native', 'app.:/cb', SCHEME],
  ['native', 'app..example.app:/cb', SCHEME],
  ['native', '.app:/cb', RELATIVE],
  ['native', 'com.example.app:cb', 'A path follows the scheme: com.example.app:/callback.'],
  ['native', 'COM.example.app:/cb', as('com.example.app:/cb')],
  ['web', 'https://SHOP.example/cb', as('https://shop.example/cb')],
  ['web', 'HTTPS://shop.example/cb', as('https://shop.example/cb')],
  ['web', 'https://shop.example:443/cb', as('https://shop.example/cb')],
  ['web', 'https://shop.example/a/../cb', as('https://shop.example/cb')],
  ['web', 'https://shop.example/%2e%2e/cb', as('https://shop.example/cb')],
  ['web', 'https:///shop.example/cb', as('https://shop.example/cb')],
  ['web', 'https:shop.example/cb', as('https://shop.example/cb')],
  ['web', 'https://2130706433/cb', as('https://127.0.0.1/cb')],
  ['web', 'https://shop.example?x=1', as('https://shop.example/?x=1')],
  ['local', 'http://localhost:80/cb', as('http://localhost/cb')],
  ['web', 'https://shop.example/cb?', 'Leave out the empty query.'],
  ['web', 'https://shop.example/cb?a=1&code=x', responses('code')],
  ['web', 'https://shop.example/cb?c%6fde=x', responses('code')],
  ['web', 'https://shop.example/cb?state=x', responses('state')],
  ['web', 'https://shop.example/cb?iss=x', responses('iss')],
  ['web', 'https://shop.example/cb?error', responses('error')],
  ['web', 'https://shop.example/cb?error_description=x', responses('error_description')],
  ['web', 'https://shop.example/cb?error_uri=x', responses('error_uri')],
])('%s client: %j may not be registered: %s', (rules, uri, sentence) => {
  ran += 1
  expect(brokenRedirectUriRule(uri, RULES[rules])).toBe(sentence)
})
