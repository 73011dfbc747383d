import { randomBytes } from 'node:crypto'
import { acrForChange, requireStepUp } from '../authorization/step-up.ts'
import type { At } from '../context.ts'
import { type Change, changeIn, newChangeMailId } from '../mail/change.ts'
import { MAIL_ID_BYTES } from '../mail/confirmation.ts'
import { requestMail } from '../mail/request.ts'
import { spend } from '../mail/store.ts'
import { findBoundUser, invalidLink, verifyProof } from '../mail/verify.ts'
import type { ReservingTable } from '../throttling/store.ts'
import { requireUnrevoked } from '../users/revocation.ts'
import type { Principal } from '../users/user.ts'
import { findProver, type Proof } from './complete.ts'
import { requireNoPassword } from './refusals.ts'

/**
 * Requests a mail with a code that proves one change, in this session. Of a user who has or must have a second factor, it demands a
 * recent sign-in with two: the mail may take minutes, so the token of the proof remembers them.
 *
 * @returns The id of the mail.
 * @throws {@link ServiceError} `invalid_token`, with a challenge if the caller must sign in again; `conflict` with `has_password`;
 *   `too_many_mails`; `unavailable`.
 */
export async function requestMailProof(
  at: At<'MAILER' | 'LIMIT_MAIL_SOURCE' | 'REQUIRE_SECOND_FACTOR', ReservingTable>,
  principal: Principal,
  change: Change,
): Promise<string> {
  const { table, config, origin, now } = at
  const user = await findProver(table, principal)
  requireStepUp(principal, user, config.REQUIRE_SECOND_FACTOR, now)
  const { sessionId } = principal
  const asked = { change, sessionId, acr: acrForChange(principal, now) }
  const mailId = newChangeMailId(randomBytes(MAIL_ID_BYTES), asked)
  const { id: userId, generation } = user
  const mail = { kind: 'change', mailId, userId, generation, at: now.toISOString(), origin } as const
  await requestMail(table, config, mail, now)
  return mailId
}

/**
 * Verifies the code of {@link requestMailProof}, for the same change in the same session. It spends nothing but a try.
 *
 * @throws {@link ServiceError} as `verifyProof`; `invalid_token`; `conflict` with `has_password`.
 */
export async function verifyMailProof(
  { table, origin, now }: Omit<At<never, ReservingTable>, 'config'>,
  { userId, generation, sessionId }: Principal,
  { change, mailId, code }: { change: Change; mailId: string; code: string },
): Promise<Proof> {
  const proved = changeIn(mailId)
  // Before the try is counted: another session or change must not use up the tries of this one.
  if (proved?.change !== change || proved.sessionId !== sessionId) {
    throw invalidLink('a mail for another change or session')
  }
  const { confirmation } = await verifyProof(table, ['change'], { mailId, code, ...origin }, now)
  if (confirmation.userId !== userId) throw invalidLink('a mail of another user')
  const user = await findBoundUser(table, confirmation)
  requireUnrevoked(generation, user)
  requireNoPassword(user)
  return { user, by: 'mail', proved, spends: [spend(mailId, now)], refusal: () => invalidLink('spent') }
}
