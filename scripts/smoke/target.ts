import { missingTarget } from '../../project/commands.ts'
import { openAccount } from '../cli/account.ts'
import type { Io } from '../cli/io.ts'
import type { LocalService } from '../cli/local.ts'
import { type OperatorTable, withOperator } from '../cli/operator.ts'
import { Refusal } from '../cli/refusal.ts'
import { cloudFormationOf, findStack, outputOf } from '../cli/stack.ts'
import { findTable, type TargetOptions } from '../cli/target.ts'
import { type Log, logOf } from './visit/logs.ts'

export type SmokeOptions = TargetOptions

/** A service to test. */
export interface Target {
  /** Address without a slash at the end. */
  url: string
  /** The name of the table is the realm of the gateway's challenges. */
  table: OperatorTable
  /** Option of the operator's commands that selects the table. */
  option: string
  /** Origin of pages that use passkeys, if the stack names it. */
  rpOrigin?: string | undefined
  /** ARN of the stream of the events that `publish-event` reads, if the stage has an event bus. */
  stream?: string | undefined
  /** Log group of the function `login`. The local service has none. */
  log?: Log
}

/**
 * Finds the service to test: the address from the outputs of the stack, unless the options give another one.
 *
 * @param typed - Arguments that belong to no option.
 * @throws {@link Refusal} `usage`, if the options do not select exactly one service, and what `findTable` and
 *   `findStack` throw.
 */
export async function findTarget(
  options: SmokeOptions,
  io: Pick<Io, 'env' | 'now'>,
  typed: readonly string[],
): Promise<Target> {
  const { stage, local, url } = options
  if (typed.length > 0 || (stage === undefined && !local)) {
    // npm takes options before a double dash for itself. The command sees at most the name of the stage.
    throw new Refusal('usage', missingTarget('smoke', '--stage NAME'))
  }
  const given = url === undefined ? undefined : readUrl(url)
  const { env } = io
  const found = await findTable({ ...options, url: given }, env, ['smoke'])
  const table = await withOperator(found.table, 'smoke', options, io)
  const { service, namePrefix } = options
  const ofService = [
    ...(service === undefined ? [] : [` --service ${service}`]),
    ...(namePrefix === undefined ? [] : [` --name-prefix ${namePrefix}`]),
  ].join('')
  if (stage === undefined)
    return { url: given ?? localUrl(found.local), table, option: `--local${ofService}` }
  const account = await openAccount(stage, options, env)
  const option = `--stage ${stage}${ofService}`
  const log = logOf(table.name, account, env)
  const stack = await findStack(cloudFormationOf(account, env), { ...options, stage }, account.region)
  const [rpOrigin] = outputOf(stack, 'RpOrigins').split(',')
  return {
    url: given ?? readUrl(outputOf(stack, 'ServiceEndpoint')),
    table,
    option,
    rpOrigin: rpOrigin || undefined,
    stream: outputOf(stack, 'EventsStream') || undefined,
    log,
  }
}

/** The address of the gateway is known, unless `--endpoint` names a service of another user. */
function localUrl(local: LocalService | undefined): string {
  if (local?.url !== undefined) return local.url
  throw new Refusal('usage', 'No local service is known to have this table. Give --url, too.')
}

/** A password is sent to this address, so it must be encrypted, or on this machine. */
function readUrl(text: string): string {
  const { protocol, hostname, origin, pathname } = URL.canParse(text) ? new URL(text) : new URL('none:')
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
  if (protocol === 'https:' || (protocol === 'http:' && isLocal))
    return `${origin}${pathname}`.replace(/\/+$/, '')
  throw new Refusal('usage', 'Invalid --url. Use https, or http on this machine.')
}
