import type { Resource } from './aws.ts'
import {
  allows,
  authorizationCache,
  type Cors,
  type GatewayAnswer,
  gatewayAnswers,
  preflightAnswer,
  readAuthorization,
} from './gateway-rules.ts'

/** What the gateway must know of the service it stands before. */
export interface GatewaySettings {
  resources: readonly Resource[]
  region: string
  stage: string
  /** Where the Lambda service's Invoke API listens. */
  lambdaUrl: URL
  /** Name that a function is deployed under, by its key in `serverless.yml`. */
  functionName(key: string): string
  /** Called once, when the gateway listens. */
  onListening(): void
}

interface AuthorizerSettings {
  name: string
  identityValidationExpression: string
  resultTtlInSeconds: number
}

// Of hapi, which serverless-offline answers with, just what is used here.
interface Request {
  method: string
  path: string
  headers: Record<string, string | undefined>
  raw: { req: { rawHeaders: string[]; url: string } }
  response: HapiResponse
  server: HapiServer
}
interface HapiResponse {
  isBoom?: boolean
  output?: { statusCode: number }
  statusCode?: number
}
interface Reply {
  code(status: number): Reply
  header(name: string, value: string): Reply
  takeover(): Reply
}
interface Toolkit {
  continue: symbol
  authenticated(auth: { credentials: object }): unknown
  response(body: string): Reply
}
interface HapiServer {
  ext(
    event: 'onRequest' | 'onPostAuth' | 'onPreResponse',
    act: (request: Request, h: Toolkit) => unknown,
  ): void
  match(method: string, path: string): { path: string }
  events: { on(event: 'start', act: () => void): void }
}

/** Path of the route that serverless-offline answers on when there is no other. */
const NO_ROUTE = '/{p*}'

/** What a route may have; HEAD and OPTIONS would be methods of their own, and there are none but the preflights. */
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

let settings: GatewaySettings
let answers: ReadonlyMap<string, GatewayAnswer>
let cors: Cors | undefined
let isShaped = false
const caches = new Map<string, ReturnType<typeof authorizationCache>>()

/** Tells the gateway about the service; to be called before serverless-offline makes its routes. */
export function configureGateway(all: GatewaySettings): void {
  settings = all
  answers = gatewayAnswers(all.resources)
}

/**
 * serverless-offline's extension point for authorization: makes each route behave as behind API Gateway.
 *
 * @param endpoint - A route of `serverless.yml`, with its `authorizer` if it has one. Its `cors`, the same on all
 *   routes, is taken away: serverless-offline would make headers of its own out of it.
 */
function authenticationFor(
  endpoint: { authorizer?: AuthorizerSettings; cors?: Cors },
  functionKey: string,
  method: string,
  path: string,
) {
  const name = `gateway-${functionKey}-${method}-${path}`
  cors = endpoint.cors
  delete endpoint.cors
  return {
    name,
    scheme: name,
    getAuthenticateFunction(server: HapiServer) {
      shapeGatewayAnswers(server)
      return {
        authenticate: (request: Request, h: Toolkit) =>
          endpoint.authorizer === undefined
            ? h.authenticated({ credentials: {} })
            : authorize(endpoint.authorizer, request, h),
      }
    },
  }
}

async function authorize(authorizer: AuthorizerSettings, request: Request, h: Toolkit) {
  const { authorization: header } = request.headers
  if (header === undefined || !new RegExp(authorizer.identityValidationExpression).test(header)) {
    return reply(h, 'UNAUTHORIZED')
  }
  const { region, stage } = settings
  const method = request.method.toUpperCase()
  const methodArn = `arn:aws:execute-api:${region}:123456789012:local/${stage}/${method}${request.path}`
  const authorization =
    cacheOf(authorizer).find(header, new Date()) ?? (await askAuthorizer(authorizer, header, methodArn))
  if (typeof authorization === 'string') return reply(h, authorization)
  if (!allows(authorization.statements, methodArn)) return reply(h, 'ACCESS_DENIED')
  const { principalId, context } = authorization
  dropOverride(request.raw.req.rawHeaders)
  return h.authenticated({ credentials: { principalId, context: { ...context } } })
}

function cacheOf({ name, resultTtlInSeconds }: AuthorizerSettings) {
  const cache = caches.get(name) ?? authorizationCache(resultTtlInSeconds)
  caches.set(name, cache)
  return cache
}

