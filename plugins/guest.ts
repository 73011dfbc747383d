import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { IS_PACKAGE, ROOT } from '../project/origin.ts'
import { isOfApi } from '../project/own-api.ts'
import { DESCRIPTION } from '../project/project.ts'
import { faultsOfIds, faultsOfMadeIds, faultsOfNames, faultsOfNumber, faultsOfRoutes } from './clashes.ts'
import type { FunctionDefinition, Hooks, Resource, Serverless, Service } from './framework.d.ts'
import { logGroupIds } from './functions/logs.ts'
import { STAGE_ID } from './gateway/stage.ts'
import { ownershipOf, serviceFunctions, setOwnership } from './project/ownership.ts'
import { setSecurityPolicy } from './project/security-policy.ts'
import { reject, rejectAny } from './reject.ts'
import { sayAddresses } from './routes/addresses.ts'
import { usesHttpApi } from './routes/http-api.ts'
import { HTTP_AUTHORIZER_IDS } from './routes/http-authorizer.ts'

/** Read in osls 4.3.1: it resolves `provider.stage` before it loads plugins. Later it takes no other variable, if that was the only one. */
const UNRESOLVED =
  'The framework resolves no variable of a plugin if provider.stage is the only variable of the project. Take provider.stage out: --stage sets it, and its default is dev.'

type Template = Partial<Service['resources']> & Record<string, Record<string, unknown> | undefined>

/**
 * Serverless plugin: keeps the service and the project that it is in apart. It rejects names that both have.
 * It leaves out what the project defines for the whole API, and takes what `provider` says out of the
 * service's functions.
 */
export default class GuestPlugin {
  readonly hooks: Hooks

  /** The resources of the plugin and of the project, before the framework merges them. */
  private written: Template[] = []

  constructor(serverless: Serverless) {
    let all: (() => string[]) | undefined
    const { service } = serverless
    this.keepWritten(service)
    this.hooks = {
      initialize: () => this.separate(serverless),
      'before:deploy:function:initialize': () => refuseAlone(serverless),
      'before:package:initialize': () => sayAddresses(serverless),
      // The framework makes the common role and the log groups as if the project's functions were the only
      // ones. In osls 4.3.1, it asks only this method for them in this event.
      'before:package:setupProviderConfiguration': () => {
        const { functions } = ownershipOf(serverless)
        all = service.getAllFunctions
        service.getAllFunctions = () => Object.keys(service.functions).filter((key) => !functions.has(key))
      },
      'after:package:setupProviderConfiguration': () => {
        if (all) service.getAllFunctions = all
      },
      'before:package:finalize': () => {
        for (const [key, definition] of Object.entries(serviceFunctions(serverless))) {
          isolate(lambdaOf(serverless, key), definition)
        }
      },
      // The framework has merged the resources of the project into its own.
      'aws:package:finalize:mergeCustomProviderResources': () => {
        const { resources } = ownershipOf(serverless)
        const plugin = new Set([...resources, ...idsMade(serverless)])
        rejectAny(faultsOfNames(service.provider.compiledCloudFormationTemplate.Resources, plugin))
      },
      // Other plugins have split the stack, if they do.
      'before:aws:package:finalize:saveServiceState': () =>
        rejectAny(faultsOfNumber(service.provider.compiledCloudFormationTemplate.Resources)),
    }
  }

  /**
   * Keeps the resources before the framework merges them. Read in osls 4.3.1: it merges `resources` in place, before any hook. A test
   * holds the method of the installed version against it.
   */
  private keepWritten(service: Service): void {
    const { mergeArrays } = service
    service.mergeArrays = () => {
      const { resources } = service
      if (Array.isArray(resources)) {
        if (resources.some((one) => typeof one === 'string')) reject(UNRESOLVED)
        // Of a plugin that extends `resources` when it is a list, the list has members with names.
        const extended = Object.fromEntries(Object.entries(resources).slice(resources.length))
        this.written = [...resources, extended]
        service.resources = this.written as never
      }
      mergeArrays.call(service)
    }
  }

  private separate(serverless: Serverless): void {
    const { service } = serverless
    const files = readdirSync(join(ROOT, 'plugins/resources')).length
    const brought = sectionsOf(this.written.slice(0, files))
    const project = sectionsOf(this.written.slice(files))
    const keys = ownershipOf(serverless).brought
    const functionsWhere = (isBrought: boolean) =>
      Object.fromEntries(Object.entries(service.functions).filter(([key]) => keys.has(key) === isBrought))
    const { [STAGE_ID]: stage } = (project.Resources ?? {}) as Record<string, Resource>
    const faults = [
      ...faultsOfIds(project, brought),
      ...faultsOfMadeIds(project, [...idsMade(serverless), ...(stage && !isOfApi(stage) ? [STAGE_ID] : [])]),
      ...faultsOfRoutes(functionsWhere(false), functionsWhere(true)),
    ]
    if (service.provider.apiGateway?.restApiId !== undefined) {
      faults.push(
        `provider.apiGateway.restApiId of ${DESCRIPTION} names another API. serverless-jwt-auth needs one that the framework makes: take it out, or make sign-in a project of its own.`,
      )
    }
    rejectAny(faults)
    setOwnership(serverless, { resources: new Set(Object.keys(brought.Resources ?? {})) })
    leaveOut(service, brought, project)
  }
}

