import { type AwsClient, awsClient } from '../../lib/aws/client.ts'
import type { Table } from '../../lib/aws/dynamodb.ts'
import { startLocalAws } from '../../local/aws.ts'
import { describeService, resourcesOf, tableOf } from './service-description.ts'

/** Starts the local AWS with the table of `serverless.yml` and the demo users in it. */
export async function startTable(): Promise<{ table: Table; client: AwsClient; stop(): void }> {
  const service = describeService()
  const local = await startLocalAws(resourcesOf(service), service.provider.region, 0)
  return { table: tableOf(service, local), client: awsClient(local.settings), stop: () => local.stop() }
}
