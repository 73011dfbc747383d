import type { Table } from '../aws/dynamodb.ts'
import { findUser } from '../users/store.ts'
import type { User } from '../users/user.ts'
import { findLoginToken, type LoginPurpose, type LoginToken } from './login-token.ts'
import { refusal } from './refusals.ts'

/** A sign-in whose first step is done. */
export interface BegunLogin {
  login: LoginToken
  user: User
}

/**
 * Finds the sign-in that a login token continues, and its user, with two consistent reads. Nothing is counted or spent.
 *
 * A change of the user since the password step ends the sign-in: a new password, role or factor, or a revocation.
 *
 * @throws {@link ServiceError} `invalid_credentials`, with the detail of an expired sign-in, or `unavailable`.
 */
export async function findBegunLogin(
  table: Table,
  unverifiedToken: string,
  purpose: LoginPurpose,
  now: Date,
): Promise<BegunLogin> {
  const login = await findLoginToken(table, unverifiedToken, purpose, now)
  const { userId, generation } = login
  const user = await findUser(table, userId)
  if (user === undefined || user.disabled || user.generation !== generation) {
    throw refusal('login_expired', 'the user changed since the first step', { userId })
  }
  return { login, user }
}
