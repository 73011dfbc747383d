import type { Resource } from '../framework.d.ts'

/**
 * Makes the gateway's response to too many requests an outage, 503. Browsers forget the key of a device at 429, and the user would be
 * signed out. Clients wait after both.
 */
export function throttleAsOutage({
  ThrottledResponse,
  AuthorizerFailureResponse,
}: Record<string, Resource>): void {
  if (ThrottledResponse === undefined || AuthorizerFailureResponse === undefined) return
  const { StatusCode, ResponseTemplates } = AuthorizerFailureResponse.Properties
  Object.assign(ThrottledResponse.Properties, {
    StatusCode,
    ResponseTemplates: structuredClone(ResponseTemplates),
  })
}
