import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A response on its way through the proxy. */
export interface Passing {
  status: number
  headers: Record<string, string>
  body: string
}

/** What the proxy does with a response: change it, never send it, or close the connection. */
export type Fault = ((response: Passing) => Passing) | 'hold' | 'close'

/** Headers of requests that the proxy passes on. */
const PASSED = ['authorization', 'content-type', 'cookie', 'origin', 'sec-fetch-site']

/** Members of bodies that no output may have. */
const SECRETS = [
  'password',
  'newPassword',
  'loginToken',
  'enrolmentToken',
  'authToken',
  'refreshToken',
  'access_token',
  'refresh_token',
  'id_token',
  'location',
]

/**
 * Starts a proxy between a client and the service. It changes the responses for which it has faults.
 *
 * @param url - URL of the service.
 */
export async function startFaultyService(url: string) {
  let faults: Record<string, Fault> = {}
  let counts: Record<string, number> = {}
  const secrets = new Set<string>()
  const userIds: string[] = []

  const pass = async (request: IncomingMessage, response: ServerResponse) => {
    const line = `${request.method} ${request.url}`
    const sent = Buffer.concat(await request.toArray()).toString()
    counts[line] = (counts[line] ?? 0) + 1
    const fault = faults[`${line} ${counts[line]}`]
    server.emit('smoke', line)
    if (fault === 'close') return void request.socket.destroy()
    if (fault === 'hold') return
    const headers = Object.fromEntries(
      PASSED.flatMap((name) => (request.headers[name] ? [[name, String(request.headers[name])]] : [])),
    )
    const body = sent === '' ? null : sent
    const received = await fetch(`${url}${request.url}`, { method: String(request.method), headers, body })
    const text = await received.text()
    for (const json of [sent, text]) {
      const members = membersOf(json)
      for (const name of SECRETS) if (members[name]) secrets.add(members[name])
    }
    const [, basic = ''] = /^Basic (.*)/.exec(headers.authorization ?? '') ?? []
    const [, clientSecret] = Buffer.from(basic, 'base64').toString().split(':')
    if (clientSecret) secrets.add(clientSecret)
    const subject = subjectOf(text)
    if (line.startsWith('POST /login') && subject !== '') userIds.push(subject)
    const own = Object.fromEntries(received.headers)
    for (const name of [
      'connection',
      'content-encoding',
      'content-length',
      'keep-alive',
      'transfer-encoding',
    ])
      delete own[name]
    const original = { status: received.status, headers: own, body: text }
    const changed = fault === undefined ? original : fault(original)
    response.writeHead(changed.status, changed.headers).end(changed.status === 204 ? '' : changed.body)
  }
  const server = createServer((request, response) => void pass(request, response))
  await once(server.listen(0, '127.0.0.1'), 'listening')

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Sets the faults by request and its number, such as `GET / 2`. Earlier ones end. */
    breakBy(all: Record<string, Fault>): void {
      faults = all
      counts = {}
    },
    /** Passwords, tokens and the secrets of clients that have passed. */
    secrets,
    /** Ids of the users who have signed in. */
    userIds,
    /** Waits for a request. */
    async receives(line: string): Promise<void> {
      for (let got = ''; got !== line; ) [got] = await once(server, 'smoke')
    },
    stop(): void {
      server.close()
      server.closeAllConnections()
    },
  }
}

function membersOf(text: string): Record<string, string | undefined> {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}

/** Returns the `sub` of the access token in a response. */
function subjectOf(text: string): string {
  const [, claims = ''] = String(membersOf(text).authToken).split('.')
  return membersOf(Buffer.from(claims, 'base64url').toString()).sub ?? ''
}
