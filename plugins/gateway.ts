import { createHash } from 'node:crypto'
import type { FunctionDefinition, Hooks, Resource, Serverless, Service } from './framework.d.ts'
import { hasScopes } from './functions/switches.ts'
import { readThrottle } from './parameters/parameters.ts'

/**
 * Serverless plugin: completes the API that the framework deploys.
 *
 * If origins are allowed, it adds a preflight to every route of the API and CORS headers to the gateway's own responses.
 * Functions add the headers of their responses themselves (`lib/http/handler.ts`). It also makes the deployment wait for the
 * gateway's responses, gives the stage its method throttles, and the gateway's responses `Strict-Transport-Security`. If a function
 * names scopes, they also name the metadata of the API.
 */
export default class GatewayPlugin {
  readonly hooks: Hooks

  constructor({ service }: Serverless) {
    this.hooks = {
      initialize: () => {
        allowOrigins(service)
        if (hasScopes(service)) nameMetadata(service)
      },
      'before:package:finalize': () => {
        protectTransport(service)
        deployResponses(service)
        deployStage(service)
      },
    }
  }
}

const isGatewayResponse = ({ Type }: Resource) => Type === 'AWS::ApiGateway::GatewayResponse'

/** The part of the service that {@link allowOrigins} reads and changes. */
type AllowingService = Pick<Service, 'resources'> & {
  functions: Record<string, Pick<FunctionDefinition, 'handler' | 'events' | 'environment'>>
  provider: Pick<Service['provider'], 'environment'>
}

/** Whether a function serves pages. Browsers load pages and their modules by GET, without a preflight. */
const isOfPages = (handler: string) => handler.startsWith('functions/pages/')

/**
 * Adds CORS to a service description. The framework deploys it, and the local gateway reads it.
 *
 * @param service - Its `ALLOWED_ORIGINS` is a list of origins separated by commas, or `*`. If it is empty, nothing
 *   is added. A function with an `ALLOWED_ORIGINS` of its own has that. Pages of listed origins may send cookies to functions that take the session cookie.
 */
export function allowOrigins({ provider, functions, resources }: AllowingService): void {
  const allowed = provider.environment.ALLOWED_ORIGINS
  const all = Object.values(functions)
  for (const { handler, events = [], environment } of all) {
    // A function may have origins of its own.
    const origin = String(environment?.ALLOWED_ORIGINS ?? allowed)
    if (isOfPages(handler) || origin === '') continue
    const allowCredentials = origin !== '*' && environment?.COOKIE_SESSIONS === 'on'
    for (const event of events) {
      if (event.http === undefined) continue
      const [method, path] = typeof event.http === 'string' ? event.http.split(' ') : []
      event.http = {
        ...(typeof event.http === 'string' ? { method, path } : event.http),
        cors: {
          origin,
          headers: ['Authorization', 'Content-Type'],
          allowCredentials,
          // Browsers cache a preflight for two hours at most. Each response says again what a page may read.
          maxAge: 7_200,
          cacheControl: 'no-store',
        },
      }
    }
  }

  if (allowed === '') return
  const takesCookies = all.some(({ environment }) => environment?.COOKIE_SESSIONS === 'on')
  for (const { Properties } of Object.values(resources.Resources).filter(isGatewayResponse)) {
    Properties.ResponseParameters = {
      ...(Properties.ResponseParameters as Record<string, string> | undefined),
      ...readableBy(allowed, takesCookies),
      'gatewayresponse.header.Access-Control-Expose-Headers': "'Retry-After,WWW-Authenticate'",
    }
  }
}

/**
 * Returns the headers by which pages may read the gateway's own responses. They contain no user data.
 *
 * The gateway cannot choose from a list. So with several origins all may read, by `*`. A page that sends cookies may not
 * read a response with `*`. For it the gateway repeats the origin of the request, in the lower case that browsers write it
 * with over HTTP/2.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-gateway-response-using-the-console.html
 */
function readableBy(allowed: string, takesCookies: boolean): Record<string, string> {
  const isList = allowed.includes(',')
  if (!takesCookies || allowed === '*') {
    return { 'gatewayresponse.header.Access-Control-Allow-Origin': isList ? "'*'" : `'${allowed}'` }
  }
  return {
    'gatewayresponse.header.Access-Control-Allow-Origin': isList
      ? 'method.request.header.origin'
      : `'${allowed}'`,
    'gatewayresponse.header.Access-Control-Allow-Credentials': "'true'",
    'gatewayresponse.header.Vary': "'Origin'",
  }
}

const CHALLENGE = 'gatewayresponse.header.WWW-Authenticate'

