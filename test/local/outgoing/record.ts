import { appendFileSync } from 'node:fs'
import { awsClient, withTimeout } from '../../../lib/aws/client.ts'
import type { Item } from '../../../lib/aws/dynamodb.ts'
import { allItems } from '../../../lib/aws/pages.ts'
import { eventsTableOf } from '../../../lib/events/event.ts'

const PATIENCE_MS = 30_000

/**
 * Keeps new items that are events, for `test/local/outgoing/coverage.ts`. The items of freed names have no type.
 *
 * @param file - `inject('eventsFile')`, which only the project `service` has.
 */
export function recordEvents(items: readonly Item[], file: string | undefined): void {
  const lines = items.filter(({ type, via }) => type && via).map((item) => `${JSON.stringify(item)}\n`)
  if (lines.length > 0 && file !== undefined) appendFileSync(file, lines.join(''))
}

/** Keeps the events of a local DynamoDB in another process, which is about to end. Without a file, it reads nothing. */
export async function recordEventsAt(url: string, file: string | undefined): Promise<void> {
  if (file === undefined) return
  const dynamodb = new URL(url)
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const endpoints = { dynamodb, kms: dynamodb, lambda: dynamodb, ses: dynamodb }
  const aws = withTimeout(awsClient({ region: 'eu-central-1', credentials, endpoints }), PATIENCE_MS)
  const { TableNames } = await aws('dynamodb', 'ListTables', {})
  for (const name of TableNames as string[]) {
    if (!name.endsWith(eventsTableOf({ name: '' }))) continue
    recordEvents(await allItems({ aws, name }, 'Scan', {}), file)
  }
}
