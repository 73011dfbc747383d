import type { Resources } from '../aws.ts'
import type { Mailbox } from '../mail/mailbox.ts'
import { mailboxResponse } from '../mail/mailbox-page.ts'
import { connectNotes, type Notes, requestLines } from '../request-log.ts'
import { isHostAllowed } from '../web-pages.ts'
import { type Cors, filledIn, type GatewayResponse, gatewayResponses } from './gateway-rules.ts'
import type { HapiServer, Reply, Request, Toolkit } from './hapi.d.ts'
import { authorizeHttpApi, isOfHttpApi, isProtected, openContext, ownResponse } from './http-api.ts'
import { FOREIGN_HOST, gatewayResponseType, methodsOf, statusOf, TOO_LARGE } from './own-responses.ts'
import { preflightOf, takeCors } from './preflights.ts'
import { type AuthorizerSettings, type Authorizing, authorize } from './rest-api.ts'
import { hasFailed, NO_AUTHORIZER, setCookieOf } from './serverless-offline.ts'
import { unauthorizedPage } from './unauthorized-page.ts'

/** What the gateway needs of the service behind it. */
export interface GatewaySettings extends Authorizing {
  resources: Resources
  /** How long the HTTP API of the project caches what the authorizer said. */
  authorizerCacheSeconds: number
  /** Name or address that the gateway listens on. */
  host: string
  /** Whether the service has the pages /docs and /signin. */
  hasPages: boolean
  /** The mails that /mailbox shows. Without it the path does not exist. */
  mailbox?: Mailbox | undefined
  /** Called once, when the gateway listens. */
  onListening(): void
  /** Prints the lines of one request. */
  log(lines: string): void
}

/** A route of `serverless.yml`, as serverless-offline has it. */
interface Endpoint {
  authorizer?: AuthorizerSettings
  cors?: Cors
  integration?: string
  isHttpApi?: boolean
  /** Only of an HTTP API. */
  routeKey?: string
}

/** Type of the response to an unknown route. */
const NO_ROUTE = 'MISSING_AUTHENTICATION_TOKEN'

let settings: GatewaySettings
let responses: ReadonlyMap<string, GatewayResponse>
let isShaped = false
const notesOfRequests = new WeakMap<Request, Notes>()
/** Requests that reach their function as they are, with the key of the function. */
const ofProxies = new WeakMap<Request, string>()
const originOfRequests = new WeakMap<Request, string | undefined>()

/** Configures the gateway for a service. Call it before serverless-offline makes its routes. */
export function configureGateway(all: GatewaySettings): void {
  settings = all
  responses = gatewayResponses(all.resources)
}

/**
 * Makes each route behave as behind API Gateway. This is serverless-offline's extension point for authorization.
 *
 * @param endpoint - A route of `serverless.yml`, with its `authorizer` if it has one.
 */
function authenticationFor(endpoint: Endpoint, functionKey: string, method: string, path: string) {
  const name = `gateway-${functionKey}-${method}-${path}`
  takeCors(endpoint, method, path)
  return {
    name,
    scheme: name,
    getAuthenticateFunction(server: HapiServer) {
      shapeServer(server)
      return {
        authenticate(request: Request, h: Toolkit) {
          if (endpoint.integration === 'AWS_PROXY') ofProxies.set(request, functionKey)
          return authenticate(endpoint, request, h)
        },
      }
    },
  }
}

function notesOf(request: Request): Notes {
  const notes = notesOfRequests.get(request) ?? []
  notesOfRequests.set(request, notes)
  return notes
}

async function authenticate(endpoint: Endpoint, request: Request, h: Toolkit) {
  const { authorizer, isHttpApi, routeKey = '' } = endpoint
  if (!authorizer) {
    const open = isHttpApi ? { context: openContext() } : {}
    return h.authenticated({ credentials: { principalId: NO_AUTHORIZER, ...open } })
  }
  const outcome = isHttpApi
    ? await authorizeHttpApi(routeKey, request, settings, notesOf(request))
    : await authorize(authorizer, request, settings, notesOf(request))
  if (typeof outcome === 'number') return send(h, ownResponse(outcome))
  if (typeof outcome === 'string') return reply(request, h, outcome)
  dropOverride(request.raw.req.rawHeaders)
  return h.authenticated({ credentials: outcome })
}

/** Removes the header by which serverless-offline lets a client set the authorizer's result. */
function dropOverride(rawHeaders: string[]): void {
  for (let index = rawHeaders.length - 2; index >= 0; index -= 2) {
    if (rawHeaders[index]?.toLowerCase() === 'sls-offline-authorizer-override') rawHeaders.splice(index, 2)
  }
}

