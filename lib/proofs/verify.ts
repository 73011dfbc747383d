import { requireStepUp } from '../authorization/step-up.ts'
import { type Table, type TransactWrite, transact } from '../aws/dynamodb.ts'
import { together } from '../aws/together.ts'
import type { At } from '../context.ts'
import { findSurvivor } from '../factors/caller.ts'
import type { Change } from '../mail/change.ts'
import { type OwnerSetting, verifyCurrentPassword } from '../passwords/current.ts'
import { type Attempt, returnAttempt } from '../throttling/attempt.ts'
import type { ReservingTable } from '../throttling/store.ts'
import { secondOf } from '../time.ts'
import { requireUnrevoked } from '../users/revocation.ts'
import { findUser } from '../users/store.ts'
import type { Principal, User } from '../users/user.ts'
import { findChangeToken, spendChangeToken } from './change-token.ts'
import { invalidChangeToken, requireNoPassword } from './refusals.ts'

/**
 * What a request proves the account with: one of the two. `mailSignIn=off` knows the password alone
 * (docs/decisions/0162-each-change-has-its-own-proof.md).
 */
export interface OwnerProof {
  currentPassword?: string | undefined
  changeToken?: string | undefined
}

/** The owner of an account, who has proved it for one change. */
export interface Owner {
  /** The profile that was read. The change is refused if another one came after that read. */
  user: User
  /** The attempt at the password, which the handler gives back by {@link returnProof}, in parallel with its next calls. */
  attempt: Attempt | undefined
  /** Writes that spend the proof. The transaction of the change has them, or of the challenge or secret that begins it. */
  spends: TransactWrite[]
}

/**
 * Verifies that the caller owns the account, before a change of it. A user with a password types it. A user without one has a change
 * token, made for this very change in this session: a sign-in, however young, is no proof.
 *
 * If the user has or must have a second factor, both ways also need two factors: for the password a recent sign-in, for a change token
 * the acr of its proof. Nothing is spent.
 *
 * @throws {@link ServiceError} as `verifyCurrentPassword` and `findChangeToken`; `conflict` with `has_password`, if a user with a
 *   password has a change token.
 */
export async function verifyOwner(
  at: At<OwnerSetting, ReservingTable>,
  principal: Principal,
  { currentPassword, changeToken }: OwnerProof,
  change: Change,
): Promise<Owner> {
  if (changeToken === undefined) {
    return { ...(await verifyCurrentPassword(at, principal, String(currentPassword))), spends: [] }
  }
  const { table, config, now } = at
  const [user, { acr }] = await together([
    findUser(table, principal.userId),
    findChangeToken(table, changeToken, { principal, change }, now),
  ])
  requireUnrevoked(principal.generation, user)
  requireNoPassword(user)
  requireStepUp({ acr, authTime: secondOf(now) }, user, config.REQUIRE_SECOND_FACTOR, now)
  return { user, attempt: undefined, spends: [spendChangeToken(changeToken, now)] }
}

/** The caller of a change that ends other sessions. */
export interface Caller extends Pick<Owner, 'user' | 'spends'> {
  /** The caller's sign-in, if it is live. It survives the change. */
  survivingSession: string | undefined
}

/**
 * Verifies the owner like {@link verifyOwner}, gives the attempt back, and finds the caller's sign-in.
 *
 * @example
 * const { user, spends, survivingSession } = await verifyCaller(at, principal, proof, 'removal')
 */
export async function verifyCaller(
  at: At<OwnerSetting, ReservingTable>,
  principal: Principal,
  proof: OwnerProof,
  change: Change,
): Promise<Caller> {
  const { user, attempt, spends } = await verifyOwner(at, principal, proof, change)
  const [survivingSession] = await together([
    findSurvivor(at.table, principal, user, at.now),
    returnProof(at.table, attempt),
  ])
  return { user, spends, survivingSession }
}

/** Gives the attempt at a correct password back. Does not throw. */
export async function returnProof(table: ReservingTable, attempt: Attempt | undefined): Promise<void> {
  if (attempt) await returnAttempt(table, attempt)
}

/**
 * Spends the proof of a change that begins without a write, such as a mail to a new address.
 *
 * @throws {@link ServiceError} `invalid_fields` at `#/changeToken`, if another request has spent it; `unavailable`.
 */
export async function spendProof(
  table: Table,
  { user, spends }: Pick<Owner, 'user' | 'spends'>,
): Promise<void> {
  if (spends.length === 0) return
  if (await transact(table, spends)) throw invalidChangeToken('the change token is spent', user.id)
}
