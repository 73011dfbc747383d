import { createServer } from 'node:http'
import type { APIGatewayProxyEvent } from 'aws-lambda'
import { type GatewayResponse, gatewayResponses, remapped } from '../../local/gateway/gateway-rules.ts'
import { listen } from '../local/aws-service.ts'
import type { Deployment, startService } from './deployment.ts'
import { service as description } from './stage.ts'

type Running = Awaited<ReturnType<typeof startService>>

/** A function's response, with its JSON parsed. */
type FunctionResponse = Awaited<ReturnType<Running['request']>>

/**
 * Starts an HTTP server that does what the deployed API does: moto passes no request to a function. It calls the
 * deployed functions, and its own responses are those of the template that CloudFormation stores.
 *
 * @param afterEach - Called after each request, before the response is sent.
 */
export async function startGateway(running: Running, deployment: Deployment, afterEach: () => Promise<void>) {
  const own = gatewayResponses(Object.values(await deployment.template()) as never)
  const routes = new Map(
    Object.entries(description.functions).flatMap(([key, { events = [] }]) =>
      events.map(({ http: { method, path, authorizer } }) => {
        const route = `${method.toUpperCase()} /${path.replace(/^\//, '')}`
        return [route, { key, isProtected: authorizer !== undefined }] as const
      }),
    ),
  )
  const respond = async (
    route: string,
    authorization: string | undefined,
    body: string | null,
  ): Promise<FunctionResponse | string> => {
    const found = routes.get(route) ? route : [...routes.keys()].find((one) => patternOf(one).test(route))
    const { key, isProtected } = routes.get(found ?? '') ?? {}
    if (found === undefined || key === undefined) return 'MISSING_AUTHENTICATION_TOKEN'
    // A function may have several routes. The sample event is of one of them.
    const [httpMethod = '', resource = ''] = found.split(' ')
    const pathParameters = patternOf(found).exec(route)?.groups ?? null
    // The sample event of a function may be one without a body.
    const headers = {
      ...(body !== null && { 'Content-Type': 'application/json' }),
      // The function userinfo verifies tokens itself.
      ...(authorization !== undefined && { Authorization: authorization }),
    }
    const sent = { httpMethod, resource, pathParameters, headers, ...(body !== null && { body }) }
    const changes: Partial<APIGatewayProxyEvent> = sent
    if (!isProtected) return await running.request(key, changes)
    const [, token] = /^Bearer (\S+)$/.exec(authorization ?? '') ?? []
    if (token === undefined) return 'UNAUTHORIZED'
    const called = running.call(key, route.replace(' ', ''), token, changes)
    const response = await called.catch(({ message }: Error) =>
      message === 'Unauthorized' ? 'UNAUTHORIZED' : 'AUTHORIZER_FAILURE',
    )
    return response === 'denied by the policy' ? 'ACCESS_DENIED' : response
  }
  const server = createServer(async (request, response) => {
    const sent = Buffer.concat(await request.toArray()).toString()
    const route = `${request.method} ${request.url}`
    const result = await respond(route, request.headers.authorization, sent === '' ? null : sent)
    await afterEach()
    const { status, headers, body } = typeof result === 'string' ? ownResponse(own, result) : plain(result)
    response.writeHead(status, headers).end(body)
  })
  return listen(server)
}

/** Returns the pattern of a route with parameters in its path. */
const patternOf = (route: string) => new RegExp(`^${route.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`)

function ownResponse(own: ReadonlyMap<string, GatewayResponse>, type: string) {
  const response = own.get(type)
  if (response === undefined) throw new Error(`the template has no gateway response ${type}`)
  return { ...response, status: response.status ?? 500 }
}

const plain = ({ statusCode, headers = {}, body }: FunctionResponse) => ({
  status: statusCode,
  headers: remapped(headers) as GatewayResponse['headers'],
  body: typeof body === 'string' ? body : JSON.stringify(body),
})
