import type { APIGatewayProxyEvent } from 'aws-lambda'

/** Response headers by name. */
export type Headers = Record<string, string>

/** Returns the value of a request header, or an empty string if the request has none. */
export function headerOf(headers: APIGatewayProxyEvent['headers'] | null, lowerCaseName: string): string {
  const header = Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === lowerCaseName)
  return typeof header?.[1] === 'string' ? header[1] : ''
}

/**
 * Whether a request came over HTTPS. A REST API sets `X-Forwarded-Proto` then, and the local gateway does not.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
 */
export const isEncrypted = (headers: APIGatewayProxyEvent['headers'] | null): boolean =>
  headerOf(headers, 'x-forwarded-proto') === 'https'

/** A client chooses its `User-Agent`. It must not fill an item. */
const MAX_USER_AGENT_CHARACTERS = 256

/**
 * Returns the address of a request from the gateway, and the beginning of the client's `User-Agent`. It is
 * printable ASCII, with `?` for everything else. Sessions, events and operators' terminals use it unchanged.
 */
export function originOf({ requestContext, headers }: APIGatewayProxyEvent) {
  return {
    sourceIp: String(requestContext?.identity?.sourceIp ?? ''),
    userAgent: headerOf(headers, 'user-agent')
      .slice(0, MAX_USER_AGENT_CHARACTERS)
      .replace(/[^ -~]/g, '?'),
  }
}

/**
 * Returns the base URL of the service, from a request for its API description.
 *
 * The path in the request context is the path that the client requested. It starts with the stage at
 * the API's own address, and with the base path at a custom domain. The event's `path` lacks the stage.
 *
 * @param event - From REST API Gateway.
 * @returns Scheme, host and path, without a trailing slash.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
 */
export function serverUrlOf({ headers, requestContext }: APIGatewayProxyEvent): string {
  const scheme = isEncrypted(headers) ? 'https' : 'http'
  const base = requestContext.path.replace(/\/openapi\.json\/?$/, '')
  return `${scheme}://${headerOf(headers, 'host')}${base}`
}