/**
 * Names the metadata of the API for clients in the gateway's 401 and 403, so that a client finds it (RFC 9728 section 5.1). The URL of a
 * service without one of its own is known to CloudFormation only.
 */
export function nameMetadata({
  custom,
  resources,
}: Pick<Service, 'resources'> & { custom: { auth: { publicUrl: unknown } } }): void {
  const url = custom.auth.publicUrl
  for (const { Properties } of Object.values(resources.Resources).filter(isGatewayResponse)) {
    const parameters = (Properties.ResponseParameters ?? {}) as Record<string, unknown>
    const challenge = parameters[CHALLENGE]
    if (typeof challenge !== 'string') continue
    const parts = [
      challenge.replace(/'$/, ', resource_metadata="'),
      url,
      `/.well-known/oauth-protected-resource"'`,
    ]
    const named = typeof url === 'string' ? parts.join('') : { 'Fn::Join': ['', parts] }
    Properties.ResponseParameters = { ...parameters, [CHALLENGE]: named }
  }
}

/** Adds the header of `lib/http/handler.ts` to the gateway's own responses. The local gateway, which speaks HTTP, has none. */
function protectTransport({ resources }: Service): void {
  for (const { Properties } of Object.values(resources.Resources).filter(isGatewayResponse)) {
    Properties.ResponseParameters = {
      ...(Properties.ResponseParameters as Record<string, string> | undefined),
      'gatewayresponse.header.Strict-Transport-Security': "'max-age=31536000'",
    }
  }
}

/**
 * Makes the deployment depend on the gateway's responses. It is a snapshot of the API, and the framework makes it depend
 * on the methods only.
 */
function deployResponses({ provider, resources }: Service): void {
  const ids = Object.entries(resources.Resources)
    .filter(([, resource]) => isGatewayResponse(resource))
    .map(([id]) => id)
  for (const resource of Object.values(provider.compiledCloudFormationTemplate.Resources)) {
    if (resource.Type === 'AWS::ApiGateway::Deployment') resource.DependsOn?.push(...ids)
  }
}

/**
 * Makes the stage a resource of its own, with method throttles. The framework lets each deployment create the stage, or
 * take it over if it exists. Such a deployment can have settings for methods only when it creates the stage
 * (https://github.com/awsdocs/aws-cloudformation-user-guide/pull/387).
 *
 * It also names the deployment after what it deploys. The framework names it after the time. The stage refers to that
 * name, so `sls deploy` would find a change each time.
 */
function deployStage({ provider, custom, functions, resources }: Service): void {
  const { Resources } = provider.compiledCloudFormationTemplate
  const [framework, deployment] =
    Object.entries(Resources).find(([, { Type }]) => Type === 'AWS::ApiGateway::Deployment') ?? []
  if (framework === undefined || deployment === undefined) return
  delete Resources[framework]
  const id = `ApiGatewayDeployment${hashOfApi({ ...Resources, ...resources.Resources })}`
  const { RestApiId, StageName } = deployment.Properties
  Resources[id] = { ...deployment, Properties: { RestApiId } }
  Resources.ApiGatewayStage = {
    Type: 'AWS::ApiGateway::Stage',
    Properties: {
      RestApiId: structuredClone(RestApiId),
      StageName,
      DeploymentId: { Ref: id },
      TracingEnabled: provider.tracing.apiGateway,
      // A route that is switched off has no throttle: the gateway refuses settings of methods that do not exist.
      MethodSettings: Object.entries(custom.auth.throttles)
        .filter(([route]) => hasRoute(functions, route))
        .map(([route, text]) => methodSetting(route, text)),
    },
  }
}

/** Whether a function has a route, such as `POST /login`. */
const hasRoute = (functions: Service['functions'], route: string): boolean =>
  Object.values(functions).some(({ events = [] }) =>
    events.some(({ http }) => {
      const { method, path } = Object(http)
      return route === `${String(method).toUpperCase()} /${path}`
    }),
  )

/** Returns a hash of everything that a deployment of the API is a snapshot of. */
function hashOfApi(all: Record<string, Resource>): string {
  const ofApi = Object.entries(all).filter(([, { Type }]) => Type.startsWith('AWS::ApiGateway::'))
  return createHash('sha256').update(JSON.stringify(ofApi)).digest('hex').slice(0, 16)
}

/** Returns the throttle of a route. A slash within `ResourcePath` is written `~1`. */
function methodSetting(route: string, text: string) {
  const [HttpMethod, path = ''] = route.split(' ')
  const { rate, burst } = readThrottle(text)
  return {
    HttpMethod,
    ResourcePath: `/${path.replaceAll('/', '~1')}`,
    ThrottlingRateLimit: rate,
    ThrottlingBurstLimit: burst,
  }
}
