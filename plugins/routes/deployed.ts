import { isOfApi } from '../../project/own-api.ts'
import type { AuthMembers, CompiledResource, FunctionDefinition, WrittenFunction } from '../framework.d.ts'
import { logicalName } from '../project/functions.ts'
import { faultsOfRole, rolesOf } from './guards.ts'
import { httpRoutesOf } from './http-api.ts'
import { deployedHttpRoutes, faultsOfDeployedHttp, httpAuthorizer } from './http-authorizer.ts'
import { eventsOf, routesOf, shown } from './routes.ts'
import { faultsOfScopes } from './scopes.ts'
import { type RouteSettings, routeSettingsOf } from './settings.ts'

// Another plugin may change routes after the authorizer got its settings. A role that guards another path than the deployed one guards
// nothing, so the routes are held against the settings again when they are final.

type Written = Record<string, WrittenFunction>

/** The logical id of the authorizer that `authorizer: auth` stands for. */
const AUTHORIZER_ID = 'AuthorizerApiGatewayAuthorizer'

/** Returns the functions with the events that they have now. */
export const functionsNow = (written: Written, now: Record<string, FunctionDefinition>): Written =>
  Object.fromEntries(
    Object.entries(now).map(([key, definition]) => {
      const events = eventsOf(definition).map((event) =>
        Object(Object(event.http).authorizer).name === 'authorizer'
          ? { ...event, http: { ...Object(event.http), authorizer: 'auth' } }
          : event,
      )
      return [key, { ...definition, ...restrictionsOf(written[key] ?? definition), events }]
    }),
  )

/** Returns functions with the routes of a template. */
export function deployedFunctions(written: Written, resources: Record<string, CompiledResource>): Written {
  const functions: Written = {}
  const add = (key: string, event: { http?: unknown; httpApi?: unknown }) => {
    const { events = [], ...rest } = functions[key] ?? { handler: '', ...restrictionsOf(written[key]) }
    functions[key] = { ...rest, events: [...events, event] }
  }
  for (const [id, { Type, Properties }] of Object.entries(resources)) {
    if (Type !== 'AWS::ApiGateway::Method' || !isOfApi({ Properties })) continue
    const { HttpMethod, ResourceId, AuthorizationType = 'NONE', AuthorizerId, Integration } = Properties
    const ours =
      AuthorizationType === 'CUSTOM' && Object(AuthorizerId).Ref === AUTHORIZER_ID ? 'auth' : 'other'
    const authorizer = AuthorizationType === 'NONE' ? undefined : ours
    const http = { method: HttpMethod, path: pathOf(resources, ResourceId), authorizer }
    add(functionOf(written, JSON.stringify(Integration ?? null), (one) => isRouteOf(one, http)) ?? id, {
      http,
    })
  }
  for (const { routeKey, integration, httpApi } of deployedHttpRoutes(resources)) {
    const isRoute = (one: WrittenFunction) => httpRoutesOf(one).some((route) => route.routeKey === routeKey)
    add(functionOf(written, integration, isRoute) ?? routeKey, { httpApi })
  }
  return functions
}

/** Returns the key of the function that a route calls. An integration of another kind does not name it. */
const functionOf = (written: Written, integration: string, hasRoute: (one: WrittenFunction) => boolean) =>
  Object.keys(written).find((key) =>
    new RegExp(`\\b${logicalName(key)}LambdaFunction\\b`).test(integration),
  ) ?? Object.keys(written).find((key) => hasRoute(written[key] as WrittenFunction))

/** Finds roles and scopes that the authorizer would not apply to the routes that functions have in the end. */
export function faultsOfDeployed(deployed: Written, known: Partial<RouteSettings>): string[] {
  const { settings, faults } = routeSettingsOf(deployed, {})
  const unknown = (['GUARDED_ROUTES', 'SCOPED_ROUTES', 'HTTP_API_ROUTES'] as const).flatMap((name) => {
    const entries = String(known[name]).split(' ')
    const now = settings[name]?.split(' ') ?? []
    return now.filter((one) => one !== 'none' && !entries.includes(one))
  })
  return [
    ...Object.entries(deployed).flatMap(([key, one]) => [
      ...faultsOfRole(key, one),
      ...faultsOfScopes(key, one),
    ]),
    ...faults,
    ...(unknown.length === 0
      ? []
      : [
          `The authorizer does not know ${unknown.join(', ')}, because a plugin or resources add or change these routes. Write them as events of a function.`,
        ]),
  ]
}

/** Finds what {@link faultsOfDeployed} finds in a template, and routes of the HTTP API that have lost their authorizer. */
export function faultsOfTemplate(
  written: Written,
  resources: Record<string, CompiledResource>,
  known: Partial<RouteSettings>,
  authorizer: AuthMembers['authorizer'],
): string[] {
  const deployed = deployedFunctions(written, resources)
  return [
    ...faultsOfDeployed(deployed, known),
    ...faultsOfDeployedHttp(written, deployed, resources, httpAuthorizer(authorizer)),
  ]
}

/** Returns what a function says about its callers. */
const restrictionsOf = (definition: WrittenFunction | undefined) => ({
  role: definition && rolesOf(definition),
  scopes: definition?.scopes,
  actAs: definition?.actAs,
})

const isRouteOf = (definition: WrittenFunction, http: object): boolean => {
  const own = routesOf(definition).map(shown)
  return routesOf({ events: [{ http }] }).some((route) => own.includes(shown(route)))
}

/** Returns the path of a resource of the API, whose parents have its first parts. */
function pathOf(resources: Record<string, CompiledResource>, id: unknown): string {
  const resource = resources[String(Object(id).Ref)]
  if (resource?.Type !== 'AWS::ApiGateway::Resource') return ''
  const { ParentId, PathPart } = resource.Properties
  return `${pathOf(resources, ParentId)}/${PathPart}`
}
