import { principalOf } from '../../lib/authorization/principal.ts'
import { json } from '../../lib/http/responses.ts'
import type { ReservingRoute } from '../../lib/http/table.ts'
import { findProofs } from '../../lib/proofs/kinds.ts'

/** GET /proof/ways: what the caller can prove a change of the account with. */
export const route: ReservingRoute = async (event, { table, now }) => {
  const proofs = await findProofs(table, principalOf(event, now))
  return json(200, { proofs })
}
