import type { AuthMembers, FunctionDefinition, Hooks, Resource, Serverless, Service } from '../framework.d.ts'
import { bindsDevices } from '../functions/devices.ts'
import { hasScopes } from '../functions/switches.ts'
import { originsWithActs } from '../parameters/act-origins.ts'
import { type Ownership, ownershipOf } from '../project/ownership.ts'
import { routesOf } from '../routes/routes.ts'
import { hasOlderStage, NOTICE } from './older-stage.ts'
import { deployStage } from './stage.ts'
import { throttleAsOutage } from './throttled.ts'

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

  constructor(serverless: Serverless) {
    const { service } = serverless
    this.hooks = {
      initialize: () => {
        if (bindsDevices(service.custom.auth)) throttleAsOutage(service.resources.Resources)
        allowOrigins(service, ownershipOf(serverless))
        if (hasScopes(service)) nameMetadata(service, ownershipOf(serverless))
      },
      'before:package:finalize': async () => {
        protectTransport(service, ownershipOf(serverless))
        deployResponses(service, ownershipOf(serverless))
        if (await hasOlderStage(serverless)) console.log(NOTICE)
        else deployStage(service)
      },
    }
  }
}

const isGatewayResponse = ({ Type }: Resource) => Type === 'AWS::ApiGateway::GatewayResponse'

/** The part of the service that {@link allowOrigins} reads and changes. */
type AllowingService = Pick<Service, 'resources'> & {
  provider: Pick<Service['provider'], 'environment'>
  functions: Record<string, Pick<FunctionDefinition, 'handler' | 'events' | 'environment'>>
  custom: {
    auth: Pick<AuthMembers, 'allowedOrigins' | 'authorizer'> &
      Partial<Pick<AuthMembers, 'actAs' | 'actAsOrigins'>>
  }
}

/** Which functions and resources are of the service, and which the plugin brings. */
type OwnershipOfRoutes = Pick<Ownership, 'brought' | 'functions' | 'resources'>

/**
 * Whether browsers ask a function without a preflight: they load pages and their modules by GET, and send what binds a session to a device
 * themselves.
 */
const isWithoutPreflight = (handler: string) => /^functions\/(pages\/|devices\/device\.)/.test(handler)

/**
 * Adds CORS to a service description. The framework deploys it, and the local gateway reads it.
 *
 * @param service - Its `allowedOrigins` is a list of origins separated by commas, or `*`. If it is empty,
 *   nothing is added. A function that sets `AUTH_ALLOWED_ORIGINS` itself has that. Pages of listed origins may
 *   send cookies to functions that take the session cookie.
 * @param ownership - Of the project's functions, only routes that the plugin protects get it, and no path on which the project says
 *   something of CORS.
 */
export function allowOrigins(service: AllowingService, ownership: OwnershipOfRoutes): void {
  addPreflights(service, ownership)
  const { custom, functions, resources } = service
  const allowed = originsWithActs(custom.auth)
  if (allowed === '') return
  const takesCookies = Object.entries(functions).some(
    ([key, { environment }]) => ownership.functions.has(key) && environment?.COOKIE_SESSIONS === 'on',
  )
  for (const { Properties } of gatewayResponsesOf(resources, ownership)) {
    Properties.ResponseParameters = {
      ...(Properties.ResponseParameters as Record<string, string> | undefined),
      ...readableBy(allowed, takesCookies),
      'gatewayresponse.header.Access-Control-Expose-Headers': "'Retry-After,WWW-Authenticate'",
    }
  }
}

