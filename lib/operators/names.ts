import type { Table } from '../aws/dynamodb.ts'
import { ServiceError } from '../errors.ts'
import type { Act } from '../events/event.ts'
import type { NoticeKind, Notified } from '../mail/event.ts'
import type { WithLocale } from '../users/locale.ts'
import { changeNames, type Names, namesOf, type Outcome } from '../users/names.ts'
import { loginNamesOf, mailboxOf, type User } from '../users/user.ts'
import { type Administered, findIdByName } from './accounts.ts'
import { changedMeanwhile } from './refusals.ts'

/** Names that an operator gives a user. The address is in the spelling of its owner. */
export type GivenNames = Pick<Names, 'username' | 'email'>

/** Returns the names of a user after a change. An address that changes is not verified. */
export function namesAfter(user: Names, { username, email }: GivenNames): Names {
  const names = namesOf(username, email, user.emailVerified)
  return { ...names, emailVerified: names.emailVerified && names.email === user.email }
}

/** Whether a change takes an address from a user. Its reader may have signed in by a mail, so all sessions end with it. */
export const losesAddress = (before: Names, after: Names): boolean =>
  before.email !== undefined && before.email !== after.email

/**
 * Changes the names of a user, and revokes the access tokens, which carry the username. Ends all sessions, if the user loses an
 * address.
 *
 * @param user - The profile that was read.
 * @param change - `changeId` is a random id of this change.
 * @returns `done`; `taken`, if another user has one of the names; `changed`, if the user has changed since the read.
 * @throws {@link ServiceError} `unavailable`.
 */
export function setNames(
  table: Table,
  user: Administered,
  { names: given, changeId }: { names: GivenNames; changeId: string },
  act: Act,
): Promise<Outcome> {
  const names = namesAfter(user, given)
  const ending = losesAddress(user, names) ? { survivingSession: undefined } : undefined
  return changeNames(table, user, { names, changeId, ending }, act)
}

/**
 * Returns the notice of a change of names, and the address that it goes to: that from before the change. If address and username
 * changed because they are one, it is the notice of the address. It names the user as before the change: a mailbox that is not the
 * user's any longer does not get the new username.
 */
export function noticeOfNames<U extends Names & Pick<User, 'locale'>>(
  before: U & WithLocale<U>,
  after: Names,
): (Notified & { kind: NoticeKind }) | undefined {
  const { locale } = before
  const [to, next] = [mailboxOf(before), mailboxOf(after)]
  if (to?.toLowerCase() !== next?.toLowerCase()) {
    return { kind: 'address-changed', to, username: before.username, locale }
  }
  if (before.username === after.username) return undefined
  return { kind: 'username-changed', to, username: after.username, locale }
}

/**
 * Finds which of the names of a user another user has.
 *
 * @param userId - Id of the user, if the user exists.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function takenName(table: Table, names: GivenNames, userId?: string): Promise<string> {
  for (const name of loginNamesOf(names)) {
    const owner = await findIdByName(table, name)
    if (owner !== undefined && owner !== userId) return name
  }
  return names.username
}

/** Returns the error for a name of another user. If it is this user's own by now, the user has changed since the read. */
export async function errorOfTaken(table: Table, names: GivenNames, userId: string): Promise<ServiceError> {
  const name = await takenName(table, names, userId)
  if ((await findIdByName(table, name)) === userId) return changedMeanwhile()
  const field =
    name === names.username
      ? { pointer: '#/username', detail: 'This username is taken.', rule: 'taken' }
      : { pointer: '#/email', detail: 'This address already has an account.', rule: 'taken' }
  return new ServiceError('invalid_fields', 'another user has a name', { fields: [field] })
}
