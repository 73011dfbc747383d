import { principalOf } from '../../lib/authorization/principal.ts'
import { readBody } from '../../lib/http/body.ts'
import { json } from '../../lib/http/responses.ts'
import { ProofStart } from '../../lib/http/schemas/proofs.ts'
import type { ReservingRoute } from '../../lib/http/table.ts'
import { beginPasskeyProof } from '../../lib/proofs/passkey.ts'

/** POST /proof/passkey: begins to prove one change of the caller's account by a passkey. */
export const route: ReservingRoute<'RP_ID'> = async (event, at) => {
  const principal = principalOf(event, at.now)
  const { change } = readBody(event, ProofStart)
  return json(200, await beginPasskeyProof(at, principal, change))
}
