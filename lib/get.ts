import * as http from 'node:http'
import * as https from 'node:https'

/** What a response may take: time for the whole call, from the connection to the end of the body, and bytes of the body. */
interface Bounds {
  timeoutMs: number
  maxBytes: number
}

/**
 * Sends one GET request on a connection of its own: an idle one may have been closed while Lambda froze the function. It follows no
 * redirect and decodes no content encoding.
 *
 * @param target - With the `protocol` `https:`, or `http:` in tests.
 * @returns The headers and the body of a response with the status 200.
 * @throws Error if there is no such response within the bounds. Its message is the reason. It has no part of the URL and of the
 *   response: messages of Node.js may have.
 */
export function getOnce(
  target: https.RequestOptions,
  { timeoutMs, maxBytes }: Bounds,
): Promise<{ headers: http.IncomingHttpHeaders; body: Buffer }> {
  const { request } = target.protocol === 'https:' ? https : http
  return new Promise((resolve, reject) => {
    const sent = request({ ...target, agent: false }, (response) => {
      if (response.statusCode !== 200) return fail(`status ${response.statusCode}`)
      const chunks: Buffer[] = []
      let bytes = 0
      response.on('error', failWith)
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > maxBytes) fail('response too large')
        else chunks.push(chunk)
      })
      response.on('end', () => {
        clearTimeout(timer)
        resolve({ headers: response.headers, body: Buffer.concat(chunks) })
      })
    })
    const timer = setTimeout(() => fail('no response in time'), timeoutMs)
    sent.on('error', failWith)
    sent.end()

    function fail(reason: string) {
      clearTimeout(timer)
      sent.destroy()
      reject(new Error(reason))
    }
    function failWith({ code, name }: NodeJS.ErrnoException) {
      fail(code ?? name)
    }
  })
}
