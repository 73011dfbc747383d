import { createServer } from 'node:http'
import { listen } from '../local/aws-service.ts'

/** A server of pages at an origin of its own, as an app has. */
export interface AppServer {
  /** Its port, at `localhost` and at `127.0.0.1`. */
  port: number
  stop(): void
}

/**
 * Starts a server of pages.
 *
 * @param render - Returns the HTML of a path.
 */
export async function startAppServer(render: (path: string) => string): Promise<AppServer> {
  const server = createServer(({ url = '' }, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' })
    response.end(`<!doctype html><html lang="en"><link rel="icon" href="data:,">${render(url)}</html>`)
  })
  return listen(server)
}
