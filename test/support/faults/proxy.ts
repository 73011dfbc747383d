import { once } from 'node:events'
import { createServer, request as forward, type Server, type ServerResponse } from 'node:http'

/** What is said, or left unsaid, in the place of AWS's answer. */
export type Say = (response: ServerResponse) => void

interface Fault {
  operation: string
  say: Say
  /** How many calls it befalls; all, unless this is given. */
  times?: number | undefined
  /** The one key it befalls; every one, unless this is given. */
  keyName?: string | undefined
}

export interface AwsProxy {
  url: URL
  /** Lets calls of an operation go wrong from here on. */
  inject(fault: Fault): void
  /** From here on nobody listens. */
  refuse(): void
  /** Ends all faults. */
  recover(): Promise<void>
  /** Operations that were called, in their order. */
  calls: string[]
  /** How many calls the fault has befallen. */
  befallen(): number
  close(): void
}

/**
 * Stands between a function and one AWS service.
 *
 * @param service - Where the real one listens.
 */
export async function startProxy(service: URL): Promise<AwsProxy> {
  const calls: string[] = []
  let fault: Fault | undefined
  let befallen = 0
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray())
    const operation = String(request.headers['x-amz-target']).replace(/^.*\./, '')
    calls.push(operation)
    if (fault !== undefined && befalls(fault, operation, body.toString(), befallen)) {
      befallen += 1
      return fault.say(response)
    }
    const { headers, method = 'POST' } = request
    forward(service, { headers, method }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    }).end(body)
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
    befallen: () => befallen,
    close,
  }
}

function befalls(fault: Fault, operation: string, body: string, befallen: number): boolean {
  const { times = Number.POSITIVE_INFINITY, keyName } = fault
  const isOfKey = keyName === undefined || JSON.parse(body).KeyId === keyName
  return operation === fault.operation && isOfKey && befallen < times
}

/** Below the ports that systems hand out, so that nobody is given this one while we refuse connections. */
async function listenOnLowPort(server: Server): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000)
    try {
      await once(server.listen(port, '127.0.0.1'), 'listening')
      return port
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    }
  }
}
