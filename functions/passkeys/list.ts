import { principalOf } from '../../lib/authorization/principal.ts'
import { findOwnPasskeys } from '../../lib/factors/passkeys/own.ts'
import { summaryOf } from '../../lib/factors/passkeys/passkey.ts'
import { json } from '../../lib/http/responses.ts'
import type { TableRoute } from '../../lib/http/table.ts'

/** GET /passkeys: the caller's passkeys, the oldest first. */
export const route: TableRoute = async (event, { table, now }) => {
  const passkeys = await findOwnPasskeys(table, principalOf(event, now))
  return json(200, { passkeys: passkeys.map(summaryOf) })
}
