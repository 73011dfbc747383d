import { randomBytes } from 'node:crypto'
import { awsClient, withTimeout } from '../lib/aws/client.ts'
import { attributesOf, type Table } from '../lib/aws/dynamodb.ts'
import { hashPassword, SALT_BYTES } from '../lib/passwords/hash.ts'
import { profileKey } from '../lib/users/store.ts'
import { newUser } from '../lib/users/user.ts'
import { startAws } from './aws.ts'
import type { Service } from './bundles.ts'

const PATIENCE_MS = 10_000
/** As many items as one BatchWriteItem takes. */
const BATCH = 25
const BATCHES_AT_ONCE = 4

/** A store with this many users beside the demo users; all have the password `user`. */
export interface FilledStore {
  size: number
  environment: Record<string, string>
  stop(): void
}

/** Starts the store of local development and puts users into it. */
export async function startStore(
  { provider, custom, resources }: Service,
  size: number,
): Promise<FilledStore> {
  const { region } = provider
  const script = new URL('./store.ts', import.meta.url)
  const args = [region, JSON.stringify(Object.values(resources.Resources))]
  const { child, settings, environment } = await startAws(script, args, region)
  await fill({ aws: withTimeout(awsClient(settings), PATIENCE_MS), name: custom.tableName }, size)
  return { size, environment, stop: () => child.disconnect() }
}

export const usernameAt = (index: number) => `user-${index}`

async function fill({ aws, name }: Table, size: number): Promise<void> {
  const { username, ...profile } = newUser(
    'user',
    'user',
    hashPassword('user', randomBytes(SALT_BYTES)),
    new Date(),
  )
  const attributes = attributesOf(profile)
  let next = 0
  const putBatches = async () => {
    while (next < size) {
      const from = next
      next = Math.min(from + BATCH, size)
      const requests = Array.from({ length: next - from }, (_, index) => ({
        PutRequest: { Item: { ...profileKey(usernameAt(from + index)), ...attributes } },
      }))
      const input = { RequestItems: { [name]: requests } }
      const { UnprocessedItems } = await aws('dynamodb', 'BatchWriteItem', input)
      if (Object.keys(Object(UnprocessedItems)).length > 0)
        throw new Error('the store did not take all users')
    }
  }
  await Promise.all(Array.from({ length: BATCHES_AT_ONCE }, putBatches))
}
