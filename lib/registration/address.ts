import { randomUUID } from 'node:crypto'
import type { At } from '../context.ts'
import { ServiceError } from '../errors.ts'
import { byUser } from '../events/event.ts'
import { findSurvivor } from '../factors/caller.ts'
import { addressIn } from '../mail/confirmation.ts'
import { spend } from '../mail/store.ts'
import { invalidLink } from '../mail/verify.ts'
import { hasPassword } from '../passwords/hash.ts'
import { factorsOf, needsFactor } from '../users/factors.ts'
import { changeNames, namesOf } from '../users/names.ts'
import type { Principal, User } from '../users/user.ts'

/**
 * Gives a user the address that the user has confirmed, and spends its mail in one transaction. Revokes all access tokens.
 *
 * With `mailSignIn=on`, the address of a user without a password is what the user signs in with. So its change ends all other sessions, as
 * that of a password does.
 *
 * @param caller - The sign-in that confirms it.
 * @param mailId - Contains the address.
 * @returns The new address in lower case.
 * @throws {@link ServiceError} `invalid_link`; `invalid_fields`, if the address is taken; `unavailable`.
 */
export async function confirmAddress(
  at: At<'MAIL_SIGN_IN' | 'REQUIRE_SECOND_FACTOR'>,
  user: User,
  caller: Pick<Principal, 'sessionId' | 'authTime'>,
  mailId: string,
): Promise<string | undefined> {
  // Under the policy, a user without a factor gets no token. So the token and the request are older than the policy, and one
  // factor was enough for them. A mail to the new address would prove an enrolment.
  if (factorsOf(user).length === 0 && needsFactor(user, at.config.REQUIRE_SECOND_FACTOR)) {
    throw invalidLink('the user must have a factor now')
  }
  const address = addressIn(mailId)
  // A username that is the address changes with it.
  const username = user.username === user.email ? address.toLowerCase() : user.username
  const names = namesOf(username, address, true)
  const isCredential = at.config.MAIL_SIGN_IN && !hasPassword(user.passwordHash)
  const ending = isCredential
    ? { survivingSession: await findSurvivor(at.table, caller, user, at.now) }
    : undefined
  const change = { names, changeId: randomUUID(), more: [spend(mailId, at.now)], ending }
  const outcome = await changeNames(at.table, user, change, byUser(at, user.id))
  if (outcome === 'changed') throw invalidLink('spent, or the user changed')
  if (outcome === 'taken') {
    const fields = [{ pointer: '#', detail: 'This address already has an account.', rule: 'taken' }]
    throw new ServiceError('invalid_fields', 'the address is taken', { fields })
  }
  return names.email
}
