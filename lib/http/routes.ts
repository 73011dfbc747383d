import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda'
import { ServiceError } from '../errors.ts'
import { apiHandler, type Request } from './handler.ts'

/** A route of a function: what it does with a request. */
export type RouteHandler = (event: APIGatewayProxyEvent, request: Request) => Promise<APIGatewayProxyResult>

/**
 * Creates the Lambda handler of several routes that need the same permissions.
 *
 * @param table - Routes by method and path, as in serverless.yml with a leading slash.
 * @example
 * export const handler = routesHandler({ 'GET /passkeys': list, 'PATCH /passkeys/{id}': rename })
 */
export const routesHandler = (table: Record<string, RouteHandler>) =>
  apiHandler(async (event, request) => {
    const route = table[`${event.httpMethod} ${event.resource}`]
    if (route === undefined) throw new ServiceError('not_found', 'no such route in this function')
    return route(event, request)
  })
