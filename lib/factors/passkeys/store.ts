import {
  attribute,
  attributesOf,
  getItems,
  type Item,
  type Key,
  queryBeginning,
  type Table,
  type TransactWrite,
  text,
  updateOf,
  writeIf,
} from '../../aws/dynamodb.ts'
import { namesOf, valuesOf } from '../../aws/item.ts'
import { PASSKEY, type Passkey, passkeyIdOf } from './passkey.ts'

/** Returns the key of a passkey in the partition of its user. */
export const passkeyKey = (userId: string, id: string) => ({
  pk: { S: `user#${userId}` },
  sk: { S: `passkey#${id}` },
})

/** Returns the key of the item that makes a credential id unique over all users. */
const claimKey = (id: string): Key => ({ pk: { S: `credential#${id}` }, sk: { S: 'credential' } })

/**
 * Finds the passkeys of a user with one consistent read, the oldest first.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findPasskeys(table: Table, userId: string): Promise<Passkey[]> {
  const items = await queryPasskeys(table, userId, namesOf(PASSKEY))
  return items.map((item) => valuesOf(PASSKEY, item)).sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1))
}

/** Finds one of a user's passkeys with a consistent read. */
export async function findPasskey(table: Table, userId: string, id: string): Promise<Passkey | undefined> {
  const [item] = await getItems(table, [passkeyKey(userId, id)], namesOf(PASSKEY))
  return item && valuesOf(PASSKEY, item)
}

/** Finds the ids of a user's passkeys with one consistent read. */
export async function findPasskeyIds(table: Table, userId: string): Promise<string[]> {
  const items = await queryPasskeys(table, userId, [])
  return items.map((item) => text(item, 'sk').replace(/^passkey#/, ''))
}

/** A user has at most 20 passkeys, which fit into one page. */
const queryPasskeys = (table: Table, userId: string, attributes: readonly string[]): Promise<Item[]> =>
  queryBeginning(table, `user#${userId}`, 'passkey#', attributes)

/** Whether a user has a credential id, with a consistent read. */
export async function isCredentialTaken(table: Table, credentialId: string): Promise<boolean> {
  const [claim] = await getItems(table, [claimKey(passkeyIdOf(credentialId))], ['userId'])
  return claim !== undefined
}

/**
 * Returns the writes that store a new passkey and claim its credential id. They are refused if any user has
 * that credential id (WebAuthn level 3, section 7.1).
 */
export function addPasskey(userId: string, passkey: Passkey): TransactWrite[] {
  const id = passkeyIdOf(passkey.credentialId)
  const ConditionExpression = 'attribute_not_exists(pk)'
  return [
    { Put: { Item: { ...passkeyKey(userId, id), ...attributesOf(passkey) }, ConditionExpression } },
    { Put: { Item: { ...claimKey(id), userId: attribute(userId) }, ConditionExpression } },
  ]
}

/**
 * Returns the write that records a sign-in, on condition that the passkey exists and its counter has not
 * changed since it was read.
 *
 * @param used - Values of this sign-in.
 */
export const usePasskey = (
  userId: string,
  { credentialId, counter }: Passkey,
  used: Pick<Passkey, 'counter' | 'backedUp' | 'uvInitialized' | 'lastUsedAt'>,
): TransactWrite => ({
  Update: {
    Key: passkeyKey(userId, passkeyIdOf(credentialId)),
    ConditionExpression: 'attribute_exists(pk) AND #counter = :readCounter',
    ...updateOf(used, { ':readCounter': attribute(counter) }),
  },
})

/** Returns the writes that remove a passkey and free its credential id, on condition that the user has it. */
export const removePasskey = (userId: string, id: string): TransactWrite[] => [
  { Delete: { Key: passkeyKey(userId, id), ConditionExpression: 'attribute_exists(pk)' } },
  freeCredential(userId, id),
]

/** Returns the write that frees a credential id, on condition that it is the user's. */
const freeCredential = (userId: string, id: string): TransactWrite => ({
  Delete: {
    Key: claimKey(id),
    ConditionExpression: 'userId = :userId',
    ExpressionAttributeValues: { ':userId': attribute(userId) },
  },
})

/**
 * Renames a passkey.
 *
 * @returns Whether the user has it.
 * @throws {@link ServiceError} `unavailable`.
 */
export const renamePasskey = (table: Table, userId: string, id: string, name: string): Promise<boolean> =>
  writeIf(table, 'UpdateItem', {
    Key: passkeyKey(userId, id),
    ConditionExpression: 'attribute_exists(pk)',
    ...updateOf({ name }, {}),
  })