/**
 * Rejects a deployment of a single function of the plugin: the framework would give it what `provider` says.
 */
function refuseAlone(serverless: Serverless): void {
  const { function: key = '' } = serverless.processedInput.options
  const isKnown = serverless.service.functions[key] !== undefined
  if (!IS_PACKAGE || !isKnown || !ownershipOf(serverless).brought.has(key)) return
  reject(`Function ${key} is one of serverless-jwt-auth, which is deployed with all others: sls deploy.`)
}

/** Returns the sections of several templates together. */
function sectionsOf(templates: readonly Template[]): Template {
  const all: Template = {}
  for (const [section, members] of templates.flatMap((one) => Object.entries(one ?? {}))) {
    all[section] = { ...all[section], ...members }
  }
  return all
}

/** Returns the logical ids of what the framework and the plugin make for the service's functions, log groups and authorizer. */
function idsMade(serverless: Serverless): string[] {
  const { naming } = serverless.getProvider('aws')
  const ofFunctions = Object.keys(serviceFunctions(serverless)).flatMap((key) => [
    naming.getLambdaLogicalId(key),
    naming.getLogGroupLogicalId(key),
    `${naming.getNormalizedFunctionName(key)}IamRoleLambdaExecution`,
  ])
  const ofLogs = [...logGroupIds(serverless).values()].flatMap((id) => [id, `${id}Events`, `${id}Aborted`])
  const ofAuthorizer = [
    naming.getAuthorizerLogicalId('authorizer'),
    naming.getLambdaApiGatewayPermissionLogicalId('authorizer'),
  ]
  const ofHttpApi = usesHttpApi(serverless.service.functions) ? HTTP_AUTHORIZER_IDS : []
  return [...ofFunctions, ...ofLogs, ...ofAuthorizer, ...ofHttpApi, 'AuthorizerFailuresFilter', 'Dashboard']
}

/** Responses to unknown routes, and to those of IAM without a valid signature. */
const OF_SIGNATURES = ['MISSING_AUTHENTICATION_TOKEN', 'INVALID_SIGNATURE']

/** Whether a function has a route of IAM. */
const hasSignedRoute = ({ events }: FunctionDefinition): boolean =>
  (events ?? []).some(({ http }) => {
    const { authorizer } = Object(http)
    return /^aws_iam$/i.test(Object(authorizer).type ?? authorizer)
  })

/** Removes what the plugin brings for the whole API where the project has its own. */
function leaveOut({ provider, functions, resources }: Service, brought: Template, project: Template): void {
  const typesOf = (template: Template) =>
    Object.entries((template.Resources ?? {}) as Record<string, Resource>)
      .filter(([, one]) => one.Type === 'AWS::ApiGateway::GatewayResponse' && isOfApi(one))
      .map(([id, { Properties }]) => ({ id, type: Properties.ResponseType }))
  const types: unknown[] = typesOf(project).map(({ type }) => type)
  if (Object.values(functions).some(hasSignedRoute)) types.push(...OF_SIGNATURES)
  for (const { id, type } of typesOf(brought)) if (types.includes(type)) delete resources.Resources[id]

  const { Properties } = Object(resources.extensions?.ApiGatewayRestApi)
  const { Properties: ofProject } = Object(project.extensions?.ApiGatewayRestApi)
  if (Properties) setSecurityPolicy(provider, Properties, Object(ofProject))
}

const lambdaOf = (serverless: Serverless, key: string): Resource | undefined =>
  serverless.service.provider.compiledCloudFormationTemplate.Resources[
    serverless.getProvider('aws').naming.getLambdaLogicalId(key)
  ]

/** Gives a compiled function its own environment only, and removes what it does not name itself. */
function isolate(lambda: Resource | undefined, definition: FunctionDefinition): void {
  if (lambda === undefined) return
  const { Properties } = lambda
  const { environment, vpc, layers, kmsKeyArn, runtimeManagement } = definition
  Properties.Environment = { Variables: { ...environment } }
  Properties.TracingConfig = { Mode: 'Active' }
  // The framework gives each function an empty one.
  if (Object.keys(vpc ?? {}).length === 0) delete Properties.VpcConfig
  if (layers === undefined) delete Properties.Layers
  if (kmsKeyArn === undefined) delete Properties.KmsKeyArn
  if (runtimeManagement === undefined) delete Properties.RuntimeManagementConfig
}
