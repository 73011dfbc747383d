import * as http from 'node:http'
import * as https from 'node:https'

/**
 * Limits of a response: time for the whole call, from the connection to the end of the body, and bytes of the
 * body.
 */
interface Bounds {
  timeoutMs: number
  maxBytes: number
}

/** Returns the error of a response that is not the requested one. */
export const unfitResponse = (reason: string): Error => Object.assign(new Error(reason), { isResponse: true })

/** Whether an error is that of a response: the server is up, but does not have the resource. */
export const isResponse = (error: unknown): boolean => error instanceof Error && 'isResponse' in error

/**
 * Sends one GET request on a new connection: an idle one may have been closed while Lambda froze the
 * function. It follows no redirect and decodes no content encoding.
 *
 * @param target - With the `protocol` `https:`, or `http:` in tests.
 * @returns The headers and the body of a response with the status 200.
 * @throws Error if there is no such response within the bounds. Its message is the reason. It contains no
 *   part of the URL or the response, unlike messages of Node.js. {@link isResponse} says whether the server
 *   is up: a status of 429, or of 500 and above, is an outage (RFC 5861 section 4).
 */
export function getOnce(
  target: https.RequestOptions,
  { timeoutMs, maxBytes }: Bounds,
): Promise<{ headers: http.IncomingHttpHeaders; body: Buffer }> {
  const { request } = target.protocol === 'https:' ? https : http
  return new Promise((resolve, reject) => {
    const sent = request({ ...target, agent: false }, (response) => {
      const { statusCode = 0 } = response
      if (statusCode !== 200) {
        const reason = `status ${statusCode}`
        const isOutage = statusCode >= 500 || statusCode === 429
        return end(isOutage ? new Error(reason) : unfitResponse(reason))
      }
      const chunks: Buffer[] = []
      let bytes = 0
      response.on('error', failWith)
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > maxBytes) end(unfitResponse('response too large'))
        else chunks.push(chunk)
      })
      response.on('end', () => {
        clearTimeout(timer)
        resolve({ headers: response.headers, body: Buffer.concat(chunks) })
      })
    })
    const timer = setTimeout(() => end(new Error('no response in time')), timeoutMs)
    sent.on('error', failWith)
    sent.end()

    function end(error: Error) {
      clearTimeout(timer)
      sent.destroy()
      reject(error)
    }
    function failWith({ code, name }: NodeJS.ErrnoException) {
      end(new Error(code ?? name))
    }
  })
}
