import {
  attribute,
  attributesOf,
  getItems,
  type Key,
  number,
  optionalNumber,
  optionalText,
  type Table,
  type TransactWrite,
  text,
} from '../../aws/dynamodb.ts'
import { type Attributes, namesOf, type Read, type ValuesOf, valuesOf } from '../../aws/item.ts'
import { partitionOf } from '../../throttling/counter.ts'
import { challengeCounters } from '../../throttling/factor-counters.ts'
import { sourceOf, truncatedSource } from '../../throttling/source.ts'
import { attemptIdOf, type ReservingTable, rejectIfRefused, reserveInTurn } from '../../throttling/store.ts'
import { secondOf } from '../../time.ts'
import { putWith } from '../put.ts'
import { refusal } from '../refusals.ts'

/**
 * The purpose of a challenge: to register a passkey, to sign in without a name, to complete a sign-in with a password, to create
 * an account, or to prove a change of one.
 */
export type CeremonyKind = 'registration' | 'sign-in' | 'second-factor' | 'new-user' | 'change'

/** Attributes of a challenge. */
export const CHALLENGE = {
  kind: text as Read<CeremonyKind>,
  /** User of a registration or of a second factor. */
  userId: optionalText,
  /** The user's token generation when the challenge was made. */
  generation: optionalNumber,
  /** Login token that the challenge belongs to. */
  loginTokenId: optionalText,
  /** Second since the epoch. */
  expiresAt: number,
} satisfies Attributes

/** Attributes of a challenge that is bound to one more thing. Functions without such challenges cannot name them. */
export const BOUND_CHALLENGE = {
  ...CHALLENGE,
  /**
   * Of a new account: the partition of the mail that proves its address, which has a hash of the mail id. Of a change: its session
   * and its name.
   */
  boundTo: optionalText,
  /** Id of the user that the account is for. It is the user handle of the passkey. */
  newUserId: optionalText,
} satisfies Attributes

/** What a challenge is for. */
type Bound = Pick<Challenge, 'kind' | 'userId' | 'generation' | 'loginTokenId' | 'boundTo'>

/** A challenge, which an authenticator signs. */
export interface Challenge extends ValuesOf<typeof BOUND_CHALLENGE> {
  /** 256 random bits in base64url. */
  challenge: string
}

/** Random bytes that {@link startChallenge} needs. */
export const CHALLENGE_RANDOM_BYTES = 32

/** How long a challenge is valid. Browsers get the same limit. */
export const CHALLENGE_TTL_SECONDS = 300

const FORM = /^[A-Za-z0-9_-]{43}$/

const challengeKey = (challenge: string): Key => ({
  pk: { S: `challenge#${challenge}` },
  sk: { S: 'challenge' },
})

/**
 * Creates a challenge, without storing it.
 *
 * @param random - {@link CHALLENGE_RANDOM_BYTES} fresh random bytes.
 */
export const startChallenge = (
  bound: Bound & Pick<Challenge, 'newUserId'>,
  now: Date,
  random: Buffer,
): Challenge => ({
  ...bound,
  challenge: random.toString('base64url'),
  expiresAt: secondOf(now) + CHALLENGE_TTL_SECONDS,
})

/**
 * Stores a new challenge, within the limit of the source: 300 in 15 minutes, because pages with autofill
 * request one at each view. Challenges of users who have proved the password are counted separately, with a
 * limit of 30 for each user. So are those for new users, with a limit of 30 for each mail. The function may be called twice.
 *
 * @param challenge - With writes that spend what allowed it, for one transaction.
 * @param sourceIp - Address of the request, from the gateway.
 * @throws {@link ServiceError} `too_many_mails`, whose text fits every request; `conflict`, if a proof is spent; `unavailable`.
 */
export async function storeChallenge(
  table: ReservingTable,
  { challenge, spends, ...rest }: Challenge & { spends?: readonly TransactWrite[] | undefined },
  sourceIp: string,
  now: Date,
): Promise<void> {
  const source = sourceOf(sourceIp)
  const counters = challengeCounters(source, provedBy(rest), now)
  const reservation = await reserveInTurn(table, counters, attemptIdOf(challenge), now)
  const log = { source: truncatedSource(source), ...(rest.userId && { userId: rest.userId }) }
  rejectIfRefused(reservation, 'too_many_mails', 'too many challenges', {
    log,
    event: 'factor.limited',
  })
  await putWith(table, spends, {
    Item: { ...challengeKey(challenge), ...attributesOf(rest) },
    ConditionExpression: 'attribute_not_exists(pk)',
  })
}

/** Returns the partition that counts the challenges of a proof. A new user has no partition yet, so the mail of the registration counts. */
const provedBy = ({ userId, boundTo }: Pick<Challenge, 'userId' | 'boundTo'>): string | undefined =>
  userId === undefined ? boundTo : partitionOf({ userId })

/**
 * Finds the challenge that a response signs, with a consistent read. Nothing is spent.
 *
 * @param unverifiedChallenge - The value in the client data of the response.
 * @param bound - The purpose and the user that the challenge must belong to.
 * @throws {@link ServiceError} `invalid_credentials`, with the detail of a refused passkey, or `unavailable`.
 */
export async function findChallenge(
  table: Table,
  unverifiedChallenge: string,
  bound: Bound,
  now: Date,
): Promise<Challenge> {
  const { kind, userId, generation, loginTokenId, boundTo } = bound
  const attributes = boundTo === undefined ? CHALLENGE : BOUND_CHALLENGE
  const log = userId === undefined ? undefined : { userId }
  if (!FORM.test(unverifiedChallenge)) throw refusal('passkey_refused', 'not a challenge', log)
  const [item] = await getItems(
    table,
    [challengeKey(unverifiedChallenge)],
    [...namesOf(attributes), 'spentBy'],
  )
  if (item === undefined) throw refusal('passkey_refused', 'no such challenge', log)
  if (item.spentBy !== undefined) throw refusal('passkey_refused', 'the challenge is spent', log)
  const stored: Omit<Challenge, 'challenge'> = valuesOf(attributes, item)
  if (stored.expiresAt <= secondOf(now)) throw refusal('passkey_refused', 'the challenge has expired', log)
  if (
    stored.kind !== kind ||
    stored.userId !== userId ||
    stored.loginTokenId !== loginTokenId ||
    stored.generation !== generation ||
    stored.boundTo !== boundTo
  ) {
    throw refusal('passkey_refused', 'a challenge for something else', log)
  }
  return { challenge: unverifiedChallenge, ...stored }
}

/**
 * Returns the write that spends a challenge, as a part of the transaction that needs it.
 *
 * @param spentBy - Id of the change of the factors or of the sign-in that spends it.
 */
export const spendChallenge = ({ challenge }: Challenge, spentBy: string): TransactWrite => ({
  Update: {
    Key: challengeKey(challenge),
    UpdateExpression: 'SET spentBy = :spentBy',
    ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(spentBy)',
    ExpressionAttributeValues: { ':spentBy': attribute(spentBy) },
  },
})
