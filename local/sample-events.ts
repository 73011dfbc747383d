import { readFileSync } from 'node:fs'
import type { APIGatewayProxyEvent } from 'aws-lambda'

/** A sample event that names only what its request is about. */
export interface ShortEvent {
  /** Method and path of the route, such as `DELETE /sessions/{id}`. An event of another kind may have another `route`. */
  route: string
  /** Demo user whose access token it has; without one it has no token. */
  caller?: string
  /** Client that calls, for its `caller` or for itself, and the scopes of its token. */
  client?: string
  scope?: string
  /** Values of `{…}` in the path. */
  parameters?: Record<string, string>
  /** More headers, or other values. */
  headers?: Record<string, string>
  /** A JSON value, or the body as it is sent. */
  body?: object | string
}

/** Reads a whole event, with all that API Gateway sends. */
const readWhole = (): APIGatewayProxyEvent =>
  JSON.parse(readFileSync(new URL('../events/user-content.json', import.meta.url), 'utf8'))

const isShort = (event: unknown): event is ShortEvent => {
  const { route } = Object(event)
  return typeof route === 'string' && /^[A-Z]+ \//.test(route)
}

/**
 * Completes a sample event: one that names a route becomes what API Gateway sends for it, with all else as in
 * `events/user-content.json`. Any other event stays as it is.
 *
 * @param event - As in `events/`, with its placeholders.
 */
export function completeEvent(event: unknown): unknown {
  if (!isShort(event)) return event
  const { route, caller, client, parameters, headers: more, body } = event
  const whole = readWhole()
  const [httpMethod = '', resource = ''] = route.split(' ')
  const path = resource.replace(/\{(\w+)\+?\}/g, (_, name) => parameters?.[name] ?? '')
  const { Authorization: _, ...common } = whole.headers
  const headers = {
    ...common,
    ...(body !== undefined && { 'Content-Type': 'application/json' }),
    ...(caller !== undefined && { Authorization: `Bearer {{${caller} token}}` }),
    ...more,
  }
  const { authorizer, ...context } = whole.requestContext
  return {
    ...whole,
    resource,
    path,
    httpMethod,
    headers,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    pathParameters: parameters ?? null,
    requestContext: {
      ...context,
      resourcePath: resource,
      httpMethod,
      path: `/dev${path}`,
      ...(client !== undefined
        ? { authorizer: contextOfClient(authorizer, event) }
        : caller !== undefined && { authorizer: authorizerOf(authorizer, caller) }),
    },
    body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
  }
}

/** Returns the authorizer's context for a demo user, whose role is the username. */
const authorizerOf = (context: object | null | undefined, caller: string): object => ({
  ...context,
  principalId: `{{${caller} id}}`,
  userId: `{{${caller} id}}`,
  generation: `{{${caller} generation}}`,
  username: caller,
  role: caller,
})

/** Returns the authorizer's context for a client. */
const contextOfClient = (
  context: APIGatewayProxyEvent['requestContext']['authorizer'],
  { client, caller, scope }: ShortEvent,
): object => ({
  principalId: client,
  clientId: client,
  ...(caller !== undefined && { clientUserId: `{{${caller} id}}` }),
  clientScope: scope,
  clientExpiresAt: context?.expiresAt,
})
