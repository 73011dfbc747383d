import type { AwsCall } from '../../lib/aws/client.ts'
import type { Table } from '../../lib/aws/dynamodb.ts'
import { operatorClient } from '../../lib/aws/operator.ts'
import { eventsTableOf } from '../../lib/events/event.ts'
import { OPERATOR_REGION } from '../../local/rest-json.ts'
import { missingTarget } from '../../project/commands.ts'
import { namesOf } from '../../project/names.ts'
import { type AccountOptions, endpointsOf, openAccount } from './account.ts'
import type { Environment } from './io.ts'
import { findLocal, type LocalOptions, type LocalService } from './local.ts'
import { localStageOf, prefixOf, serviceOf } from './project.ts'
import { Refusal } from './refusal.ts'
import { shownWords } from './run.ts'

/** Options that select a table. */
export interface TargetOptions extends AccountOptions, LocalOptions {
  stage?: string
  local?: boolean
}

/** A table, and the local service that it belongs to, if it is not on AWS. */
export interface Found {
  table: Table
  local?: LocalService
}

/**
 * Finds the table of a stage on AWS, or of the local service.
 *
 * @param env - Environment. Region and credentials come from the variables that the AWS SDKs read.
 * @param typed - Command and arguments as typed, for the error about a missing target.
 * @throws {@link Refusal} `usage`, if the options do not select exactly one table. `failed`, if the local
 *   service does not run.
 */
export async function findTable(
  options: TargetOptions,
  env: Environment,
  typed: readonly string[],
): Promise<Found> {
  const { stage, local = false } = options
  const [program = 'users', ...words] = typed
  if (stage !== undefined && local)
    throw new Refusal('usage', 'Use either --stage NAME or --local, not both.')
  if (stage !== undefined) return { table: await stageTable(stage, options, env) }
  if (local) return await localTable(options)
  // npm takes options before a double dash for itself. The command never sees them.
  throw new Refusal('usage', missingTarget(program, `${shownWords(words)} --local`))
}

async function localTable(options: TargetOptions): Promise<Found> {
  const { region, profile } = options
  if (region !== undefined || profile !== undefined) {
    throw new Refusal('usage', 'Use --region and --aws-profile only with --stage.')
  }
  const local = await findLocal(options)
  const { dynamoDb: url } = local
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  // The local Lambda and KMS listen at the same address.
  const aws = operatorClient({
    region: OPERATOR_REGION,
    credentials,
    endpoints: { dynamodb: url, lambda: url, kms: url },
  })
  return { table: { aws, name: await localName(aws, options, url) }, local }
}

/**
 * Finds the table of the local service, whose stage only its own start knows. The address that an operator gives may be that of another
 * service.
 */
async function localName(aws: AwsCall, options: TargetOptions, url: URL): Promise<string> {
  const service = serviceOf(options.service)
  const { TableNames = [] } = (await aws('dynamodb', 'ListTables', {})) as { TableNames?: string[] }
  const stage = options.service === undefined ? localStageOf() : 'dev'
  const usual = namesOf(prefixOf({ ...options, stage })).tableName
  const all = TableNames.filter((name) => TableNames.includes(eventsTableOf({ name })))
  const isOnly = options.endpoint === undefined && all.length === 1
  const names = all.filter((name) => isOnly || name === usual || name.startsWith(`${service}-`))
  const [only, ...others] = names
  if (only === undefined) {
    throw new Refusal(
      'failed',
      `The service at ${url.origin} is not ${service}. Leave --endpoint out, or give --service NAME.`,
    )
  }
  if (others.length === 0) return only
  if (names.includes(usual)) return usual
  throw new Refusal('failed', `Several tables may be that of the users: ${names.join(', ')}.`)
}

async function stageTable(stage: string, options: TargetOptions, env: Environment): Promise<Table> {
  if (options.endpoint !== undefined) {
    throw new Refusal('usage', 'Use --endpoint only with --local. For AWS, set AWS_ENDPOINT_URL_DYNAMODB.')
  }
  const account = await openAccount(stage, options, env)
  const { dynamodb, lambda, kms } = endpointsOf(env)
  return {
    aws: operatorClient({ ...account, endpoints: { dynamodb, lambda, kms } }),
    name: namesOf(prefixOf({ ...options, stage })).tableName,
  }
}
