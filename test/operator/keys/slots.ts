import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createKms } from '../../../local/kms/kms.ts'
import type { Slot } from '../../../scripts/keys/plan.ts'

const REGION = 'eu-central-1'

/** Returns the alias of the key in a slot. */
export const aliasOf = (slot: string) => `alias/serverless-jwt-auth-dev-auth-${slot}`

/**
 * Starts a KMS with two slots. A test creates and deletes their keys, as CloudFormation creates and deletes a key with its
 * alias. Behind it runs one local KMS for each key.
 */
export async function startSlots() {
  const keys = new Map<string, string>()
  const servers: Server[] = []
  const listen = async (server: Server) => {
    servers.push(server)
    await once(server.listen(0, '127.0.0.1'), 'listening')
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  const empty = await listen(await createKms([], REGION))
  const front = createServer(async (request, response) => {
    const body = await readAll(request)
    const { KeyId } = JSON.parse(body.toString('utf8'))
    const headers = new Headers(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
    for (const name of ['connection', 'content-length', 'host']) headers.delete(name)
    const reply = await fetch(keys.get(KeyId) ?? empty, { method: 'POST', headers, body })
    response.writeHead(reply.status, { 'Content-Type': 'application/x-amz-json-1.1' })
    response.end(Buffer.from(await reply.arrayBuffer()))
  })
  return {
    url: await listen(front),
    async create(slot: Slot): Promise<void> {
      const alias = aliasOf(slot)
      keys.set(alias, await listen(await createKms([alias], REGION)))
    },
    delete: (slot: Slot) => keys.delete(aliasOf(slot)),
    stop(): void {
      for (const server of servers) {
        server.close()
        server.closeAllConnections()
      }
    },
  }
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}
