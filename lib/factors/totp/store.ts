import {
  attribute,
  attributesOf,
  getItems,
  number,
  optionalText,
  type Table,
  type TransactWrite,
  text,
  texts,
} from '../../aws/dynamodb.ts'
import { type Attributes, namesOf, type ValuesOf, valuesOf } from '../../aws/item.ts'
import { pendingTotpKey, recoveryCodesKey, totpKey } from '../keys.ts'
import { putWith } from '../put.ts'

/** Attributes of a user's authenticator app. */
export const TOTP = {
  /** The secret, encrypted; see `lib/factors/totp/secret.ts`. */
  ciphertext: text,
  /** Step of the latest accepted code. */
  lastStep: number,
  /** ISO 8601 time at which the app was confirmed. Another app has another time. */
  createdAt: text,
} satisfies Attributes

/** A user's authenticator app. */
export type Totp = ValuesOf<typeof TOTP>

/** Attributes of an authenticator app that a user is setting up. */
export const PENDING_TOTP = {
  ciphertext: text,
  /** The user's token generation at the beginning. A change of the user makes the setup invalid. */
  generation: number,
  /** Second since the epoch. */
  expiresAt: number,
  /** Id of the login token, if an enrolment began it. */
  loginTokenId: optionalText,
} satisfies Attributes

/** An authenticator app that a user is setting up. */
export type PendingTotp = ValuesOf<typeof PENDING_TOTP>

/**
 * Finds a user's authenticator app, with a consistent read.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findTotp(table: Table, userId: string): Promise<Totp | undefined> {
  const [item] = await getItems(table, [totpKey(userId)], namesOf(TOTP))
  return item && valuesOf(TOTP, item)
}

/**
 * Finds the authenticator app that a user is setting up, and whether the user has recovery codes, with one consistent read.
 *
 * @returns `pending` may have expired.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findTotpSetup(
  table: Table,
  userId: string,
): Promise<{ pending: PendingTotp | undefined; hasRecoveryCodes: boolean }> {
  const keys = [pendingTotpKey(userId), recoveryCodesKey(userId)]
  const [item, recovery] = await getItems(table, keys, [...namesOf(PENDING_TOTP), 'codes'])
  return {
    pending: item && valuesOf(PENDING_TOTP, item),
    hasRecoveryCodes: recovery !== undefined && texts(recovery, 'codes').length > 0,
  }
}

/**
 * Stores the authenticator app that a user is setting up, in place of an earlier one.
 *
 * @param spends - Writes that spend the proof of the user.
 * @throws {@link ServiceError} as `putWith` in `lib/factors/put.ts`.
 */
export const storePendingTotp = (
  table: Table,
  userId: string,
  pending: PendingTotp,
  spends: readonly TransactWrite[],
): Promise<void> => putWith(table, spends, { Item: { ...pendingTotpKey(userId), ...attributesOf(pending) } })

/**
 * Returns the writes that make a pending authenticator app the user's own, in place of an earlier one. They
 * are a part of the transaction that changes the user's factors. They are refused if another setup has begun
 * since the read.
 *
 * @param step - Step of the code that confirms it. A sign-in does not accept the same code.
 */
export const adoptTotp = (
  userId: string,
  { ciphertext }: PendingTotp,
  step: number,
  now: Date,
): TransactWrite[] => [
  {
    Put: {
      Item: {
        ...totpKey(userId),
        ...attributesOf({ ciphertext, lastStep: step, createdAt: now.toISOString() }),
      },
    },
  },
  {
    Delete: {
      Key: pendingTotpKey(userId),
      ConditionExpression: 'ciphertext = :ciphertext',
      ExpressionAttributeValues: { ':ciphertext': attribute(ciphertext) },
    },
  },
]

/** Returns the write that removes a user's authenticator app, as a part of the transaction that changes the user's factors. */
export const removeTotp = (userId: string): TransactWrite => ({
  Delete: { Key: totpKey(userId), ConditionExpression: 'attribute_exists(pk)' },
})

/**
 * Returns the write that spends the code of a step, as a part of the transaction that completes the sign-in.
 * It is refused if that code or a later one has been accepted since the read (RFC 6238 section 5.2). It is
 * also refused if the app was removed or replaced.
 *
 * @param totp - The stored app.
 */
export const spendStep = (userId: string, { createdAt }: Totp, step: number): TransactWrite => ({
  Update: {
    Key: totpKey(userId),
    UpdateExpression: 'SET lastStep = :step',
    ConditionExpression: 'lastStep < :step AND createdAt = :createdAt',
    ExpressionAttributeValues: { ':step': attribute(step), ':createdAt': attribute(createdAt) },
  },
})
