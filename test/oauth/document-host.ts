import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Edge } from '../../lib/oauth/documents/edge.ts'
import { type Certificate, createCertificate } from './certificate.ts'

/** A host of the tests, and the URL of an app there. */
export const HOST = 'app.test'
export const APP_URL = `https://${HOST}/oauth/client.json`

/** A globally reachable address. No connection goes to it. */
export const ADDRESS = '93.184.215.14'

/** Returns the metadata document of {@link APP_URL}, with changes. `undefined` leaves a member out. */
export const documentWith = (changes: object = {}) => ({
  client_id: APP_URL,
  client_name: 'Test app',
  redirect_uris: ['https://app.test/callback', 'http://127.0.0.1/callback'],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
  ...changes,
})

/** Returns what sends JSON. */
export const sendDocument =
  (document: unknown = documentWith(), headers: Record<string, string> = {}): RequestListener =>
  (_request, response) =>
    response
      .writeHead(200, { 'Content-Type': 'application/json', ...headers })
      .end(typeof document === 'string' || Buffer.isBuffer(document) ? document : JSON.stringify(document))

/** Sends the document of {@link APP_URL}, at `other.json` the same one, and nothing at other paths: for a running service. */
export const sendByPath: RequestListener = (request, response) =>
  /^\/oauth\/(client|other)\.json$/.test(request.url ?? '')
    ? sendDocument()(request, response)
    : response.writeHead(404).end()

/** A TLS server that counts what reaches it. */
export interface DocumentHost {
  edge: Edge
  port: number
  /** The variables by which `npm start` finds it. */
  environment(): Record<string, string>
  certificate: Certificate
  /** Connections, also those whose handshake fails. */
  connections(): number
  requests: IncomingMessage[]
  /** Sends the next responses. */
  reply: RequestListener
  /** Addresses of each look-up in turn. The last ones are repeated. */
  addresses: (readonly string[])[]
  lookups: string[]
  /** Addresses that connections were to go to. */
  reached: string[]
  stop(): void
}

/** Starts the host of documents of the tests, which does not keep a process running. */
export async function startDocumentHost(certificate = createCertificate(HOST)): Promise<DocumentHost> {
  let connections = 0
  const server = createServer(certificate, (request: IncomingMessage, response: ServerResponse) => {
    host.requests.push(request)
    host.reply(request as Parameters<RequestListener>[0], response as Parameters<RequestListener>[1])
  })
  server.on('connection', () => {
    connections += 1
  })
  server.on('tlsClientError', () => {})
  await once(server.listen(0, '127.0.0.1'), 'listening')
  server.unref()
  const { port } = server.address() as AddressInfo
  const host: DocumentHost = {
    certificate,
    port,
    environment() {
      const TEST_HOSTS_CA = fileURLToPath(new URL(`../../.results/test-hosts-${port}.pem`, import.meta.url))
      writeFileSync(TEST_HOSTS_CA, certificate.cert)
      return { TEST_HOSTS_PORT: String(port), TEST_HOSTS_CA }
    },
    connections: () => connections,
    requests: [],
    reply: sendDocument(),
    addresses: [[ADDRESS]],
    lookups: [],
    reached: [],
    edge: {
      async resolve(name) {
        host.lookups.push(name)
        return host.addresses[Math.min(host.lookups.length, host.addresses.length) - 1] ?? []
      },
      reach(address) {
        host.reached.push(address)
        return { host: '127.0.0.1', port, ca: certificate.cert }
      },
    },
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
  return host
}

/** Returns the module of a network with one host, for `vi.mock`. A test names the host after it has started it. */
export const edgeOf = (network: { host: DocumentHost | undefined }) => ({
  edge: {
    resolve: (name: string) => network.host?.edge.resolve(name),
    reach: (address: string, name: string) => network.host?.edge.reach(address, name),
  },
})
