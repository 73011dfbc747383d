import type { FunctionDefinition, Hooks, Serverless } from '../framework.d.ts'
import { reject } from '../reject.ts'

/** Logical id of the log group that functions share. */
const SHARED_LOG_GROUP = 'LogGroup'

/** What a function says of the log group that the framework would make for it alone. */
const OF_OWN_GROUP = ['logRetentionInDays', 'logDataProtectionPolicy'] as const

/**
 * Serverless plugin: lets functions share the log group of `provider.logs.lambda`. One that names another in `logs` has that, as the
 * authorizer does: Lambda's records about a function that failed do not name it.
 *
 * The framework makes a log group for each function in any case.
 */
export default class LogsPlugin {
  readonly hooks: Hooks

  constructor(serverless: Serverless) {
    this.hooks = {
      initialize: () => {
        const faults = faultsOfLogs(serverless.service.functions)
        if (faults.length > 0) reject(...faults)
        const { naming } = serverless.getProvider('aws')
        // For `sls logs`, and for the permissions of roles.
        naming.getLogGroupName = (functionName) => {
          const all = Object.values(serverless.service.functions)
          return logGroupOf(
            serverless,
            all.find(({ name }) => name === functionName),
          )
        }
      },
      'before:package:finalize': () => shareLogGroups(serverless),
    }
  }
}

/** Finds functions that say something of a log group that is not theirs alone. */
export function faultsOfLogs(
  functions: Record<string, Pick<FunctionDefinition, 'logs' | (typeof OF_OWN_GROUP)[number]>>,
): string[] {
  return Object.entries(functions)
    .filter(([, { logs }]) => logs?.logGroup === undefined)
    .flatMap(([key, definition]) =>
      OF_OWN_GROUP.filter((name) => definition[name] !== undefined).map(
        (name) =>
          `Function ${key} has ${name}, but shares its log group. Name one of its own in logs.logGroup.`,
      ),
    )
}

function logGroupOf({ service }: Serverless, definition: FunctionDefinition | undefined): string {
  return definition?.logs?.logGroup ?? service.provider.logs.lambda.logGroup
}

/** Returns the log groups of functions by name: the logical id of each, which is that of the first function with it. */
export function logGroupIds(serverless: Serverless): Map<string, string> {
  const { naming } = serverless.getProvider('aws')
  const ids = new Map([[serverless.service.provider.logs.lambda.logGroup, SHARED_LOG_GROUP]])
  for (const [key, definition] of Object.entries(serverless.service.functions)) {
    const name = logGroupOf(serverless, definition)
    if (!ids.has(name)) ids.set(name, naming.getLogGroupLogicalId(key))
  }
  return ids
}

/** Leaves one resource for each log group. The shared one has what `provider` says, and no setting of a function. */
function shareLogGroups(serverless: Serverless): void {
  const { provider, functions } = serverless.service
  const { naming } = serverless.getProvider('aws')
  const { Resources } = provider.compiledCloudFormationTemplate
  const ids = logGroupIds(serverless)
  for (const [key, definition] of Object.entries(functions)) {
    const own = naming.getLogGroupLogicalId(key)
    if (Resources[own] === undefined) continue
    const id = ids.get(logGroupOf(serverless, definition)) ?? own
    const lambda = Resources[naming.getLambdaLogicalId(key)]
    if (lambda) lambda.DependsOn = lambda.DependsOn?.map((one) => (one === own ? id : one)) ?? []
    if (id !== own) delete Resources[own]
  }
  Resources[SHARED_LOG_GROUP] = {
    Type: 'AWS::Logs::LogGroup',
    Properties: {
      LogGroupName: provider.logs.lambda.logGroup,
      RetentionInDays: provider.logRetentionInDays,
      ...(provider.logDataProtectionPolicy && { DataProtectionPolicy: provider.logDataProtectionPolicy }),
    },
  }
}
