import { readForm } from '../../lib/http/forms/form.ts'
import { headerOf } from '../../lib/http/headers.ts'
import { json } from '../../lib/http/responses.ts'
import type { TableRoute } from '../../lib/http/table.ts'
import { authenticateClient } from '../../lib/oauth/token/client.ts'
import { revokeToken } from '../../lib/oauth/token/revoke.ts'
import { publicKeyCache } from '../../lib/tokens/public-keys.ts'

const publicKeys = publicKeyCache()

/** POST /oauth2/revoke: ends the grant of a token, at the request of its app (RFC 7009 section 2). */
export const route: TableRoute<'PUBLISHED_KEYS' | 'TOKEN_ISSUER'> = async (event, at) => {
  const parameters = readForm(event)
  const client = await authenticateClient(at, headerOf(event.headers, 'authorization'), parameters)
  await revokeToken(at, client, parameters, publicKeys)
  return json(200, {})
}
