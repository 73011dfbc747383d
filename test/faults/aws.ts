import { argon2Sync, randomBytes } from 'node:crypto'
import { awsClient } from '../../lib/aws.ts'
import { addUser } from '../../lib/store.ts'
import { type LocalAws, startLocalAws } from '../../local/aws.ts'
import { describeService, resourcesOf } from '../support/service-description.ts'

export const service = describeService()

/** A user whose password occurs nowhere else, so that it can be looked for in logs. */
export const ADA = { username: 'ada', password: 'correct horse battery staple' }

/** Starts DynamoDB with {@link ADA} in it, and KMS. */
export async function startAws(): Promise<LocalAws> {
  const aws = await startLocalAws(resourcesOf(service), service.provider.region, 0)
  const createdAt = '2026-01-01T00:00:00.000Z'
  const user = { role: 'user', disabled: false, createdAt, changedAt: createdAt } as const
  const { username, password } = ADA
  const stored = { ...user, username, passwordHash: cheapHash(password) }
  await addUser(awsClient(aws.settings), service.custom.tableName, stored, Date.now() + 10_000)
  return aws
}

/** At the least cost there is: dozens of cases share one process, and the time they take is judged. */
function cheapHash(password: string): string {
  const nonce = randomBytes(16)
  const cost = { memory: 8, passes: 1, parallelism: 1, tagLength: 32 }
  const tag = argon2Sync('argon2id', { message: Buffer.from(password), nonce, ...cost })
  const [salt, hash] = [nonce, tag].map((bytes) => bytes.toString('base64').replace(/=+$/, ''))
  return `$argon2id$v=19$m=8,t=1,p=1$${salt}$${hash}`
}
