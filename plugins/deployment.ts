import { rmSync } from 'node:fs'
import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import { operatorClient, readEndpoints } from '../lib/aws/operator.ts'
import { IS_PACKAGE } from '../project/origin.ts'
import { APPLICATION } from './config/checked.ts'
import { noticeEffects } from './config/effects.ts'
import { faultsOfTokens } from './config/longest-tokens.ts'
import type { Parameters, Serverless, Variable } from './framework.d.ts'
import { faultsOfOptions } from './options.ts'
import { faultsOfPolicy } from './parameters/factor-policy.ts'
import { faultsOfForgotten, outputsOfLasting } from './parameters/lasting.ts'
import { faultsOfPrefix } from './parameters/name-prefix.ts'
import { faultsOf, parametersOf } from './parameters/parameters.ts'
import { faultOfChange, noticeOfRelyingParty, relyingPartyOf } from './parameters/relying-party.ts'
import { ownershipOf } from './project/ownership.ts'
import { faultOfRegion, regionOf } from './region.ts'
import { reject, rejectAny } from './reject.ts'
import { faultsOfRemains } from './remains.ts'

/** Whether a command makes packages for AWS. */
const isOfPackages = ({ commands }: Serverless['processedInput']) =>
  ['deploy', 'package'].includes(commands[0] ?? '')

/** Commands that call AWS, except `invoke local`. */
const REMOTE = ['deploy', 'remove', 'info', 'invoke', 'logs', 'metrics', 'rollback']

/**
 * Serverless plugin for deployments:
 *
 * - It rejects what cannot be deployed, before anything is created: faulty parameters, and regions of another
 *   partition. It rejects a first deployment for which a table or key exists, and a later one that changes the names of
 *   the running stage, or forgets a parameter.
 * - It resolves `${deployed:OUTPUT}` to an output of the deployed stack.
 * - It resolves `${relyingParty:id}` and `${relyingParty:origins}`, which passkeys are bound to.
 * - It builds apart from a local service.
 */
export default class DeploymentPlugin {
  readonly hooks = {
    initialize: () => {
      this.rejectFaults()
      if (isOfPackages(this.serverless.processedInput)) noticeEffects(this.serverless)
      this.takeDeployedRpId()
      this.recordLasting()
      this.emptyBuildFolder()
    },
    // Before anything is bundled.
    'before:package:initialize': () => this.checkStage(),
    'before:deploy:deploy': async () => {
      await this.checkRemains()
      this.checkRelyingParty()
    },
  }
  readonly configurationVariablesSources = {
    deployed: { resolve: (variables: Variable) => this.readOutput(variables) },
    relyingParty: { resolve: (variables: Variable) => this.readRelyingParty(variables) },
  }
  private deployedRpId = ''
  private readonly serverless: Serverless

  constructor(serverless: Serverless) {
    this.serverless = serverless
    if (isOfPackages(serverless.processedInput) && !IS_PACKAGE) {
      serverless.extendConfiguration(
        ['custom', 'esbuild', 'outputWorkFolder'],
        `\${param:buildFolder}/package`,
      )
    }
  }

  /**
   * Rejects faults early: later the framework rejects some of them itself, in many lines that name no parameter. The options of other
   * plugins are known when all have been constructed.
   */
  async asyncInit(): Promise<void> {
    this.rejectFaults()
  }

  /**
   * Empties the folder that a package is built in. Archives contain all that is there, and it is deleted afterwards, so it is not
   * that of a local service.
   */
  private emptyBuildFolder(): void {
    const { processedInput, service, serviceDir } = this.serverless
    if (!isOfPackages(processedInput) || IS_PACKAGE) return
    rmSync(`${serviceDir}/${service.custom.esbuild.outputWorkFolder}`, { recursive: true, force: true })
  }

  private rejectFaults(): void {
    const { configurationInput, processedInput, pluginManager } = this.serverless
    if (processedInput.isHelpRequest) return
    const { stage } = configurationInput.provider
    const parameters = parametersOf(configurationInput.params, stage, processedInput.options.param ?? [])
    rejectAny([
      ...faultsOfOptions(
        processedInput,
        process.env,
        pluginManager.plugins.flatMap(({ commands }) => commands ?? []),
      ),
      ...faultsOf(
        stage,
        parameters,
        isOfPackages(processedInput) ? undefined : 'http://localhost',
        ownershipOf(this.serverless).parameters,
      ),
      ...faultsOfPolicy(parameters, APPLICATION, stage),
      ...faultsOfTokens(parameters),
      ...this.faultsOfRegion(),
      ...this.faultsOfSigningKey(),
    ])
  }

  private faultsOfRegion(): string[] {
    const { processedInput } = this.serverless
    const { commands, options } = processedInput
    const region = IS_PACKAGE ? regionOf(this.serverless) : (options.region ?? process.env.AWS_REGION)
    const fault = region && isOfPackages(processedInput) ? faultOfRegion(region) : undefined
    if (fault !== undefined) return [fault]
    if (region || !REMOTE.includes(commands[0] ?? '') || commands.join(' ') === 'invoke local') return []
    return [
      `No region. Give --region, or ${IS_PACKAGE ? 'write provider.region in your configuration' : 'set AWS_REGION'}.`,
    ]
  }

  private faultsOfSigningKey(): string[] {
    const { configurationInput, processedInput } = this.serverless
    const faults: string[] = []
    if (processedInput.commands.join(' ') === 'deploy' && processedInput.options.package !== undefined) {
      faults.push('Deploy without --package. A package does not know which key signs.')
    }
    const { signs, publishes } = configurationInput.custom.auth
    if (['a', 'b'].includes(signs) && !publishes.includes(signs)) {
      faults.push(`The parameter publishedKeys must include the signing key ${signs}: a,b or ${signs}.`)
    }
    return faults
  }

