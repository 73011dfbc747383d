import { createServer, request as forward } from 'node:http'
import { listen } from '../local/aws-service.ts'

/**
 * Starts a proxy in front of AWS that rejects some calls, as AWS does without permission.
 *
 * @param rejects - Returns whether to reject a call, given method and path, and the body.
 */
export async function startFaultyAws(aws: string, rejects: (call: string, body: string) => boolean) {
  let rejected = 0
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray())
    const { headers, method = '', url = '' } = request
    if (rejects(`${method} ${url}`, body.toString('latin1'))) {
      rejected += 1
      const xml =
        '<ErrorResponse><Error><Code>AccessDenied</Code><Message>No.</Message></Error></ErrorResponse>'
      response.writeHead(403, { 'Content-Type': 'text/xml' }).end(xml)
      return
    }
    forward(`${aws}${url}`, { headers, method }, (output) => {
      response.writeHead(output.statusCode ?? 500, output.headers)
      output.pipe(response)
    }).end(body)
  })
  const { url, stop } = await listen(server)
  /** Returns the number of rejected calls. */
  return { url, stop, rejected: () => rejected }
}