/** Takes out the header by which serverless-offline lets a client speak in the authorizer's place. */
function dropOverride(rawHeaders: string[]): void {
  for (let index = rawHeaders.length - 2; index >= 0; index -= 2) {
    if (rawHeaders[index]?.toLowerCase() === 'sls-offline-authorizer-override') rawHeaders.splice(index, 2)
  }
}

/** @returns The authorization, kept for its time to live, or the type of the gateway's answer. */
async function askAuthorizer(authorizer: AuthorizerSettings, header: string, methodArn: string) {
  const name = settings.functionName(authorizer.name)
  const response = await fetch(new URL(`/2015-03-31/functions/${name}/invocations`, settings.lambdaUrl), {
    method: 'POST',
    body: JSON.stringify({ type: 'TOKEN', authorizationToken: header, methodArn }),
  })
  const text = await response.text()
  if (!response.ok || response.headers.has('x-amz-function-error')) {
    return text.includes('"errorMessage":"Unauthorized"') ? 'UNAUTHORIZED' : 'AUTHORIZER_FAILURE'
  }
  const authorization = readAuthorization(JSON.parse(text))
  if (authorization === undefined) return 'AUTHORIZER_CONFIGURATION_ERROR'
  cacheOf(authorizer).keep(header, authorization, new Date())
  return authorization
}

/** Puts the deployed gateway's answers in the place of serverless-offline's own. */
function shapeGatewayAnswers(server: HapiServer): void {
  if (isShaped) return
  isShaped = true
  server.events.on('start', settings.onListening)
  server.ext('onRequest', (request, h) => {
    const { origin } = request.headers
    // To whoever names an origin serverless-offline answers that it is allowed. Functions see it all the same.
    delete request.headers.origin
    const methods = methodsOf(request)
    if (methods === undefined || methods.includes(request.method.toUpperCase())) return h.continue
    if (request.method !== 'options' || methods.length === 0 || cors === undefined) {
      return reply(h, 'MISSING_AUTHENTICATION_TOKEN')
    }
    return send(h, preflightAnswer(cors, methods, origin))
  })
  server.ext('onPostAuth', (request, h) => {
    // A slash at the end is no part of the route, and functions see it all the same.
    if (/^[^?]+\/(\?|$)/.test(request.raw.req.url) && request.path !== '/') request.path += '/'
    return h.continue
  })
  server.ext('onPreResponse', (request, h) => {
    const { response } = request
    // serverless-offline writes the status of a function that took too long as text.
    const statusCode = Number((response.isBoom ? response.output : response)?.statusCode ?? 500)
    const type = gatewayAnswerType(response.isBoom === true, statusCode)
    return type === undefined ? h.continue : reply(h, type, statusCode)
  })
}

/** Methods that a path has; `undefined` if it cannot be read, which the gateway refuses later. */
function methodsOf({ server, path }: Request): string[] | undefined {
  try {
    decodeURIComponent(path)
  } catch {
    return undefined
  }
  return METHODS.filter((method) => server.match(method, path).path !== NO_ROUTE)
}

/** Which of its own answers the gateway would give; `undefined` where the function's answer stands. */
function gatewayAnswerType(isBoom: boolean, status: number): string | undefined {
  if (isBoom && status === 413) return 'REQUEST_TOO_LARGE'
  if (isBoom && status < 500) return 'DEFAULT_4XX'
  // A function that threw, timed out or answered what is no answer: our handlers never say these themselves.
  if (isBoom || status === 502 || status === 504) return 'DEFAULT_5XX'
  return undefined
}

/** API Gateway's own response to a body over 10 MB. Resources cannot customise it. */
const TOO_LARGE: GatewayAnswer = {
  status: 413,
  headers: { 'Content-Type': 'text/plain' },
  body: 'HTTP content length exceeded 10485760 bytes.',
}

function reply(h: Toolkit, type: string, ownStatus?: number): Reply {
  const answer = type === 'REQUEST_TOO_LARGE' ? TOO_LARGE : answers.get(type)
  if (answer === undefined) throw new Error(`resources/gateway-responses.yml says nothing of ${type}`)
  return send(h, { ...answer, status: answer.status ?? ownStatus })
}

function send(h: Toolkit, { status = 500, headers, body }: GatewayAnswer): Reply {
  const response = h.response(body).code(status)
  for (const [name, value] of Object.entries(headers)) response.header(name, value)
  return response.takeover()
}

export { authenticationFor as 'module.exports' }
