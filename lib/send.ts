import * as http from 'node:http'
import * as https from 'node:https'
import { urlToHttpOptions } from 'node:url'

/** Limits of one request: time for the whole call, and bytes of the body of the response. */
export interface Bounds {
  timeoutMs: number
  maxBytes: number
}

/** The limits of the service. A response is a few tokens, or a few keys. */
export const BOUNDS: Bounds = { timeoutMs: 3_000, maxBytes: 65_536 }

/** The parts of a request, without its URL. */
export interface Sent {
  method?: string
  headers?: Record<string, string>
  /** A form. */
  body?: unknown
}

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]']

/** Whether a URL is on this machine, where servers of tests have no https. */
export const isLoopback = (url: string): boolean => LOOPBACK.includes(new URL(url).hostname)

/**
 * Sends one request to a server of others on a new connection. It follows no redirect, and reads the whole response, within limits of time and
 * size.
 *
 * @param url - Operators choose it. It must have https; http is accepted on this machine only.
 * @throws Error without any value of the request or the response. Its message is a code.
 */
export function send(
  url: string,
  { method = 'GET', headers = {}, body }: Sent,
  { timeoutMs, maxBytes }: Bounds,
): Promise<Response> {
  const { request } = url.startsWith('https:') ? https : http
  const options = { ...urlToHttpOptions(new URL(url)), method, headers, agent: false }
  return new Promise((resolve, reject) => {
    if (request === http.request && !isLoopback(url)) throw new Error('not_https')
    const sent = request(options, (response) => {
      const chunks: Buffer[] = []
      let bytes = 0
      response.on('error', failWith)
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > maxBytes) end(new Error('too_large'))
        else chunks.push(chunk)
      })
      response.on('end', () => {
        clearTimeout(timer)
        responseOf(response, Buffer.concat(chunks)).then(resolve, failWith)
      })
    })
    const timer = setTimeout(() => end(new Error('timeout')), timeoutMs)
    sent.on('error', failWith)
    sent.end(body === undefined ? undefined : String(body))

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

/**
 * Returns a response as oauth4webapi reads it. It is a promise, because nothing catches what a listener throws.
 *
 * @throws RangeError for a status that HTTP does not have: node:http reads 600 to 999.
 */
async function responseOf(
  { statusCode: status = 0, headers }: http.IncomingMessage,
  body: Buffer,
): Promise<Response> {
  const type = headers['content-type']
  // These statuses must not have a body.
  const hasBody = body.length > 0 && ![204, 205, 304].includes(status)
  return new Response(hasBody ? Uint8Array.from(body) : null, {
    status,
    headers: type === undefined ? {} : { 'Content-Type': type },
  })
}

/** Returns the members of a response that is a JSON object. Others have no members. */
export async function membersOf(response: Response): Promise<Record<string, unknown>> {
  try {
    return Object(await response.clone().json())
  } catch {
    return {}
  }
}
