import type { RequestListener } from 'node:http'
import { gzipSync } from 'node:zlib'
import type { Context } from 'aws-lambda'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { isGloballyReachable } from '../../lib/oauth/documents/addresses.ts'
import { fetchDocument } from '../../lib/oauth/documents/fetching.ts'
import type { Fetched, FetchRequest } from '../../lib/oauth/documents/find.ts'
import { loadHandler } from '../support/http/handlers.ts'
import { aws, context, later, now, records, service, useRoutes } from '../support/http/routes.ts'
import { createCertificate } from './certificate.ts'
import {
  ADDRESS,
  APP_URL,
  type DocumentHost,
  documentWith,
  HOST,
  sendDocument,
  startDocumentHost,
} from './document-host.ts'
import { useDocumentHost } from './network.ts'

// What the function `fetch-client` fetches, and what it does not. A TLS server of this process counts the connections.

const network = vi.hoisted(() => ({ host: undefined as DocumentHost | undefined }))
vi.mock('../../lib/oauth/documents/edge.ts', async () => (await import('./document-host.ts')).edgeOf(network))

useRoutes()

let handler: (event: FetchRequest, context: Context) => Promise<Fetched>
const host = await useDocumentHost(network)
beforeEach(async () => {
  handler = await loadHandler(service, 'fetch-client', aws)
  host.reply = sendDocument()
  host.addresses = [[ADDRESS]]
  host.requests.length = host.lookups.length = host.reached.length = 0
})
const unreachable = { isUnreachable: true }
const gone = { isGone: true }

/** URLs that are refused by their form, before any look-up. */
const URLS: [what: string, url: string][] = [
  ['localhost', 'https://localhost/client.json'],
  ['localhost with a final dot', 'https://localhost./client.json'],
  ['a name with a final dot', 'https://app.test./client.json'],
  ['a name without a dot', 'https://intranet/client.json'],
  ['a loopback address', 'https://127.0.0.1/client.json'],
  ['a public address', 'https://93.184.215.14/client.json'],
  ['a short address', 'https://127.1/client.json'],
  ['a number', 'https://2130706433/client.json'],
  ['an octal address', 'https://0177.0.0.1/client.json'],
  ['a hexadecimal address', 'https://0x7f.0.0.1/client.json'],
  ['a hexadecimal number', 'https://0x7f000001/client.json'],
  ['the address of instance metadata', 'https://169.254.169.254/latest/meta-data'],
  ['an IPv6 loopback address', 'https://[::1]/client.json'],
  ['a mapped address', 'https://[::ffff:127.0.0.1]/client.json'],
  ['an IPv6 address with a zone', 'https://[fe80::1%25eth0]/client.json'],
  ['a port', 'https://app.test:8443/client.json'],
  ['the default port', 'https://app.test:443/client.json'],
  ['a user', 'https://user@app.test/client.json'],
  ['a host as user', 'https://app.test@evil.test/client.json'],
  ['a fragment', 'https://app.test/client.json#a'],
  ['a dot segment', 'https://app.test/a/../client.json'],
  ['an encoded dot segment', 'https://app.test/a/%2e%2e/client.json'],
  ['a backslash', 'https://app.test\\@evil.test/client.json'],
  ['no path', 'https://app.test'],
  ['an empty path', 'https://app.test/'],
  ['http', 'http://app.test/client.json'],
  ['another scheme', 'file:///etc/passwd'],
  ['capital letters in the host', 'https://APP.test/client.json'],
  ['a name outside ASCII', 'https://äpp.test/client.json'],
  ['full-width digits', 'https://１２７.0.0.1/client.json'],
  ['a space', 'https://app.test/client json'],
  ['a line break', 'https://app.test/client.json\r\nHost: evil'],
  ['more than 512 characters', `https://app.test/${'a'.repeat(500)}`],
  ['no URL', 'app.test/client.json'],
]

