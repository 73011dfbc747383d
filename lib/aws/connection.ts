import { Agent, type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http'
import { Agent as SecureAgent, request as secureRequest } from 'node:https'
import { failure, type HttpResponse } from './failure.ts'
import type { FlatHeaders } from './sign.ts'

/** Codes of an idle connection that the other side has closed, or that the network has lost. */
const CLOSED = new Set<unknown>(['ECONNRESET', 'EPIPE', 'ETIMEDOUT'])

/**
 * Creates a sender of POST requests to one endpoint, which keeps connections alive.
 *
 * While Lambda freezes a function, AWS closes its idle connections. The function learns that only from its
 * next requests. If a request meets a closed connection, all idle connections are closed, and the request is
 * sent again at once. AWS may have executed the first one. So a request that must not be sent twice gets a
 * new connection, which is closed afterwards.
 *
 * @param isOnce - Whether no request may be sent twice.
 * @returns A function that sends a request and returns the response. It throws a failure with node's error code, or
 *   `TimeoutError` if no whole response comes within `timeoutMs`.
 */
export function connectionTo({ protocol, hostname, port }: URL, { isOnce = false } = {}) {
  const isSecure = protocol === 'https:'
  const request = isSecure ? secureRequest : plainRequest
  const agent = new (isSecure ? SecureAgent : Agent)({ keepAlive: !isOnce })
  const target = { agent, hostname, port, method: 'POST' }

  return (path: string, headers: FlatHeaders, body: string, timeoutMs: number) =>
    new Promise<HttpResponse>((resolve, reject) => {
      let isResponding = false
      let sent = send()
      const timer = setTimeout(() => sent.destroy(failure('TimeoutError', 'no response in time')), timeoutMs)

      function send(): ClientRequest {
        const next = request({ ...target, path, headers }, (response) => {
          isResponding = true
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('error', fail)
          response.on('end', () => {
            clearTimeout(timer)
            resolve(responseOf(response, chunks))
          })
        })
        next.on('error', fail)
        next.end(body)
        return next
      }

      function fail(error: NodeJS.ErrnoException) {
        if (sent.reusedSocket) closeIdle(agent)
        // No connection is idle now, so the second request opens a new one.
        if (sent.reusedSocket && !isResponding && CLOSED.has(error.code)) {
          sent = send()
          return
        }
        clearTimeout(timer)
        reject(error.code ? failure(error.code, error.message) : error)
      }
    })
}

const responseOf = ({ statusCode, headers }: IncomingMessage, chunks: Buffer[]): HttpResponse => ({
  status: statusCode ?? 0,
  body: Buffer.concat(chunks).toString('utf8'),
  errorType: headers['x-amzn-errortype']?.toString(),
})

function closeIdle({ freeSockets }: Agent) {
  for (const socket of Object.values(freeSockets).flat()) socket?.destroy()
}
