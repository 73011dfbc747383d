import { FIRST_ROLE, type Role } from '../application/roles.ts'
import type { TransactWrite } from '../aws/dynamodb.ts'
import type { At } from '../context.ts'
import { type FieldError, ServiceError } from '../errors.ts'
import { byUser } from '../events/event.ts'
import type { Confirmation } from '../mail/confirmation.ts'
import { findInvitedRole, mailKey, spend } from '../mail/store.ts'
import { invalidLink, type ProofFields, verifyProof } from '../mail/verify.ts'
import { usernameCounter } from '../throttling/mail-counters.ts'
import { judgeAttempt, type ReservingTable, reserveAttempt } from '../throttling/store.ts'
import { NEW_USERNAME_RULE } from '../users/login-name.ts'
import { createUser, namesOf } from '../users/names.ts'
import { isNameTaken } from '../users/store.ts'
import type { User } from '../users/user.ts'

/** Mails that prove the address of a new user. */
export const NEW_USER_MAILS = ['registration', 'invitation'] as const

/**
 * Verifies the link or the code of a mail, and finds the role of the new user.
 *
 * @throws {@link ServiceError} `invalid_link`; or as `verifyProof` in `lib/mail/verify.ts`.
 */
export async function verifyMail(table: ReservingTable, proof: ProofFields, sourceIp: string, now: Date) {
  const { confirmation, mailId } = await verifyProof(table, NEW_USER_MAILS, { ...proof, sourceIp }, now)
  return { mailId, role: await roleOf(table, confirmation, mailId) }
}

/**
 * Returns the role of a new user: that of the invitation, or the first one.
 *
 * @throws {@link ServiceError} `invalid_link`, if no operator stored the invitation.
 */
async function roleOf(table: ReservingTable, { kind }: Confirmation, mailId: string): Promise<Role> {
  if (kind !== 'invitation') return FIRST_ROLE
  const role = await findInvitedRole(table, mailId)
  if (role === undefined) throw invalidLink('no operator stored the invitation')
  return role
}

/**
 * Returns the names of a new user with a confirmed address, in the spelling of its owner.
 *
 * @throws {@link ServiceError} `invalid_fields`, if the username is another address. Otherwise the owner of
 *   that address could not use it.
 */
export function confirmedNames(address: string, chosen: string | undefined) {
  const email = address.toLowerCase()
  const username = chosen ?? email
  if (username.includes('@') && username !== email) {
    throw refusedName('#/username', NEW_USERNAME_RULE, 'format')
  }
  return namesOf(username, address, true)
}

/**
 * Stores the user, and spends the confirmation, in one transaction. After ten taken usernames the
 * confirmation is invalid. Otherwise one address could find out which usernames exist. Tries are counted
 * before the usernames are read.
 *
 * @param more - Further writes of the transaction.
 * @throws {@link ServiceError} `invalid_link`, also if one of `more` is refused; `invalid_fields`, or `unavailable`.
 */
export async function storeUser(
  at: At<never, ReservingTable>,
  user: User,
  mailId: string,
  more: readonly TransactWrite[] = [],
): Promise<void> {
  const { table, now } = at
  const counter = usernameCounter(mailKey(mailId), now)
  const { refusedForSeconds } = await reserveAttempt(table, [counter], user.changeId, now)
  if (refusedForSeconds > 0) throw invalidLink('too many usernames')
  const outcome = await createUser(table, user, byUser(at, user.id), spend(mailId, now), ...more)
  if (outcome === 'done') return
  // The username or the address is taken. Both count.
  judgeAttempt(table, user.changeId, () => true)
  if (outcome === 'changed') throw invalidLink('spent')
  if (await isNameTaken(table, String(user.email))) {
    throw refusedName('#', 'This address already has an account. Sign in, or ask for a new password.')
  }
  throw refusedName('#/username', 'This username is taken.')
}

/** Returns the error of a name or an address that a new user cannot get. */
export const refusedName = (
  pointer: string,
  detail: string,
  rule = 'taken',
  values?: FieldError['values'],
): ServiceError =>
  new ServiceError('invalid_fields', 'a name is taken or not allowed', {
    fields: [{ pointer, detail, rule, values }],
  })
