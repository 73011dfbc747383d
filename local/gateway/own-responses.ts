import type { GatewayResponse } from './gateway-rules.ts'
import type { HapiResponse, Request } from './hapi.d.ts'

/** Path of the route that serverless-offline uses when no other matches. */
const NO_ROUTE = '/{p*}'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']

/** API Gateway's own response to a body over 10 MB, which a deployment cannot change. */
export const TOO_LARGE: GatewayResponse = {
  status: 413,
  headers: { 'Content-Type': 'text/plain' },
  body: 'HTTP content length exceeded 10485760 bytes.',
}

/** Mails hold tokens, so the page of another site must not read them, even if its name resolves to this machine. */
export const FOREIGN_HOST: GatewayResponse = {
  status: 403,
  headers: { 'Content-Type': 'text/plain', 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' },
  body: 'Open the mailbox at localhost, 127.0.0.1, [::1] or the value of --host.',
}

/** serverless-offline writes the status of a function that took too long as text. */
export function statusOf(response: HapiResponse | null): number | undefined {
  const status = response?.isBoom ? response.output?.statusCode : response?.statusCode
  return status === undefined ? undefined : Number(status)
}

/** Returns the methods of a path, or `undefined` if the path is malformed: the gateway rejects it later. */
export function methodsOf({ server, path, raw }: Request): string[] | undefined {
  // As in `GET *`, which is no path. An absolute URL has been replaced by its path.
  if (!path.startsWith('/')) return undefined
  // serverless-offline would take it for the root.
  if (/^\/\/+(\?|$)/.test(raw.req.url)) return []
  try {
    decodeURIComponent(path)
  } catch {
    return undefined
  }
  return METHODS.filter((method) => {
    const route = server.match(method, path)
    // hapi finds GET for HEAD too, which the gateway does not.
    return route.path !== NO_ROUTE && ['*', method.toLowerCase()].includes(route.method)
  })
}

/** Returns the type of the gateway's own response, or `undefined` where the function's response stands. */
export function gatewayResponseType(isBoom: boolean, status: number): string | undefined {
  if (isBoom && status === 413) return 'REQUEST_TOO_LARGE'
  // Of an authorizer of the project.
  if (isBoom && status === 401) return 'UNAUTHORIZED'
  if (isBoom && status === 403) return 'ACCESS_DENIED'
  if (isBoom && status < 500) return 'DEFAULT_4XX'
  // The function threw, timed out, or returned something malformed. The service's handlers return neither status.
  if (isBoom || status === 502 || status === 504) return 'DEFAULT_5XX'
  return undefined
}
