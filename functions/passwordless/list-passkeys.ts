import { principalOf } from '../../lib/authorization/principal.ts'
import { findOwnPasskeys } from '../../lib/factors/passkeys/own.ts'
import { summaryOf } from '../../lib/factors/passkeys/passkey.ts'
import { json } from '../../lib/http/responses.ts'
import type { TableRoute } from '../../lib/http/table.ts'

/** GET /passkeys with `mailSignIn=on`: also what a page needs to signal a removed passkey, or another username, to password managers. */
export const route: TableRoute<'RP_ID'> = async (event, { table, config, now }) => {
  const passkeys = await findOwnPasskeys(table, principalOf(event, now))
  const shown = passkeys.map((one) => ({ ...summaryOf(one), credentialId: one.credentialId }))
  return json(200, { rpId: config.RP_ID, passkeys: shown })
}
