import { principalOf } from '../../lib/authorization/principal.ts'
import { readBody } from '../../lib/http/body.ts'
import { accepted } from '../../lib/http/responses.ts'
import { ProofStart } from '../../lib/http/schemas/proofs.ts'
import type { ReservingRoute } from '../../lib/http/table.ts'
import { requestMailProof } from '../../lib/proofs/mail.ts'

/** POST /proof/mail: sends a mail with a code that proves one change of the caller's account. */
export const route: ReservingRoute<'MAILER' | 'LIMIT_MAIL_SOURCE' | 'REQUIRE_SECOND_FACTOR'> = async (
  event,
  at,
) => {
  const principal = principalOf(event, at.now)
  const { change } = readBody(event, ProofStart)
  return accepted(await requestMailProof(at, principal, change))
}
