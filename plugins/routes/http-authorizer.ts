import { isDeepStrictEqual } from 'node:util'
import { IDENTITY_SOURCES } from '../../lib/authorization/http-api.ts'
import type { AuthMembers, CompiledResource, HttpApi, Serverless, WrittenFunction } from '../framework.d.ts'
import { logicalName } from '../project/functions.ts'
import { rolesOf } from './guards.ts'
import { type HttpRoute, httpRoutesOf, usesHttpApi } from './http-api.ts'
import { eventsOf, hasAuth } from './routes.ts'

type Written = Record<string, WrittenFunction>
type Template = Record<string, CompiledResource>

/** Logical ids that the framework gives to the HTTP API, and to `provider.httpApi.authorizers.auth` with its permission. */
const API_ID = 'HttpApi'
const AUTHORIZER_ID = 'HttpApiAuthorizerAuth'
export const HTTP_AUTHORIZER_IDS = [AUTHORIZER_ID, 'AuthLambdaAuthorizerPermissionHttpApi']

/** Finds what is wrong with the routes of a function at the HTTP API. */
export const faultsOfHttpRoutes = (key: string, definition: WrittenFunction): string[] =>
  eventsOf(definition).flatMap((event) => {
    const { authorizer, path } = Object(event.httpApi)
    if (!hasAuth(event)) return []
    return [
      ...(Object(authorizer).scopes === undefined
        ? []
        : [
            `Function ${key} names scopes at "authorizer: auth" of an httpApi event. Name them as scopes of the function.`,
          ]),
      ...(/[=\s]/.test(String(path))
        ? [`Function ${key} has a protected httpApi path with = or a space, ${path}. Give it another path.`]
        : []),
    ]
  })

/** Finds what is wrong with an HTTP API that shall have the authorizer. */
export const faultsOfHttpApi = ({ id, authorizers }: HttpApi = {}): string[] => [
  ...(id === undefined
    ? []
    : [
        'provider.httpApi.id of serverless.yml names another API. "authorizer: auth" at httpApi events needs one that the framework makes.',
      ]),
  ...Object.entries(authorizers ?? {})
    .filter(([key, one]) => [key, Object(one).name].some((name) => logicalName(String(name)) === 'Auth'))
    .map(
      ([key]) =>
        `provider.httpApi.authorizers of serverless.yml has ${key}, and "authorizer: auth" is that of serverless-jwt-auth. Give yours another name.`,
    ),
]

/**
 * Adds the authorizer to the HTTP API of the project, where the framework finds it by its name, if a function uses it.
 *
 * @returns What is wrong with the HTTP API.
 */
export function addHttpAuthorizer({ service, configurationInput }: Serverless, written: Written): string[] {
  if (!usesHttpApi(written)) return []
  const { provider, custom } = service
  const faults = faultsOfHttpApi(provider.httpApi)
  const auth = httpAuthorizer(custom.auth.authorizer)
  provider.httpApi = { ...provider.httpApi, authorizers: { ...provider.httpApi?.authorizers, auth } }
  configurationInput.provider.httpApi = provider.httpApi
  return faults
}

/** Returns what `authorizer: auth` stands for at an HTTP API, as the framework reads it. */
export const httpAuthorizer = ({ resultTtlInSeconds }: AuthMembers['authorizer']) => ({
  type: 'request',
  functionName: 'authorizer',
  identitySource: IDENTITY_SOURCES,
  resultTtlInSeconds: Number(resultTtlInSeconds),
  enableSimpleResponses: true,
  payloadVersion: '2.0',
})

/** Returns the routes of the HTTP API of a template, each with the text of what it calls. */
export function deployedHttpRoutes(
  resources: Template,
): { routeKey: string; integration: string; httpApi: object }[] {
  return Object.values(resources).flatMap(({ Type, Properties }) => {
    if (Type !== 'AWS::ApiGatewayV2::Route' || Object(Properties.ApiId).Ref !== API_ID) return []
    const { RouteKey, Target, AuthorizationType, AuthorizerId } = Properties
    const isOurs = AuthorizationType === 'CUSTOM' && Object(AuthorizerId).Ref === AUTHORIZER_ID
    const [method, path] = RouteKey === '$default' ? ['*', '*'] : String(RouteKey).split(' ')
    const target = JSON.stringify(Target ?? null)
    const integration = Object.entries(resources).find(
      ([id, one]) => one.Type === 'AWS::ApiGatewayV2::Integration' && new RegExp(`\\b${id}\\b`).test(target),
    )
    return [
      {
        routeKey: String(RouteKey),
        integration: JSON.stringify(integration?.[1].Properties ?? target),
        httpApi: { method, path, ...(isOurs && { authorizer: 'auth' }) },
      },
    ]
  })
}

/**
 * Finds routes that were written with `authorizer: auth` and are deployed without it, and an authorizer that is not as this plugin wrote
 * it. For functions with roles or scopes, `faultsOfDeployed` does.
 */
export function faultsOfDeployedHttp(
  written: Written,
  deployed: Written,
  resources: Template,
  expected: ReturnType<typeof httpAuthorizer>,
): string[] {
  const lost = Object.entries(deployed).flatMap(([key, definition]) => {
    if (rolesOf(definition) !== undefined || definition.scopes !== undefined) return []
    const own = httpRoutesOf(written[key] ?? {})
    const isMeant = ({ routeKey }: HttpRoute) =>
      own.length > 0 &&
      (own.every(({ isProtected }) => isProtected) ||
        own.some((one) => one.isProtected && one.routeKey === routeKey))
    return httpRoutesOf(definition)
      .filter((route) => !route.isProtected && isMeant(route))
      .map(
        ({ routeKey }) =>
          `Route ${routeKey} of function ${key} has lost "authorizer: auth", because a plugin or resources change it.`,
      )
  })
  return [...lost, ...(usesHttpApi(deployed) ? faultsOfAuthorizer(resources, expected) : [])]
}

function faultsOfAuthorizer(resources: Template, expected: ReturnType<typeof httpAuthorizer>): string[] {
  const { Type, Properties = {} } = resources[AUTHORIZER_ID] ?? {}
  const { ApiId, AuthorizerUri, ...rest } = Properties
  const isOurs =
    Type === 'AWS::ApiGatewayV2::Authorizer' &&
    Object(ApiId).Ref === API_ID &&
    /\bAuthorizerLambdaFunction\b/.test(JSON.stringify(AuthorizerUri ?? null)) &&
    isDeepStrictEqual(rest, {
      Name: 'auth',
      AuthorizerType: 'REQUEST',
      AuthorizerPayloadFormatVersion: expected.payloadVersion,
      EnableSimpleResponses: expected.enableSimpleResponses,
      IdentitySource: expected.identitySource,
      AuthorizerResultTtlInSeconds: expected.resultTtlInSeconds,
    })
  return isOurs
    ? []
    : [
        `The authorizer ${AUTHORIZER_ID} is not that of serverless-jwt-auth, because a plugin or resources change it. Leave it as it is.`,
      ]
}
