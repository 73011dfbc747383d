import type { FunctionDefinition, Hooks, Serverless } from '../framework.d.ts'
import { ownershipOf, serviceFunctions } from '../project/ownership.ts'
import { rejectAny } from '../reject.ts'

/** Logical id of the log group that functions share. */
const SHARED_LOG_GROUP = 'LogGroup'

/** How long logs are kept where `provider.logRetentionInDays` says nothing. */
const RETENTION_DAYS = 30

/** What a function says of the log group that the framework would make only for it. */
const OF_OWN_GROUP = ['logRetentionInDays', 'logDataProtectionPolicy'] as const

/**
 * Serverless plugin: lets the functions of the service share a log group. One that names another in `logs` has that, as the authorizer
 * does: Lambda's records about a function that failed do not name it (docs/decisions/0125-two-log-groups.md). A function of the project
 * that names the shared group shares it.
 *
 * The framework makes a log group for each function of the project. Its name is that of the function, also where `logs` names another.
 */
export default class LogsPlugin {
  readonly hooks: Hooks

  constructor(serverless: Serverless) {
    this.hooks = {
      initialize: () => {
        const faults = faultsOfLogs(serviceFunctions(serverless), serverless.service.custom.auth.logGroup)
        rejectAny(faults)
        const { naming } = serverless.getProvider('aws')
        const nameOf = naming.getLogGroupName
        // For `sls logs`, and for the permissions of roles.
        naming.getLogGroupName = (functionName) =>
          groupsOf(serverless).find(({ definition }) => definition.name === functionName)?.group ??
          nameOf.call(naming, functionName)
      },
      'before:package:finalize': () => shareLogGroups(serverless),
    }
  }
}

/** Finds functions that say something of a log group that others have too. */
export function faultsOfLogs(
  functions: Record<string, Pick<FunctionDefinition, 'logs' | (typeof OF_OWN_GROUP)[number]>>,
  shared: string,
): string[] {
  return Object.entries(functions)
    .filter(([, { logs }]) => [undefined, shared].includes(logs?.logGroup))
    .flatMap(([key, definition]) =>
      OF_OWN_GROUP.filter((name) => definition[name] !== undefined).map(
        (name) =>
          `Function ${key} has ${name}, but shares its log group. Name one of its own in logs.logGroup.`,
      ),
    )
}

/** Returns the functions of the service, and those of the project that share its log group, with their groups. */
function groupsOf(serverless: Serverless): { key: string; definition: FunctionDefinition; group: string }[] {
  const { provider, custom, functions } = serverless.service
  const keys = ownershipOf(serverless).functions
  return Object.entries(functions).flatMap(([key, definition]) => {
    const group = definition.logs?.logGroup ?? provider.logs?.lambda?.logGroup
    if (keys.has(key)) return [{ key, definition, group: definition.logs?.logGroup ?? custom.auth.logGroup }]
    return group === custom.auth.logGroup ? [{ key, definition, group }] : []
  })
}

/** Returns the log groups of the service by name: the logical id of each, which is that of the first function with it. */
export function logGroupIds(serverless: Serverless): Map<string, string> {
  const { naming } = serverless.getProvider('aws')
  const ids = new Map([[serverless.service.custom.auth.logGroup, SHARED_LOG_GROUP]])
  for (const { key, group } of groupsOf(serverless)) {
    if (!ids.has(group)) ids.set(group, naming.getLogGroupLogicalId(key))
  }
  return ids
}

/** Adds one resource for each log group of the service. It has what `provider` says of logs, and no setting of a function. */
function shareLogGroups(serverless: Serverless): void {
  const { provider } = serverless.service
  const { naming } = serverless.getProvider('aws')
  const { Resources } = provider.compiledCloudFormationTemplate
  const ids = logGroupIds(serverless)
  const groups = groupsOf(serverless)
  for (const { key, group } of groups) {
    const own = naming.getLogGroupLogicalId(key)
    const id = ids.get(group) ?? own
    const lambda = Resources[naming.getLambdaLogicalId(key)]
    if (lambda) lambda.DependsOn = lambda.DependsOn?.map((one) => (one === own ? id : one)) ?? []
    delete Resources[own]
  }
  for (const [name, id] of ids) {
    const { definition } = groups.find((one) => one.group === name && id !== SHARED_LOG_GROUP) ?? {}
    const policy = definition?.logDataProtectionPolicy ?? provider.logDataProtectionPolicy
    Resources[id] = {
      Type: 'AWS::Logs::LogGroup',
      Properties: {
        LogGroupName: name,
        RetentionInDays: definition?.logRetentionInDays ?? provider.logRetentionInDays ?? RETENTION_DAYS,
        ...(policy && { DataProtectionPolicy: policy }),
      },
    }
  }
}
