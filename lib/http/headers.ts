import type { APIGatewayProxyEvent } from 'aws-lambda'

/** Response headers by name. */
export type Headers = Record<string, string>

/** Returns the value of a request header, or an empty string if the request has none. */
export function headerOf(headers: APIGatewayProxyEvent['headers'] | null, lowerCaseName: string): string {
  const header = Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === lowerCaseName)
  return typeof header?.[1] === 'string' ? header[1] : ''
}

/** Returns the address that the gateway saw a request come from, and the client's `User-Agent`. */
export function originOf({ requestContext, headers }: APIGatewayProxyEvent) {
  return {
    sourceIp: String(requestContext?.identity?.sourceIp ?? ''),
    userAgent: headerOf(headers, 'user-agent'),
  }
}
