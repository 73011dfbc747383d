import { randomBytes } from 'node:crypto'
import { hashPassword, SALT_BYTES } from '../../../lib/passwords/hash.ts'
import type { LocalAws } from '../../../local/aws.ts'
import { useAws } from '../../support/aws/table.ts'
import { describeService, tableOf } from '../../support/process/service-description.ts'
import { addTestUser } from '../../support/users/users.ts'

export const service = describeService()

/** A user whose password occurs nowhere else, so that a log that contains it is found. */
export const ADA = { username: 'ada', password: 'correct horse battery staple' }

/** Starts DynamoDB with {@link ADA} in it, and KMS. */
export async function startAws(): Promise<LocalAws> {
  const aws = await useAws(service)
  const passwordHash = await hashPassword(ADA.password, randomBytes(SALT_BYTES))
  await addTestUser(tableOf(service, aws), { username: ADA.username, passwordHash }, new Date(0))
  return aws
}
