import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'

/** Hosts that name this machine itself. */
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

/**
 * Returns whether a `Host` header names this machine or an allowed name, with any port. A page whose own name was changed to
 * an address of this machine (DNS rebinding) sends that name.
 *
 * @param allowed - More names and addresses.
 */
export function isHostAllowed(host: string | undefined, ...allowed: readonly string[]): boolean {
  const name = String(host).replace(/:\d*$/, '').toLowerCase()
  const others = allowed.map((one) => (one.includes(':') ? `[${one}]` : one).toLowerCase())
  return [...LOOPBACK, ...others].includes(name)
}

/** Browsers send `Origin` with every request that can change something or whose response a page could read. */
const isFromPage = ({ origin, host }: IncomingHttpHeaders) => origin !== undefined || !isHostAllowed(host)

/**
 * Creates a server that rejects requests of web pages, and passes all others on. AWS SDKs and other tools send no `Origin`.
 *
 * @param server - A server for this machine only.
 * @returns A server that does not listen yet.
 */
export const withoutPages = (server: Server): Server =>
  createServer((request, response) => {
    if (!isFromPage(request.headers)) {
      server.emit('request', request, response)
      return
    }
    const body = { __type: 'AccessDeniedException', message: 'The local AWS rejects requests of web pages.' }
    response.writeHead(403, { 'Content-Type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body))
  })