/** Names whose addresses must not be reached. */
const ADDRESSES: [what: string, ...addresses: string[][]][] = [
  ['this network', ['0.0.0.0']],
  ['loopback', ['127.0.0.1']],
  ['loopback, the last address', ['127.255.255.255']],
  ['private use 10/8', ['10.0.0.1']],
  ['private use 172.16/12', ['172.31.255.255']],
  ['private use 192.168/16', ['192.168.0.1']],
  ['link-local', ['169.254.1.1']],
  ['instance metadata', ['169.254.169.254']],
  ['credentials of containers', ['169.254.170.2']],
  ['carrier-grade NAT', ['100.64.0.1']],
  ['carrier-grade NAT, the last address', ['100.127.255.255']],
  ['protocol assignments', ['192.0.0.8']],
  ['documentation 192.0.2/24', ['192.0.2.1']],
  ['documentation 198.51.100/24', ['198.51.100.1']],
  ['documentation 203.0.113/24', ['203.0.113.1']],
  ['benchmarks', ['198.19.255.255']],
  ['relays of 6to4', ['192.88.99.1']],
  ['multicast', ['224.0.0.1']],
  ['reserved', ['240.0.0.1']],
  ['broadcast', ['255.255.255.255']],
  ['IPv6 unspecified', ['::']],
  ['IPv6 loopback', ['::1']],
  ['IPv4-mapped', ['::ffff:127.0.0.1']],
  ['IPv4-mapped, public', ['::ffff:93.184.215.14']],
  ['IPv4-compatible', ['::7f00:1']],
  ['NAT64', ['64:ff9b::7f00:1']],
  ['NAT64 of a local network', ['64:ff9b:1::a00:1']],
  ['discard-only', ['100::1']],
  ['Teredo', ['2001::1']],
  ['ORCHIDv2', ['2001:20::1']],
  ['IPv6 documentation', ['2001:db8::1']],
  ['IPv6 documentation, newer', ['3fff::1']],
  ['6to4 of a loopback address', ['2002:7f00:1::1']],
  ['6to4 of a public address', ['2002:5db8:d70e::1']],
  ['segment routing', ['5f00::1']],
  ['unique local', ['fd00::1']],
  ['instance metadata by IPv6', ['fd00:ec2::254']],
  ['IPv6 link-local', ['fe80::1']],
  ['IPv6 with a zone', ['fe80::1%eth0']],
  ['site-local', ['fec0::1']],
  ['IPv6 multicast', ['ff02::1']],
  ['a public and a private address', [ADDRESS, '10.0.0.1']],
  ['a public and a private IPv6 address', [ADDRESS, 'fd00::1']],
  ['a private address among many', [ADDRESS, '1.1.1.1', '9.9.9.9', '192.168.1.1', '2606:4700::1']],
  ['a private address first, a public one at another look-up', ['127.0.0.1'], [ADDRESS]],
  ['no address', []],
  ['what is no address', ['localhost']],
]

describe('nothing is fetched', () => {
  const before = () => host.connections()
  let connections: number
  beforeAll(() => {
    connections = before()
  })
  afterAll(() => {
    const fetched = host.connections() - connections
    console.log(`${URLS.length} URLS and ${ADDRESSES.length} names, ${fetched} fetched`)
    expect([URLS.length + ADDRESSES.length > 60, fetched]).toEqual([true, 0])
  })

  test.each(URLS)('from a URL with %s, and its name is not looked up', async (_what, url) => {
    expect(await fetch(url)).toEqual(unreachable)
    expect([host.lookups, host.reached]).toEqual([[], []])
  })

  test.each(ADDRESSES.map(([what, ...addresses]) => ({ what, addresses })))(
    'from a name with this address: $what',
    async ({ addresses, what }) => {
      host.addresses = addresses
      // The budget of a host is not the subject here.
      const name = `${what.toLowerCase().replace(/[^a-z0-9]+/g, '-')}.test`
      expect(await fetch(`https://${name}/client.json`)).toEqual(unreachable)
      expect([host.lookups, host.reached]).toEqual([[name], []])
      expect(reasons()).toEqual([
        expect.stringMatching(/^(an address is not globally reachable|the name has no address)$/),
      ])
    },
  )

  test('from a name that cannot be resolved', async () => {
    const { resolve } = host.edge
    host.edge.resolve = () => Promise.reject(Object.assign(new Error('app.test'), { code: 'ENOTFOUND' }))
    expect(await fetch()).toEqual(unreachable)
    host.edge.resolve = resolve
    expect(reasons()).toEqual(['name: ENOTFOUND'])
  })

  test('from a host that is not allowed', async () => {
    const { 'fetch-client': definition, ...others } = service.functions
    const environment = { ...definition?.environment, CLIENT_METADATA_HOSTS: 'other.test,app.test.evil.test' }
    const functions = { ...others, 'fetch-client': { ...Object(definition), environment } }
    const strict = await loadHandler({ ...service, functions }, 'fetch-client', aws)
    expect(await strict({ url: APP_URL, userId: 'user' }, context)).toEqual(unreachable)
    expect(host.lookups).toEqual([])
  })
})

