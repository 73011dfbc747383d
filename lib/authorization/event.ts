import type { APIGatewayProxyEvent, APIGatewayProxyEventV2 } from 'aws-lambda'

/** Event of a route of an HTTP API, with payload 2.0. */
export type HttpApiEvent = APIGatewayProxyEventV2

/** Event of a route of a REST API or of an HTTP API. */
export type ApiEvent = APIGatewayProxyEvent | HttpApiEvent

/**
 * Returns the context that a Lambda authorizer gave to a route, without any check.
 *
 * With payload 2.0 an HTTP API has it in `lambda`. Beside it, `jwt` has the claims of an authorizer for JSON Web Tokens, which may be
 * those of another issuer. So nothing else is read.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function authorizerOf(event: ApiEvent): Readonly<Record<string, unknown>> {
  const { version, requestContext } = Object(event)
  const authorizer = requestContext?.authorizer
  return Object(version === '2.0' ? authorizer?.lambda : authorizer)
}
