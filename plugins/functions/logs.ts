import type { FunctionDefinition, Hooks, Serverless } from '../framework.d.ts'

/** Logical id of the log group that functions share. */
const SHARED_LOG_GROUP = 'LogGroup'

/**
 * Serverless plugin: lets functions share the log group of `provider.logs.lambda`. One that names its own in `logs` keeps it, as the
 * authorizer does: Lambda's records about a function that failed do not name it.
 *
 * The framework makes a log group for each function.
 */
export default class LogsPlugin {
  readonly hooks: Hooks

  constructor(serverless: Serverless) {
    this.hooks = {
      initialize: () => {
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
      'before:package:finalize': () => shareLogGroup(serverless),
    }
  }
}

function logGroupOf({ service }: Serverless, definition: FunctionDefinition | undefined): string {
  return definition?.logs?.logGroup ?? service.provider.logs.lambda.logGroup
}

/** Returns the logical ids of the log groups of functions. */
export function logGroupIds(serverless: Serverless): string[] {
  const { naming } = serverless.getProvider('aws')
  const own = Object.entries(serverless.service.functions).filter(
    ([, { logs }]) => logs?.logGroup !== undefined,
  )
  return [SHARED_LOG_GROUP, ...own.map(([key]) => naming.getLogGroupLogicalId(key))]
}

function shareLogGroup(serverless: Serverless): void {
  const { service } = serverless
  const { naming } = serverless.getProvider('aws')
  const { Resources } = service.provider.compiledCloudFormationTemplate
  for (const [key, { logs }] of Object.entries(service.functions)) {
    const id = naming.getLogGroupLogicalId(key)
    const group = Resources[id]
    if (group === undefined || logs?.logGroup !== undefined) continue
    Resources[SHARED_LOG_GROUP] ??= group
    delete Resources[id]
    const lambda = Resources[naming.getLambdaLogicalId(key)]
    if (lambda) lambda.DependsOn = lambda.DependsOn?.map((one) => (one === id ? SHARED_LOG_GROUP : one)) ?? []
  }
}
