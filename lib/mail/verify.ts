import { randomBytes } from 'node:crypto'
import type { Table } from '../aws/dynamodb.ts'
import { together } from '../aws/together.ts'
import { ServiceError } from '../errors.ts'
import type { Counter } from '../throttling/counter.ts'
import { codeCounters } from '../throttling/mail-counters.ts'
import { sourceOf, truncatedSource } from '../throttling/source.ts'
import { giveBack, type ReservingTable, rejectIfRefused, reserveAttempt } from '../throttling/store.ts'
import { findUser } from '../users/store.ts'
import type { User } from '../users/user.ts'
import {
  type Confirmation,
  type ConfirmationKind,
  isProvedBy,
  type Proof,
  readToken,
} from './confirmation.ts'
import { findConfirmation, mailKey } from './store.ts'

const ATTEMPT_ID_BYTES = 8

/** The members of a body that prove that the client has read a mail. */
export interface ProofFields {
  token?: string | undefined
  mailId?: string | undefined
  code?: string | undefined
}

/**
 * Verifies the proof in a request, without spending its confirmation.
 *
 * A code has 26 bits, so five wrong ones make it invalid, and a source may try 50 an hour for all mails.
 * Tries are counted before they are compared. Tries for mail ids that confirm nothing are counted with the
 * same calls, so a mail id does not show whether a user exists. At a route for mails of other kinds, tries count apart: it does not
 * ask for the browser or the session that the mail is for. A token has 256 bits, and needs no count.
 *
 * @param kinds - Kinds of confirmations that are allowed here.
 * @param given - The proof in the request, and the address of the request from the gateway.
 * @returns The confirmation and the id of its mail.
 * @throws {@link ServiceError} `invalid_link`, `too_many_attempts` or `unavailable`.
 */
export async function verifyProof(
  table: ReservingTable,
  kinds: readonly ConfirmationKind[],
  { sourceIp, ...fields }: ProofFields & { sourceIp: string },
  now: Date,
): Promise<{ confirmation: Confirmation; mailId: string }> {
  const proof = proofIn(fields)
  if (proof === undefined) throw invalidLink('not a token')
  const { mailId } = proof
  const source = sourceOf(sourceIp)
  const confirmation = await findConfirmation(table, mailId)
  const isOfOthers = confirmation !== undefined && !kinds.includes(confirmation.kind)
  const name = isOfOthers ? 'codes-of-others' : 'codes'
  const release =
    'code' in proof
      ? await reserveTry(table, codeCounters(mailKey(mailId), name, source, now), source, now)
      : async () => {}
  if (confirmation === undefined) throw invalidLink('no such request')
  if (isOfOthers) throw invalidLink('a request of another kind')
  if (release === undefined) throw invalidLink('too many codes')
  if (!isProvedBy(confirmation, proof, now)) throw invalidLink('wrong, expired or spent')
  // A correct code is not a guess. A client may repeat it with another password or username.
  await release()
  return { confirmation, mailId }
}

function proofIn({ token, mailId = '', code = '' }: ProofFields): Proof | undefined {
  return token === undefined ? { mailId, code } : readToken(token)
}

/**
 * Reserves a try of a code.
 *
 * @returns The function that gives the try back, or `undefined` if the code of the mail is invalid.
 * @throws {@link ServiceError} `too_many_attempts`, if the source has tried too many.
 */
async function reserveTry(
  table: ReservingTable,
  [ofMail, ofSource]: [Counter, Counter],
  source: string,
  now: Date,
): Promise<(() => Promise<void>) | undefined> {
  const id = randomBytes(ATTEMPT_ID_BYTES).toString('base64url')
  rejectIfRefused(
    await reserveAttempt(table, [ofSource], id, now),
    'too_many_attempts',
    'too many codes of the source',
    { event: 'link.throttled', log: { source: truncatedSource(source) } },
  )
  const { refusedForSeconds } = await reserveAttempt(table, [ofMail], id, now)
  if (refusedForSeconds > 0) return undefined
  return async () =>
    void (await together([ofMail, ofSource].map((counter) => giveBack(table, counter, [id]))))
}

/**
 * Finds the user that a confirmation is bound to.
 *
 * @returns The user. Password, names and sessions have not changed since the mail was sent.
 * @throws {@link ServiceError} `invalid_link` or `unavailable`.
 */
export async function findBoundUser(table: Table, confirmation: Confirmation): Promise<User> {
  const { userId = '', generation, email } = confirmation
  const user = await findUser(table, userId)
  if (user === undefined || user.disabled || user.generation !== generation || user.email !== email) {
    throw invalidLink('the user changed')
  }
  return user
}

/** The refusal of a link or code of another user: the member `error` of its problem, and the detail. */
export const OTHER_USER = {
  error: 'other_user',
  detail: 'The link or code belongs to another user. Sign in as the user who asked for the mail.',
}

/**
 * Requires that the caller requested the mail. Otherwise the reader of a mail could confirm an address for
 * the account of another person. That could be an attacker's account. After a typing error, the reader could
 * get the other person's account.
 *
 * @param confirmation - A proved confirmation. So only the reader of the mail learns that it belongs to
 *   another user.
 * @throws {@link ServiceError} `forbidden`.
 */
export function requireOwnProof(confirmation: Confirmation, userId: string): void {
  if (confirmation.userId === userId) return
  throw new ServiceError('forbidden', 'proof of another user', { ...OTHER_USER, event: 'link.refused' })
}

/** Returns the error of a link or code that confirms nothing. */
export const invalidLink = (reason: string) => new ServiceError('invalid_link', reason)
