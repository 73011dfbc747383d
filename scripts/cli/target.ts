import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type AwsSettings, awsClient, withTimeout } from '../../lib/aws/client.ts'
import type { Table } from '../../lib/aws/dynamodb.ts'
import { readConfig } from '../../lib/config.ts'
import { DYNAMODB_PORT } from '../../local/ports.ts'
import { Refusal } from './refusal.ts'

/** Where the accounts are, as the operator says it. */
export interface TargetOptions {
  stage?: string
  local?: boolean
  endpoint?: string
  region?: string
  profile?: string
}

/** Time for one call of the store, retries included. */
const CALL_TIMEOUT_MS = 10_000

export type Environment = Record<string, string | undefined>

/** Name of a stage's stack and of its table. */
export const nameOf = (stage: string) => `serverless-jwt-auth-${stage}`

/**
 * Opens the table of a stage on AWS, or of the local service.
 *
 * @param env - Environment; of it, what the AWS SDKs read too.
 * @throws {@link Refusal} `usage`, if the options do not name exactly one table.
 */
export async function openTarget(options: TargetOptions, env: Environment): Promise<Table> {
  const { stage, local = false } = options
  if ((stage !== undefined) === local) {
    throw new Refusal('usage', 'Say whose accounts: either --stage NAME or --local.')
  }
  return stage === undefined ? openLocal(options) : await openStage(stage, options, env)
}

function openLocal({ endpoint, region, profile }: TargetOptions): Table {
  if (region !== undefined || profile !== undefined) {
    throw new Refusal('usage', '--region and --profile go with --stage; the local service has neither.')
  }
  const address = endpoint ?? `http://127.0.0.1:${DYNAMODB_PORT}`
  if (!/^https?:/.test(address) || !URL.canParse(address)) {
    throw new Refusal('usage', '--endpoint must be a URL such as http://127.0.0.1:8000.')
  }
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const endpoints = { dynamodb: new URL(address) }
  return tableWith({ region: 'local', credentials, endpoints }, 'dev')
}

async function openStage(stage: string, options: TargetOptions, env: Environment): Promise<Table> {
  if (options.endpoint !== undefined) {
    throw new Refusal('usage', '--endpoint goes with --local; for AWS set AWS_ENDPOINT_URL_DYNAMODB.')
  }
  const account = await openAccount(stage, options, env)
  return tableWith({ ...account, endpoints: endpointsOf(env) }, stage)
}

const tableWith = (settings: AwsSettings, stage: string): Table => ({
  aws: withTimeout(awsClient(settings), CALL_TIMEOUT_MS),
  name: nameOf(stage),
})

/**
 * Finds region and credentials for a stage on AWS.
 *
 * @throws {@link Refusal} `usage`, if the stage can be none, or region or credentials are nowhere to be found.
 */
export async function openAccount(
  stage: string,
  options: Pick<TargetOptions, 'region' | 'profile'>,
  env: Environment,
) {
  if (!/^[a-z0-9-]{1,128}$/.test(stage)) {
    throw new Refusal('usage', 'A stage is named with a-z, 0-9 and hyphens.')
  }
  const region =
    options.region ?? env.AWS_REGION ?? profileRegion(options.profile ?? env.AWS_PROFILE ?? 'default', env)
  if (region === undefined || !/^[a-z0-9-]+$/.test(region)) {
    throw new Refusal('usage', 'Say which region: --region, AWS_REGION, or region in the AWS profile.')
  }
  return { region, credentials: await findCredentials(options) }
}

function endpointsOf(env: Environment): AwsSettings['endpoints'] {
  try {
    const config = readConfig(['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_DYNAMODB'], env)
    return { dynamodb: config.AWS_ENDPOINT_URL_DYNAMODB ?? config.AWS_ENDPOINT_URL }
  } catch (error) {
    throw new Refusal('usage', (error as Error).message)
  }
}

async function findCredentials({ profile }: Pick<TargetOptions, 'profile'>) {
  // Half a second of loading that local commands and refusals need not wait for.
  const { fromNodeProviderChain } = await import('@aws-sdk/credential-providers')
  try {
    return await fromNodeProviderChain(profile === undefined ? {} : { profile })()
  } catch (error) {
    const reason = (error as Error).message.replace(/\s+/g, ' ')
    throw new Refusal('usage', `No AWS credentials: ${reason}`)
  }
}

/** The region that AWS's shared configuration file gives a profile. The credential chain keeps it to itself. */
function profileRegion(profile: string, env: Environment): string | undefined {
  const file = env.AWS_CONFIG_FILE ?? join(homedir(), '.aws', 'config')
  let section: string | undefined
  for (const line of readIfThere(file).split(/\r?\n/)) {
    section = /^\s*\[\s*(?:profile\s+)?["']?([^\]"']+?)["']?\s*\]/.exec(line)?.[1] ?? section
    const region = /^region\s*=\s*(\S+)/.exec(line)?.[1]
    if (section === profile && region !== undefined) return region
  }
  return undefined
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
