import { randomUUID } from 'node:crypto'
import { Option } from 'commander'
import type { Table } from '../../lib/aws/dynamodb.ts'
import type { Act } from '../../lib/events/event.ts'
import { endpointsOf, openAccount } from './account.ts'
import type { Io } from './io.ts'
import { Refusal } from './refusal.ts'
import { program } from './run.ts'
import { findTable, type TargetOptions } from './target.ts'

/** A table, and the operator who changes what is in it. */
export interface OperatorTable extends Table {
  /** Returns who acts now, for the events of a change. */
  act(): Act
}

/** The local service's AWS has no users. */
const LOCAL_ARN = 'arn:aws:iam::000000000000:user/local'

/**
 * Returns a table with the operator who runs a command. It asks AWS once, so that no change is made without a name.
 *
 * @param command - As events name it, such as `users set-role`.
 * @throws {@link Refusal} `failed`, if AWS does not say whose credentials these are.
 */
export async function withOperator(
  table: Table,
  command: string,
  options: TargetOptions,
  { env, now }: Pick<Io, 'env' | 'now'>,
): Promise<OperatorTable> {
  const actorId = options.stage === undefined ? LOCAL_ARN : await callerArn(options.stage, options, env)
  const requestId = randomUUID()
  return { ...table, act: () => ({ actor: 'operator', actorId, via: command, requestId, now: now() }) }
}

/** Returns the ARN of the credentials of a stage; see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html. */
async function callerArn(stage: string, options: TargetOptions, env: Io['env']): Promise<string> {
  const { STSClient, GetCallerIdentityCommand } = await import('@aws-sdk/client-sts')
  const account = await openAccount(stage, options, env)
  const endpoint = env.AWS_ENDPOINT_URL_STS ?? endpointsOf(env).all?.href
  const client = new STSClient({ ...account, ...(endpoint && { endpoint }) })
  try {
    const { Arn } = await client.send(new GetCallerIdentityCommand({}))
    if (!Arn) throw new TypeError('no ARN')
    return Arn
  } catch (error) {
    const reason = (error as Error).name
    throw new Refusal(
      'failed',
      `AWS does not say whose credentials these are (sts:GetCallerIdentity: ${reason}). Nothing was changed.`,
    )
  } finally {
    client.destroy()
  }
}

/**
 * Creates a command that works on the table of a stage on AWS, or of the local service.
 *
 * @param what - What of the stage it manages, such as `users`. It is also its name.
 */
export function tableProgram(what: string, io: Io) {
  const print = (text: string) => void io.stdout.write(text)
  const command = program(what, `Manages the ${what} of a stage on AWS, or of the local service.`, io)
    .option('--stage <name>', `${what} of this stage on AWS`)
    .option('--local', `${what} of the local service`)
    .option('--endpoint <url>', 'with --local: address of its DynamoDB, if several services run')
    .option('--region <region>', 'with --stage: the AWS region')
    .option('--aws-profile, --profile <name>', 'with --stage: the AWS profile')
    .option('--service <name>', 'name of the service, if not that of serverless.yml')
    .option('--name-prefix <name>', 'beginning of its names on AWS, if not SERVICE-STAGE-auth')
    .option('--stack <name>', 'with --stage: name of its stack, if not SERVICE-STAGE')
  const options = () => command.opts<TargetOptions>()
  const table = async () => {
    const { table, local } = await findTable(options(), io.env, [what, ...command.args])
    // It may belong to another running service than the operator thinks.
    if (local) io.stderr.write(`Using the table at ${local.dynamoDb.origin}.\n`)
    return table
  }
  /** Returns the table with the operator, for a subcommand that changes something. */
  const operator = async (name: string) => withOperator(await table(), `${what} ${name}`, options(), io)
  return { command, options, table, operator, print, io }
}

/** A command with what its subcommands need. */
export type TableProgram = ReturnType<typeof tableProgram>

/** Adds a subcommand. The file of a subcommand exports one, and `command.ts` of the command lists them. */
export type Subcommand = (program: TableProgram) => void

/** Returns the option of a subcommand that prints JSON for programs. */
export const jsonOption = (): Option => new Option('--json', 'print JSON')

const MAX_LIMIT = 10_000

/**
 * Reads `--limit`.
 *
 * @throws {@link Refusal} `usage`
 */
export function readLimit(given: string): number {
  const limit = Number(given)
  if (!/^\d+$/.test(given) || limit < 1 || limit > MAX_LIMIT) {
    throw new Refusal('usage', `Invalid --limit. Use a whole number from 1 to ${MAX_LIMIT}.`)
  }
  return limit
}
