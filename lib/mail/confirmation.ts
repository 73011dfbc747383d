import { hash, timingSafeEqual } from 'node:crypto'
import { number, optionalNumber, optionalText, text } from '../aws/dynamodb.ts'
import type { Attributes, Read, ValuesOf } from '../aws/item.ts'
import { secondOf } from '../time.ts'

/**
 * The thing that a link or a code in a mail confirms:
 * - `registration`: an address, for a new user;
 * - `invitation`: an address, for a new user with a role that an operator chose;
 * - `sign-in`: that a user may sign in, in the browser that asked;
 * - `reset`: that a user may choose a new password;
 * - `address`: a new address of a user;
 * - `enrolment`: that a user who knows the password may add the first second factor;
 * - `change`: that the user of a session may make one change of the account; by its code alone;
 * - `cancel-reset`: that a user's second factors stay.
 */
export type ConfirmationKind =
  | 'registration'
  | 'invitation'
  | 'sign-in'
  | 'reset'
  | 'address'
  | 'enrolment'
  | 'change'
  | 'cancel-reset'

/** Attributes of a confirmation. Neither the token nor the code is stored. */
export const CONFIRMATION = {
  kind: text as Read<ConfirmationKind>,
  /** SHA-256 of the link's secret, in base64url. */
  secretHash: text,
  /**
   * SHA-256 of the mail id and the code, in base64url. The mail id is not stored, so a reader of the table
   * cannot guess the code. Missing if the mail has no code.
   */
  codeHash: optionalText,
  /** Seconds since the epoch. */
  codeExpiresAt: optionalNumber,
  expiresAt: number,
  /** Second since the epoch at which it was spent. */
  spentAt: optionalNumber,
  /** The user, with its token generation and its address when the mail was sent. */
  userId: optionalText,
  generation: optionalNumber,
  email: optionalText,
} satisfies Attributes

/** A stored confirmation. */
export type Confirmation = ValuesOf<typeof CONFIRMATION>

/** Values that a confirmation is bound to, in addition to the address in its mail id. */
export type Bindings = Pick<Confirmation, 'userId' | 'generation' | 'email'>

/** A client's proof that it has read a mail: the token of the link, or the code with the mail id. */
export type Proof = { mailId: string; secret: string } | { mailId: string; code: string }

const ID_BYTES = 16
const SECRET_BYTES = 32
const CODE_BYTES = 6
const CODE_DIGITS = 8

/** Random bytes that {@link newMailId} needs. */
export const MAIL_ID_BYTES = ID_BYTES

/** Random bytes that {@link startConfirmation} needs: for the secret and the code. */
export const CONFIRMATION_RANDOM_BYTES = SECRET_BYTES + CODE_BYTES

const CODE_TTL_SECONDS = 600
const LINK_TTL_SECONDS = 3_600
/** How long an invitation is valid. Its recipient has not requested it, so may not read it at once. */
export const INVITATION_TTL_SECONDS = 7 * 86_400

const TOKEN = /^([A-Za-z0-9_-]{22}(?:\.[A-Za-z0-9_-]{1,340})?)\.([A-Za-z0-9_-]{43})$/

/**
 * Returns a mail id: 128 random bits, and the address to confirm for a registration or a new address. The
 * client and the link have the id, so nothing about a person is stored before the proof.
 *
 * @param random - {@link MAIL_ID_BYTES} fresh random bytes.
 * @param address - In the spelling of its owner.
 */
export const newMailId = (random: Buffer, address?: string): string =>
  random.toString('base64url') +
  (address === undefined ? '' : `.${Buffer.from(address).toString('base64url')}`)

/** Returns the address in a mail id, or an empty string. */
export const addressIn = (mailId: string): string =>
  Buffer.from(mailId.slice(mailId.indexOf('.') + 1 || mailId.length), 'base64url').toString()

/** Values of a new confirmation. */
export interface ConfirmationDetails {
  kind: ConfirmationKind
  mailId: string
  bindings: Bindings
  /** How long the link is valid; by default an hour, and a week for an invitation. */
  linkTtlSeconds?: number
}

/**
 * Creates a confirmation, without storing it.
 *
 * @param random - {@link CONFIRMATION_RANDOM_BYTES} fresh random bytes.
 * @returns The confirmation to store, and its token and code, which are stored nowhere.
 */
export function startConfirmation(
  details: ConfirmationDetails,
  now: Date,
  random: Buffer,
): { confirmation: Confirmation; token: string; code: string } {
  const { kind, mailId, bindings } = details
  const defaultTtlSeconds = kind === 'invitation' ? INVITATION_TTL_SECONDS : LINK_TTL_SECONDS
  const { linkTtlSeconds = defaultTtlSeconds } = details
  const secret = random.toString('base64url', 0, SECRET_BYTES)
  const number = random.readUIntBE(SECRET_BYTES, CODE_BYTES) % 10 ** CODE_DIGITS
  const code = String(number).padStart(CODE_DIGITS, '0')
  const confirmation = {
    kind,
    ...bindings,
    secretHash: hash('sha256', secret, 'base64url'),
    codeHash: codeHashOf(mailId, code),
    codeExpiresAt: secondOf(now) + CODE_TTL_SECONDS,
    expiresAt: secondOf(now) + linkTtlSeconds,
  }
  return { confirmation, token: `${mailId}.${secret}`, code }
}

/** Returns a confirmation that only the token can prove, for a mail without a code. */
export const withoutCode = ({ codeHash: _, codeExpiresAt: __, ...rest }: Confirmation): Confirmation => rest

/** Returns the mail id and the secret of a token, or `undefined` if it does not have the form of one. */
export function readToken(unverifiedToken: string): Proof | undefined {
  const [, mailId, secret] = TOKEN.exec(unverifiedToken) ?? []
  return mailId === undefined || secret === undefined ? undefined : { mailId, secret }
}

/** Whether a proof is valid for a confirmation at an instant, and the confirmation is not spent. */
export function isProvedBy(confirmation: Confirmation, proof: Proof, now: Date): boolean {
  const { secretHash, codeHash, codeExpiresAt, expiresAt, spentAt } = confirmation
  if (spentAt !== undefined) return false
  if ('secret' in proof) {
    return secondOf(now) < expiresAt && equal(hash('sha256', proof.secret, 'base64url'), secretHash)
  }
  if (codeHash === undefined || codeExpiresAt === undefined) return false
  return secondOf(now) < codeExpiresAt && equal(codeHashOf(proof.mailId, proof.code), codeHash)
}

const codeHashOf = (mailId: string, code: string): string => hash('sha256', `${mailId}.${code}`, 'base64url')

const equal = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
