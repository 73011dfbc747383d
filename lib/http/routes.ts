import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda'
import { ServiceError } from '../errors.ts'
import { apiHandler, type Request } from './handler.ts'

/** A route of a function: what it does with a request, and the settings that it needs. */
export type RouteHandler<C> = (
  event: APIGatewayProxyEvent,
  request: Request,
  config: C,
) => Promise<APIGatewayProxyResult>

interface Routes<C> {
  /** Reads the settings of all routes. */
  settings: () => C
  /** Routes by method and path, as in serverless.yml with a leading slash. */
  routes: Record<string, RouteHandler<C>>
}

/**
 * Creates the Lambda handler of several routes that need the same permissions.
 *
 * @example
 * export const handler = routesHandler({
 *   settings: () => readConfig(SETTINGS),
 *   routes: { 'GET /passkeys': list, 'PATCH /passkeys/{id}': rename },
 * })
 */
export const routesHandler = <C>({ settings, routes }: Routes<C>) =>
  apiHandler(async (event, request) => {
    const config = settings()
    const route = routes[`${event.httpMethod} ${event.resource}`]
    if (route === undefined) throw new ServiceError('not_found', 'no such route in this function')
    return route(event, request, config)
  })
