import { createServer } from 'node:http'
import { listen } from '../local/aws-service.ts'
import { atEnd } from '../support/at-end.ts'
import { useLocalService } from '../support/process/local-service.ts'

/** A server of pages at another origin, as an app has. */
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

/**
 * Starts an app and a service that allows its origin, for the tests of a file.
 *
 * @param render - Returns the HTML of a path of the app, given the URL of the service.
 * @param parameters - More parameters of the service, given the origin of the app.
 * @param options - Of the process of the service.
 */
export async function startAppWithService(
  render: (serviceUrl: string, path: string) => string,
  parameters: (origin: string) => Record<string, string> = () => ({}),
  options: string[] = [],
) {
  const app = await startAppServer((path) => render(service.url, path))
  const origin = `http://localhost:${app.port}`
  const service = await useLocalService({
    params: { allowedOrigins: origin, ...parameters(origin) },
    options,
  })
  atEnd(app.stop)
  return { app, origin, service }
}
