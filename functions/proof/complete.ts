import { principalOf } from '../../lib/authorization/principal.ts'
import { readBody } from '../../lib/http/body.ts'
import { json } from '../../lib/http/responses.ts'
import { ProofCompletion } from '../../lib/http/schemas/proofs.ts'
import type { ReservingRoute } from '../../lib/http/table.ts'
import { CHANGE_TOKEN_SECONDS } from '../../lib/proofs/change-token.ts'
import { completeProof } from '../../lib/proofs/complete.ts'
import { verifyMailProof } from '../../lib/proofs/mail.ts'
import { verifyPasskeyProof } from '../../lib/proofs/passkey.ts'

/** POST /proof/confirm: takes the code of a mail or the signature of a passkey, and returns the token of one change. */
export const route: ReservingRoute<'RP_ID' | 'PUBLIC_URL'> = async (event, at) => {
  const principal = principalOf(event, at.now)
  const { change, response, mailId = '', code = '' } = readBody(event, ProofCompletion)
  const proof = response
    ? await verifyPasskeyProof(at, principal, { change, response })
    : await verifyMailProof(at, principal, { change, mailId, code })
  return json(200, { changeToken: await completeProof(at, proof), expiresIn: CHANGE_TOKEN_SECONDS })
}