/** Adds a preflight to the routes that pages of other origins may call. */
function addPreflights({ provider, custom, functions }: AllowingService, ownership: OwnershipOfRoutes): void {
  const { allowedOrigins: allowed, authorizer } = custom.auth
  const taken = pathsOf(functions, ({ http }, key) => !ownership.brought.has(key) && Object(http).cors)
  const withActs = pathsOf(functions, (_, key) => functions[key]?.environment?.AUTH_TAKES_ACTS === 'on')
  for (const [key, { handler, events = [], environment }] of Object.entries(functions)) {
    const isOfService = ownership.functions.has(key)
    // A function may set its origins itself. Those of provider do not reach the functions of the service.
    const { AUTH_ALLOWED_ORIGINS } = { ...(!isOfService && provider.environment), ...environment }
    const origin = AUTH_ALLOWED_ORIGINS ?? allowed
    // Only the deployment knows origins that are no text.
    if ((isOfService && isWithoutPreflight(handler)) || typeof origin !== 'string' || origin === '') continue
    const allowCredentials = origin !== '*' && environment?.COOKIE_SESSIONS === 'on'
    for (const event of events) {
      if (event.http === undefined) continue
      const [method, path] = typeof event.http === 'string' ? event.http.split(' ') : []
      const written = typeof event.http === 'string' ? { method, path } : event.http
      // Its other members may be text in one of the two, and numbers in the other.
      const isProtected = Object(Object(written).authorizer).name === authorizer.name
      if (!isOfService && !isProtected) continue
      if (!ownership.brought.has(key) && ('cors' in written || taken.has(pathOf(event)))) continue
      // The framework makes the preflight of a path from the last of its routes.
      const isWider = origin === allowed && withActs.has(pathOf(event))
      const origins = isWider ? originsWithActs(custom.auth) : origin
      event.http = { ...written, cors: preflightOf(origins, allowCredentials) }
    }
  }
}

/** Returns the preflight of a route in the form of the framework. */
const preflightOf = (origin: string, allowCredentials: boolean) => ({
  origin,
  headers: ['Authorization', 'Content-Type'],
  allowCredentials,
  // Browsers cache a preflight for two hours at most. Each response says again what a page may read.
  maxAge: 7_200,
  cacheControl: 'no-store',
})

/** Returns the paths of some events. A path has one preflight, which the framework merges. */
const pathsOf = (
  functions: AllowingService['functions'],
  isChosen: (event: { http?: unknown }, key: string) => boolean,
): ReadonlySet<string> =>
  new Set(
    Object.entries(functions).flatMap(([key, { events = [] }]) =>
      events.filter((event) => isChosen(event, key)).map(pathOf),
    ),
  )

const pathOf = (event: { http?: unknown }): string =>
  routesOf({ events: [event] })
    .map(({ path }) => path.join('/'))
    .join('')

/** Returns the responses of the gateway that the plugin brings. */
const gatewayResponsesOf = (
  { Resources }: Pick<Service['resources'], 'Resources'>,
  { resources }: Pick<Ownership, 'resources'>,
): Resource[] =>
  Object.entries(Resources).flatMap(([id, one]) => (resources.has(id) && isGatewayResponse(one) ? [one] : []))

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
 * Names the metadata of the API for clients in the gateway's 401 and 403, so that a client finds it (RFC 9728
 * section 5.1). Only CloudFormation knows the URL of a service that sets none.
 */
export function nameMetadata(
  { custom, resources }: Pick<Service, 'resources'> & { custom: { auth: { publicUrl: unknown } } },
  ownership: Pick<Ownership, 'resources'>,
): void {
  const url = custom.auth.publicUrl
  for (const { Properties } of gatewayResponsesOf(resources, ownership)) {
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
function protectTransport({ resources }: Service, ownership: Ownership): void {
  for (const { Properties } of gatewayResponsesOf(resources, ownership)) {
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
function deployResponses({ provider, resources }: Service, ownership: Ownership): void {
  const ids = Object.entries(resources.Resources)
    .filter(([id, resource]) => ownership.resources.has(id) && isGatewayResponse(resource))
    .map(([id]) => id)
  for (const resource of Object.values(provider.compiledCloudFormationTemplate.Resources)) {
    if (resource.Type === 'AWS::ApiGateway::Deployment') resource.DependsOn?.push(...ids)
  }
}
