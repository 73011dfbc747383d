import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { vi } from 'vitest'
import type { LocalAws } from '../../../local/aws.ts'
import { atEnd } from '../at-end.ts'

/**
 * The outcome of a call: it passes, is denied, is throttled, meets an error of AWS, leaves all keys of a batch unprocessed, or loses
 * its connection before or after it took effect, or within a response without effect.
 */
export type Fate =
  | 'pass'
  | 'refuse'
  | 'throttle'
  | 'fail'
  | 'leave unprocessed'
  | 'cut before'
  | 'cut within'
  | 'cut after'

export interface Call {
  /** Counted from 1 since the last `intercept`. Each attempt counts. */
  number: number
  operation: string
  body: string
  /** Operation and kind of item. No two concurrent calls of a request have the same label. */
  label: string
  /** Sends the call to AWS, once more if it has been sent. Returns the response. */
  send(): Promise<{ status: number; text: string }>
}

/** A call of a request: its label, and how many earlier calls have this label. */
export interface Target {
  label: string
  index: number
}

export function targetsOf(calls: readonly Pick<Call, 'label'>[]): Target[] {
  const labels = calls.map(({ label }) => label)
  return labels.map((label, i) => ({ label, index: labels.slice(0, i).filter((l) => l === label).length }))
}

const WRITES = ['PutItem', 'UpdateItem', 'DeleteItem', 'TransactWriteItems']

export const isWrite = ({ operation }: Pick<Call, 'operation'>): boolean => WRITES.includes(operation)

/** Names a call by its operation, the kinds of its items, and what it does to them. Attempts of one call have one name. */
export function nameOf({ operation, body }: Pick<Call, 'operation' | 'body'>): string {
  const kinds = [...body.matchAll(/"sk":\{"S":"([a-z-]+)/g)].map(([, kind]) => kind)
  const [, update = ''] = /"UpdateExpression":"(\w+)/.exec(body) ?? []
  return [operation.replace(/.*\//, ''), update, ...new Set(kinds)].filter((part) => part !== '').join(' ')
}

/** Starts a proxy before the local AWS that can hold, deny or cut off every call, until the end of the file or of the test. */
export async function startWire(aws: LocalAws) {
  let decide: (call: Call) => Fate | Promise<Fate> = () => 'pass'
  let calls: Call[] = []
  const underWay = new Set<Promise<unknown>>()
  const open = new Set<Socket>()
  const lost = new WeakSet<Socket>()
  const server = createServer(async (request, response) => {
    const call = callOf(aws, request, await readText(request), calls.length + 1)
    calls.push(call)
    const fate = lost.has(request.socket) ? 'cut after' : await decide(call)
    if (fate === 'refuse') {
      response.writeHead(400).end('{"__type":"x#AccessDeniedException","message":"not allowed"}')
      return
    }
    if (fate === 'throttle') {
      response
        .writeHead(400)
        .end('{"__type":"x#ProvisionedThroughputExceededException","message":"slow down"}')
      return
    }
    if (fate === 'fail') {
      response.writeHead(500).end('{"__type":"x#InternalServerError","message":"try again"}')
      return
    }
    if (fate === 'leave unprocessed') {
      response.end(JSON.stringify({ Responses: {}, UnprocessedKeys: JSON.parse(call.body).RequestItems }))
      return
    }
    if (fate === 'cut within') {
      response.write('{', () => response.destroy())
      return
    }
    if (fate === 'cut before') {
      response.destroy()
      return
    }
    const sending = call.send()
    underWay.add(sending)
    const { status, text } = await sending
    underWay.delete(sending)
    if (fate === 'cut after') response.destroy()
    else response.writeHead(status, { 'Content-Type': 'application/x-amz-json-1.0' }).end(text)
  })
  server.on('connection', (socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const stop = () => {
    server.close()
    server.closeAllConnections()
  }
  atEnd(stop)
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Returns the calls since the last `intercept`. */
    calls: (): readonly Call[] => calls,
    /** Decides about every call from now on. */
    intercept(by: typeof decide): void {
      decide = by
      calls = []
    },
    /** Waits until every call that was let pass has taken effect. */
    async settle(): Promise<void> {
      await Promise.all(underWay)
    },
    /**
     * Closes all connections, as while a function is frozen. The next call on each finds that out.
     *
     * @param takesEffect - Whether that call takes effect before its connection is reset.
     * @returns The number of connections.
     */
    freeze(takesEffect: boolean): number {
      const connections = [...open]
      for (const socket of connections) {
        if (takesEffect) lost.add(socket)
        else socket.resetAndDestroy()
      }
      return connections.length
    },
    stop,
  }
}

export type Wire = Awaited<ReturnType<typeof startWire>>

function callOf(aws: LocalAws, request: IncomingMessage, body: string, number: number): Call {
  // Lambda and SES have a path for each operation instead.
  const target = String(request.headers['x-amz-target'] ?? request.url)
  const { host: _, connection: __, 'content-length': ___, ...headers } = request.headers
  const { dynamodb, kms, lambda, ses } = aws.settings.endpoints
  const operation = target.replace(/^.*\./, '')
  return {
    number,
    operation,
    body,
    label: labelOf(operation, body),
    async send() {
      const rest = target.startsWith('/v2/email') ? ses : lambda
      const rpc = target.startsWith('TrentService') ? kms : dynamodb
      const url = target.startsWith('/') ? new URL(target, rest) : rpc
      const response = await fetch(url, { method: 'POST', headers: headers as Record<string, string>, body })
      return { status: response.status, text: await response.text() }
    },
  }
}

/**
 * Returns the class of a call for tables that run one call of each class: reads and counters are of one class in all requests, and
 * another write is of a class of its request's own.
 *
 * @param request - Names the request.
 */
export const classOf = ({ label, index }: Target, request: string): string =>
  /Get|Query|Sign|attempts|known/.test(label) ? label : `${request}: ${label} ${index}`

function labelOf(operation: string, body: string): string {
  const { Key, Item } = JSON.parse(body)
  const { pk, sk } = Key ?? Item ?? {}
  const [partition = ''] = String(pk?.S ?? '').split('#')
  // A counter has its source, if any, and its window behind its name.
  const [kind = '', ...rest] = String(sk?.S ?? '').split('#')
  const source = kind === 'attempts' && rest.some((part) => /\D/.test(part)) ? 'of a source' : ''
  return [operation, partition, kind, source].filter((part) => part !== '').join(' ')
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

/** A call is denied, throttled, or executed with its response lost; or AWS does not respond in the second that a call has. */
export const OUTAGES: Record<string, Fate> = {
  fails: 'refuse',
  'is throttled': 'throttle',
  hangs: 'cut within',
  'loses its response': 'cut after',
}

/**
 * Makes one call meet an outage at all of its attempts. The clock is a fake one.
 *
 * @param what - One of {@link OUTAGES}.
 * @returns A function that returns the call, once it has been made.
 */
export function strike(wire: Wire, { label, index }: Target, what: string): () => Call | undefined {
  let before = 0
  let struck: Call | undefined
  wire.intercept((call) => {
    if (call.body !== struck?.body) {
      if (struck !== undefined || call.label !== label) return 'pass'
      before += 1
      if (before <= index) return 'pass'
      struck = call
    }
    // As long as a call waits for a response.
    if (what === 'hangs') vi.setSystemTime(Date.now() + 1_000)
    return OUTAGES[what] ?? 'pass'
  })
  return () => struck
}
