import { wrongCode } from '../factors/refusals.ts'
import { spend } from '../mail/store.ts'
import { findBoundUser, invalidLink, type ProofFields, verifyProof } from '../mail/verify.ts'
import type { BegunLogin } from '../sign-in/begun.ts'
import { reserveTry } from '../sign-in/login-token.ts'
import type { ReservingTable } from '../throttling/store.ts'
import { verifyEnrolmentCode } from './code.ts'
import { proveEnrolment } from './enrolment.ts'

/**
 * Proves an enrolment with a mail to the verified address. The user must not have changed since.
 *
 * @throws {@link ServiceError} `invalid_link`, or as `proveEnrolment`.
 */
export async function proveByMail(
  table: ReservingTable,
  { login, user }: BegunLogin,
  proof: ProofFields & { sourceIp: string },
  now: Date,
): Promise<void> {
  const { confirmation, mailId } = await verifyProof(table, ['enrolment'], proof, now)
  if (confirmation.userId !== user.id) throw invalidLink('a mail to another user')
  await findBoundUser(table, confirmation)
  await proveEnrolment(table, login, { write: spend(mailId, now), refusal: () => invalidLink('spent') }, now)
}

/**
 * Proves an enrolment with the code of an operator. Tries are counted before they are compared.
 *
 * @throws {@link ServiceError} `invalid_fields` at `#/operatorCode`, or as `reserveTry` and `proveEnrolment`.
 */
export async function proveByCode(
  table: ReservingTable,
  { login, user }: BegunLogin,
  typed: string,
  now: Date,
): Promise<void> {
  const wrong = (reason: string) => wrongCode(reason, { userId: user.id }, '#/operatorCode')
  await reserveTry(table, login, now)
  const spendCode = await verifyEnrolmentCode(table, user, typed, now)
  if (spendCode === undefined) throw wrong('wrong, expired or replaced code of an operator')
  const refusal = () => wrong('the code of an operator is spent')
  await proveEnrolment(table, login, { write: spendCode, refusal }, now)
}
