import { type Invocation, invokeFunction } from '../lambda/lambda-socket.ts'
import { invokeWithNotes, type Notes } from '../request-log.ts'
import { authorizationCache, type GatewayResponse, withoutClaims } from './gateway-rules.ts'
import type { Request } from './hapi.d.ts'
import { methodsOf } from './own-responses.ts'
import type { Authorizing } from './rest-api.ts'

// The HTTP API of the project, which serverless-offline serves at the port of the REST API. Only routes with `authorizer: auth` behave as
// behind API Gateway. All others are as serverless-offline makes them without this plugin.

/** By path, as hapi writes it. No path has routes of both APIs. */
const paths = new Set<string>()

/** Notes a route of the HTTP API. */
export function takeHttpRoute({ routeKey }: { routeKey?: string }): void {
  const [, path = ''] = String(routeKey).split(' ')
  const pathOfHapi = path.replaceAll('+}', '*}').replace(/(?<=.)\/$/, '')
  paths.add(routeKey === '$default' ? '/{default*}' : pathOfHapi)
}

/** Requests, by whether their path is one of the HTTP API. */
const requests = new WeakMap<Request, boolean>()

/** Whether the path of a request is one of the HTTP API. Its first call is before any change of the path. */
export function isOfHttpApi(request: Request): boolean {
  const known = requests.get(request)
  if (known !== undefined) return known
  const methods = paths.size > 0 ? (methodsOf(request) ?? []) : []
  const own = methods.filter((method) => method === request.method.toUpperCase())
  const isOf = (own.length > 0 ? own : methods).some((method) =>
    paths.has(request.server.match(method, request.path).path),
  )
  requests.set(request, isOf)
  return isOf
}

/** Requests to routes with `authorizer: auth`. */
const ofProtected = new WeakSet<Request>()

/** Whether the route of a request has `authorizer: auth`. */
export const isProtected = (request: Request): boolean => ofProtected.has(request)

const OWN = new Map([
  [400, 'Bad Request'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'Not Found'],
  [413, 'Request Entity Too Large'],
  [500, 'Internal Server Error'],
])

/** Returns the response of an HTTP API itself. A deployment cannot change it. */
export function ownResponse(status: number): GatewayResponse {
  const known = OWN.has(status) ? status : status < 500 ? 400 : 500
  return {
    status: known,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ message: OWN.get(known) }),
  }
}

interface Decision {
  isAuthorized: boolean
  context: object
}

/**
 * Reads a simple response as an HTTP API does.
 *
 * @returns `undefined` if the gateway would respond with 500.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
 */
export function readDecision(result: unknown): Decision | undefined {
  const { isAuthorized, context } = Object(result)
  return typeof isAuthorized === 'boolean' ? { isAuthorized, context: Object(context) } : undefined
}

/** Creates a cache of decisions, by the values of all identity sources. An error is not cached. */
export function decisionCache(ttlSeconds: number) {
  const cache = authorizationCache<Decision>(ttlSeconds)
  return {
    find: (sources: readonly string[], now: Date) => cache.find(JSON.stringify(sources), now),
    store: (sources: readonly string[], decision: Decision, now: Date) =>
      cache.store(JSON.stringify(sources), decision, now),
  }
}

/** Contexts that the authorizer has made, and those of routes without one. serverless-offline adds to both. */
const verified = new WeakSet<object>()
const unverified = new WeakSet<object>()

/** Returns the context of a route without an authorizer. */
export function openContext(): object {
  const context = {}
  unverified.add(context)
  return context
}

/**
 * Removes what serverless-offline adds to an event of an HTTP API. It reads the token of a request without verifying it, also where a route
 * has no authorizer.
 */
export function dropUnverified(requestContext: {
  authorizer?: { lambda?: object; [name: string]: unknown }
}): void {
  const { authorizer } = requestContext
  const context = authorizer?.lambda ?? authorizer
  if (authorizer === undefined || context === undefined) return
  if (unverified.has(context)) delete requestContext.authorizer
  if (!verified.has(context)) return
  delete authorizer.jwt
  delete authorizer.principalId
}

/**
 * Gives an event of payload 2.0 the cookies of its request. serverless-offline reads none, because REST APIs pass malformed ones on.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function addCookies(event: {
  version?: string
  headers: Record<string, string>
  cookies?: string[]
}): void {
  if (event.version === '2.0') event.cookies = (event.headers.cookie ?? '').split(/;\s*/).filter(Boolean)
}

/** Whether an event is one of an HTTP API, whose stage has a name that no REST API takes. */
export const isHttpApiEvent = (event: unknown): boolean => Object(event).requestContext?.stage === '$default'

interface Gateway extends Authorizing {
  /** How long decisions are cached. */
  authorizerCacheSeconds: number
}

let cache: ReturnType<typeof decisionCache> | undefined

/**
 * Authorizes a request as `provider.httpApi.authorizers.auth` of the deployed stack does.
 *
 * @returns The credentials of the request, or the status of the gateway's response.
 */
export async function authorizeHttpApi(
  routeKey: string,
  request: Request,
  gateway: Gateway,
  notes: Notes,
): Promise<object | number> {
  ofProtected.add(request)
  const { authorization } = request.headers
  if (!authorization) {
    notes.push('no Authorization header')
    return 401
  }
  const sources = [authorization, routeKey]
  cache ??= decisionCache(gateway.authorizerCacheSeconds)
  const known = cache.find(sources, new Date())
  const decision = known ?? (await decide(sources, request, gateway, notes))
  if (decision === undefined) return 500
  if (known === undefined) cache.store(sources, decision, new Date())
  if (!decision.isAuthorized) {
    notes.push('denied by the authorizer')
    return 403
  }
  const context = withoutClaims(decision.context)
  verified.add(context)
  return { context }
}

/** Asks the authorizer, with an event of payload 2.0. */
async function decide(sources: string[], request: Request, gateway: Gateway, notes: Notes) {
  const { headers, method, path } = request
  const [, routeKey] = sources
  const event = {
    version: '2.0',
    type: 'REQUEST',
    routeArn: `arn:aws:execute-api:${gateway.region}:123456789012:local/$default/${method.toUpperCase()}${path}`,
    identitySource: sources,
    routeKey,
    rawPath: path,
    headers,
    requestContext: { routeKey, stage: '$default' },
  }
  const name = gateway.functionName('authorizer')
  const { isReturned, payload } = await invokeWithNotes<Invocation>(event, notes, (withId) =>
    invokeFunction(gateway.lambdaSocket, name, withId),
  )
  return isReturned ? readDecision(JSON.parse(payload)) : undefined
}
