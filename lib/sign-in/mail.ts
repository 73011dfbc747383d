import { randomBytes } from 'node:crypto'
import { transact } from '../aws/dynamodb.ts'
import { together } from '../aws/together.ts'
import type { At } from '../context.ts'
import { bySystem, eventOf, partitionOf } from '../events/event.ts'
import { findRecoveryCodes } from '../factors/recovery-codes/store.ts'
import { applyElapsedFactorReset } from '../factors/reset.ts'
import { logEvent } from '../log.ts'
import { requireSameBrowser } from '../mail/browser.ts'
import { addressIn, readToken } from '../mail/confirmation.ts'
import { spend } from '../mail/store.ts'
import { findBoundUser, invalidLink, type ProofFields, verifyProof } from '../mail/verify.ts'
import type { ReservingTable } from '../throttling/store.ts'
import { secondOf } from '../time.ts'
import { factorsOf, needsFactor } from '../users/factors.ts'
import type { User } from '../users/user.ts'
import type { Spend } from './complete.ts'
import { LOGIN_TOKEN_RANDOM_BYTES, type LoginToken, putLoginToken, startLoginToken } from './login-token.ts'
import { secondFactorBody } from './next-step.ts'

/** A verified mail of a sign-in. */
export interface MailSignIn {
  user: User
  /** The write that spends the mail, as a part of the transaction of the next step. */
  spending: Spend
}

/**
 * Verifies the link or the code of a mail, in the browser that asked for it. It spends nothing but a try.
 *
 * Another browser is refused before the try is counted. Otherwise an attacker who asks for a mail could sign a visitor in as the
 * attacker, and who knows a mail id could use up its tries.
 *
 * @param key - Of the browser; an empty text without one.
 * @returns The user. Or for the address of no user the body of the response: its mail is one of a registration.
 * @throws {@link ServiceError} `invalid_credentials` with `other_browser`; `invalid_link`, `too_many_attempts` or `unavailable`.
 */
export async function verifySignInMail(
  { table, origin, now }: Omit<At<never, ReservingTable>, 'config'>,
  { token, mailId, code }: ProofFields,
  key: string,
): Promise<MailSignIn | { next: object }> {
  const unverifiedId = token === undefined ? mailId : readToken(token)?.mailId
  if (unverifiedId === undefined) throw invalidLink('not a token')
  requireSameBrowser(unverifiedId, key)
  const proof = { token, mailId, code, sourceIp: origin.sourceIp }
  const proved = await verifyProof(table, ['sign-in', 'registration'], proof, now)
  if (proved.confirmation.kind === 'registration') {
    return { next: { next: 'registration', mailId: proved.mailId, email: addressIn(proved.mailId) } }
  }
  const user = await findBoundUser(table, proved.confirmation)
  if (!user.emailVerified) throw invalidLink('the address is not verified now')
  return { user, spending: { write: spend(proved.mailId, now), refusal: () => invalidLink('spent') } }
}

/**
 * Returns the next step of a sign-in by a mail, like `nextStep` in `lib/sign-in/next-step.ts` after a password. One transaction stores
 * its login token and spends the mail.
 *
 * The mail also proves an enrolment: another mail to the same address would prove the same.
 *
 * @returns The user, after a reset of the factors; and `next`, or `undefined` if the mail completes the sign-in.
 * @throws {@link ServiceError} `invalid_link`, if the mail is spent; `unavailable`.
 */
export async function nextAfterMail(
  at: At<'REQUIRE_SECOND_FACTOR' | 'MAILER', ReservingTable>,
  { user: verified, spending }: MailSignIn,
  kept: Pick<LoginToken, 'loginName' | 'inCookie' | 'replaces'>,
): Promise<{ user: User; next: object | undefined }> {
  const { table, config, now } = at
  // The codes are read before the mail is spent: a read that fails must not cost the mail.
  const [user, codes] = await together([
    applyElapsedFactorReset(at, verified),
    factorsOf(verified).length > 0 ? findRecoveryCodes(table, verified.id) : [],
  ])
  const hasFactors = factorsOf(user).length > 0
  if (!hasFactors && !needsFactor(user, config.REQUIRE_SECOND_FACTOR)) return { user, next: undefined }
  const purpose = hasFactors ? 'second-factor' : 'enrolment'
  const provedAt = hasFactors ? undefined : secondOf(now)
  const details = { ...kept, purpose, first: 'mail', provedAt } as const
  const { stored, token } = startLoginToken(user, details, now, randomBytes(LOGIN_TOKEN_RANDOM_BYTES))
  const event = eventOf(table, bySystem(at), {
    type: 'factor.required',
    subject: partitionOf(user.id),
    loginId: stored.id,
    detail: `mail-${purpose}`,
  })
  if (await transact(table, [spending.write, putLoginToken(stored), event])) throw spending.refusal()
  logEvent('info', { event: hasFactors ? 'factor.required' : 'enrolment.required', userId: user.id })
  const next = hasFactors
    ? secondFactorBody(user, codes.length > 0, token)
    : { next: 'enrolment', proofs: [], enrolmentToken: token }
  return { user, next }
}
