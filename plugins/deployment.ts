import { faultsOfOptions } from './options.ts'
import { faultsOf, type Parameters, parametersOf } from './parameters.ts'

interface Resource {
  Properties: { Policies: [{ PolicyDocument: { Statement: [{ Action: string[] }] } }] }
}

// Of the framework, just what is used here.
interface Serverless {
  service: {
    functions: Record<string, { iamRoleStatements?: object[] }>
    provider: { compiledCloudFormationTemplate: { Resources: Record<string, Resource> } }
  }
  configurationInput: {
    params: Record<string, Parameters>
    provider: { stage: string }
    custom: { signs: string; publishes: string }
  }
  processedInput: {
    commands: string[]
    options: { param?: string[]; region?: string; package?: string }
    isHelpRequest: boolean
  }
  classes: { Error: new (message: string) => Error }
}

interface Variables {
  address: string
  resolveVariable(variable: string): Promise<unknown>
}

/** Commands that speak to AWS; `invoke local` does not. */
const REMOTE = ['deploy', 'remove', 'info', 'invoke', 'logs', 'metrics', 'rollback']

/**
 * Serverless plugin: refuses what cannot be deployed, before anything is created; knows what the stack says of
 * itself, as `${deployed:OUTPUT}`; and leaves no function a permission that it does not ask for.
 */
export default class DeploymentPlugin {
  readonly hooks = {
    initialize: () => {
      this.refuseFaults()
      this.giveRoles()
    },
    'before:package:finalize': () => this.narrowRoles(),
  }
  readonly configurationVariablesSources = {
    deployed: { resolve: (variables: Variables) => this.readOutput(variables) },
  }
  private readonly serverless: Serverless

  /** Here too, as the framework refuses some of it by itself later on, with many lines that name no parameter. */
  constructor(serverless: Serverless) {
    this.serverless = serverless
    this.refuseFaults()
  }

  private refuseFaults(): void {
    const { configurationInput, processedInput, classes } = this.serverless
    if (processedInput.isHelpRequest) return
    const { stage } = configurationInput.provider
    const { param = [], region = process.env.AWS_REGION, package: folder } = processedInput.options
    const faults = [
      ...faultsOfOptions(processedInput, process.env),
      ...faultsOf(stage, parametersOf(configurationInput.params, stage, param)),
    ]

    const command = processedInput.commands.join(' ')
    if (REMOTE.includes(processedInput.commands[0] ?? '') && command !== 'invoke local' && !region) {
      faults.push('Say which region: give --region, or set AWS_REGION.')
    }
    if (command === 'deploy' && folder !== undefined) {
      faults.push('Deploy without --package: a package does not know which key signs.')
    }
    const { signs, publishes } = configurationInput.custom
    if (['a', 'b'].includes(signs) && !publishes.includes(signs)) {
      faults.push(
        `The key that signs is ${signs}, so the parameter publishedKeys must have it: a,b or ${signs}.`,
      )
    }
    if (faults.length > 0) throw new classes.Error(faults.join('\n'))
  }

  /** For commands that deploy, an output of the stack as it is deployed. For others, and at first, there is none. */
  private async readOutput({ address, resolveVariable }: Variables): Promise<{ value: unknown }> {
    const [command, subcommand] = this.serverless.processedInput.commands
    if (command !== 'deploy' || subcommand === 'list') return { value: null }
    const stack = `${await resolveVariable('self:service')}-${await resolveVariable('self:provider.stage')}`
    return { value: await resolveVariable(`cf:${stack}.${address}, null`) }
  }

  /** A function that says nothing of permissions gets a role that may log, and no more. */
  private giveRoles(): void {
    for (const one of Object.values(this.serverless.service.functions)) one.iamRoleStatements ??= []
  }

  /**
   * The framework makes one role for all functions, which none has by now. The first statement of each
   * function's own lets it make its log group, which the stack does.
   */
  private narrowRoles(): void {
    const { Resources } = this.serverless.service.provider.compiledCloudFormationTemplate
    delete Resources.IamRoleLambdaExecution
    for (const [id, { Properties }] of Object.entries(Resources)) {
      if (!id.endsWith('IamRoleLambdaExecution')) continue
      const [logging] = Properties.Policies[0].PolicyDocument.Statement
      logging.Action = logging.Action.filter((action) => action !== 'logs:CreateLogGroup')
    }
  }
}
