import { createHash } from 'node:crypto'
import type { Resource, Service } from '../framework.d.ts'
import { readThrottle } from '../parameters/parameters.ts'

/** Logical id of the stage. */
export const STAGE_ID = 'ApiGatewayStage'

/**
 * Makes the stage a resource of its own, with method throttles. The framework lets each deployment create the stage, or
 * take it over if it exists. Such a deployment can have settings for methods only when it creates the stage
 * (https://github.com/awsdocs/aws-cloudformation-user-guide/pull/387).
 *
 * It also names the deployment after what it deploys. The framework names it after the time. The stage refers to that
 * name, so `sls deploy` would find a change each time.
 */
export function deployStage({ provider, custom, functions, resources }: Service): void {
  const { Resources } = provider.compiledCloudFormationTemplate
  const [framework, deployment] =
    Object.entries(Resources).find(([, { Type }]) => Type === 'AWS::ApiGateway::Deployment') ?? []
  if (framework === undefined || deployment === undefined) return
  delete Resources[framework]
  const id = `ApiGatewayDeployment${hashOfApi({ ...Resources, ...resources.Resources })}`
  const { RestApiId, StageName, Description } = deployment.Properties
  Resources[id] = {
    ...deployment,
    Properties: { RestApiId, ...(Description !== undefined && { Description }) },
  }
  // A route that is switched off has no throttle: the gateway refuses settings of methods that do not exist.
  const throttles = Object.entries(custom.auth.throttles)
    .filter(([route]) => hasRoute(functions, route))
    .map(([route, text]) => methodSetting(route, text))
  const [ofProject = STAGE_ID, written] =
    Object.entries(resources.Resources).find(([, { Type }]) => Type === 'AWS::ApiGateway::Stage') ?? []
  const { Properties: extended } = Object(resources.extensions?.[ofProject])
  // The framework puts the values of the project over these.
  for (const properties of [written?.Properties, extended]) {
    if (properties?.MethodSettings) {
      properties.MethodSettings = withSettings(properties.MethodSettings as MethodSetting[], throttles)
    }
  }
  // A usage plan waits for the deployment, because it needs the stage.
  for (const resource of Object.values(Resources)) {
    if ([resource.DependsOn ?? []].flat().includes(framework)) {
      resource.DependsOn = [resource.DependsOn ?? []]
        .flat()
        .map((one) => (one === framework ? ofProject : one))
    }
  }
  Resources[ofProject] = {
    Type: 'AWS::ApiGateway::Stage',
    Properties: {
      RestApiId: structuredClone(RestApiId),
      StageName,
      DeploymentId: { Ref: id },
      TracingEnabled: provider.tracing.apiGateway,
      // The framework merges lists member by member.
      ...(!written?.Properties.MethodSettings && { MethodSettings: throttles }),
    },
  }
}

type MethodSetting = Record<string, unknown>

/** Returns the settings of the project, and those of the plugin for other methods. What a setting of the project lacks, the plugin adds. */
function withSettings(project: readonly MethodSetting[], plugin: readonly MethodSetting[]) {
  const keyOf = ({ HttpMethod, ResourcePath }: MethodSetting) => `${HttpMethod} ${ResourcePath}`
  const ofKey = new Map(plugin.map((one) => [keyOf(one), one]))
  const keys = project.map(keyOf)
  return [
    ...project.map((one) => ({ ...ofKey.get(keyOf(one)), ...one })),
    ...plugin.filter((one) => !keys.includes(keyOf(one))),
  ]
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
