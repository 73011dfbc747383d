import { principalOf } from '../../lib/authorization/principal.ts'
import { together } from '../../lib/aws/together.ts'
import { summaryOf } from '../../lib/factors/passkeys/passkey.ts'
import { findPasskeys } from '../../lib/factors/passkeys/store.ts'
import { json } from '../../lib/http/responses.ts'
import type { TableRoute } from '../../lib/http/table.ts'
import { requireUnrevoked } from '../../lib/users/revocation.ts'
import { findRevocationState } from '../../lib/users/store.ts'

/** GET /passkeys with `mailSignIn=on`: also what a page needs to signal a removed passkey, or another username, to password managers. */
export const route: TableRoute<'RP_ID'> = async (event, { table, config, now }) => {
  const { userId, generation } = principalOf(event, now)
  const [user, passkeys] = await together([findRevocationState(table, userId), findPasskeys(table, userId)])
  requireUnrevoked(generation, user)
  const shown = passkeys.map((one) => ({ ...summaryOf(one), credentialId: one.credentialId }))
  return json(200, { rpId: config.RP_ID, passkeys: shown })
}
