import { createCipheriv, hash, randomBytes, timingSafeEqual } from 'node:crypto'
import {
  attribute,
  attributesOf,
  flag,
  getItems,
  number,
  optionalNumber,
  optionalText,
  type Table,
  type TransactWrite,
  text,
  texts,
  transact,
  writeIf,
} from '../aws/dynamodb.ts'
import { type Attributes, namesOf, type Read, type ValuesOf, valuesOf } from '../aws/item.ts'
import { SIGN_IN_SECONDS } from '../events/event.ts'
import { refusal } from '../factors/refusals.ts'
import { type ReservingTable, reserveAttempt } from '../throttling/store.ts'
import { secondOf } from '../time.ts'
import type { FirstStep } from '../users/factors.ts'
import type { UserState } from '../users/user.ts'

/**
 * The purpose of a login token: to complete a sign-in with a second factor, or to enrol the first one. The
 * token is opaque and never a JWT. A verifier without knowledge of factors would accept a JWT as a signed-in
 * user.
 */
export type LoginPurpose = 'second-factor' | 'enrolment'

/** Attributes of a login token. */
export const LOGIN_TOKEN = {
  purpose: text as Read<LoginPurpose>,
  /** SHA-256 of the token's secret, in base64url. */
  secretHash: text,
  userId: text,
  /**
   * The user's token generation when the password was verified. A change of the user makes the token invalid.
   */
  generation: number,
  /** Login name of the sign-in, in its stored form. */
  loginName: text,
  /** The first step, if it was not the password: see `withFirst` in `lib/users/factors.ts`. */
  first: optionalText as Read<FirstStep | undefined>,
  /** Id of the identity provider of that step. */
  provider: optionalText,
  /** Whether the client keeps the refresh token in a cookie. */
  inCookie: flag,
  /** The refresh token of the session before, encrypted: see {@link cipherFor}. */
  replaces: optionalText,
  /** Sort key of the counter of the login name and the source, and the earlier attempts in it. */
  pairSk: optionalText,
  pairAttempts: texts as Read<string[] | undefined>,
  /** Second since the epoch. */
  expiresAt: number,
  /** Second since the epoch at which the user proved more than the password; only for an enrolment. */
  provedAt: optionalNumber,
} satisfies Attributes

/** A sign-in whose password is verified, but which is not complete. In memory, `replaces` is not encrypted. */
export interface LoginToken extends ValuesOf<typeof LOGIN_TOKEN> {
  id: string
}

/** Values of a sign-in from the password step. */
export type LoginDetails = Pick<
  LoginToken,
  | 'purpose'
  | 'loginName'
  | 'first'
  | 'provider'
  | 'inCookie'
  | 'replaces'
  | 'pairSk'
  | 'pairAttempts'
  | 'provedAt'
>

const ID_BYTES = 16
const SECRET_BYTES = 32

/** Random bytes that {@link startLoginToken} needs. */
export const LOGIN_TOKEN_RANDOM_BYTES = ID_BYTES + SECRET_BYTES

/** An enrolment lasts longer: the user reads a mail, and sets up an app. */
const TTL_SECONDS: Record<LoginPurpose, number> = { 'second-factor': 300, enrolment: SIGN_IN_SECONDS }

/** Returns the second of the first step of a sign-in, which made its login token. */
export const begunAtOf = ({ purpose, expiresAt }: Pick<LoginToken, 'purpose' | 'expiresAt'>): number =>
  expiresAt - TTL_SECONDS[purpose]

const TRIES = 5
const TRY_ID_BYTES = 8

const TOKEN = /^([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})$/

/** Returns the key of a login token's item. Its counter of tries is in the same partition. */
export const loginTokenKey = (id: string, sk = 'token') => ({ pk: { S: `login#${id}` }, sk: { S: sk } })

/**
 * Creates a login token, without storing it.
 *
 * @param user - The profile that was read before the password was verified.
 * @param random - {@link LOGIN_TOKEN_RANDOM_BYTES} fresh random bytes.
 * @returns The item to store, with `replaces` encrypted, and the token, which is stored nowhere.
 */
export function startLoginToken(
  user: Pick<UserState, 'id' | 'generation'>,
  details: LoginDetails,
  now: Date,
  random: Buffer,
): { stored: LoginToken; token: string } {
  const id = random.toString('base64url', 0, ID_BYTES)
  const secret = random.toString('base64url', ID_BYTES)
  const { replaces } = details
  const stored = {
    ...details,
    replaces: replaces && cipherFor(secret).update(replaces).toString('base64url'),
    id,
    secretHash: hash('sha256', secret, 'base64url'),
    userId: user.id,
    generation: user.generation,
    expiresAt: secondOf(now) + TTL_SECONDS[details.purpose],
  }
  return { stored, token: `${id}.${secret}` }
}

