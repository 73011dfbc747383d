import { setTimeout as sleep } from 'node:timers/promises'
import { CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs'
import { functionName, namesOf } from '../../../project/names.ts'
import { endpointsOf } from '../../cli/account.ts'
import type { Environment } from '../../cli/io.ts'
import type { Account } from '../../cli/stack.ts'
import { Difference } from './responses.ts'
import type { SmokeUser } from './user.ts'

/** How far an operator's clock may be ahead. */
const CLOCK_TOLERANCE_MS = 10 * 60_000

const PAUSE_MS = 2_000

/** A function's part of the log group that functions share. */
export interface Log {
  client: CloudWatchLogsClient
  group: string
  functionName: string
}

/** Opens the log of `login`. Searching it needs the permission `logs:FilterLogEvents`. */
export function logOf(prefix: string, account: Account, env: Environment): Log {
  const endpoint = env.AWS_ENDPOINT_URL_CLOUDWATCH_LOGS ?? endpointsOf(env).all?.href
  const client = new CloudWatchLogsClient({ ...account, ...(endpoint && { endpoint }) })
  return { client, group: namesOf(prefix).logGroup, functionName: functionName(prefix, 'login') }
}

/**
 * Checks by the log of the function `login` that the instance that served a sign-in hashes by Node.js itself.
 *
 * An instance logs `argon2.fallback` when it starts, and writes all its records to one stream, which has the name of its function
 * (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html). So the stream with a record of the
 * user decides, however long ago the instance started.
 *
 * @param begun - When the test began.
 * @throws {@link Difference} after the timeout, too.
 */
export async function expectNativeArgon2(
  { client, group, functionName }: Log,
  { id, username }: SmokeUser,
  begun: Date,
  timeoutMs: number,
  abortSignal: AbortSignal,
): Promise<void> {
  const isOfFunction = (stream: string) => stream.includes(`/${functionName}[`)
  const streamWith = async (words: string, place: object) => {
    const input = { logGroupName: group, filterPattern: `"${words}"`, ...place }
    // A page may be empty although later ones are not.
    for await (const { events = [] } of paginateFilterLogEvents({ client }, input, { abortSignal })) {
      const stream = events.map(({ logStreamName }) => logStreamName ?? '').find(isOfFunction)
      if (stream !== undefined) return stream
    }
    return undefined
  }
  const since = { startTime: begun.getTime() - CLOCK_TOLERANCE_MS }
  const deadlineMs = performance.now() + timeoutMs
  let stream = await streamWith(id, since)
  while (stream === undefined && performance.now() < deadlineMs) {
    await sleep(PAUSE_MS, undefined, { signal: abortSignal })
    stream = await streamWith(id, since)
  }
  if (stream === undefined) {
    throw new Difference(
      `expected a record of ${username} in ${group}, got none within ${timeoutMs / 1000} s`,
    )
  }
  if ((await streamWith('argon2.fallback', { logStreamNames: [stream] })) !== undefined) {
    throw new Difference(`expected argon2 of Node.js, got argon2.fallback in ${group}, stream ${stream}`)
  }
}
