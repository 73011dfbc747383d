import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { atEnd } from '../support/at-end.ts'

/** A request that the far end has received. */
export interface Received {
  path: string
  headers: IncomingHttpHeaders
  body: Record<string, unknown>
}

/** Answers a request. */
export type Responder = (response: ServerResponse, received: Received) => unknown

export const sendJson = (response: ServerResponse, body: unknown, status = 200) =>
  response.writeHead(status, { 'Content-Type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body))

/** Starts an old place of passwords on this machine, until the end of the file. It answers as a test says. */
export async function startFarEnd() {
  const received: Received[] = []
  const farEnd = {
    url: '',
    received,
    respond: ((response) => sendJson(response, {}, 404)) as Responder,
  }
  const server = createServer(async (request, response) => {
    const sent = await text(request)
    const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')
    const body = isForm ? Object.fromEntries(new URLSearchParams(sent)) : JSON.parse(sent || '{}')
    const one = { path: String(request.url), headers: request.headers, body }
    received.push(one)
    await farEnd.respond(response, one)
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  atEnd(() => {
    server.closeAllConnections()
    server.close()
  })
  farEnd.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return farEnd
}

/** What an old place that is broken does. */
export const BROKEN: Record<string, Responder> = {
  'does not respond': () => {},
  'ends the connection': (response) => response.destroy(),
  'responds too slowly': (response) => response.writeHead(200).write('{'),
  // Without a limit it would be a verdict of each place.
  'responds with too much': (response) =>
    sendJson(response, { correct: true, id: '42', ChallengeName: 'SMS_MFA', more: 'a'.repeat(200_000) }),
  'responds with a page': (response) =>
    response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html>Sign in</html>'),
  'is a gateway without a server': (response) => response.writeHead(502).end('<html>Bad Gateway</html>'),
  'responds with a list': (response) => sendJson(response, []),
  'responds with nothing': (response) => response.writeHead(200).end(),
  'leads elsewhere': (response) => response.writeHead(307, { Location: '/elsewhere' }).end(),
  'responds with status 600': (response) => response.writeHead(600).end('{}'),
}