  /** Reads an output of the deployed stack. The value is null for other commands and before the first deployment. */
  private async readOutput({ address, resolveVariable }: Variable): Promise<{ value: unknown }> {
    const [command, subcommand] = this.serverless.processedInput.commands
    if (command !== 'deploy' || subcommand === 'list') return { value: null }
    const ofProject = await resolveVariable('self:provider.stackName, null')
    const stack =
      ofProject || `${await resolveVariable('self:service')}-${await resolveVariable('sls:stage')}`
    const value = await resolveVariable(`cf:${stack}.${address}, null`).catch((error: Error) =>
      reject(faultOfRead(error)),
    )
    return { value }
  }

  /** Resolves the default of `rpId` or `rpOrigins`. The value is null at the API's own address, which CloudFormation knows. */
  private async readRelyingParty({ address, resolveVariable }: Variable): Promise<{ value: string | null }> {
    const names = ['rpId', 'rpOrigins', 'publicUrl', 'issuer']
    const values = await Promise.all(names.map((name) => resolveVariable(`param:${name}, null`)))
    const parameters = Object.fromEntries(names.map((name, index) => [name, values[index] ?? null]))
    const localUrl = (await resolveVariable('local:url, null')) as string | null
    const { id, origins } = relyingPartyOf(parameters as Parameters, localUrl ?? undefined)
    return { value: (address === 'id' ? id : origins.join(',')) || null }
  }

  /**
   * Takes the deployed RP ID out of the configuration. The framework compares its configuration with that of the deployment before,
   * and would find a change after the first one.
   */
  private takeDeployedRpId(): void {
    const { auth } = this.serverless.service.custom
    this.deployedRpId = auth.deployedRpId ?? ''
    delete auth.deployedRpId
  }

  /** Rejects a first deployment if the table or a key of an earlier stack exists. */
  private async checkRemains(): Promise<void> {
    if (this.deployedRpId !== '' || (await this.readStack()).exists) return
    const provider = this.serverless.getProvider('aws')
    const { tableName, keyA, keyB, factorKey } = this.serverless.service.custom.auth
    const credentials = await provider.getAwsSdkV3CredentialsProvider()()
    const endpoints = readEndpoints(process.env)
    const aws = operatorClient({ region: provider.getRegion(), credentials, endpoints })
    const faults = await faultsOfRemains(aws, { tableName, aliases: [keyA, keyB, factorKey] })
    rejectAny(faults)
  }

  /** Reads the stack of the stage. If CloudFormation cannot say, it may exist: the deployment itself finds out. */
  private async readStack(): Promise<{ exists: boolean; outputs: Record<string, string> }> {
    const provider = this.serverless.getProvider('aws')
    const client = await provider.getCloudFormationClient()
    const StackName = provider.naming.getStackName()
    return await client.send(new DescribeStacksCommand({ StackName })).then(
      ({ Stacks = [] }) => ({
        exists: Stacks.some(({ StackStatus }) => StackStatus !== 'REVIEW_IN_PROGRESS'),
        outputs: Object.fromEntries(
          Stacks.flatMap(({ Outputs = [] }) => Outputs).map((one) => [one.OutputKey, one.OutputValue]),
        ),
      }),
      ({ message }: Error) => ({ exists: !message.includes('does not exist'), outputs: {} }),
    )
  }

  /** Names of the parameters that this command gets, from files or the command line. */
  private namesGiven(): ReadonlySet<string> {
    const { configurationInput, processedInput } = this.serverless
    const { written, cleared } = ownershipOf(this.serverless)
    const given = parametersOf(written, configurationInput.provider.stage, processedInput.options.param ?? [])
    const names = Object.keys({ ...given, ...cleared })
    return new Set(names.filter((name) => name in cleared || given[name] !== null))
  }

  /** Records in the stack what this deployment gives, for the next one. */
  private recordLasting(): void {
    const { custom, resources } = this.serverless.service
    const outputs = outputsOfLasting(this.namesGiven(), custom.auth.lasting)
    resources.Outputs = { ...resources.Outputs, ...outputs }
  }

  /** Rejects a deployment that would give the running stage other names, or set back a parameter because it is not given. */
  private async checkStage(): Promise<void> {
    const { processedInput, service, configurationInput } = this.serverless
    if (processedInput.commands.join(' ') !== 'deploy') return
    const { outputs } = await this.readStack()
    const { stage } = configurationInput.provider
    const { prefix, lasting } = service.custom.auth
    rejectAny([
      ...faultsOfPrefix(outputs, prefix, stage),
      ...faultsOfForgotten(outputs, this.namesGiven(), lasting, stage),
    ])
  }

  /** Says before the first deployment what can never change, and rejects a later one that changes it. */
  private checkRelyingParty(): void {
    const { deployedRpId } = this
    const { rpId } = this.serverless.service.custom.auth
    if (deployedRpId === '') {
      console.log(noticeOfRelyingParty(rpId))
      return
    }
    const fault = faultOfChange(deployedRpId, rpId)
    if (fault !== undefined && !this.serverless.processedInput.options.force) reject(fault)
  }
}

/** Returns why the deployed stack cannot be read. The framework names a variable of `serverless.yml` before the reason. */
function faultOfRead({ message }: Error): string {
  const reason = message.replace(/^Cannot resolve variable at "[^"]*": /, '')
  return reason.startsWith('AWS provider credentials not found')
    ? 'No AWS credentials. Give --aws-profile, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.'
    : `Cannot read the deployed stack: ${reason}`
}
