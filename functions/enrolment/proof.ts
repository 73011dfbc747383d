import { verifyEnrolmentCode } from '../../lib/enrolment/code.ts'
import { findEnrolment, proveEnrolment } from '../../lib/enrolment/enrolment.ts'
import { wrongCode } from '../../lib/factors/refusals.ts'
import { readBody } from '../../lib/http/body.ts'
import { noContent } from '../../lib/http/responses.ts'
import { EnrolmentProofRequest } from '../../lib/http/schemas/factors.ts'
import type { ReservingRoute } from '../../lib/http/table.ts'
import { logEvent } from '../../lib/log.ts'
import { spend } from '../../lib/mail/store.ts'
import { findBoundUser, invalidLink, type ProofFields, verifyProof } from '../../lib/mail/verify.ts'
import type { BegunLogin } from '../../lib/sign-in/begun.ts'
import { reserveTry } from '../../lib/sign-in/login-token.ts'
import type { ReservingTable } from '../../lib/throttling/store.ts'

/** POST /enrolment/proof: accepts a proof of the account, in addition to the password. */
export const route: ReservingRoute = async (event, { table, origin, now }) => {
  const { enrolmentToken, operatorCode, ...fields } = readBody(event, EnrolmentProofRequest)
  const enrolment = await findEnrolment(table, enrolmentToken, now)
  await (operatorCode === undefined
    ? proveByMail(table, enrolment, { ...fields, ...origin }, now)
    : proveByCode(table, enrolment, operatorCode, now))
  logEvent('info', { event: 'enrolment.proved', userId: enrolment.user.id })
  return noContent()
}

/** Proves an enrolment with a mail to the verified address. The user must not have changed since. */
async function proveByMail(
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

/** Proves an enrolment with the code of an operator. Tries are counted before they are compared. */
async function proveByCode(
  table: ReservingTable,
  { login, user }: BegunLogin,
  typed: string,
  now: Date,
): Promise<void> {
  const wrong = (reason: string) => wrongCode(reason, { userId: user.id }, '#/operatorCode')
  await reserveTry(table, login, now)
  const spendCode = await verifyEnrolmentCode(table, user, typed, now)
  if (spendCode === undefined) throw wrong('wrong, expired or replaced code of an operator')
  await proveEnrolment(
    table,
    login,
    { write: spendCode, refusal: () => wrong('the code of an operator is spent') },
    now,
  )
}
