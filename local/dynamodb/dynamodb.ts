import { EventEmitter } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http'
import dynalite from 'dynalite'
import { rememberExpressions } from './expressions.ts'
import { createLock } from './lock.ts'
import { type Call, DynamoDbError, type Insertion, transactions } from './transactions.ts'

interface HttpRequest {
  method?: string | undefined
  url?: string | undefined
  headers: IncomingHttpHeaders
  body: Buffer
}

interface HttpResponse {
  status: number
  headers: Record<string, string | number>
  body: string
}

/**
 * Creates an in-memory DynamoDB: dynalite, with the operation `TransactWriteItems` in front of it.
 *
 * While a transaction runs, no other operation does. So no write of another request lands in its middle, and
 * no read sees a part of it.
 *
 * @param now - Returns epoch milliseconds. Request tokens expire by it.
 * @param onInsertions - Gets the items that each transaction created, in the order of the transactions.
 * @returns A server that does not listen yet.
 */
export function createDynamoDb(
  now: () => number = Date.now,
  onInsertions: (insertions: readonly Insertion[]) => void = () => {},
): Server {
  rememberExpressions()
  const send = senderTo(dynalite({ createTableMs: 0 }))
  const lock = createLock()
  const transact = transactions(now, onInsertions)

  return createServer(async (request, response) => {
    const { method, url, headers } = request
    const body = await bodyOf(request)
    // The client has closed the connection.
    if (body === undefined) return
    const whole = { method, url, headers, body }
    const result = await (targetOf(headers) === 'DynamoDB_20120810.TransactWriteItems'
      ? lock.alone(() => respond(whole, (input) => transact(callWith(send, headers), input)))
      : lock.shared(() => send(whole)))
    response.writeHead(result.status, result.headers).end(result.body)
  })
}

/**
 * Returns the body of a request, or `undefined` if the client closes the connection within it. With `buffer` of
 * `node:stream/consumers`, a call takes an eighth more CPU.
 */
const bodyOf = (request: IncomingMessage): Promise<Buffer | undefined> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => resolve(Buffer.concat(chunks)))
    request.on('error', () => resolve(undefined))
    request.on('close', () => resolve(undefined))
  })

const targetOf = (headers: IncomingHttpHeaders) => String(headers['x-amz-target'])

/** Returns a function that passes a request to a server of this process, without a connection. */
const senderTo =
  (server: Server) =>
  (request: HttpRequest): Promise<HttpResponse> =>
    new Promise((resolve) => {
      const { body, ...head } = request
      const incoming = Object.assign(new EventEmitter(), head)
      const headers: HttpResponse['headers'] = {}
      const outgoing = {
        statusCode: 200,
        setHeader(name: string, value: string | number) {
          headers[name] = value
        },
        // The server ends its response after its last access to the store.
        end: (text = '') => resolve({ status: outgoing.statusCode, headers, body: text }),
      }
      server.emit('request', incoming, outgoing)
      if (body.length > 0) incoming.emit('data', body)
      incoming.emit('end')
    })

type Send = ReturnType<typeof senderTo>

/** Returns a caller of other operations with the headers of a request, and so with its signature. */
const callWith =
  (send: Send, headers: IncomingHttpHeaders): Call =>
  async (operation, input) => {
    const { status, body } = await send({
      method: 'POST',
      url: '/',
      headers: { ...headers, 'x-amz-target': `DynamoDB_20120810.${operation}` },
      body: Buffer.from(JSON.stringify(input)),
    })
    const output = JSON.parse(body)
    if (status === 200) return output
    throw new DynamoDbError(String(output.__type), output.message ?? output.Message)
  }

/** Runs an operation, and returns its output or error as a response. */
async function respond(
  { body }: HttpRequest,
  run: (input: unknown) => Promise<object>,
): Promise<HttpResponse> {
  let status = 200
  let output: object
  try {
    output = await run(readJson(body))
  } catch (error) {
    status = error instanceof DynamoDbError ? 400 : 500
    output = error instanceof DynamoDbError ? error.output : { __type: 'InternalServerError', message: '' }
  }
  return { status, headers: { 'Content-Type': 'application/x-amz-json-1.0' }, body: JSON.stringify(output) }
}

function readJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    throw new DynamoDbError('SerializationException')
  }
}
