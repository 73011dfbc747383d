import { createHash } from 'node:crypto'
import { isOfApi } from '../../project/own-api.ts'
import type { Resource, Service } from '../framework.d.ts'
import { readThrottle } from '../parameters/parameters.ts'
import { routesOf, shown } from '../routes/routes.ts'
import { ACCESS_LOG_SETTING } from './access-logs.ts'

/** Logical id of the stage. */
export const STAGE_ID = 'ApiGatewayStage'

/** Returns the logical id of the resource of a type that the API has. */
const idOf = (
  type: 'Deployment' | 'Stage',
  resources: Record<string, Resource>,
  stageName?: unknown,
): string | undefined =>
  Object.keys(resources).find((id) => {
    const { [id]: one } = resources
    if (one?.Type !== `AWS::ApiGateway::${type}` || !isOfApi(one)) return false
    const { StageName = stageName } = one.Properties ?? {}
    // The API may have other stages. A name that is no text may be that of the service.
    return stageName === undefined || typeof StageName !== 'string' || StageName === stageName
  })

/**
 * Makes the stage a separate resource, with method throttles. The framework lets each deployment create the
 * stage, or take it over if it exists. Such a deployment can have settings for methods only when it creates
 * the stage (https://github.com/awsdocs/aws-cloudformation-user-guide/pull/387).
 *
 * It also names the deployment after what it deploys. The framework names it after the time. The stage refers to that
 * name, so `sls deploy` would find a change each time.
 */
export function deployStage(service: Service): void {
  const { provider, resources } = service
  const { Resources } = provider.compiledCloudFormationTemplate
  const framework = idOf('Deployment', Resources)
  const deployment = framework && Resources[framework]
  if (!framework || !deployment) return
  delete Resources[framework]
  const id = `ApiGatewayDeployment${hashOfApi({ ...Resources, ...resources.Resources }, framework)}`
  const { RestApiId, StageName, Description } = deployment.Properties
  Resources[id] = {
    ...deployment,
    Properties: { RestApiId, ...(Description !== undefined && { Description }) },
  }
  const throttles = throttlesOf(service)
  const stage = idOf('Stage', resources.Resources, StageName) ?? STAGE_ID
  const { [stage]: written } = resources.Resources
  const { Properties: extended } = Object(resources.extensions?.[stage])
  // The framework puts the values of the project over these.
  for (const properties of [written?.Properties, extended]) {
    if (properties?.MethodSettings) {
      properties.MethodSettings = withSettings(properties.MethodSettings as MethodSetting[], throttles)
    }
  }
  renameDeployment(service, framework, { id, stage, ofStage: JSON.stringify([written, extended]) })
  Resources[stage] = {
    Type: 'AWS::ApiGateway::Stage',
    Properties: {
      RestApiId: structuredClone(RestApiId),
      StageName,
      DeploymentId: { Ref: id },
      TracingEnabled: provider.tracing.apiGateway,
      AccessLogSetting: ACCESS_LOG_SETTING,
      // The framework merges lists member by member.
      ...(!written?.Properties.MethodSettings && { MethodSettings: throttles }),
    },
  }
}

/** Replaces the framework's id of the deployment. What waits for the deployment needs the stage, as a usage plan does. */
function renameDeployment(
  { provider, resources }: Service,
  framework: string,
  { id, stage, ofStage }: { id: string; stage: string; ofStage: string },
): void {
  const { Resources } = provider.compiledCloudFormationTemplate
  for (const section of [Resources, resources.Resources, resources.Outputs, resources.extensions]) {
    for (const [key, part] of Object.entries(section ?? {})) {
      // The stage cannot wait for itself, nor what it names.
      const awaited = key === stage || new RegExp(`\\b${key}\\b`).test(ofStage) ? id : stage
      rename(part, (text, isAwaited) => text.replaceAll(framework, isAwaited ? awaited : id))
    }
  }
}

/** Changes all texts of a part of a template. A project names the deployment by `ApiGatewayDeployment${sls:instanceId}`. */
function rename(
  part: unknown,
  change: (text: string, isAwaited: boolean) => string,
  isAwaited = false,
): void {
  for (const [key, value] of Object.entries(Object(part))) {
    const isWaiting = isAwaited || key === 'DependsOn'
    if (typeof value !== 'string') {
      rename(value, change, isWaiting)
      continue
    }
    const changed = change(value, isWaiting)
    if (changed !== value) Object(part)[key] = changed
  }
}

type MethodSetting = Record<string, unknown>

/** Returns the throttles of the routes that exist: the gateway refuses settings of other methods. */
function throttlesOf({ custom, functions }: Service): MethodSetting[] {
  const routes = Object.values(functions).flatMap(routesOf).map(shown)
  const hasProviders = routes.includes('POST /login/provider')
  return Object.entries(custom.auth.throttles)
    .filter(([route]) => routes.includes(route))
    .map(([route, text]) =>
      methodSetting(route, readThrottle(text), hasProviders ? SHARES[route] : undefined),
    )
}

/** With sign-ins by other providers, the shares of `loginRateLimit`, which is at least 2 then. So all sign-ins together stay within it. */
const SHARES: Readonly<Record<string, number>> = { 'POST /login': 0.8, 'POST /login/provider': 0.2 }

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

/** Returns a hash of everything that a deployment of the API is a snapshot of. What waits for the deployment names the time. */
function hashOfApi(all: Record<string, Resource>, framework: string): string {
  const ofApi = Object.entries(all).filter(([, { Type }]) => Type.startsWith('AWS::ApiGateway::'))
  return createHash('sha256')
    .update(JSON.stringify(ofApi).replaceAll(framework, ''))
    .digest('hex')
    .slice(0, 16)
}

/** Returns the throttle of a route, or its share of one, which is 1 at least. A slash within `ResourcePath` is written `~1`. */
function methodSetting(route: string, { rate, burst }: { rate: number; burst: number }, share = 1) {
  const [HttpMethod, path = ''] = route.split(' ')
  const ofShare = (whole: number) => Math.max(1, Math.floor(whole * share))
  return {
    HttpMethod,
    ResourcePath: `/${path.replaceAll('/', '~1')}`,
    ThrottlingRateLimit: ofShare(rate),
    ThrottlingBurstLimit: ofShare(burst),
  }
}
