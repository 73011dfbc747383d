import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer, request as forward, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** What the proxy sends in place of the response of AWS, if it sends anything. */
export type Say = (response: ServerResponse) => void

interface Fault {
  operation: string
  say: Say
  /** How many calls fail; by default all of them. */
  times?: number | undefined
  /** The key whose calls fail; by default every key. */
  keyName?: string | undefined
  /** Text in the request of the calls that fail; by default any. */
  text?: string | undefined
}

export interface AwsProxy {
  url: URL
  /** Makes the calls of an operation fail from now on. */
  inject(fault: Fault): void
  /** Closes the port: connections are refused from now on. */
  refuse(): void
  /** Ends all faults. */
  recover(): Promise<void>
  /** Operations in the order of their calls. */
  calls: string[]
  /** The bodies and paths of these calls. */
  bodies: string[]
  paths: string[]
  /** How many attempts have failed by the fault. */
  failed(): number
  close(): void
}

/**
 * Starts a proxy between a function and one AWS service.
 *
 * @param service - URL of the real service.
 */
export async function startProxy(service: URL): Promise<AwsProxy> {
  const calls: string[] = []
  const bodies: string[] = []
  const paths: string[] = []
  let fault: Fault | undefined
  let failed = 0
  const kept = new WeakSet<Socket>()
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray())
    const operation = String(request.headers['x-amz-target']).replace(/^.*\./, '')
    calls.push(operation)
    bodies.push(body.toString())
    paths.push(String(request.url))
    if (fault !== undefined && concerns(fault, operation, body.toString(), failed)) {
      fault.say(response)
      // The client sends a request again without spending an attempt if a kept connection ends without a response.
      if (!(response.destroyed && kept.has(request.socket))) failed += 1
      return
    }
    kept.add(request.socket)
    const { headers, method = 'POST', url: path } = request
    const forwarded = forward(service, { headers, method, path }, (received) => {
      response.writeHead(received.statusCode ?? 500, received.headers)
      received.pipe(response)
    })
    // Another proxy is the service, and ends the connection.
    forwarded.on('error', () => response.destroy()).end(body)
  })
  const port = await listenOnLowPort(server)
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return {
    url: new URL(`http://127.0.0.1:${port}`),
    inject(injected) {
      fault = injected
    },
    refuse: close,
    async recover() {
      fault = undefined
      if (!server.listening) await once(server.listen(port, '127.0.0.1'), 'listening')
    },
    calls,
    bodies,
    paths,
    failed: () => failed,
    close,
  }
}

function concerns(fault: Fault, operation: string, body: string, failed: number): boolean {
  const { times = Number.POSITIVE_INFINITY, keyName, text = '' } = fault
  const isOfKey = keyName === undefined || JSON.parse(body).KeyId === keyName
  return operation === fault.operation && isOfKey && body.includes(text) && failed < times
}

/** Listens below the ports that systems and `freePort` assign, so that no other process gets this port while it is closed. */
async function listenOnLowPort(server: Server): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 15_000)
    try {
      await once(server.listen(port, '127.0.0.1'), 'listening')
      return port
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    }
  }
}
