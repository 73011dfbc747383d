import { hash } from 'node:crypto'
import { attribute, getItems, number, type Table, type TransactWrite } from '../aws/dynamodb.ts'
import { type Attributes, namesOf } from '../aws/item.ts'
import { secondOf } from '../time.ts'
import { identityRefusal } from './identity-refusals.ts'
import { type Provider, unchangedProvider } from './provider.ts'
import { isKey, type Purpose } from './try.ts'

/** What a verified identity waits with for the decision of its user: a new account, or a link. */
export interface PendingClaims {
  purpose: Purpose
  /** The provider, with the id of its latest change when it responded. */
  provider: Provider['id']
  providerName: Provider['name']
  changeId: Provider['changeId']
  issuer: string
  subject: string
  /** Shown to the user, and stored with the identity. */
  label: string
  /** In lower case, as the provider said. */
  email?: string
  /** Whether the provider runs the mailbox. */
  isProven: boolean
  /** The user who began a link; an empty text after a sign-in. */
  userId: string
}

/** A verified identity that waits in a browser. */
export interface Pending extends PendingClaims {
  token: string
  /** Of the browser: see `newKey` in `try.ts`. */
  key: string
}

/** Attributes of an identity that waits. The token has its claims, so the table has nothing of a person without an account. */
export const PENDING = { expiresAt: number } satisfies Attributes

const TTL_SECONDS = 900

/** Random bytes that {@link startPending} needs. */
export const PENDING_RANDOM_BYTES = 32

const TOKEN = /^([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]{43}$/

/** Length that no identity token exceeds: a subject has 255 characters, a label and an address 320 each. */
export const MAX_IDENTITY_TOKEN = 4_096

/** Returns the key of an identity that waits. Another token or another browser has another key. */
const pendingKey = (token: string, key: string) => ({
  pk: { S: `pending#${hash('sha256', JSON.stringify([token, key]), 'base64url')}` },
  sk: { S: 'pending' },
})

/**
 * Makes a verified identity wait for its user's decision.
 *
 * @param key - Of the browser: see `newKey` in `try.ts`.
 * @param random - {@link PENDING_RANDOM_BYTES} fresh random bytes.
 * @returns The identity token, opaque to clients and stored nowhere, and the write of its hash.
 */
export function startPending(
  claims: PendingClaims,
  key: string,
  now: Date,
  random: Buffer,
): { token: string; write: TransactWrite } {
  const body = Buffer.from(JSON.stringify(claims)).toString('base64url')
  const token = `${body}.${random.toString('base64url')}`
  const Item = { ...pendingKey(token, key), expiresAt: attribute(secondOf(now) + TTL_SECONDS) }
  return { token, write: { Put: { Item, ConditionExpression: 'attribute_not_exists(pk)' } } }
}

/**
 * Finds a verified identity that waits, by its token. A consistent read finds the hash of the token: without it, the claims are a
 * stranger's. It does not spend the token.
 *
 * @param key - In the cookie; an empty text without one.
 * @throws {@link ServiceError} `invalid_credentials` with `identity_expired`, if the token is old, spent, of another browser or for
 *   another purpose; `unavailable`.
 */
export async function findPending(
  table: Table,
  unverifiedToken: string,
  { key, purpose }: { key: string; purpose: Purpose },
  now: Date,
): Promise<Pending> {
  const [, body] = TOKEN.exec(unverifiedToken) ?? []
  if (body === undefined || !isKey(key))
    throw identityRefusal('identity_expired', 'not an identity token, or no key')
  const [item] = await getItems(table, [pendingKey(unverifiedToken, key)], namesOf(PENDING))
  if (!item) throw identityRefusal('identity_expired', 'no such identity token in this browser')
  if (number(item, 'expiresAt') <= secondOf(now))
    throw identityRefusal('identity_expired', 'the identity token has expired')
  const claims: PendingClaims = JSON.parse(Buffer.from(body, 'base64url').toString())
  if (claims.purpose !== purpose)
    throw identityRefusal('identity_expired', 'an identity token for another purpose')
  return { ...claims, token: unverifiedToken, key }
}

/**
 * Returns the write that spends an identity token, on condition that it is neither spent nor old, and the condition that its provider
 * is as it was when it responded. Both are a part of the transaction of the decision.
 */
export const spendPending = ({ token, key, ...claims }: Pending, now: Date): TransactWrite[] => [
  {
    Delete: {
      Key: pendingKey(token, key),
      ConditionExpression: 'expiresAt > :now',
      ExpressionAttributeValues: { ':now': attribute(secondOf(now)) },
    },
  },
  unchangedProvider(claims.provider, claims.changeId),
]
