import { hash } from 'node:crypto'
import {
  attribute,
  attributesOf,
  getItems,
  type Item,
  number,
  optionalText,
  type Table,
  type TransactWrite,
  text,
  writeIf,
} from '../aws/dynamodb.ts'
import { secondOf } from '../time.ts'
import { isRole } from '../users/user.ts'
import type { Confirmation, ConfirmationKind } from './confirmation.ts'

/** How long the claim of a notice is kept. Lambda gives an event up after ten minutes. */
const CLAIM_TTL_SECONDS = 3_600

/** Returns the key of a mail. Only a hash of its id is stored: the request id of a confirmation may hold an address. */
export const mailKey = (id: string) => ({
  pk: { S: `mail#${hash('sha256', id, 'base64url')}` },
  sk: { S: 'mail' },
})

/**
 * Claims a mail before it is sent, and stores what it asks to confirm. Lambda may deliver an event more than once, and
 * only the first claim of its id may send.
 *
 * @param claimId - Random id of this try, by which a repeated write recognises itself.
 * @returns Whether this try may send the mail.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function claimMail(
  table: Table,
  id: string,
  claimId: string,
  confirmation: Confirmation | undefined,
  now: Date,
): Promise<boolean> {
  const values = { claimId, expiresAt: secondOf(now) + CLAIM_TTL_SECONDS, ...confirmation }
  const isNew = await writeIf(table, 'PutItem', {
    Item: { ...mailKey(id), ...attributesOf(values) },
    ConditionExpression: 'attribute_not_exists(pk)',
  })
  if (isNew) return true
  const [mail] = await getItems(table, [mailKey(id)], ['claimId'])
  return mail !== undefined && optionalText(mail, 'claimId') === claimId
}

/**
 * Gives a claim up, after SES has refused the mail. The next try may send it.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function releaseMail(table: Table, id: string, claimId: string): Promise<void> {
  await writeIf(table, 'DeleteItem', {
    Key: mailKey(id),
    ConditionExpression: 'claimId = :claimId',
    ExpressionAttributeValues: { ':claimId': attribute(claimId) },
  })
}

/**
 * Finds what a mail asks to confirm, with a consistent read.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findConfirmation(table: Table, requestId: string): Promise<Confirmation | undefined> {
  const [item] = await getItems(table, [mailKey(requestId)], CONFIRMATION)
  return item?.secretHash && confirmationOf(item)
}

/** Returns the write that spends a confirmation, on condition that it has not been spent. It is part of a transaction. */
export const spend = (requestId: string, now: Date): TransactWrite => ({
  Update: {
    Key: mailKey(requestId),
    UpdateExpression: 'SET spentAt = :now',
    ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(spentAt)',
    ExpressionAttributeValues: { ':now': attribute(secondOf(now)) },
  },
})

const CONFIRMATION = [
  'kind',
  'secretHash',
  'codeHash',
  'codeExpiresAt',
  'expiresAt',
  'spentAt',
  'userId',
  'generation',
  'email',
  'role',
]

function confirmationOf(item: Item): Confirmation {
  const role = optionalText(item, 'role')
  return {
    kind: text(item, 'kind') as ConfirmationKind,
    secretHash: text(item, 'secretHash'),
    codeHash: text(item, 'codeHash'),
    codeExpiresAt: number(item, 'codeExpiresAt'),
    expiresAt: number(item, 'expiresAt'),
    spentAt: item.spentAt && number(item, 'spentAt'),
    userId: optionalText(item, 'userId'),
    generation: item.generation && number(item, 'generation'),
    email: optionalText(item, 'email'),
    role: isRole(role) ? role : undefined,
  }
}