/** Replaces serverless-offline's own responses with those of the deployed gateway, and logs each request. */
function shapeServer(server: HapiServer): void {
  if (isShaped) return
  isShaped = true
  server.events.on('start', settings.onListening)
  server.events.on('response', logRequest)
  server.ext('onRequest', (request, h) => {
    const { origin } = request.headers
    originOfRequests.set(request, origin)
    const isOfHttp = isOfHttpApi(request)
    // An HTTP API has `provider.httpApi.cors`, which serverless-offline knows. At a REST API it would allow every origin that asks.
    // Functions still see the header.
    if (!isOfHttp) delete request.headers.origin
    const ofMailbox =
      settings.mailbox && request.method === 'get' && mailboxResponse(settings.mailbox, request.path)
    if (ofMailbox) {
      return send(h, isHostAllowed(request.headers.host, settings.host) ? ofMailbox : FOREIGN_HOST)
    }
    const methods = methodsOf(request)
    if (methods === undefined) return h.continue
    if (isOfHttp) {
      const known = [...methods, 'HEAD', 'OPTIONS'].includes(request.method.toUpperCase())
      return known ? h.continue : send(h, ownResponse(404))
    }
    // At AWS, a path without a parameter hides one with it for all methods.
    const preflights =
      request.method === 'options'
        ? methods.map((method) => preflightOf(server.match(method, request.path).path, origin))
        : []
    const preflight = preflights.find(Boolean)
    if (preflight) return send(h, preflight)
    if (methods.includes(request.method.toUpperCase())) return h.continue
    notesOf(request).push('no such route')
    // In a project with routes of IAM, API Gateway responds as to those.
    return reply(request, h, responses.has(NO_ROUTE) ? NO_ROUTE : 'DEFAULT_4XX', 403)
  })
  server.ext('onPostAuth', (request, h) => {
    const { credentials } = request.auth
    // It becomes a part of the event.
    const context = credentials?.context ?? {}
    request.auth.credentials = { ...credentials, context }
    connectNotes(context, notesOf(request))
    // A slash at the end is not part of the route, but functions see it.
    const hasSlash = /^[^?]+\/(\?|$)/.test(request.raw.req.url) && request.path !== '/'
    if (hasSlash && !isOfHttpApi(request)) request.path += '/'
    return h.continue
  })
  server.ext('onPreHandler', (request, h) => {
    // API Gateway decodes no body for a proxy. serverless-offline decodes JSON, and a body that is a JSON string reaches the
    // function decoded, to be decoded there again. It leaves bodies of other types as they are.
    if (ofProxies.has(request)) request.mime = 'text/plain'
    return h.continue
  })
  server.ext('onPreResponse', (request, h) => {
    const { response } = request
    const type = gatewayResponseType(response?.isBoom === true, statusOf(response) ?? 500)
    if (isOfHttpApi(request)) {
      // serverless-offline responds with 200 where a function has thrown.
      const own = hasFailed(notesOf(request)) ? 500 : response?.isBoom ? statusOf(response) : undefined
      return own !== undefined && isProtected(request) ? send(h, ownResponse(own)) : h.continue
    }
    // An error of serverless-offline or hapi. What the function did is in the notes.
    if (type === 'DEFAULT_5XX' && response?.isBoom) {
      notesOf(request).push(`the response of ${ofProxies.get(request)} cannot be sent: ${response.message}`)
    }
    if (type !== undefined) return reply(request, h, type, statusOf(response))
    const cookie = setCookieOf(notesOf(request))
    if (cookie !== undefined) response?.header?.('Set-Cookie', cookie)
    return h.continue
  })
}

function logRequest(request: Request): void {
  const { method, info, raw, response } = request
  // The query may hold anything, a token too.
  const [path = ''] = raw.req.url.split('?')
  // A client that left before the response has no time of response.
  const ms = (info.responded || Date.now()) - info.received
  settings.log(requestLines({ method, path, status: statusOf(response), ms }, notesOf(request)))
}

function reply(request: Request, h: Toolkit, type: string, ownStatus?: number): Reply {
  const response = type === 'REQUEST_TOO_LARGE' ? TOO_LARGE : responses.get(type)
  if (response === undefined) throw new Error(`plugins/resources/gateway-responses.yml has no ${type}`)
  const filled = filledIn(response, { origin: originOfRequests.get(request) })
  if (type === 'UNAUTHORIZED' && request.headers.accept?.includes('text/html')) {
    return send(h, unauthorizedPage(filled, settings.hasPages))
  }
  return send(h, { ...filled, status: response.status ?? ownStatus })
}

function send(h: Toolkit, { status = 500, headers, body }: GatewayResponse): Reply {
  const response = h.response(body).code(status)
  for (const [name, value] of Object.entries(headers)) response.header(name, value)
  return response.takeover()
}

export { authenticationFor as 'module.exports' }
