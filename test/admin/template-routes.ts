import { type Package, referencesIn } from '../infrastructure/packaged.ts'
import { describeService } from '../support/process/service-description.ts'

/** A method of a path, as a packaged template has it. */
export interface TemplateRoute {
  method: string
  /** Such as `/sessions/{id}`. */
  path: string
  /** Key of the function that gets the requests; `undefined` for a preflight, which the gateway answers. */
  function: string | undefined
  /** Whether the authorizer decides about its callers. */
  isProtected: boolean
}

const keys = new Map(
  Object.keys(describeService().functions).map((key) => [
    `${key.replaceAll('-', 'Dash').replace(/^./, (first) => first.toUpperCase())}LambdaFunction`,
    key,
  ]),
)

/**
 * Returns all routes of the packaged template, at the REST API.
 *
 * @throws Error if a route has no function of the service, or there is an HTTP API.
 */
export const routesOfTemplate = ({ resources }: Package): TemplateRoute[] =>
  Object.values(resources).flatMap(({ Type, Properties }) => {
    if (Type.startsWith('AWS::ApiGatewayV2::')) throw new Error(`a test knows no ${Type}`)
    if (Type !== 'AWS::ApiGateway::Method') return []
    const { HttpMethod, ResourceId, AuthorizationType, AuthorizerId, Integration } = Properties
    const path = pathOf(resources, ResourceId)
    const [key] = referencesIn(Integration).flatMap((id) => keys.get(id) ?? [])
    const isPreflight = HttpMethod === 'OPTIONS' && Object(Integration).Type === 'MOCK'
    if (key === undefined && !isPreflight) throw new Error(`${HttpMethod} ${path} has no function`)
    const isProtected =
      AuthorizationType === 'CUSTOM' && referencesIn(AuthorizerId).join() === 'AuthorizerApiGatewayAuthorizer'
    return [{ method: String(HttpMethod), path, function: key, isProtected }]
  })

function pathOf(resources: Package['resources'], reference: unknown): string {
  const { PathPart, ParentId } = resources[Object(reference).Ref]?.Properties ?? {}
  return PathPart === undefined ? '/' : `${pathOf(resources, ParentId).replace(/\/$/, '')}/${PathPart}`
}
