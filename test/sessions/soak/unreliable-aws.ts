import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Resources } from '../../../local/aws.ts'
import { describeService, resourcesOf } from '../../support/process/service-description.ts'

/** Number of calls, and of faults by kind. */
export type FaultCounts = Record<string, number>

export type Command = 'count' | 'recover'

export interface UnreliableAwsData {
  resources: Resources
  region: string
  faultsPercent: number
}

/**
 * Starts DynamoDB and KMS behind a proxy that injects faults at random: errors, stale sockets, lost responses, late
 * effects. Both run in a thread, so that their memory does not count as the functions'.
 *
 * @param faultsPercent - How many calls fail, of those that are no retry of a failed one.
 */
export async function startUnreliableAws(faultsPercent: number) {
  const service = describeService()
  const workerData: UnreliableAwsData = {
    resources: resourcesOf(service),
    region: service.provider.region,
    faultsPercent,
  }
  const worker = new Worker(new URL('unreliable-aws-thread.ts', import.meta.url), { workerData })
  const [{ url, dynamoDbUrl }] = (await once(worker, 'message')) as [{ url: string; dynamoDbUrl: string }]
  const send = async (command: Command): Promise<FaultCounts> => {
    worker.postMessage(command)
    const [counts] = await once(worker, 'message')
    return counts
  }
  return {
    /** URL of both, with faults. */
    url,
    /** URL of DynamoDB, without faults. */
    dynamoDbUrl,
    /** Returns the counts. */
    counts: () => send('count'),
    /** Ends the faults, waits for late effects, and returns the counts. */
    recover: () => send('recover'),
    stop: () => worker.terminate(),
  }
}
