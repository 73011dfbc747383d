import { findProviders } from '../../lib/federation/provider.ts'
import { json } from '../../lib/http/responses.ts'
import type { TableRoute } from '../../lib/http/table.ts'

/** GET /providers: the identity providers that users can sign in with. */
export const route: TableRoute = async (_event, { table }) => {
  const all = await findProviders(table)
  const providers = all.filter(({ disabled }) => !disabled).map(({ id, name, kind }) => ({ id, name, kind }))
  return json(200, { providers }, { 'Cache-Control': 'public, max-age=60' })
}