/** Returns the write that stores a new login token. It may be sent twice. */
export const putLoginToken = ({ id, pairAttempts, ...rest }: LoginToken) => ({
  Put: {
    // A set must not be empty.
    Item: {
      ...loginTokenKey(id),
      ...attributesOf({ ...rest, ...(pairAttempts?.length && { pairAttempts }) }),
    },
    ConditionExpression: 'attribute_not_exists(pk)',
  },
})

/**
 * Stores a new login token. It may be called twice.
 *
 * @param event - Event of the password step, in the same transaction.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function storeLoginToken(table: Table, login: LoginToken, event?: TransactWrite): Promise<void> {
  const put = putLoginToken(login)
  if (event) await transact(table, [put, event])
  else await writeIf(table, 'PutItem', put.Put)
}

/**
 * Finds a valid login token with a consistent read. Spends nothing. The caller must compare its generation
 * with the user's.
 *
 * @throws {@link ServiceError} `invalid_credentials`, with the detail of an expired sign-in, or `unavailable`.
 */
export async function findLoginToken(
  table: Table,
  unverifiedToken: string,
  purpose: LoginPurpose,
  now: Date,
): Promise<LoginToken> {
  const [, id, secret] = TOKEN.exec(unverifiedToken) ?? []
  if (id === undefined || secret === undefined) throw refusal('login_expired', 'not a login token')
  const [item] = await getItems(table, [loginTokenKey(id)], [...namesOf(LOGIN_TOKEN), 'spentBy'])
  if (item === undefined) throw refusal('login_expired', 'no such login token')
  const stored = { id, ...valuesOf(LOGIN_TOKEN, item) }
  const presented = Buffer.from(hash('sha256', secret, 'base64url'))
  if (!timingSafeEqual(presented, Buffer.from(stored.secretHash))) {
    throw refusal('login_expired', 'wrong secret of a login token')
  }
  const { userId } = stored
  if (item.spentBy !== undefined) throw refusal('login_expired', 'the login token is spent', { userId })
  if (stored.expiresAt <= secondOf(now)) {
    throw refusal('login_expired', 'the login token has expired', { userId })
  }
  if (stored.purpose !== purpose) {
    throw refusal('login_expired', 'a login token for another purpose', { userId })
  }
  const { replaces } = stored
  return { ...stored, replaces: replaces && cipherFor(secret).update(replaces, 'base64url').toString() }
}

/**
 * Returns the cipher for the refresh token of the session before. Its key is derived only from the secret of
 * the login token, so a reader of the table cannot use that session. A key encrypts one text, so the counter
 * may begin at 0. The decrypted token is verified like every refresh token.
 */
const cipherFor = (secret: string) =>
  createCipheriv('aes-256-ctr', hash('sha256', `replaces ${secret}`, 'buffer'), Buffer.alloc(16))

/**
 * Reserves one of the five tries of a login token, before anything is compared. A try is given back only
 * after an outage: a correct one completes the sign-in.
 *
 * @throws {@link ServiceError} `invalid_credentials`, if the tries are used up, or `unavailable`.
 */
export async function reserveTry(
  table: ReservingTable,
  { id, userId, expiresAt }: LoginToken,
  now: Date,
): Promise<void> {
  const counter = { key: loginTokenKey(id, 'tries'), maxAttempts: TRIES, endsAt: expiresAt }
  const tryId = randomBytes(TRY_ID_BYTES).toString('base64url')
  const { refusedForSeconds } = await reserveAttempt(table, [counter], tryId, now)
  if (refusedForSeconds > 0) {
    throw refusal('login_expired', 'the tries of the login token are used up', { userId })
  }
}

/**
 * Returns the write that spends a login token, as a part of the transaction that completes the sign-in.
 *
 * @param spentBy - Id of the session that the sign-in begins.
 */
export const spendLoginToken = ({ id }: LoginToken, spentBy: string): TransactWrite => ({
  Update: {
    Key: loginTokenKey(id),
    UpdateExpression: 'SET spentBy = :spentBy',
    ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(spentBy)',
    ExpressionAttributeValues: { ':spentBy': attribute(spentBy) },
  },
})

/**
 * Returns the write that records that the user proved more than the password, as a part of the transaction that spends the
 * proof.
 */
export const proveLoginToken = ({ id }: LoginToken, now: Date): TransactWrite => ({
  Update: {
    Key: loginTokenKey(id),
    UpdateExpression: 'SET provedAt = :now',
    ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(spentBy)',
    ExpressionAttributeValues: { ':now': attribute(secondOf(now)) },
  },
})
