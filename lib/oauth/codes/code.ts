import { hash } from 'node:crypto'
import { number, optionalNumber, optionalText, text } from '../../aws/dynamodb.ts'
import type { Attributes, Read, ValuesOf } from '../../aws/item.ts'
import type { At } from '../../context.ts'
import { secondOf } from '../../time.ts'
import type { Amr } from '../../users/factors.ts'

/** Attributes of an authorization code: the facts of the approval. */
export const CODE = {
  clientId: text,
  /** The client's generation. */
  clientGeneration: number,
  /** The value in the authorization request. */
  redirectUri: text,
  /** `code_challenge` by S256. */
  challenge: text,
  nonce: optionalText,
  /** Names of scopes, with a space between them. */
  scope: text,
  /** Identifier of the API that the access token is for. Without it, the token is only for `/userinfo`. */
  resource: optionalText,
  userId: text,
  /** That of the profile, not of the session. */
  sessionGeneration: number,
  /** The generation of the user's `APP` item; see `lib/oauth/grants/app.ts`. */
  appGeneration: number,
  sessionId: text,
  /** Second since the epoch at which the user signed in. */
  authTime: number,
  amr: text as Read<Amr>,
  /** Second since the epoch. */
  createdAt: number,
  /** Second since the epoch at which the item is deleted. The code is invalid long before. */
  expiresAt: number,
  /** Id of the grant that the code was exchanged for. */
  spentBy: optionalText,
  /** When and from where: the second since the epoch, and {@link sourceHashOf}. */
  spentAt: optionalNumber,
  spentFrom: optionalText,
} satisfies Attributes

/** A stored authorization code. */
export type Code = ValuesOf<typeof CODE>

/** Random bytes of a code. */
export const CODE_BYTES = 32

const VALID_SECONDS = 60

/** Seconds that a spent code is kept, so that its reuse is noticed. */
const KEPT_SECONDS = 86_400

/**
 * Returns the key of a code's item. It has only a hash of the code, so a reader of the table cannot exchange
 * the code.
 */
export const codeKey = (code: string) => ({
  pk: { S: `code#${hash('sha256', code, 'base64url')}` },
  sk: { S: 'code' },
})

/** Returns the times of a code that is created now. */
export const timesOf = (now: Date): Pick<Code, 'createdAt' | 'expiresAt'> => ({
  createdAt: secondOf(now),
  expiresAt: secondOf(now) + KEPT_SECONDS,
})

/** Whether an unspent code may still be exchanged: for 60 seconds after its creation. */
export const isFresh = ({ createdAt }: Pick<Code, 'createdAt'>, now: Date): boolean =>
  secondOf(now) < createdAt + VALID_SECONDS

/**
 * Returns a hash of the address that a code is exchanged from, with the code in it. A reader of the table
 * does not have the code, so cannot guess the address.
 */
const sourceHashOf = (code: string, { sourceIp }: At['origin']): string =>
  hash('sha256', `${code} ${sourceIp}`, 'base64url')

/** Returns what a code keeps of its exchange. */
export const spentBy = (code: string, grantId: string, { now, origin }: Pick<At, 'now' | 'origin'>) => ({
  spentBy: grantId,
  spentAt: secondOf(now),
  spentFrom: sourceHashOf(code, origin),
})

/**
 * Whether an exchange repeats the first one: its response was lost, or the app sent two requests at once.
 *
 * A thief who has the code and all proofs of the app may come first. The app's request comes second then,
 * within seconds, and must end the thief's grant. So a repetition must come from the same address.
 *
 * @param graceSeconds - How long after the first one.
 */
export const isRepetition = (
  code: string,
  { spentAt = 0, spentFrom }: Pick<Code, 'spentAt' | 'spentFrom'>,
  { now, origin }: Pick<At, 'now' | 'origin'>,
  graceSeconds: number,
): boolean => secondOf(now) < spentAt + graceSeconds && spentFrom === sourceHashOf(code, origin)

/**
 * Whether a verifier is the one of a code's challenge (RFC 7636 section 4.6).
 *
 * @param unverifiedVerifier - As the request has it.
 */
export const isVerifierOf = ({ challenge }: Pick<Code, 'challenge'>, unverifiedVerifier: string): boolean =>
  /^[\w.~-]{43,128}$/.test(unverifiedVerifier) &&
  hash('sha256', unverifiedVerifier, 'base64url') === challenge
