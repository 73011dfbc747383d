import { once } from 'node:events'
import { createServer, request as forward } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * Stands in front of AWS and refuses some calls, as AWS does for want of permission.
 *
 * @param refuses - Whether to refuse a call, by its method and path, and its body.
 */
export async function startFaultyAws(aws: string, refuses: (call: string, body: string) => boolean) {
  let refused = 0
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray())
    const { headers, method = '', url = '' } = request
    if (refuses(`${method} ${url}`, body.toString('latin1'))) {
      refused += 1
      const answer =
        '<ErrorResponse><Error><Code>AccessDenied</Code><Message>No.</Message></Error></ErrorResponse>'
      response.writeHead(403, { 'Content-Type': 'text/xml' }).end(answer)
      return
    }
    forward(`${aws}${url}`, { headers, method }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    }).end(body)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** How many calls were refused. */
    refused: () => refused,
    stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}
