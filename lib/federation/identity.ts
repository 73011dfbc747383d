import { hash } from 'node:crypto'
import {
  attribute,
  attributesOf,
  getItems,
  type Item,
  optionalText,
  queryBeginning,
  type Table,
  type TransactWrite,
  text,
} from '../aws/dynamodb.ts'
import { type Attributes, namesOf, type ValuesOf, valuesOf } from '../aws/item.ts'

/** Attributes of an identity, in the partition of its user. */
export const IDENTITY = {
  /** Id of the provider that the user linked it by. */
  provider: text,
  issuer: text,
  subject: text,
  /** Address, login or end of the subject, as the provider said last. Shown to the user, and nothing depends on it. */
  label: text,
  createdAt: text,
  lastUsedAt: optionalText,
} satisfies Attributes

/** The identity of a user at a provider. */
export interface Identity extends ValuesOf<typeof IDENTITY> {
  /** SHA-256 of issuer and subject, in hexadecimal: operators type it, and a command takes what begins with `-` for an option. */
  id: string
}

/** Who a provider says that its user is. */
export interface Claimed extends Pick<Identity, 'issuer' | 'subject' | 'label'> {
  /** Address in lower case, as the provider said. Never looked up unless {@link Claimed.isProven}. */
  email?: string
  /** Whether the provider runs the mailbox of the address. */
  isProven: boolean
}

/** At most this many of a user, because the account is removed with them in one transaction. */
export const MAX_IDENTITIES = 10

/**
 * Returns the id of an identity. It does not contain the provider's id here, so a provider that is removed and added again finds its
 * users.
 *
 * @param subject - 1 to 255 characters of ASCII, compared as bytes (OpenID Connect Core section 2).
 */
export const identityIdOf = ({ issuer, subject }: Pick<Identity, 'issuer' | 'subject'>): string =>
  hash('sha256', JSON.stringify([issuer, subject]))

/**
 * Key of the claim to an identity, so that no two users have the same. Claims of passkeys begin so, too: a deletion of an account may
 * remove both, also after federation was turned off.
 */
export const identityKey = (id: string) => ({
  pk: { S: `credential#identity#${id}` },
  sk: { S: 'identity' },
})

const OWN = 'identity#'

/** Key of an identity in the partition of its user. */
export const ownIdentityKey = (userId: string, id: string) => ({
  pk: { S: `user#${userId}` },
  sk: { S: OWN + id },
})

/**
 * Finds the user of an identity with a consistent read.
 *
 * @returns The user's id.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findIdentityUser(table: Table, id: string): Promise<string | undefined> {
  const [item] = await getItems(table, [identityKey(id)], ['userId'])
  return item && text(item, 'userId')
}

/**
 * Finds the identities of a user with one consistent query: there are at most {@link MAX_IDENTITIES}.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findIdentities(table: Table, userId: string): Promise<Identity[]> {
  const items = await queryIdentities(table, userId, namesOf(IDENTITY))
  return items.map((item) => ({ id: idIn(item), ...valuesOf(IDENTITY, item) }))
}

/** Finds the ids of the identities of a user; see {@link findIdentities}. */
export async function findIdentityIds(table: Table, userId: string): Promise<string[]> {
  return (await queryIdentities(table, userId, [])).map(idIn)
}

/** Finds the ids of the providers of a user's identities, each once; see {@link findIdentities}. */
export async function findIdentityProviders(table: Table, userId: string): Promise<string[]> {
  const items = await queryIdentities(table, userId, ['provider'])
  return [...new Set(items.map((item) => text(item, 'provider')))]
}

const idIn = (item: Item): string => text(item, 'sk').slice(OWN.length)

const queryIdentities = (table: Table, userId: string, attributes: readonly string[]): Promise<Item[]> =>
  queryBeginning(table, `user#${userId}`, OWN, attributes)

/** Returns the writes that link an identity, on condition that no user has it. */
export function linkWrites(userId: string, identity: Omit<Identity, 'id'>): TransactWrite[] {
  const id = identityIdOf(identity)
  const ConditionExpression = 'attribute_not_exists(pk)'
  return [
    { Put: { Item: { ...identityKey(id), ...attributesOf({ userId }) }, ConditionExpression } },
    { Put: { Item: { ...ownIdentityKey(userId, id), ...attributesOf(identity) }, ConditionExpression } },
  ]
}

/** Returns the writes that unlink an identity, on condition that it is the user's. */
export const unlinkWrites = (userId: string, id: string): TransactWrite[] => [
  {
    Delete: {
      Key: identityKey(id),
      ConditionExpression: 'userId = :user',
      ExpressionAttributeValues: { ':user': attribute(userId) },
    },
  },
  { Delete: { Key: ownIdentityKey(userId, id), ConditionExpression: 'attribute_exists(pk)' } },
]

/**
 * Returns the write of a sign-in with an identity, on condition that it is still linked. Without the condition, an identity that was
 * unlinked between two reads would sign in, and the update would bring back half of its item.
 */
export const useIdentity = (userId: string, id: string, label: string, now: Date): TransactWrite => ({
  Update: {
    Key: ownIdentityKey(userId, id),
    ConditionExpression: 'attribute_exists(pk)',
    UpdateExpression: 'SET lastUsedAt = :now, label = :label',
    ExpressionAttributeValues: { ':now': attribute(now.toISOString()), ':label': attribute(label) },
  },
})
