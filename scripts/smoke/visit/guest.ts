import { randomBytes } from 'node:crypto'
import { storeFactorReset } from '../../../lib/mail/factor-reset.ts'
import { attachedToNames, deleteItems } from '../../../lib/operators/removal.ts'
import {
  LOGIN_TOKEN_RANDOM_BYTES,
  startLoginToken,
  storeLoginToken,
} from '../../../lib/sign-in/login-token.ts'
import { secondOf } from '../../../lib/time.ts'
import { findUserByName } from '../../../lib/users/store.ts'
import { loginNamesOf, type User } from '../../../lib/users/user.ts'
import { Difference } from './responses.ts'
import { found, type Guest, tokensIn, type Visit } from './visit.ts'

/** What a check works with: the second user, and what the table has of it now. */
export async function guestOf(visit: Visit): Promise<{ guest: Guest; user: User }> {
  const guest = found(visit.guest?.isStored ? visit.guest : undefined, 'second account')
  const user = await findUserByName(visit.table, guest.username)
  if (user === undefined) throw new Difference(`expected the user ${guest.username} in the table, got none`)
  return { guest, user }
}

/** Returns a member of the second user that an earlier check has found. */
export const ofGuest = <K extends keyof Guest>(visit: Visit, name: K, check: string): NonNullable<Guest[K]> =>
  found(visit.guest?.[name] ?? undefined, check) as NonNullable<Guest[K]>

/** Exchanges the refresh token of the second user: a change of the account has revoked its access token. */
export async function renewTokens({ send }: Visit, guest: Guest): Promise<void> {
  const { refreshToken } = found(guest.tokens, 'enrolment with an app')
  guest.tokens = tokensIn(await send('POST /refresh', { body: { refreshToken } }))
}

/**
 * Makes the next sign-in of a user one in a new place: nothing is known of this address. The operator has
 * asked for a reset of the second factors, which a complete sign-in cancels.
 */
export async function forgetPlaces({ table }: Visit, user: User): Promise<void> {
  await deleteItems(table, await attachedToNames(table, loginNamesOf(user)))
  await storeFactorReset(table, user.id, 'smoke', table.act())
}

/**
 * Begins the enrolment of a user without factors, as the sign-in does if `requireSecondFactor` demands one.
 *
 * @param replaces - Refresh token of the session that the enrolment replaces.
 */
export async function beginEnrolment({ table }: Visit, user: User, replaces?: string): Promise<string> {
  const { now } = table.act()
  const details = {
    purpose: 'enrolment',
    loginName: user.username,
    inCookie: false,
    replaces,
    // The attempts that a complete sign-in gives back.
    pairSk: `attempts#smoke#${secondOf(now)}`,
    pairAttempts: ['smoke'],
  } as const
  const random = randomBytes(LOGIN_TOKEN_RANDOM_BYTES)
  const { stored, token } = startLoginToken(user, { ...details, pairAttempts: ['smoke'] }, now, random)
  await storeLoginToken(table, stored)
  return token
}
