import * as http from 'node:http'
import * as https from 'node:https'
import { failure } from './failure.ts'
import type { FlatHeaders } from './sign.ts'

interface HttpResponse {
  status: number
  body: string
}

/**
 * Creates a sender of POST requests for `/` of one endpoint, which keeps connections alive.
 *
 * @returns A function that sends a request and returns the response. It throws a failure with node's error code, or
 *   `TimeoutError` if no whole response comes within `timeoutMs`.
 */
export function connectionTo({ protocol, hostname, port }: URL) {
  const { request, Agent } = protocol === 'https:' ? https : http
  const agent = new Agent({ keepAlive: true })
  const target = { agent, hostname, port, method: 'POST', path: '/' }

  return (headers: FlatHeaders, body: string, timeoutMs: number) =>
    new Promise<HttpResponse>((resolve, reject) => {
      const sent = send()
      const timer = setTimeout(() => sent.destroy(failure('TimeoutError', 'no response in time')), timeoutMs)

      function send(): http.ClientRequest {
        const next = request({ ...target, headers }, (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('error', fail)
          response.on('end', () => {
            clearTimeout(timer)
            resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') })
          })
        })
        next.on('error', fail)
        next.end(body)
        return next
      }

      function fail(error: NodeJS.ErrnoException) {
        clearTimeout(timer)
        reject(error.code ? failure(error.code, error.message) : error)
      }
    })
}
