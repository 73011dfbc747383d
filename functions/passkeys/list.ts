import { principalOf } from '../../lib/authorization/principal.ts'
import { together } from '../../lib/aws/together.ts'
import { summaryOf } from '../../lib/factors/passkeys/passkey.ts'
import { findPasskeys } from '../../lib/factors/passkeys/store.ts'
import { json } from '../../lib/http/responses.ts'
import type { TableRoute } from '../../lib/http/table.ts'
import { requireUnrevoked } from '../../lib/users/revocation.ts'
import { findRevocationState } from '../../lib/users/store.ts'

/** GET /passkeys: the caller's passkeys, the oldest first. */
export const route: TableRoute = async (event, { table, now }) => {
  const { userId, generation } = principalOf(event, now)
  const [user, passkeys] = await together([findRevocationState(table, userId), findPasskeys(table, userId)])
  requireUnrevoked(generation, user)
  return json(200, { passkeys: passkeys.map(summaryOf) })
}
