import { randomUUID } from 'node:crypto'
import type { TransactWrite } from '../aws/dynamodb.ts'
import { byUser, updateEventOf } from '../events/event.ts'
import { factorChange } from '../factors/change.ts'
import { refusal } from '../factors/refusals.ts'
import { logEvent } from '../log.ts'
import { notify } from '../mail/request.ts'
import type { CookieRequest } from '../sessions/page.ts'
import type { SessionTokens } from '../sessions/session.ts'
import type { BegunLogin } from '../sign-in/begun.ts'
import { completeFactorSignIn } from '../sign-in/factor.ts'
import { AMR, type Factor, withFactor } from '../users/factors.ts'
import { revokeSessions } from '../users/revocation.ts'

/** A verified second factor, which is not stored yet. */
export interface NewFactor {
  factor: Factor
  /** Random id of the change. */
  changeId?: string
  /** Writes that store it, and spend the proof that verified it. */
  writes: readonly TransactWrite[]
  recoveryCodes?: string[] | undefined
}

const AMR_OF = { totp: AMR.totp, passkey: AMR.secondPasskey } as const

/**
 * Completes an enrolment in one transaction: stores the first second factor and the recovery codes, and signs
 * in. If the transaction is refused, the user has no factor and no session, and may try again. If its
 * response is lost, the user may have the factor and recovery codes that were never shown, but no session.
 * Then the user signs in with the factor, and makes new codes.
 *
 * It changes both generations, like every first second factor. The new session and its token have the new
 * generations.
 *
 * @param enrolment - A proved enrolment; see `findProvedEnrolment` in `lib/enrolment/enrolment.ts`. It
 *   contains the page that completes it.
 * @throws {@link ServiceError} as `completeFactorSignIn` in `lib/sign-in/factor.ts`.
 */
export async function completeEnrolment(
  at: Parameters<typeof completeFactorSignIn>[0],
  { login, user, page }: BegunLogin & { page: CookieRequest },
  { factor, changeId = randomUUID(), writes, recoveryCodes }: NewFactor,
): Promise<SessionTokens> {
  const { now } = at
  const factors = withFactor(user, factor)
  const changed = { ...user, ...revokeSessions(user), factors, changeId }
  const change = factorChange(user, { factors, isRevoking: true }, now, changeId)
  const changedMeanwhile = () =>
    refusal('login_expired', 'the user or the new factor changed', { userId: user.id })
  const added = { changes: [factor], detail: 'added' } as const
  const event = updateEventOf(at.table, byUser(at, user.id), user.id, added)
  const spends = [change, ...writes, event].map((write) => ({ write, refusal: changedMeanwhile }))
  const signIn = { user, changed, amr: AMR_OF[factor], login, spends, more: { recoveryCodes } }
  const signedIn = await completeFactorSignIn(at, signIn, page)
  await notify(at, `${factor}-added`, user)
  logEvent('info', { event: 'factor.added', userId: user.id, factor })
  return signedIn
}
