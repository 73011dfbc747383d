import { hash } from 'node:crypto'
import {
  attribute,
  attributesOf,
  getItems,
  number,
  type Table,
  type TransactWrite,
  text,
} from '../aws/dynamodb.ts'
import { type Attributes, namesOf, type Read, type ValuesOf, valuesOf } from '../aws/item.ts'
import type { Change } from '../mail/change.ts'
import { secondOf } from '../time.ts'
import type { Acr } from '../users/factors.ts'
import type { Principal, User } from '../users/user.ts'
import { invalidChangeToken } from './refusals.ts'

/** Attributes of a change token: the proof of one change, by its own user, in the session in which it was asked for. */
export const CHANGE_TOKEN = {
  userId: text,
  /** The user's token generation when the account was proved. A change of the user makes the token invalid. */
  generation: number,
  sessionId: text,
  change: text as Read<Change>,
  /** Whether the proof counts as one factor or as two. */
  acr: text as Read<Acr>,
  /** Second since the epoch. */
  expiresAt: number,
} satisfies Attributes

type ChangeToken = ValuesOf<typeof CHANGE_TOKEN>

/** How long a change token is valid. */
export const CHANGE_TOKEN_SECONDS = 300

/** Random bytes that {@link startChangeToken} needs. */
export const CHANGE_TOKEN_RANDOM_BYTES = 32

const FORM = /^[A-Za-z0-9_-]{43}$/

const changeKey = (token: string) => ({
  pk: { S: `change#${hash('sha256', token, 'base64url')}` },
  sk: { S: 'change' },
})

/**
 * Makes a change token, for the transaction that spends its proof.
 *
 * @param user - The profile that was read before the proof was verified.
 * @param random - {@link CHANGE_TOKEN_RANDOM_BYTES} fresh random bytes.
 * @returns The token, opaque to clients and stored nowhere, and the write of its hash.
 */
export function startChangeToken(
  { id: userId, generation }: Pick<User, 'id' | 'generation'>,
  proved: Pick<ChangeToken, 'sessionId' | 'change' | 'acr'>,
  now: Date,
  random: Buffer,
): { token: string; write: TransactWrite } {
  const token = random.toString('base64url')
  const values = { ...proved, userId, generation, expiresAt: secondOf(now) + CHANGE_TOKEN_SECONDS }
  const Item = { ...changeKey(token), ...attributesOf(values) }
  return { token, write: { Put: { Item, ConditionExpression: 'attribute_not_exists(pk)' } } }
}

/**
 * Finds what a change token proves, with a consistent read. It spends nothing.
 *
 * @param change - The change that the caller makes.
 * @throws {@link ServiceError} `invalid_fields` at `#/changeToken`, if the token is old, spent, or for something else; `unavailable`.
 */
export async function findChangeToken(
  table: Table,
  unverifiedToken: string,
  {
    principal,
    change,
  }: { principal: Pick<Principal, 'userId' | 'generation' | 'sessionId'>; change: Change },
  now: Date,
): Promise<Pick<ChangeToken, 'acr'>> {
  const { userId, generation, sessionId } = principal
  const refused = (reason: string) => invalidChangeToken(reason, userId)
  if (!FORM.test(unverifiedToken)) throw refused('not a change token')
  const [item] = await getItems(table, [changeKey(unverifiedToken)], namesOf(CHANGE_TOKEN))
  if (item === undefined) throw refused('no such change token')
  const stored = valuesOf(CHANGE_TOKEN, item)
  if (stored.expiresAt <= secondOf(now)) throw refused('the change token has expired')
  if (stored.userId !== userId) throw refused('a change token of another user')
  if (stored.generation !== generation) throw refused('the user changed')
  if (stored.sessionId !== sessionId) throw refused('a change token of another session')
  if (stored.change !== change) throw refused('a change token for another change')
  return stored
}

/** Returns the write that spends a change token, on condition that it is neither spent nor old: a part of the transaction of the change. */
export const spendChangeToken = (token: string, now: Date): TransactWrite => ({
  Delete: {
    Key: changeKey(token),
    ConditionExpression: 'expiresAt > :now',
    ExpressionAttributeValues: { ':now': attribute(secondOf(now)) },
  },
})
