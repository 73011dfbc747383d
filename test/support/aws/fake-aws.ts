import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { awsClient, withTimeout } from '../../../lib/aws/client.ts'

/** A request as the fake AWS has received it. */
export interface Received {
  method: string | undefined
  url: string | undefined
  headers: IncomingHttpHeaders
  body: string
}

/** Sends a response, or does something else with the connection. */
export type Reply = (response: ServerResponse) => unknown

export const say =
  (status: number, body: unknown): Reply =>
  (response) =>
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body))
export const fail = (status: number, type: string) => say(status, { __type: type, message: 'said AWS' })
export const breakOff: Reply = (response) => response.socket?.destroy()
export const breakOffMidway: Reply = (response) => {
  response.writeHead(200, { 'Content-Length': 100 }).write('{')
  setImmediate(() => response.socket?.destroy())
}
export const stayMute: Reply = () => {}

/** Starts a fake AWS for one test, with one reply for each request. The last reply is repeated. */
export async function startFakeAws(...replies: [Reply, ...Reply[]]) {
  const received: Received[] = []
  let connections = 0
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { method, url, headers } = request
    received.push({ method, url, headers, body: Buffer.concat(chunks).toString() })
    const reply = replies[Math.min(received.length, replies.length) - 1]
    reply?.(response)
  })
  server.on('connection', () => {
    connections += 1
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'session' }
  const settings = {
    region: 'eu-central-1',
    credentials,
    endpoints: { dynamodb: url, kms: url, lambda: url, ses: url },
  }
  const client = awsClient(settings)
  return {
    url,
    call: withTimeout(client, 4_500),
    client,
    received,
    connections: () => connections,
    close: () => server.close(),
  }
}