test.each([
  '1.1.1.1',
  '93.184.215.14',
  '172.32.0.1',
  '100.128.0.1',
  '192.0.1.1',
  '223.255.255.255',
  '2606:4700::1',
  '2a00::1',
])('the address %s is globally reachable', (address) => {
  expect(isGloballyReachable(address)).toBe(true)
})

test('a document is fetched with one request, which says nothing about the user', async () => {
  const document = {
    name: 'Test app',
    redirectUris: ['https://app.test/callback', 'http://127.0.0.1/callback'],
  }
  const seconds = Math.floor(now.getTime() / 1000)
  const times = { staleAt: seconds + 3_600, expiresAt: seconds + 86_400 }
  expect(await fetch(`${APP_URL}`)).toEqual({ document: { ...document, ...times } })
  expect(host.requests.map(({ method, url, headers }) => ({ method, url, headers }))).toEqual([
    {
      method: 'GET',
      url: '/oauth/client.json',
      headers: {
        host: HOST,
        accept: 'application/json',
        'accept-encoding': 'identity',
        'user-agent': 'serverless-jwt-auth',
        connection: 'close',
      },
    },
  ])
})

test('a name that changes between two look-ups is looked up once, and the address that was checked is reached', async () => {
  host.addresses = [[ADDRESS], ['127.0.0.1']]
  expect(await fetch()).toHaveProperty('document')
  expect([host.lookups, host.reached]).toEqual([[HOST], [ADDRESS]])
})

test('an IPv4 address is reached rather than an IPv6 one', async () => {
  host.addresses = [['2606:4700::1', ADDRESS]]
  await fetch()
  expect(host.reached).toEqual([ADDRESS])
})

/** Returns what sends a document of exactly so many bytes. */
const sized = (bytes: number) => sendDocument(JSON.stringify(documentWith()).padEnd(bytes))

describe('a response', () => {
  const faults: [what: string, reply: RequestListener, reason: string][] = [
    ...[201, 204, 301, 302, 303, 307, 308, 401, 404, 410, 429, 500, 503].map(
      (status): [string, RequestListener, string] => [
        `with the status ${status}`,
        (_request, response) => response.writeHead(status, { Location: 'https://app.test/other.json' }).end(),
        `status ${status}`,
      ],
    ),
    ['of 5,121 bytes', sized(5_121), 'response too large'],
    [
      'without an end',
      (_request, response) => {
        response.writeHead(200, { 'Content-Type': 'application/json' })
        for (let part = 0; part < 10; part += 1) response.write('x'.repeat(1_024))
      },
      'response too large',
    ],
    [
      'in gzip',
      (_request, response) =>
        response
          .writeHead(200, { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' })
          .end(gzipSync(JSON.stringify(documentWith()))),
      'the response is encoded',
    ],
    [
      'of HTML',
      sendDocument(documentWith(), { 'Content-Type': 'text/html' }),
      'the content type is not JSON',
    ],
    [
      'without a content type',
      (_request, response) => response.writeHead(200).end('{}'),
      'the content type is not JSON',
    ],
    [
      'that is cut',
      (_request, response) => {
        response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 100 }).write('{')
        setImmediate(() => response.destroy())
      },
      'ECONNRESET',
    ],
    ['that is no HTTP', (request) => request.socket.end('hello'), 'HPE_INVALID_CONSTANT'],
    ['that does not come', (request) => request.socket.destroy(), 'ECONNRESET'],
  ]
  afterAll(() => console.log(`${faults.length} faults of responses, 0 documents`))

  test.each(faults)('%s gives no document', async (_what, reply, reason) => {
    host.reply = reply
    const isOutage = /^(status (429|5..)|[A-Z_]+)$/.test(reason)
    expect(await fetch()).toEqual(isOutage ? unreachable : gone)
    expect(reasons()).toEqual([reason])
    // No redirect is followed.
    expect(host.requests.length).toBe(1)
  })

  test('of 5,120 bytes gives its document', async () => {
    host.reply = sized(5_120)
    expect(await fetch()).toHaveProperty('document')
  })

  test.each([
    ['application/json', true],
    ['Application/JSON', true],
    ['application/json;charset=utf-8', true],
    ['application/json  ; charset=utf-8', true],
    ['application/cimd+json; charset=utf-8', true],
    ['application/vnd.a-b_1+json', true],
    ['x-application/json', false],
    ['application/+json', false],
    ['application/a/b+json', false],
    ['application/jsonp', false],
    ['application/json x', false],
  ])('of the type %s gives its document: %s', async (type, isTaken) => {
    host.reply = sendDocument(documentWith(), { 'Content-Type': type })
    expect('document' in (await fetch())).toBe(isTaken)
  })

  const within = (ms: number) => ({ timeoutMs: ms, maxBytes: 5_120 })
  /** Sends the document in parts, each a while after the one before. */
  const dripping =
    (parts: number, everyMs: number): RequestListener =>
    (_request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' })
      const drip = (left: number) => {
        if (left === 0) return response.end(JSON.stringify(documentWith()))
        response.write(' ')
        return setTimeout(drip, everyMs, left - 1)
      }
      drip(parts)
    }

  test('that drips past the deadline gives none', async () => {
    host.reply = dripping(40, 20)
    await expect(fetchDocument(APP_URL, host.edge, within(200))).rejects.toThrow('no response in time')
    host.reply = dripping(2, 1)
    expect((await fetchDocument(APP_URL, host.edge, within(3_000))).body.length).toBeGreaterThan(100)
  })

  test('has the time that the look-up of the name has left', async () => {
    const resolve = () => new Promise<string[]>((resolved) => setTimeout(resolved, 400, [ADDRESS]))
    host.reply = dripping(2, 200)
    await expect(fetchDocument(APP_URL, { ...host.edge, resolve }, within(600))).rejects.toThrow(
      'no response in time',
    )
  })

  test('gives none, if the name takes until the deadline', async () => {
    const edge = { ...host.edge, resolve: () => new Promise<string[]>(() => {}) }
    await expect(fetchDocument(APP_URL, edge, within(20))).rejects.toThrow('no address in time')
  })

  test.each([
    ['of another name', 'other.test'],
    ['of a name below', 'a.app.test'],
  ])('with a certificate %s gives none', async (_what, name) => {
    const other = await startDocumentHost(createCertificate(name))
    network.host = other
    expect(await fetch()).toEqual(unreachable)
    network.host = host
    other.stop()
    expect([reasons(), other.requests]).toEqual([['ERR_TLS_CERT_ALTNAME_INVALID'], []])
  })

  test('with a certificate of another authority gives none', async () => {
    const { reach } = host.edge
    host.edge.reach = () => ({ host: '127.0.0.1', port: host.port })
    expect(await fetch()).toEqual(unreachable)
    host.edge.reach = reach
    expect(reasons()).toEqual(['DEPTH_ZERO_SELF_SIGNED_CERT'])
  })
})

