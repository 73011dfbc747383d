import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, request, type ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createCertificate } from '../oauth/certificate.ts'
import { atEnd } from '../support/at-end.ts'

/** What a proxy does with a request: the response of the service is lost, or there is another one with a status. */
type Fault = 'lost' | number | undefined

/** TLS in front of a local service, because browsers bind no session over http. */
export interface TlsProxy {
  port: number
  /** Arguments of Chromium, which finds the hosts here, accepts the certificate, and has keys in software. It needs both features. */
  arguments: string[]
  /** Of the service. */
  target: string
  /** Method, path and status of each request, in the order of the responses. */
  requests: string[]
  /** Returns what happens to a request of a path. The request waits for a promise. */
  faultOf: (path: string) => Fault | Promise<Fault>
}

/** Starts TLS for hosts below `example.test`, until the end of the test or the file. */
export async function startTlsProxy(...hosts: string[]): Promise<TlsProxy> {
  const certificate = createCertificate(...hosts)
  const server = createServer(certificate)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  atEnd(() => server.closeAllConnections())
  atEnd(() => server.close())
  const spki = new X509Certificate(certificate.cert).publicKey.export({ type: 'spki', format: 'der' })
  const proxy: TlsProxy = {
    port: (server.address() as AddressInfo).port,
    arguments: [
      '--enable-features=DeviceBoundSessions,EnableBoundSessionCredentialsSoftwareKeysForManualTesting',
      `--ignore-certificate-errors-spki-list=${createHash('sha256').update(spki).digest('base64')}`,
      '--host-resolver-rules=MAP *.example.test 127.0.0.1',
    ],
    target: '',
    requests: [],
    faultOf: () => undefined,
  }
  server.on('request', (incoming: IncomingMessage, outgoing: ServerResponse) =>
    pass(proxy, incoming, outgoing),
  )
  return proxy
}

async function pass(proxy: TlsProxy, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const { method, url = '', headers } = incoming
  const note = (status: unknown) => proxy.requests.push(`${method} ${url} ${status}`)
  const fault = await proxy.faultOf(url)
  if (typeof fault === 'number') {
    note(fault)
    incoming.resume()
    outgoing.writeHead(fault).end()
    return
  }
  const sent = request(proxy.target + url, { method, headers }, (received) => {
    note(received.statusCode)
    if (fault === 'lost') {
      received.resume()
      outgoing.destroy()
      return
    }
    // The service of the proxy speaks TLS, and the one behind it does not know.
    outgoing.writeHead(received.statusCode ?? 502, received.rawHeaders)
    received.pipe(outgoing)
  })
  sent.on('error', () => outgoing.destroy())
  incoming.pipe(sent)
}
