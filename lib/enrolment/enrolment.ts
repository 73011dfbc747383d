import { randomBytes } from 'node:crypto'
import { type Table, transact } from '../aws/dynamodb.ts'
import type { ServiceError } from '../errors.ts'
import { refusal } from '../factors/refusals.ts'
import type { CookieRequest } from '../sessions/page.ts'
import { type BegunLogin, findBegunLogin } from '../sign-in/begun.ts'
import type { Spend } from '../sign-in/complete.ts'
import {
  LOGIN_TOKEN_RANDOM_BYTES,
  type LoginToken,
  proveLoginToken,
  startLoginToken,
  storeLoginToken,
} from '../sign-in/login-token.ts'
import { secondOf } from '../time.ts'
import { factorsOf } from '../users/factors.ts'
import type { User } from '../users/user.ts'

/** A sign-in that an enrolment completes: its first step was the password, or an identity at a provider. */
interface BegunSignIn extends Pick<LoginToken, 'inCookie' | 'first' | 'provider'> {
  refreshToken: string
}

/**
 * Begins the enrolment of a user who has just proved to own the account. Returns the body of the response
 * that leads to it.
 *
 * @param request - The request of the sign-in that the enrolment completes.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function beginEnrolment(
  table: Table,
  user: User,
  { inCookie, refreshToken, first, provider }: BegunSignIn,
  now: Date,
): Promise<object> {
  const details = {
    purpose: 'enrolment',
    loginName: user.username,
    inCookie,
    replaces: refreshToken,
    first,
    provider,
    provedAt: secondOf(now),
  } as const
  const { stored, token } = startLoginToken(user, details, now, randomBytes(LOGIN_TOKEN_RANDOM_BYTES))
  await storeLoginToken(table, stored)
  return { next: 'enrolment', proofs: [], enrolmentToken: token }
}

/**
 * Finds the enrolment that a token continues, and its user. Counts and spends nothing. If the user has got a
 * second factor since then, the user signs in with it.
 *
 * @param page - The page, if the response may set the cookie.
 * @throws {@link ServiceError} as `findBegunLogin` in `lib/sign-in/begun.ts`.
 */
export async function findEnrolment(
  table: Table,
  unverifiedToken: string,
  now: Date,
  page?: CookieRequest,
): Promise<BegunLogin> {
  const begun = await findBegunLogin(table, unverifiedToken, { purpose: 'enrolment', page }, now)
  const { user } = begun
  if (factorsOf(user).length > 0) {
    throw refusal('login_expired', 'the user has a second factor', { userId: user.id })
  }
  return begun
}

/**
 * Finds an enrolment like {@link findEnrolment}, but requires that the user has proved more than the
 * password. Without that proof, an attacker with a stolen password could take over the account with a factor.
 *
 * @throws {@link ServiceError} `forbidden`, with the detail that a proof is required, or as {@link findEnrolment}.
 */
export async function findProvedEnrolment(
  table: Table,
  unverifiedToken: string,
  now: Date,
  page?: CookieRequest,
): Promise<BegunLogin> {
  const begun = await findEnrolment(table, unverifiedToken, now, page)
  if (begun.login.provedAt === undefined) {
    throw refusal('proof_required', 'the enrolment is not proved', { userId: begun.user.id })
  }
  return begun
}

/**
 * Spends a proof, and records it with the enrolment, in one transaction.
 *
 * @throws {@link ServiceError} The refusal of the proof; `invalid_credentials`, if another request has
 *   completed the enrolment; `unavailable`.
 */
export async function proveEnrolment(
  table: Table,
  login: LoginToken,
  proof: Spend,
  now: Date,
): Promise<void> {
  const refused = await transact(table, [proof.write, proveLoginToken(login, now)])
  if (!refused) return
  const { userId } = login
  throw refused[0] ? proof.refusal() : refusal('login_expired', 'the enrolment token is spent', { userId })
}
