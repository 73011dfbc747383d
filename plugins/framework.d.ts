import type { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import type { Statement } from '../lib/aws/access.ts'
import type { AwsSettings } from '../lib/aws/settings.ts'
import type { FactorPolicy } from '../lib/users/factors.ts'
import type { OfflineOptions } from './project/offline.d.ts'

/**
 * The part of the Serverless Framework's interface that the plugins use. The framework's own types do not cover its
 * version 4.
 *
 * A function that needs less names it: `Pick<Service, 'functions' | 'provider'>`.
 */
export interface Serverless {
  service: Service
  /** `serverless.yml` with all variables resolved, before defaults are added. */
  configurationInput: {
    plugins: string[] | { modules?: string[] }
    params: Record<string, Parameters>
    provider: { stage: string; region?: string; httpApi?: HttpApi; environment?: Record<string, unknown> }
    package?: { patterns?: unknown }
    custom: {
      auth: { signs: string; publishes: string } & Pick<AuthMembers, 'functions'>
      esbuild: object
      offline?: { customAuthenticationProvider?: string }
    }
    functions?: Record<string, WrittenFunction> | Record<string, WrittenFunction>[]
    resources?: object | object[]
  }
  /** The command line. */
  processedInput: {
    commands: string[]
    options: {
      param?: string[]
      stage?: string
      region?: string
      package?: string
      force?: boolean
      function?: string
    }
    isHelpRequest: boolean
  }
  /** Adds to `serverless.yml`, before its variables are resolved: in the constructor of a plugin. */
  extendConfiguration(path: string[], value: unknown): void
  serviceDir: string
  configurationFilename: string
  /** Plugins may change the path for `sls invoke local`. */
  config: { servicePath: string }
  pluginManager: {
    plugins: { commands?: Commands; hooks?: Hooks }[]
    /** Those of the project, and what they add. */
    externalPlugins: ReadonlySet<object>
    hooks: Record<string, { pluginName: string; hook: () => void | Promise<void> }[]>
    // biome-ignore lint/suspicious/noExplicitAny: each plugin names the options that it reads.
    addPlugin(Plugin: new (serverless: Serverless, options: any) => object): object
    /** Runs a command of a plugin, such as `offline:functionsUpdated`. */
    spawn(command: string): Promise<void>
  }
  configSchemaHandler: { defineFunctionProperties(provider: 'aws', schema: object): void }
  getProvider(name: 'aws'): {
    naming: {
      getApiGatewayName(): string
      getStackName(): string
      getRolePath(): string
      getLambdaLogicalId(functionKey: string): string
      getLogGroupLogicalId(functionKey: string): string
      getAuthorizerLogicalId(authorizer: string): string
      getLambdaApiGatewayPermissionLogicalId(functionKey: string): string
      /** @param functionName - As deployed. */
      getLogGroupName(functionName: string): string
      getNormalizedFunctionName(functionKey: string): string
    }
    getRegion(): string
    getCloudFormationClient(): Promise<CloudFormationClient>
    getAwsSdkV3CredentialsProvider(): () => Promise<AwsSettings['credentials']>
  }
}

/** The service that `serverless.yml` describes. Plugins may change it until it is packaged. */
export interface Service {
  service: string
  provider: {
    region: string
    stage: string
    runtime?: string
    endpointType?: string
    apiGateway?: { restApiId?: unknown; endpoint?: object }
    httpApi?: HttpApi
    tracing: { apiGateway: boolean }
    logs?: { lambda?: { logGroup?: string } }
    logRetentionInDays?: number
    logDataProtectionPolicy?: object
    iam?: { role?: unknown; deploymentRole?: unknown }
    iamRoleStatements?: Statement[]
    rolePermissionsBoundary?: unknown
    vpc?: object
    environment?: Record<string, unknown>
    /** The template that is deployed. It exists from `before:package:finalize` on. */
    compiledCloudFormationTemplate: { Resources: Record<string, CompiledResource> }
  }
  custom: {
    auth: AuthMembers
    esbuild: Record<string, unknown>
    offline: { customAuthenticationProvider?: string }
    'serverless-offline': OfflineOptions
  }
  functions: Record<string, FunctionDefinition>
  resources: {
    Resources: Record<string, Resource>
    Outputs?: Record<string, unknown>
    extensions?: Record<string, { Properties?: object }>
  }
  getAllFunctions(): string[]
  mergeArrays(): void
  getFunction(key: string): FunctionDefinition
}

/** `provider.httpApi`. */
export interface HttpApi {
  id?: unknown
  authorizers?: Record<string, unknown>
  cors?: unknown
}

/** Parameters that are `on` or `off`. Sessions may also `watch` devices. */
type Switch = 'deviceBoundSessions' | 'pages' | 'oauth' | 'federation' | 'console' | 'actAs'

/** What `plugins/service.yml` brings into `custom`. */
export interface AuthMembers extends Record<Switch, string> {
  /** Functions of the service, and what each has. They are there until all variables are resolved. */
  functions: { common: WrittenFunction; files: Record<string, Record<string, WrittenFunction>> }
  /** Origins whose pages may call the service, with commas between them; or `*`. */
  allowedOrigins: string
  logGroup: string
  authorizerLogGroup: string
  /** What `authorizer: auth` stands for. */
  authorizer: { name: string; resultTtlInSeconds?: unknown }
  /** Origins separated by commas. */
  actAsOrigins: string
  eventBus: string
  /** Where passwords are that were not imported: a user pool or a URL; empty without such a place. */
  drain: { pool: string; url: string }
  /** Base URL of pages and API; an object, if it is the API's own address. */
  publicUrl: unknown
  /** Hosts with commas between them; empty without apps that are not registered. */
  clientMetadataHosts: string
  monitoring: string
  alarmTopicArn: string
  operators: string
  registration: string
  mailSignIn: string
  requireSecondFactor: FactorPolicy
  /** Sender of mails; empty if the service sends none. */
  mailFrom: string
  /** Domain that passkeys are bound to; an object, if it is the API's own address. */
  rpId: unknown
  /** The same of the deployed stack; empty before the first deployment. */
  deployedRpId?: string
  /** Values of parameters that a later deployment must give again. */
  lasting: Parameters
  /** Method throttles such as `200/100`, by route. */
  throttles: Record<string, string>
  signingKey: string
  /** What all names on AWS begin with. */
  prefix: string
  tableName: string
  eventsTableName: string
  keyA: string
  keyB: string
  factorKey: string
  tokens: { TOKEN_ISSUER: string; TOKEN_AUDIENCE: string }
}

/** One entry of `functions`, with the name that it is deployed under. */
export interface FunctionDefinition {
  name: string
  handler: string
  runtime?: string
  timeout?: number
  environment?: Record<string, string>
  events?: { http?: string | object; [type: string]: unknown }[]
  logs?: { logGroup?: string }
  logRetentionInDays?: number
  logDataProtectionPolicy?: object
  /** Topic of failed events, and the key of the environment. */
  onError?: unknown
  kmsKeyArn?: unknown
  package?: { artifact: string }
  /** For serverless-esbuild: whether it leaves the function out. */
  skipEsbuild?: boolean
  /** Names of permissions; see `plugins/functions/permissions.ts`. */
  may?: string[]
  iamRoleStatements?: object[] | undefined
  /** A role that `serverless.yml` names itself. */
  role?: unknown
  vpc?: object
  layers?: unknown[]
  runtimeManagement?: unknown
}

/** A CloudFormation resource as `serverless.yml` includes it, variables resolved. */
export interface Resource {
  Type: string
  Properties: Record<string, unknown>
}

/** A resource of the compiled template. */
export interface CompiledResource extends Resource {
  DependsOn?: string[]
}

/** Commands that a plugin adds, by their names. */
export type Commands = Record<string, { options?: object; commands?: Commands }>

/** A plugin's hooks, by the name of the lifecycle event. */
export type Hooks = Record<string, () => void | Promise<void>>

/** A variable such as `${deployed:SigningKey}`, for a plugin to resolve. */
export interface Variable {
  address: string
  resolveVariable(variable: string): Promise<unknown>
}

/** A function as it stands in a file. */
export interface WrittenFunction {
  handler: string
  /** Names of groups of settings: members of `custom.auth`. */
  settings?: string[]
  /** Roles that may use its routes, such as `admin`; or a role of IAM, as the framework takes it. */
  role?: unknown
  /** Scopes of which a client needs one for its routes, such as `notes:read`. */
  scopes?: unknown
  /** A mistyped `scopes`. */
  scope?: unknown
  /** Whether operators who act as a user may read its routes. */
  actAs?: unknown
  name?: string
  runtime?: string
  url?: unknown
  environment?: Record<string, unknown>
  may?: unknown
  iamRoleStatements?: object[] | undefined
  /** Where Lambda puts events of asynchronous invocations. */
  destinations?: unknown
  events?: { http?: unknown; httpApi?: unknown; [type: string]: unknown }[]
}

/** Parameters by name. One that is `null` has no value. */
export type Parameters = Record<string, string | number | boolean | null>