test('an outage of the table gives an error, which the log has', async () => {
  const endpoints = { ...aws.settings.endpoints, dynamodb: new URL('http://127.0.0.1:1') }
  const settings = { ...aws.settings, endpoints }
  const cut = await loadHandler(service, 'fetch-client', { ...aws, settings })
  await expect(cut({ url: APP_URL, userId: 'user' }, context)).rejects.toMatchObject({ code: 'unavailable' })
  expect(records).toMatchObject([{ event: 'dependency.failed', reason: 'dynamodb UpdateItem failed' }])
  expect(host.lookups).toEqual([])
})

const USED_UP = 'the budget of the user or of the host is used up'

test('a user gets 10 documents in ten minutes from any hosts, and others still get theirs', async () => {
  host.reply = (_request, response) => response.writeHead(404).end()
  for (let count = 0; count < 10; count += 1) await fetch(`${APP_URL}?${count}`)
  host.reply = sendDocument()
  expect(await fetch()).toEqual(unreachable)
  expect(await fetch('https://other.test/client.json')).toEqual(unreachable)
  expect([host.lookups.length, reasons().slice(10)]).toEqual([10, [USED_UP, USED_UP]])
  expect(await fetch(APP_URL, 'other')).toHaveProperty('document')
  vi.setSystemTime(later(600))
  expect(await fetch()).toHaveProperty('document')
})

test('a host gives 60 documents in ten minutes at any URLs, and others still give theirs', async () => {
  for (let count = 0; count < 60; count += 1) {
    const url = `${APP_URL}?${count}`
    host.reply = sendDocument(documentWith({ client_id: url }))
    expect(await fetch(url, `user ${count % 7}`)).toHaveProperty('document')
  }
  expect(await fetch(`${APP_URL}?60`)).toEqual(unreachable)
  expect([host.requests.length, reasons()]).toEqual([60, [USED_UP]])
  await fetch('https://other.test/client.json')
  expect(host.lookups.at(-1)).toBe('other.test')
  vi.setSystemTime(later(600))
  host.reply = sendDocument()
  expect(await fetch()).toHaveProperty('document')
})

const fetch = (url = APP_URL, userId = 'user') => handler({ url, userId }, context)

const reasons = () =>
  records.map(Object).flatMap(({ event, reason }) => (event === 'document.refused' ? [reason] : []))
