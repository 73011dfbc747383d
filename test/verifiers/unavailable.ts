import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { freePort } from '../support/process/service.ts'

/** Returns two issuers from which no keys can be loaded: one refuses connections, the other responds 503. */
export async function unavailableIssuers(): Promise<string[]> {
  const server = createServer((_request, response) => response.writeHead(503).end()).listen(0)
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const ports = [await freePort(), (server.address() as AddressInfo).port]
  return ports.map((port) => `http://localhost:${port}`)
}
