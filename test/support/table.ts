import { type AwsClient, awsClient } from '../../lib/aws/client.ts'
import type { ReservingTable } from '../../lib/throttling/store.ts'
import { startLocalAws } from '../../local/aws.ts'
import { describeService, resourcesOf, tableOf } from './service-description.ts'
import { keeping } from './table-faults.ts'

/** Starts the local AWS with the table of `serverless.yml` and the demo users in it. What is reserved in it is never given back. */
export async function startTable(): Promise<{ table: ReservingTable; client: AwsClient; stop(): void }> {
  const service = describeService()
  const local = await startLocalAws(resourcesOf(service), service.provider.region, 0)
  return {
    table: keeping(tableOf(service, local)),
    client: awsClient(local.settings),
    stop: () => local.stop(),
  }
}
