import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Starts a server on the loopback interface, at a free port. */
export async function listen(server: Server) {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    stop(): void {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** Headers of a request to AWS with a wrong signature. Neither the local services nor moto verify it. */
export const signed = (service: string, scope = `20261124/eu-central-1/${service}/aws4_request`) => ({
  'X-Amz-Date': '20261124T150000Z',
  Authorization: `AWS4-HMAC-SHA256 Credential=local/${scope}, SignedHeaders=host;x-amz-date, Signature=00`,
})
