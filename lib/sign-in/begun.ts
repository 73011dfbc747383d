import type { Table } from '../aws/dynamodb.ts'
import { refusal } from '../factors/refusals.ts'
import { type CookieRequest, requireOwnPage } from '../sessions/page.ts'
import { findUser } from '../users/store.ts'
import type { User } from '../users/user.ts'
import { findLoginToken, type LoginPurpose, type LoginToken } from './login-token.ts'

/** A sign-in whose first step is done. */
export interface BegunLogin {
  login: LoginToken
  user: User
}

/**
 * Finds the sign-in of a login token, and its user, with two consistent reads. Counts and spends nothing.
 *
 * A change of the user that revokes tokens ends the sign-in. Such changes are a new password, role or name, a
 * first or removed factor, and a sign-out everywhere.
 *
 * @param last - The required purpose of the login token, and the page if the response may set the cookie.
 * @throws {@link ServiceError} `invalid_credentials`, with the detail of an expired sign-in; `forbidden`, if the
 *   page may not use the cookie; `unavailable`.
 */
export async function findBegunLogin(
  table: Table,
  unverifiedToken: string,
  { purpose, page }: { purpose: LoginPurpose; page?: CookieRequest | undefined },
  now: Date,
): Promise<BegunLogin> {
  const login = await findLoginToken(table, unverifiedToken, purpose, now)
  // Checked before anything is counted: attackers could send their login token from the user's browser, and
  // put their session into it.
  // A mail that signs in counts only in a page of the service itself, so no app's page continues with it.
  const isOfMail = login.first === 'mail'
  if (page && login.inCookie) requireOwnPage(isOfMail ? { ...page, allowedOrigins: [] } : page)
  const { userId, generation } = login
  const user = await findUser(table, userId)
  if (user === undefined || user.disabled || user.generation !== generation) {
    throw refusal('login_expired', 'the user changed since the first step', { userId })
  }
  return { login, user }
}
